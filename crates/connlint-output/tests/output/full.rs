//! The format for people on input that is not nice.

use std::sync::Arc;

use crate::common::{connection_finding, emitted, format, report};
use connlint_diagnostics::{Diagnostic, Policy, Report, TraceStep, apply_policy};
use connlint_facts::{RelPath, Span, TextRange};
use connlint_output::{EmitOptions, Sources};

const ESCAPE: char = '\u{1b}';

struct OneText(String);

impl Sources for OneText {
    fn text(&self, _: &RelPath) -> Option<Arc<str>> {
        Some(Arc::from(self.0.as_str()))
    }
}

fn report_of(finding: Diagnostic) -> Report {
    apply_policy(vec![finding], &[], Vec::new(), &[&crate::common::CONNECTION], &Policy::default())
}

/// A finding at each of the ranges, the first one primary.
fn drawn(text: &str, ranges: &[(u32, u32)], options: &EmitOptions) -> String {
    let span = |&(start, end): &(u32, u32)| Span { file: RelPath::new("a.rs"), range: TextRange::new(start, end) };
    let mut finding = Diagnostic::new(&crate::common::CONNECTION, "headline", span(&ranges[0]), "primary");
    let step = |range| TraceStep { span: span(range), text: "step".to_owned(), function: String::new() };
    finding.trace = ranges[1..].iter().map(step).collect();
    let mut out = Vec::new();
    format("full").emit(&report_of(finding), &OneText(text.to_owned()), options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn widths(text: &str) -> impl Iterator<Item = usize> {
    text.lines().map(|line| line.chars().count())
}

#[test]
fn plain_output_has_no_escape() {
    for format in [format("full"), format("concise")] {
        let out = emitted(&report(), format, &EmitOptions { verbosity: 2, ..EmitOptions::default() });
        assert!(!out.contains(|c: char| c.is_control() && c != '\n'), "{out:?}");
        assert!(!out.contains('\u{202e}'));
    }
}

#[test]
fn coloured_output_differs_in_escapes_only() {
    let colored = emitted(&report(), format("full"), &EmitOptions { color: true, ..EmitOptions::default() });
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        plain.push_str(before);
        let end = after.find('m').unwrap();
        assert!(after[..end].starts_with('['), "only colours: {after:?}");
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    assert_eq!(plain, emitted(&report(), format("full"), &EmitOptions::default()));
}

#[test]
fn links_are_written_only_if_asked_for() {
    let options = EmitOptions { color: true, links: true, ..EmitOptions::default() };
    let link = "\u{1b}]8;;https://";
    assert!(emitted(&report(), format("full"), &options).contains(link));
    let without = EmitOptions { links: false, ..options };
    assert!(!emitted(&report(), format("full"), &without).contains(link));
    let without = EmitOptions { color: false, links: true, ..EmitOptions::default() };
    assert!(!emitted(&report(), format("full"), &without).contains(link));
}

#[test]
fn notes_and_help_are_wrapped_to_the_width() {
    let mut finding = connection_finding();
    finding.trace.clear();
    let mut out = Vec::new();
    let options = EmitOptions { width: 60, verbosity: -1, ..EmitOptions::default() };
    format("full").emit(&report_of(finding), &crate::common::texts(), &options, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let notes = out.lines().skip_while(|line| !line.contains("= note"));
    assert!(notes.clone().count() > 4);
    assert!(notes.into_iter().all(|line| line.chars().count() <= 60), "{out}");
}

#[test]
fn steps_that_go_back_in_a_file_keep_their_order() {
    let text = "fn open() {\n    connect()\n}\nfn handler() {\n    open()\n}\n";
    let at = |needle: &str| {
        let start = u32::try_from(text.rfind(needle).unwrap()).unwrap();
        (start, start + u32::try_from(needle.len()).unwrap())
    };
    let out = drawn(text, &[at("connect()"), at("handler"), at("open()")], &EmitOptions::default());
    let place = |needle: &str| out.find(needle).unwrap();
    assert!(place("1. step") < place("2. step") && place("2. step") < place("3. primary"), "{out}");
}

#[test]
fn very_long_lines_are_cropped_around_the_mark() {
    let text = format!("let a = \"{}\"; connect(); let b = \"{}\";", "x".repeat(300_000), "y".repeat(300_000));
    let start = u32::try_from(text.find("connect").unwrap()).unwrap();
    let out = drawn(&text, &[(start, start + 9)], &EmitOptions { width: 80, verbosity: -1, ..EmitOptions::default() });
    assert!(out.contains("connect()"), "{out}");
    assert!(widths(&out).all(|width| width < 120), "{out}");
}

#[test]
fn ranges_that_no_longer_fit_the_text_do_no_harm() {
    for text in ["", "\u{feff}", "é漢\r\n\r\n\t🦀", "\r", "a\n", "\u{feff}x\u{0}\u{7f}\t\u{200b}\n\n"] {
        for start in 0..20 {
            for end in [0, start, start + 1, start + 2, 40] {
                drawn(text, &[(start, end), (end, start), (0, end)], &EmitOptions::default());
            }
        }
    }
}

#[test]
fn quiet_output_is_nothing_without_findings() {
    let clean = Report { findings: Vec::new(), ..report() };
    assert_eq!(emitted(&clean, format("full"), &EmitOptions { verbosity: -1, ..EmitOptions::default() }), "");
}
