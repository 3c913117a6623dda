//! A client that is made for each request: a static holds one, and each request clones it.

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::TextRange;

use super::code::Code;
use super::edit;
use crate::edits::line_ending;

/// Names for the static, the first that the file does not use.
const NAMES: [&str; 2] = ["CLIENT", "SHARED_CLIENT"];

pub(super) fn fix(finding: &Diagnostic, code: &Code) -> Option<Fix> {
    let made = finding.primary.range;
    let (ty, constructor) = plain_constructor(code.slice(made))?;
    let name = NAMES.iter().find(|name| code.words(name, code.all()).is_empty())?;
    let statement = code.piece(made)?.range;
    let at = code.before_line(statement.start);
    let (indent, newline) = (code.indent(statement.start), line_ending(&code.text));
    // Within the function, the type's path means what it means in the expression.
    let lazy = "std::sync::LazyLock";
    let declared = format!("{indent}static {name}: {lazy}<{ty}> = {lazy}::new({constructor});{newline}");
    Some(Fix {
        message: format!("build it once, in a static `{name}`, and clone that: clones share the connections"),
        edits: vec![
            edit(&code.file, TextRange::new(at, at), declared),
            edit(&code.file, made, format!("{name}.clone()")),
        ],
        applicability: Applicability::Certain,
    })
}

/// The type and the function of `Type::new()`: nothing that belongs to the request goes in.
fn plain_constructor(text: &str) -> Option<(&str, &str)> {
    let function = text.strip_suffix("()")?;
    let (ty, name) = function.rsplit_once("::")?;
    let is_path = ty.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'));
    let is_type = ty.rsplit("::").next().is_some_and(|last| last != "Self" && last.starts_with(char::is_uppercase));
    (is_path && is_type && matches!(name, "new" | "default")).then_some((ty, function))
}

#[cfg(test)]
mod tests {
    use super::plain_constructor;

    #[test]
    fn only_constructors_without_arguments_are_plain() {
        assert_eq!(plain_constructor("http::Client::new()"), Some(("http::Client", "http::Client::new")));
        for other in ["Client::new(&url)", "Self::new()", "client()", "Client::builder()", "Pool::<Pg>::new()"] {
            assert_eq!(plain_constructor(other), None, "{other}");
        }
    }
}
