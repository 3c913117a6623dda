//! A client whose requests nothing limits in time: the catalog's limit is set where it is built.

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::TextRange;

use super::code::Code;
use super::edit;

/// The last call of a builder.
const FINISH: &str = ".build()";

/// `advice` is the catalog's, with code in backticks; `builds` whether the expression finishes the builder that has the
/// setting, rather than being a constructor that can be written as one.
pub(super) fn fix(finding: &Diagnostic, advice: &str, builds: bool, code: &Code) -> Option<Fix> {
    let made = finding.primary.range;
    let text = code.slice(made);
    let set = setting(advice, text, code)?;
    let edit = if builds {
        let before = text.strip_suffix(FINISH)?;
        let own_line = before.len() - before.trim_end().len();
        let at = made.end - u32::try_from(FINISH.len() + own_line).ok()?;
        let line_start = before.get(before.len() - own_line..).unwrap_or_default();
        edit(&code.file, TextRange::new(at, at), format!("{line_start}{set}"))
    } else {
        let ty = text.strip_suffix("()")?.rsplit_once("::")?.0;
        edit(&code.file, made, format!("{ty}::builder(){set}{FINISH}.expect(\"the client can be built\")"))
    };
    // How long is long enough is not known.
    let applicability = Applicability::Likely;
    Some(Fix { message: format!("set a limit: `{set}`"), edits: vec![edit], applicability })
}

/// The call of the advice, `.timeout(Duration::from_secs(30))`, with the paths of types that are not imported.
fn setting(advice: &str, made: &str, code: &Code) -> Option<String> {
    let whole = |part: &&str| part.starts_with('.') && part.ends_with(')') && !part.contains('…');
    let call = advice.split('`').skip(1).step_by(2).find(whole)?;
    let mut set = String::with_capacity(call.len());
    for part in call.split_inclusive('(') {
        let ty = part.split_once("::").map(|(ty, _)| ty).filter(|ty| ty.starts_with(char::is_uppercase));
        if let Some(ty) = ty.filter(|ty| crate_of(ty, code).is_none()) {
            // What the advice names is part of the standard library, or of the crate that has the builder.
            let krate = if ty == "Duration" { "std::time" } else { crate_of_builder(made, code)? };
            set += krate;
            set += "::";
        }
        set += part;
    }
    Some(set)
}

/// The crate of the type whose builder an expression begins: `Pool::builder(manager)`.
fn crate_of_builder<'c>(made: &'c str, code: &'c Code) -> Option<&'c str> {
    let (function, _) = made.split_once('(')?;
    let (ty, _) = function.rsplit_once("::")?;
    match ty.split_once("::") {
        Some((krate, _)) => Some(krate),
        None => crate_of(ty, code),
    }
}

/// The crate from which a name is imported.
fn crate_of<'c>(name: &str, code: &'c Code) -> Option<&'c str> {
    let imports = code.text.split(';').filter_map(|item| item.rsplit_once("use ").map(|(_, import)| import));
    let is_name = |import: &&str| import.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let import = imports.into_iter().find(|import| !import.contains(['(', '"']) && is_name(import))?;
    import.split("::").next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use connlint_facts::RelPath;

    use super::{Code, setting};

    fn set(text: &str, made: &str) -> Option<String> {
        let advice = "set it: `.wait(Some(Duration::from_secs(5))).runtime(Runtime::Tokio1)` on the builder";
        setting(advice, made, &Code::read(&RelPath::new("a.rs"), text.into()))
    }

    #[test]
    fn types_are_named_by_the_crate_that_has_the_builder() {
        let by_import = set("use std::time::Duration;\nuse pools::{\n    Manager, Pool,\n};\n", "Pool::builder(m)");
        assert_eq!(by_import.as_deref(), Some(".wait(Some(Duration::from_secs(5))).runtime(pools::Runtime::Tokio1)"));
        let by_path = set("use pools::Runtime;\n", "pools::Pool::builder(m)");
        let whole = ".wait(Some(std::time::Duration::from_secs(5))).runtime(Runtime::Tokio1)";
        assert_eq!(by_path.as_deref(), Some(whole));
        assert_eq!(set("", "Pool::builder(m)"), None);
    }
}
