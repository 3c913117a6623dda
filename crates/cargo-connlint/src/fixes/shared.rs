//! A client that is made for each request: a static holds one, and each request clones it.

use std::collections::BTreeSet;

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::TextRange;

use super::code::{Code, has_long_literal, unwrapped};
use super::edit;
use super::package::Package;
use crate::edits::line_ending;

/// Names for the static, of which the first that the function does not use is taken.
const NAMES: [&str; 4] = ["CLIENT", "SHARED_CLIENT", "OTHER_CLIENT", "FURTHER_CLIENT"];

/// Columns after which rustfmt breaks a line, unless it is configured otherwise.
const MAX_WIDTH: usize = 100;

/// The first Rust that has `std::sync::LazyLock`.
const LAZY_LOCK: (u32, u32) = (1, 80);

/// Which expression becomes the value of the static, and of what type it is.
struct Made<'c> {
    range: TextRange,
    ty: &'c str,
    /// What `LazyLock::new` is given.
    initialiser: String,
}

/// `of` is the type of the client, canonical, and whether the expression yields a `Result` of it.
pub(super) fn fix(
    finding: &Diagnostic,
    of: (&str, bool),
    code: &Code,
    package: &Package,
    statics: &mut BTreeSet<(u32, &'static str)>,
) -> Option<Fix> {
    let made = made(finding.primary.range, of, code)?;
    let piece = code.piece(made.range)?;
    let function = piece.body.start;
    let is_free = |name: &&str| code.words(name, piece.body).is_empty() && !statics.contains(&(function, *name));
    let name = NAMES.into_iter().find(|name| is_free(name))?;
    statics.insert((function, name));
    let at = code.before_line(piece.range.start);
    let declared = declared(name, &made, code.indent(piece.range.start), line_ending(&code.text));
    Some(Fix {
        message: format!("build it once, in a static `{name}`, and clone that: clones share the connections"),
        edits: vec![
            edit(&code.file, TextRange::new(at, at), declared),
            edit(&code.file, made.range, format!("{name}.clone()")),
        ],
        applicability: if package.may_use_rust(LAZY_LOCK) { Applicability::Certain } else { Applicability::Likely },
    })
}

/// The lines of the static. Within the function, the type's path means what it means in the expression.
fn declared(name: &str, made: &Made<'_>, indent: &str, newline: &str) -> String {
    let lazy = "std::sync::LazyLock";
    let head = format!("{indent}static {name}: {lazy}<{}> =", made.ty);
    let initialiser = match made.initialiser.strip_prefix("|| ").filter(|value| value.contains('\n')) {
        Some(value) => format!("|| {{{newline}{}{newline}{indent}}}", indented(value, indent, newline)),
        None => made.initialiser.clone(),
    };
    let value = format!("{lazy}::new({initialiser});");
    let is_long = !value.contains('\n') && head.chars().count() + 1 + value.chars().count() > MAX_WIDTH;
    let between = if is_long { format!("{newline}{indent}    ") } else { " ".to_owned() };
    format!("{head}{between}{value}{newline}")
}

/// An expression of several lines, one level further in. Lines of a literal stay as they are.
fn indented(value: &str, indent: &str, newline: &str) -> String {
    let further = if has_long_literal(value) { "" } else { "    " };
    let lines = value.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{indent}    {line}"),
        _ => format!("{further}{line}"),
    });
    lines.collect::<Vec<_>>().join(newline)
}

/// What becomes the static: `Type::new()`, or a chain that begins with `Type::builder()` and whose result is unwrapped.
fn made<'c>(range: TextRange, (ty, fallible): (&str, bool), code: &'c Code) -> Option<Made<'c>> {
    let text = code.slice(range);
    let (path, rest) = text.split_once('(')?;
    let (written, function) = path.rsplit_once("::")?;
    let is_path = written.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'));
    if !is_path || written.rsplit("::").next() != ty.rsplit("::").next() || !code.is_independent(range) {
        return None;
    }
    if !fallible {
        let initialiser = if rest == ")" { path.to_owned() } else { format!("|| {text}") };
        return (function != "builder" || rest != ")").then_some(Made { range, ty: written, initialiser });
    }
    let unwrapped = unwrapped(code.slice(TextRange::new(range.end, code.all().end)))?;
    let range = TextRange::new(range.start, range.end + u32::try_from(unwrapped).ok()?);
    Some(Made { range, ty: written, initialiser: format!("|| {}", code.slice(range)) })
}
