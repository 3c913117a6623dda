//! A connection that is held while the task waits for something else: it is dropped after its last use.

use connlint_diagnostics::{Applicability, Fix};
use connlint_facts::{Span, TextRange};

use super::code::{Code, Piece};
use super::edit;
use crate::edits::line_ending;

/// `waits` are the calls that are waited for, in the function that holds the connection.
pub(super) fn fix(
    name: &str,
    acquired: &Span,
    waits: &[Span],
    applicability: Applicability,
    code: &Code,
) -> Option<Fix> {
    let taken = code.piece(acquired.range).filter(|_| acquired.file == code.file)?;
    if !code.binds_only(name, &taken) {
        return None;
    }
    let last = last_use(name, &taken, code)?;
    let rest = TextRange::new(last.end, taken.block.end);
    let is_after = |wait: &Span| wait.file == code.file && rest.contains(wait.range);
    if !waits.iter().all(is_after) || lends(name, &taken, rest, code) || !code.ends_line(last.end) {
        return None;
    }
    // A lock of the database's session ends when the connection is closed, or goes on with whoever gets it next.
    let locks = code.slice(TextRange::new(taken.range.end, last.end.max(taken.range.end))).to_ascii_lowercase();
    let is_locked = ["advisory", "get_lock("].iter().any(|word| locks.contains(word));
    let applicability = if is_locked { Applicability::Likely } else { applicability };
    let at = code.after_line(last.end);
    let text = format!("{}drop({name});{}", code.indent(last.start), line_ending(&code.text));
    Some(Fix {
        message: format!("drop `{name}` after its last use, before the wait"),
        edits: vec![edit(&code.file, TextRange::new(at, at), text)],
        applicability,
    })
}

/// The last statement of the block that uses the variable; `None` if the block's value does, or if a use may move it.
fn last_use(name: &str, taken: &Piece, code: &Code) -> Option<TextRange> {
    let uses = |range: &TextRange| !code.words(name, *range).is_empty();
    let last = taken.following.iter().rev().copied().find(uses).unwrap_or(taken.range);
    let block = TextRange::new(taken.range.end, taken.block.end);
    let is_moved = code.words(name, block).into_iter().any(|at| may_move(&code.text, at, name.len()));
    (Some(last) != taken.tail && code.begins_line(last.start) && !is_moved).then_some(last)
}

/// Whether a variable is an argument, a field or a value as it is: `f(conn)`, `(a, conn)`, `= conn;`.
pub(super) fn may_move(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.trim_end().chars().next_back());
    let after = text.get(at + length..).and_then(|after| after.trim_start().chars().next());
    before.is_some_and(|c| matches!(c, '(' | ',' | '=' | '{' | '[' | ';' | '}' | ':'))
        && after.is_some_and(|c| matches!(c, ')' | ',' | ';' | '}' | ']'))
}

/// Whether something that may borrow from the variable is used after its last use: what a statement makes of it without
/// awaiting it, and what is awaited again later.
fn lends(name: &str, taken: &Piece, rest: TextRange, code: &Code) -> bool {
    let before = taken.following.iter().filter(|piece| piece.end <= rest.start);
    before.filter(|piece| !code.words(name, **piece).is_empty()).any(|piece| {
        let awaited = code.slice(*piece).contains(".await");
        let bound = code.locals(*piece);
        bound.iter().any(|(local, _)| {
            let uses = code.words(local, rest);
            uses.iter().any(|at| !awaited || is_awaited(&code.text, at + local.len()))
        })
    })
}

/// Whether a method is called there and its result awaited: `rows.next().await`.
fn is_awaited(text: &str, at: usize) -> bool {
    let Some(rest) = text.get(at..).and_then(|rest| rest.trim_start().strip_prefix('.')) else { return false };
    let Some(open) = rest.find('(') else { return false };
    let is_method = rest.get(..open).is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let mut depth = 0usize;
    let end = rest.char_indices().skip_while(|(at, _)| *at < open).find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at + 1)
    });
    is_method && end.and_then(|end| rest.get(end..)).is_some_and(|rest| rest.trim_start().starts_with(".await"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_are_awaited_again_are_told_from_values() {
        assert!(is_awaited(".next().await", 0) && is_awaited("\n    .fetch(f(1), 2)\n    .await", 0));
        assert!(!is_awaited(".email", 0) && !is_awaited(").send().await", 0) && !is_awaited(".len() + 1", 0));
    }

    #[test]
    fn values_as_they_are_may_be_moved() {
        let moved = |text: &str| may_move(text, text.find("conn").unwrap(), 4);
        assert!(moved("f(conn)") && moved("f(a, conn,)") && moved("x = conn;"));
        assert!(!moved("f(&mut *conn)") && !moved("conn.query()") && !moved("f(&conn)"));
    }
}
