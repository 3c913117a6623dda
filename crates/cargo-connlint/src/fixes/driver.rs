//! A driver that nothing polls: it is bound, and the catalog's code runs it after the statement.

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::{Span, TextRange};

use super::code::{Code, Piece};
use super::edit;
use super::package::Package;
use crate::edits::line_ending;

/// The name that the catalog's code gives the driver, and others, of which the first that the function does not use is
/// taken.
const NAMES: [&str; 3] = ["connection", "driver", "connection_driver"];

pub(super) fn fix(
    finding: &Diagnostic,
    bound: Option<&Span>,
    advice: &str,
    code: &Code,
    package: &Package,
) -> Option<Fix> {
    let [written, ..] = NAMES;
    let run = advice.split('`').skip(1).step_by(2).find(|part| part.contains(written) && !part.contains('…'))?;
    let piece = code.piece(finding.primary.range)?;
    let statement = code.slice(piece.range);
    let pattern_end = statement.strip_prefix("let ")?.find('=')? + "let ".len();
    if !statement.ends_with(';') || bound.is_some_and(|bound| bound.file != code.file) {
        return None;
    }
    let pattern = TextRange::new(piece.range.start, piece.range.start + u32::try_from(pattern_end).ok()?);
    let name = NAMES.into_iter().find(|name| code.words(name, piece.body).is_empty())?;
    let binding = binding(bound, pattern, &piece, code)?;
    if !code.ends_line(piece.range.end) {
        return None;
    }
    let run = run.replace(written, name);
    let at = code.after_line(piece.range.end);
    let (indent, newline) = (code.indent(piece.range.start), line_ending(&code.text));
    let added = format!("{}{newline}", set_out(&format!("{run};"), indent, newline));
    Some(Fix {
        message: "run the driver in a task of its own".to_owned(),
        edits: vec![edit(&code.file, binding, name.to_owned()), edit(&code.file, TextRange::new(at, at), added)],
        applicability: if uses_dependencies_of(&run, package) { Applicability::Certain } else { Applicability::Likely },
    })
}

/// Whether the crate that the code begins with is a dependency.
fn uses_dependencies_of(code: &str, package: &Package) -> bool {
    code.split_once("::").is_some_and(|(krate, _)| package.depends_on(krate))
}

/// The `_` or `_name` of the pattern `(client, _)` that becomes the driver's name. A comment that mentions the name would
/// no longer be true.
fn binding(bound: Option<&Span>, pattern: TextRange, piece: &Piece, code: &Code) -> Option<TextRange> {
    match bound {
        Some(bound) if pattern.contains(bound.range) => {
            let name = code.slice(bound.range);
            let is_unused = name.starts_with('_') && code.words(name, piece.body).len() == 1;
            is_unused.then_some(bound.range)
        }
        Some(_) => None,
        None => {
            let text = code.slice(pattern).trim_end();
            let at = text.strip_suffix(')')?.trim_end().strip_suffix('_')?.len();
            let is_alone = text.get(..at)?.trim_end().ends_with(',');
            let start = pattern.start + u32::try_from(at).ok()?;
            is_alone.then(|| TextRange::new(start, start + 1))
        }
    }
}

/// Code of one line with each block on lines of its own.
fn set_out(code: &str, indent: &str, newline: &str) -> String {
    let (mut out, mut depth, mut in_literal) = (indent.to_owned(), 0usize, false);
    let mut chars = code.chars().peekable();
    let line = |depth: usize| format!("{newline}{indent}{}", "    ".repeat(depth));
    while let Some(c) = chars.next() {
        in_literal ^= c == '"';
        match c {
            '{' if !in_literal && chars.peek() == Some(&' ') => {
                chars.next();
                depth += 1;
                out.push('{');
                out.push_str(&line(depth));
            }
            ' ' if !in_literal && chars.peek() == Some(&'}') => {
                depth = depth.saturating_sub(1);
                out.push_str(&line(depth));
            }
            // The last expression of a block is a statement here.
            ')' if !in_literal && depth > 0 && ends_block(&chars) => out.push_str(");"),
            c => out.push(c),
        }
    }
    out
}

fn ends_block(rest: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut rest = rest.clone();
    rest.next() == Some(' ') && rest.next() == Some('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_set_out_as_rustfmt_does() {
        let code = "go(async move { if let Err(e) = c.await { log!(\"{e} }\") } });";
        let expected = "  go(async move {\n      if let Err(e) = c.await {\n          log!(\"{e} }\");\n      }\n  });";
        assert_eq!(set_out(code, "  ", "\n"), expected);
        assert_eq!(set_out("go(c);", "", "\n"), "go(c);");
    }
}
