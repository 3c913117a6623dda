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
    let set = setting(advice, code)?;
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

/// The call of the advice, `.timeout(Duration::from_secs(30))`, with the path of the type where it is not imported.
fn setting(advice: &str, code: &Code) -> Option<String> {
    let whole = |part: &&str| part.starts_with('.') && part.ends_with(')') && !part.contains('…');
    let call = advice.split('`').skip(1).step_by(2).find(whole)?;
    let imported = code.text.lines().any(|line| line.starts_with("use std::time::") && line.contains("Duration"));
    Some(if imported { call.to_owned() } else { call.replace("(Duration::", "(std::time::Duration::") })
}
