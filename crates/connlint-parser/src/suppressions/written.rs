//! What the comment of a suppression says, and what one that is none should say.

use connlint_facts::Date;

/// A suppression as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) reach: Reach,
    pub(super) lints: Vec<String>,
    pub(super) reason: Option<String>,
    pub(super) until: Option<Date>,
}

/// What a suppression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// `allow`: the code on its line or below it.
    Code,
    /// `allow-next-line`: the next line of code, and no more.
    Line,
    /// `allow-item`: the item below it or around it.
    Item,
    /// `allow-file`: the whole file.
    File,
}

const NAME: &str = "connlint";

/// Forms by their names, the longer ones first.
const VERBS: [(&str, Reach); 4] = [
    ("allow-next-line", Reach::Line),
    ("allow-item", Reach::Item),
    ("allow-file", Reach::File),
    ("allow", Reach::Code),
];

/// Words with which comments of other tools ask to leave code alone.
const OTHER_VERBS: [&str; 10] =
    ["allow", "ignore", "disable", "suppress", "skip", "off", "noqa", "nolint", "expect", "silence"];

/// Whether the name of this tool occurs, in whichever case.
pub(super) fn may_hold_any(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'c', b'C', bytes)
        .any(|at| bytes.get(at..at + NAME.len()).is_some_and(|word| word.eq_ignore_ascii_case(NAME.as_bytes())))
}

/// What a comment says: nothing of this kind, a suppression, or why it is none.
pub(super) fn written(comment: &str) -> Option<Result<Written, String>> {
    let block = comment.strip_prefix("/*");
    let body = match block {
        Some(body) => body.trim_end_matches("*/").trim_start_matches(['*', '!']),
        None => comment.trim_start_matches('/').trim_start_matches('!'),
    };
    let body = body.trim();
    if block.is_none()
        && let Some(written) = strict(body)
    {
        return Some(written);
    }
    begins_like_one(body).map(|rest| Err(format!("this comment suppresses nothing: write `{}`", right_form(rest))))
}

/// `connlint: allow(a, b) reason`
fn strict(body: &str) -> Option<Result<Written, String>> {
    let rest = body.strip_prefix(NAME)?.strip_prefix(':')?.trim_start();
    let (reach, rest) = VERBS.iter().find_map(|(verb, reach)| Some((*reach, rest.strip_prefix(verb)?)))?;
    let (list, reason) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let reason = reason.trim().trim_start_matches([':', '-', '—']).trim();
    let mut names: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let listed = names.iter().position(|name| name.starts_with("until ")).map(|at| names.remove(at));
    let (date, reason) = match listed {
        Some(until) => (until.strip_prefix("until "), reason),
        None => leading_date(reason),
    };
    let until = match date.map(|date| (date, Date::parse(date.trim()))) {
        None => None,
        Some((_, Some(date))) => Some(date),
        Some((date, None)) => {
            return Some(Err(format!(
                "`{date}` is no date, so this suppresses nothing: write `until 2027-01` or `until 2027-01-31`"
            )));
        }
    };
    let lints = names.into_iter().map(str::to_owned).collect();
    Some(Ok(Written { reach, lints, reason: (!reason.is_empty()).then(|| reason.to_owned()), until }))
}

