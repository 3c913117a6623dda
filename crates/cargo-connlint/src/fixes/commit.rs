//! A transaction that nothing commits: it is committed where its block ends.

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::TextRange;

use super::code::{Code, Piece};
use super::edit;
use crate::edits::line_ending;

/// The words that leave a block before its end.
const LEAVING: [&str; 3] = ["return", "break", "continue"];

pub(super) fn fix(finding: &Diagnostic, name: &str, code: &Code) -> Option<Fix> {
    let begun = finding.primary.range;
    let piece = code.piece(begun)?;
    let is_let = code.binds_only(name, &piece);
    // What follows the beginning is done with its result: the commit gives one of the same kind.
    let rest = TextRange::new(begun.end, piece.range.end);
    let suffix = suffix(code.slice(rest)).filter(|_| is_let)?;
    let (at, is_plain) = place(name, &piece, code)?;
    let indent = code.indent(piece.range.start);
    let text = format!("{indent}{name}.commit(){suffix};{}", line_ending(&code.text));
    Some(Fix {
        message: format!("commit `{name}` where its block ends"),
        edits: vec![edit(&code.file, TextRange::new(at, at), text)],
        applicability: if is_plain { Applicability::Certain } else { Applicability::Likely },
    })
}

/// `.await?`, `?`, `.await.unwrap()`, or a message for each: anything else does more with the result.
fn suffix(rest: &str) -> Option<&str> {
    let whole = rest.trim().strip_suffix(';')?;
    if whole.contains(['\n', ' ']) && !whole.contains(".expect(\"") {
        return None;
    }
    let end = whole.strip_prefix(".await").unwrap_or(whole);
    let is_plain = matches!(end, "?" | ".unwrap()") || end.starts_with(".expect(\"") && end.ends_with("\")");
    is_plain.then_some(whole)
}

/// Where the line of the commit goes, and whether nothing can fail or end the function after it.
fn place(name: &str, piece: &Piece, code: &Code) -> Option<(u32, bool)> {
    let after = TextRange::new(piece.range.end, piece.block.end);
    let moves = LEAVING.iter().any(|word| !code.words(word, after).is_empty());
    let Some(tail) = piece.tail else {
        let last = *piece.following.last()?;
        let leaves = LEAVING.iter().any(|word| code.slice(last).starts_with(word));
        return (!leaves && code.ends_line(last.end)).then(|| (code.after_line(last.end), !moves));
    };
    let uses_it = !code.words(name, tail).is_empty();
    if uses_it || !code.begins_line(tail.start) {
        return None;
    }
    Some((code.before_line(tail.start), !moves && is_plain_value(code.slice(tail))))
}

/// A success that nothing is computed for: `Ok(())`, `Ok(id)`, `()`. A variable alone may be a failure.
fn is_plain_value(text: &str) -> bool {
    let inner = text.strip_prefix("Ok(").and_then(|rest| rest.strip_suffix(')'));
    let is_place = |inner: &str| inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    text == "()" || inner.is_some_and(|inner| inner == "()" || is_place(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_uses_of_the_result_are_repeated() {
        assert_eq!(suffix(".await?;"), Some(".await?"));
        assert_eq!(suffix("?;"), Some("?"));
        assert_eq!(suffix(".await.unwrap();"), Some(".await.unwrap()"));
        assert_eq!(suffix(".await.expect(\"a database\");"), Some(".await.expect(\"a database\")"));
        for other in [".await.map_err(AppError::from)?;", ".await;", " else { return };", ".await?"] {
            assert_eq!(suffix(other), None, "{other}");
        }
    }

    #[test]
    fn values_that_are_computed_are_not_plain() {
        assert!(is_plain_value("Ok(())") && is_plain_value("Ok(user.id)") && is_plain_value("()"));
        assert!(!is_plain_value("result"), "it may be a failure");
        assert!(!is_plain_value("Err(error)") && !is_plain_value("Ok(load().await?)") && !is_plain_value("f(x)"));
    }
}
