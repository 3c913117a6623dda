//! A retry loop that pauses for the same time after each failure: the pause grows, up to a limit.

use connlint_diagnostics::{Applicability, Fix};
use connlint_facts::{Span, TextRange};

use super::code::Code;
use super::edit;
use crate::edits::line_ending;

/// Names for the variable, of which the first that the function does not use is taken.
const NAMES: [&str; 3] = ["pause", "retry_pause", "next_pause"];

/// Seconds that the pause grows to.
const LIMIT: u64 = 30;

/// `looped` is the loop, `millis` how long it pauses.
pub(super) fn fix(looped: &Span, millis: u64, code: &Code) -> Option<Fix> {
    let around = code.piece(looped.range).filter(|_| looped.file == code.file && millis < 1000 * LIMIT)?;
    let (call, length) = only_sleep(looped.range, code)?;
    let pause = code.piece(call)?;
    let stays = |inner, outer| !code.runs_apart(inner, outer);
    let is_plain = pause.range.start == call.start
        && matches!(code.slice(TextRange::new(call.end, pause.range.end)).trim(), ".await;" | ";")
        && code.ends_line(pause.range.end);
    if !is_plain || !stays(call, looped.range) || !stays(looped.range, around.range) {
        return None;
    }
    let literal = code.slice(length);
    let of_type = duration(literal, millis)?;
    let name = NAMES.into_iter().find(|name| code.words(name, around.body).is_empty())?;
    let newline = line_ending(&code.text);
    let (before, after) = (code.before_line(around.range.start), code.after_line(pause.range.end));
    let first = format!("{}let mut {name} = {literal};{newline}", code.indent(around.range.start));
    let indent = code.indent(pause.range.start);
    let growth = format!("{indent}{name} = ({name} * 2).min({of_type}::from_secs({LIMIT}));{newline}");
    Some(Fix {
        message: format!("let the pause grow, up to {LIMIT} s"),
        edits: vec![
            edit(&code.file, TextRange::new(before, before), first),
            edit(&code.file, length, name.to_owned()),
            edit(&code.file, TextRange::new(after, after), growth),
        ],
        applicability: Applicability::Certain,
    })
}

/// The only call of a `sleep` within a range, and what it is given.
fn only_sleep(range: TextRange, code: &Code) -> Option<(TextRange, TextRange)> {
    let mut sleeps = code.calls(range).filter(|(call, _)| {
        let name = code.slice(*call).split('(').next().unwrap_or_default();
        name.rsplit("::").next().is_some_and(|name| name.trim() == "sleep")
    });
    let (call, arguments) = sleeps.next().filter(|_| sleeps.next().is_none())?;
    match arguments.as_slice() {
        [length] => Some((call, *length)),
        _ => None,
    }
}

/// The path of the type of a duration that is written as a literal of that many milliseconds.
fn duration(literal: &str, millis: u64) -> Option<&str> {
    let (function, number) = literal.strip_suffix(')')?.split_once('(')?;
    let (ty, unit) = function.rsplit_once("::")?;
    let factor = match unit {
        "from_millis" => 1,
        "from_secs" => 1000,
        _ => return None,
    };
    let number: u64 = number.replace('_', "").parse().ok()?;
    (number.checked_mul(factor)? == millis).then_some(ty)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn only_literals_of_the_pause_are_replaced() {
        assert_eq!(duration("Duration::from_millis(1_500)", 1500), Some("Duration"));
        assert_eq!(duration("std::time::Duration::from_secs(2)", 2000), Some("std::time::Duration"));
        assert_eq!(duration("Duration::from_secs(2)", 1000), None);
        assert_eq!(duration("PAUSE", 1000), None);
        assert_eq!(duration("Duration::from_secs(n)", 1000), None);
    }
}
