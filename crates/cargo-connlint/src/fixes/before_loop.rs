//! What a loop opens anew in each round: it is opened once, before the loop.

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::TextRange;

use super::code::{Code, Piece, has_long_literal};
use super::edit;
use super::release::may_move;
use crate::edits::line_ending;

/// Words that leave a round, or the loop.
const LEAVING: [&str; 2] = ["break", "continue"];

pub(super) fn fix(finding: &Diagnostic, is_client: bool, code: &Code) -> Option<Fix> {
    let piece = code.piece(finding.primary.range)?;
    let name = code.bound_name(&piece)?;
    let leaves = LEAVING.iter().any(|word| !code.words(word, piece.range).is_empty());
    if leaves || !code.ends_line(piece.range.end) || !is_only_borrowed(name, &piece, code) {
        return None;
    }
    let looped = outermost(&piece, code)?;
    let place = code.piece(looped)?;
    let is_new = code.words(name, TextRange::new(place.block.start, piece.range.start)).is_empty()
        && code.words(name, TextRange::new(looped.end, place.block.end)).is_empty();
    if !is_new {
        return None;
    }
    let (from, to) = (code.before_line(piece.range.start), code.after_line(piece.range.end));
    let lines = TextRange::new(from, to);
    let at = code.before_line(place.range.start);
    let moved = outdented(code.slice(lines), code.indent(piece.range.start), code.indent(place.range.start))?;
    let newline = line_ending(&code.text);
    Some(Fix {
        message: format!("open `{name}` once, before the loop"),
        edits: vec![
            edit(&code.file, TextRange::new(at, at), format!("{}{newline}", moved.trim_end())),
            edit(&code.file, lines, String::new()),
        ],
        // A connection can break in one round and be missing in the next; a client connects anew.
        applicability: if is_client && code.is_independent(finding.primary.range) {
            Applicability::Certain
        } else {
            Applicability::Likely
        },
    })
}

/// Whether the rounds leave the variable where it is: no use moves it, closes it or hands it to a task.
fn is_only_borrowed(name: &str, piece: &Piece, code: &Code) -> bool {
    code.words(name, TextRange::new(piece.range.end, piece.block.end)).into_iter().all(|at| {
        let after = at + name.len();
        let closes = code.text.get(after..).is_some_and(|rest| {
            let method = rest.trim_start().strip_prefix('.').unwrap_or_default().trim_start();
            ["close(", "into_", "detach(", "leak("].iter().any(|start| method.starts_with(start))
        });
        let range = u32::try_from(at).ok().zip(u32::try_from(after).ok()).map(|(a, b)| TextRange::new(a, b));
        let runs_apart = range.is_none_or(|range| code.runs_apart(range, piece.range));
        !may_move(&code.text, at, name.len()) && !closes && !runs_apart
    })
}

/// The outermost loop around a statement whose rounds have no part in it.
fn outermost(piece: &Piece, code: &Code) -> Option<TextRange> {
    let mut loops = code.loops_around(piece.range);
    loops.retain(|looped| !code.runs_apart(piece.range, *looped));
    let is_constant = |looped: &&TextRange| {
        let bound = code.locals(**looped);
        let mut others = bound.iter().filter(|(_, range)| !piece.range.contains(*range));
        others.all(|(local, _)| code.words(local, piece.range).is_empty()) && !code.assigns(**looped, piece.range)
    };
    loops.iter().take_while(is_constant).last().copied()
}

/// Lines with less white space before them. `None` where a literal goes on from line to line.
fn outdented(lines: &str, from: &str, to: &str) -> Option<String> {
    let one = |line: &str| match line.trim_end_matches(['\r', '\n']) {
        "" => Some(line.to_owned()),
        _ => line.strip_prefix(from).map(|rest| format!("{to}{rest}")),
    };
    if has_long_literal(lines) { None } else { lines.split_inclusive('\n').map(one).collect() }
}

#[cfg(test)]
mod tests {
    use super::outdented;

    #[test]
    fn lines_keep_their_shape_one_level_out() {
        let lines = "        let c = open(\n            url,\n        )?;\n";
        assert_eq!(outdented(lines, "        ", "    ").unwrap(), "    let c = open(\n        url,\n    )?;\n");
        assert_eq!(outdented("    let c = \"a\n b\";\n", "    ", ""), None);
        assert_eq!(outdented("\tlet c = 1;\n", "    ", ""), None);
    }
}