/// The date of a reason `until 2027-01: …`, and what follows it.
fn leading_date(reason: &str) -> (Option<&str>, &str) {
    let Some(rest) = reason.strip_prefix("until ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) else {
        return (None, reason);
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    let (date, reason) = rest.split_at(end);
    (Some(date), reason.trim_start_matches([':', ',', ';', ' ', '—']).trim())
}

/// What follows the name in a comment that begins like a suppression.
fn begins_like_one(body: &str) -> Option<&str> {
    let name = body.get(..NAME.len()).filter(|name| name.eq_ignore_ascii_case(NAME))?;
    let rest = body.get(name.len()..)?;
    let words = rest.trim_start_matches([':', '-', '_', '!', ' ']).to_ascii_lowercase();
    let is_command = rest.trim_start().starts_with(':') || words.len() < rest.len();
    let is_verb = OTHER_VERBS.iter().any(|verb| {
        words.strip_prefix(verb).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    (is_command && is_verb || rest.starts_with(':')).then_some(rest)
}

/// The suppression that was most likely meant.
fn right_form(rest: &str) -> String {
    let lowered = rest.to_ascii_lowercase().replace('_', "-");
    let inside = lowered.split_once('(').map(|(_, rest)| rest.split(')').next().unwrap_or(rest));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c| !is_word(c)).map(|word| word.trim_matches('-').to_owned());
        words.filter(|word| !word.is_empty()).collect()
    };
    let is_verb = |word: &str| OTHER_VERBS.iter().any(|verb| word == *verb || word.starts_with(&format!("{verb}-")));
    let lints = match inside {
        Some(inside) => words(inside),
        // The names of lints have hyphens, so a reason is not taken for one.
        None => words(&lowered).into_iter().filter(|word| word.contains('-') && !is_verb(word)).take(1).collect(),
    };
    let lints = if lints.is_empty() { "LINT".to_owned() } else { lints.join(", ") };
    let reaches = [("file", "allow-file"), ("next-line", "allow-next-line")];
    let verb = words(&lowered).into_iter().find(|word| is_verb(word)).unwrap_or_default();
    let verb = reaches.iter().find(|(part, _)| verb.ends_with(part)).map_or("allow", |(_, verb)| verb);
    format!("// connlint: {verb}({lints}) reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(comment: &str) -> String {
        let message = written(comment).unwrap_or_else(|| panic!("{comment}")).expect_err(comment);
        message.split('`').nth(1).unwrap_or_default().to_owned()
    }

    fn right(comment: &str) -> Written {
        written(comment).unwrap_or_else(|| panic!("{comment}")).expect(comment)
    }

    #[test]
    fn forms_reach_differently_far() {
        let reach = |comment| right(comment).reach;
        assert_eq!(reach("// connlint: allow(a) why"), Reach::Code);
        assert_eq!(reach("//connlint:allow-next-line(a)"), Reach::Line);
        assert_eq!(reach("/// connlint: allow-item(a, b)"), Reach::Item);
        assert_eq!(reach("//! connlint: allow-file(a)"), Reach::File);
    }

    #[test]
    fn date_may_be_among_the_lints_or_begin_the_reason() {
        let date = Date::parse("2027-01");
        let listed = right("// connlint: allow(a, until 2027-01) why");
        assert_eq!((listed.until, listed.lints.len(), listed.reason.as_deref()), (date, 1, Some("why")));
        let leading = right("// connlint: allow(a) until 2027-01: why");
        assert_eq!((leading.until, leading.reason.as_deref()), (date, Some("why")));
        let prose = right("// connlint: allow(a) until the pool is there");
        assert_eq!((prose.until, prose.reason.as_deref()), (None, Some("until the pool is there")));
        assert!(written("// connlint: allow(a, until tomorrow)").unwrap().is_err());
    }

    #[test]
    fn slips_are_told_with_the_right_form() {
        let form = "// connlint: allow(pool-per-request) reason";
        for slip in [
            "// connlint: allow pool-per-request",
            "// connlint: ignore(pool-per-request) the tests need it",
            "// connlint: Allow(pool_per_request)",
            "// CONNLINT: ALLOW(pool-per-request)",
            "/* connlint: allow(pool-per-request) */",
            "/** connlint: allow(pool-per-request) */",
            "// connlint::allow(pool-per-request)",
            "// connlint-disable pool-per-request",
            "// connlint allow pool-per-request",
            "// connlint: pool-per-request",
        ] {
            assert_eq!(wrong(slip), form, "{slip}");
        }
        assert_eq!(wrong("// connlint: allow"), "// connlint: allow(LINT) reason");
        assert_eq!(wrong("// connlint-disable-next-line a-b"), "// connlint: allow-next-line(a-b) reason");
    }

    #[test]
    fn prose_about_the_tool_is_left_alone() {
        for prose in [
            "// connlint finds this",
            "// see connlint: allow(x)",
            "// the connlint allowance",
            "// connlint's",
            "// connlints allow x",
        ] {
            assert_eq!(written(prose), None, "{prose}");
        }
    }
}
