//! Which findings are reported.

use connlint_diagnostics::{
    Category, Confidence, Diagnostic, EntryRef, Impact, Label, Level, LevelOverride, LintMetadata, Pattern, Policy,
    Report, SuppressedAt, TraceStep, apply_policy,
};
use std::collections::BTreeMap;

use connlint_facts::{Date, NoticeKind, RelPath, Span, SuppressionFact, SuppressionForm, TextRange};

static OPENS: LintMetadata = LintMetadata {
    name: "connection-per-request",
    summary: "",
    category: Category::Exhaustion,
    level: Level::Error,
    since: "0.1.0",
    docs: "",
};
static OFF: LintMetadata = LintMetadata { name: "pool-size-unset", level: Level::Off, ..OPENS };
static LINTS: &[&LintMetadata] = &[&OPENS, &OFF];

fn span(file: &str, start: u32, end: u32) -> Span {
    Span { file: RelPath::new(file), range: TextRange::new(start, end) }
}

fn finding(file: &str, start: u32, end: u32) -> Diagnostic {
    Diagnostic::new(&OPENS, "opens", span(file, start, end), "here")
}

fn step(span: Span) -> TraceStep {
    TraceStep { span, text: String::new(), function: String::new() }
}

fn allow(file: &str, lint: &str, start: u32, end: u32) -> (RelPath, SuppressionFact) {
    let covers = TextRange::new(start, end);
    let (form, lints) = (SuppressionForm::Comment, vec![lint.to_owned()]);
    (
        RelPath::new(file),
        SuppressionFact { form, lints, reason: Some("why".to_owned()), until: None, range: covers, covers },
    )
}

fn applied(found: Vec<Diagnostic>, suppressions: &[(RelPath, SuppressionFact)]) -> Report {
    apply_policy(found, suppressions, Vec::new(), LINTS, &Policy::default())
}

fn stale(report: &Report) -> Vec<&str> {
    let stale = report.notices.iter().filter(|notice| notice.kind == NoticeKind::StaleSuppression);
    stale.map(|notice| notice.message.as_str()).collect()
}

#[test]
fn findings_are_sorted_by_place() {
    let report = applied(vec![finding("b", 0, 1), finding("a", 9, 10), finding("a", 2, 3)], &[]);
    let places: Vec<(&str, u32)> =
        report.findings.iter().map(|found| (found.primary.file.as_str(), found.primary.range.start)).collect();
    assert_eq!(places, [("a", 2), ("a", 9), ("b", 0)]);
}

#[test]
fn several_findings_at_one_place_become_the_surest_and_shortest() {
    let entry = |function: &str| {
        Some(EntryRef { kind: "request-handler".to_owned(), route: None, function: function.to_owned() })
    };
    let unsure = Diagnostic { confidence: Confidence::Medium.into(), entry: entry("a"), ..finding("x", 0, 1) };
    let long = Diagnostic { entry: entry("b"), trace: vec![step(span("y", 0, 1)); 2], ..finding("x", 0, 1) };
    let short = Diagnostic { entry: entry("c"), trace: vec![step(span("y", 0, 1))], ..finding("x", 0, 1) };
    let same_again = short.clone();
    let report = applied(vec![unsure, long, short, same_again], &[]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].entry, entry("c"));
    let others = report.findings[0].other_entries.iter().map(|other| other.entry.function.as_str());
    assert_eq!(others.collect::<Vec<&str>>(), ["b", "a"]);
}

#[test]
fn suppression_is_honoured_on_any_hop_and_says_which() {
    let on_hop = Diagnostic {
        trace: vec![step(span("r", 0, 5)), step(span("r", 50, 60))],
        labels: vec![Label { span: span("l", 0, 5), text: String::new() }],
        ..finding("x", 0, 10)
    };
    let at = |fact| {
        let report = applied(vec![on_hop.clone()], &[fact]);
        assert!(stale(&report).is_empty() && report.findings.is_empty());
        report.suppressed[0].by.at
    };
    assert_eq!(at(allow("x", "connection-per-request", 5, 6)), SuppressedAt::Primary);
    assert_eq!(at(allow("r", "connlint::connection_per_request", 40, 70)), SuppressedAt::Step(1));
    assert_eq!(at(allow("l", "connection-per-request", 0, 70)), SuppressedAt::Label(0));
}

