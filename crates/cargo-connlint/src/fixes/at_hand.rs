//! An opening where a pool or client is in scope: that is used instead.

use connlint_diagnostics::{Applicability, Diagnostic, Fix, FixEdit};
use connlint_facts::TextRange;

use super::code::{Code, Piece, unwrapped};
use super::edit;
use super::release::may_move;

/// `instead` is the code that yields the value, `fallible` whether in a `Result`.
pub(super) fn fix(finding: &Diagnostic, instead: &str, fallible: bool, code: &Code) -> Option<Fix> {
    let opening = finding.primary.range;
    let piece = code.piece(opening)?;
    let rest = code.slice(TextRange::new(opening.end, piece.range.end));
    let (awaited, unwrapped) = outcome(rest);
    let length = awaited + unwrapped.len();
    let replaced = TextRange::new(opening.start, opening.end + u32::try_from(length).ok()?);
    let text = match (fallible, unwrapped) {
        (true, "") => return None,
        (true, unwrapped) => format!("{instead}{unwrapped}"),
        (false, _) => instead.to_owned(),
    };
    let takes = code.text.get(replaced.end as usize..).is_some_and(|rest| rest.starts_with(';'));
    let name = code.bound_name(&piece).filter(|_| takes);
    let mut edits = vec![edit(&code.file, replaced, text)];
    match name {
        // What a pool gives out is passed on by dereferencing it; a clone of a client is one.
        Some(name) if fallible => edits.extend(reborrows(name, &piece, code)?),
        Some(_) => {}
        None if is_handed_on(&piece, replaced, code) => return None,
        None => {}
    }
    let message = format!("use `{instead}`, which is in scope");
    Some(Fix { message, edits, applicability: Applicability::Likely })
}

/// The length of `.await`, and what comes of a failure after it: `?`, `.unwrap()` or `.expect("…")`.
pub(super) fn outcome(rest: &str) -> (usize, &str) {
    let spaces = |text: &str| text.len() - text.trim_start().len();
    let awaited = rest.trim_start().strip_prefix(".await").map_or(0, |_| spaces(rest) + ".await".len());
    let after = &rest[awaited..];
    let is_returned = after.trim_start().starts_with('?');
    let end = if is_returned { spaces(after) + 1 } else { unwrapped(after).unwrap_or(0) };
    (awaited, &after[..end])
}

/// `&mut conn` becomes `&mut *conn`; `None` where a use moves the variable.
pub(super) fn reborrows(name: &str, piece: &Piece, code: &Code) -> Option<Vec<FixEdit>> {
    let mut edits = Vec::new();
    for at in code.words(name, TextRange::new(piece.range.end, piece.block.end)) {
        let is_borrowed = is_borrowed(&code.text, at);
        if may_move(&code.text, at, name.len()) && !is_borrowed {
            return None;
        }
        let is_passed = code.text.get(at + name.len()..).is_some_and(|rest| !rest.trim_start().starts_with('.'));
        if is_borrowed && is_passed {
            let place = u32::try_from(at).ok()?;
            edits.push(edit(&code.file, TextRange::new(place, place), "*".to_owned()));
        }
    }
    Some(edits)
}

/// Whether a reference to the variable that begins there is made.
fn is_borrowed(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with("&mut ") || before.ends_with('&'))
}

/// Whether the value is not used up in its statement: what is bound otherwise or returned has another type now.
fn is_handed_on(piece: &Piece, replaced: TextRange, code: &Code) -> bool {
    let is_tail = piece.tail == Some(piece.range);
    let ends = code.text.get(replaced.end as usize..).is_none_or(|rest| !rest.trim_start().starts_with('.'));
    ends && (is_tail || code.slice(piece.range).starts_with("let "))
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn what_comes_of_a_failure_is_kept() {
        assert_eq!(outcome(".await?;"), (6, "?"));
        assert_eq!(outcome("\n    .await\n    .unwrap();"), (11, "\n    .unwrap()"));
        assert_eq!(outcome(".expect(\"a database\").get()"), (0, ".expect(\"a database\")"));
        assert_eq!(outcome(".await.map_err(f)?;"), (6, ""));
        assert_eq!(outcome(";"), (0, ""));
    }
}