#[test]
fn suppression_inside_a_long_call_does_not_cover_the_call() {
    let through_closure = Diagnostic { trace: vec![step(span("r", 0, 500))], ..finding("x", 0, 10) };
    let report = applied(vec![through_closure], &[allow("r", "connection-per-request", 100, 120)]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(stale(&report), ["the suppression of `connection-per-request` matches no finding: remove it"]);
}

#[test]
fn unknown_and_unused_suppressions_are_told() {
    let mut nameless = allow("x", "", 0, 1);
    nameless.1.lints.clear();
    let unknown = allow("x", "conection-per-request", 2, 3);
    let off = allow("x", "pool-size-unset", 4, 5);
    let report = applied(Vec::new(), &[nameless, unknown, off]);
    assert_eq!(
        stale(&report),
        [
            "this suppression names no lint, so it suppresses nothing",
            "the suppression names the unknown lint `conection-per-request`; did you mean `connection-per-request`?",
        ]
    );
}

#[test]
fn suppressions_can_be_switched_off() {
    let policy = Policy { suppressions: false, ..Policy::default() };
    let facts = [allow("x", "connection-per-request", 0, 9), allow("x", "nothing", 0, 9)];
    let report = apply_policy(vec![finding("x", 0, 1)], &facts, Vec::new(), LINTS, &policy);
    assert_eq!((report.findings.len(), report.suppressed.len(), report.notices.len()), (1, 0, 0));
}

#[test]
fn own_error_needs_certain_harm_and_the_users_does_not() {
    let rare = Diagnostic { impact: Impact::Medium.into(), ..finding("x", 0, 1) };
    let unsure = Diagnostic { confidence: Confidence::Medium.into(), ..finding("x", 2, 3) };
    let found = vec![rare, unsure, finding("x", 4, 5)];
    let report = applied(found.clone(), &[]);
    assert_eq!((report.count(Level::Warn), report.count(Level::Error)), (2, 1));

    let levels = [("connection-per-request".to_owned(), Level::Error)].into();
    let report = apply_policy(found, &[], Vec::new(), LINTS, &Policy { levels, ..Policy::default() });
    assert_eq!(report.count(Level::Error), 3);
}

#[test]
fn findings_of_low_impact_are_counted_only() {
    let rare = Diagnostic { impact: Impact::Low.into(), ..finding("x", 0, 1) };
    let report = applied(vec![rare.clone()], &[]);
    assert_eq!((report.findings.len(), report.hidden_by_confidence, report.hidden_by_impact), (0, 0, 1));
    let policy = Policy { min_impact: Impact::Low, ..Policy::default() };
    let report = apply_policy(vec![rare], &[], Vec::new(), LINTS, &policy);
    assert_eq!((report.findings.len(), report.hidden_by_impact), (1, 0));
}

#[test]
fn levels_and_confidence_decide_what_is_told() {
    let unsure = Diagnostic { confidence: Confidence::Low.into(), ..finding("x", 0, 1) };
    let off = Diagnostic { lint: &OFF, ..finding("x", 0, 1) };
    let report = applied(vec![unsure.clone(), off.clone()], &[]);
    assert_eq!((report.findings.len(), report.hidden_by_confidence), (0, 1));

    let levels = [("pool-size-unset", Level::Warn), ("connection-per-request", Level::Warn)];
    let levels = levels.into_iter().map(|(lint, level)| (lint.to_owned(), level)).collect();
    let policy = Policy { levels, min_confidence: Confidence::Low, ..Policy::default() };
    let report = apply_policy(vec![unsure, off], &[], Vec::new(), LINTS, &policy);
    assert_eq!((report.count(Level::Warn), report.hidden_by_confidence), (2, 0));
}

#[test]
fn category_suppresses_all_its_lints() {
    let report = applied(vec![finding("x", 0, 10)], &[allow("x", OPENS.category.name(), 0, 20)]);
    assert_eq!((report.findings.len(), report.suppressed.len()), (0, 1));
    assert!(report.notices.is_empty());
    let unused = applied(Vec::new(), &[allow("x", OPENS.category.name(), 0, 20)]);
    assert_eq!(stale(&unused), [format!("the suppression of `{}` matches no finding: remove it", OPENS.category)]);
}

#[test]
fn suppression_ends_at_its_date() {
    let (path, fact) = allow("x", OPENS.name, 0, 20);
    let until = SuppressionFact { until: Date::parse("2027-01"), ..fact };
    let on = |day: &str| {
        let policy = Policy { today: Date::parse(day), ..Policy::default() };
        let report =
            apply_policy(vec![finding("x", 0, 10)], &[(path.clone(), until.clone())], Vec::new(), LINTS, &policy);
        (report.findings.len(), report.notices.first().map(|notice| (notice.kind, notice.message.clone())))
    };
    assert_eq!(on("2026-12-31"), (0, None));
    let message =
        format!("the suppression of `{}` ended on 2027-01-01: remove it, or give it a later date", OPENS.name);
    assert_eq!(on("2027-01-01"), (1, Some((NoticeKind::ExpiredSuppression, message))));
}

#[test]
fn suppression_without_a_required_reason_suppresses_nothing() {
    let (path, fact) = allow("x", OPENS.name, 0, 20);
    let bare = SuppressionFact { reason: None, ..fact.clone() };
    let policy = Policy { require_reason: true, ..Policy::default() };
    let of = |fact: SuppressionFact| {
        let report = apply_policy(vec![finding("x", 0, 10)], &[(path.clone(), fact)], Vec::new(), LINTS, &policy);
        (report.findings.len(), report.notices.first().map(|notice| notice.kind))
    };
    assert_eq!(of(bare), (1, Some(NoticeKind::BadSuppression)));
    assert_eq!(of(fact), (0, None));
}

#[test]
fn levels_differ_by_path_and_route_and_the_command_line_wins() {
    let route = |route: &str| EntryRef {
        kind: "request-handler".to_owned(),
        route: Some(route.to_owned()),
        function: String::new(),
    };
    let of = |overrides: &LevelOverride, fixed: bool, entries: &[&str]| {
        let policy = Policy {
            overrides: vec![overrides.clone()],
            fixed: if fixed { [OPENS.name.to_owned()].into() } else { Default::default() },
            ..Policy::default()
        };
        let found = entries.iter().map(|entry| Diagnostic { entry: Some(route(entry)), ..finding("a/x.rs", 0, 1) });
        let report = apply_policy(found.collect(), &[], Vec::new(), LINTS, &policy);
        report.findings.first().map(|finding| finding.level)
    };
    let off: BTreeMap<String, Level> = [(OPENS.name.to_owned(), Level::Off)].into();
    let by_path = LevelOverride { paths: vec![Pattern::new("a")], levels: off.clone(), ..LevelOverride::default() };
    assert_eq!(of(&by_path, false, &["GET /x"]), None);
    assert_eq!(of(&by_path, true, &["GET /x"]), Some(OPENS.level));
    let elsewhere = LevelOverride { paths: vec![Pattern::new("b")], ..by_path };
    assert_eq!(of(&elsewhere, false, &["GET /x"]), Some(OPENS.level));
    let by_route = LevelOverride { routes: vec![Pattern::new("/health*")], levels: off, ..LevelOverride::default() };
    assert_eq!(of(&by_route, false, &["GET /health"]), None);
    assert_eq!(of(&by_route, false, &["GET /health", "GET /users"]), Some(OPENS.level), "one cause, two routes");
}
