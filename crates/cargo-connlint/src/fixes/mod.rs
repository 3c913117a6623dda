//! From what a lint knows of a remedy to edits of the text.
//!
//! A fix is certain only if the shape of the code around the finding leaves no doubt that the result compiles and does
//! what was meant; every other shape gets none, or one that is merely likely. Comments and formatting stay as they are:
//! an edit replaces a token or adds lines.

mod code;
mod commit;
mod driver;
mod held;
mod shared;

use std::collections::BTreeMap;

use connlint_catalog::Catalog;
use connlint_diagnostics::{Diagnostic, Fix, FixEdit, Remedy};
use connlint_facts::{RelPath, Span, TextRange};
use connlint_output::Sources;

use self::code::Code;

/// Adds the fixes of findings.
pub(crate) fn add(findings: &mut [Diagnostic], sources: &dyn Sources) {
    let mut files: BTreeMap<RelPath, Option<Code>> = BTreeMap::new();
    for finding in findings {
        let Some(remedy) = &finding.remedy else { continue };
        let file = &finding.primary.file;
        let code = files.entry(file.clone()).or_insert_with(|| sources.text(file).map(|text| Code::read(file, text)));
        finding.fixes.extend(code.as_ref().and_then(|code| fix(finding, remedy, code)));
    }
}

fn fix(finding: &Diagnostic, remedy: &Remedy, code: &Code) -> Option<Fix> {
    match remedy {
        Remedy::ShareStatic { .. } => shared::fix(finding, code),
        Remedy::UseHeld { name, calls } => held::fix(finding, name, calls, code),
        Remedy::Commit { name } => commit::fix(finding, name, code),
        Remedy::RunDriver { bound, advice } => driver::fix(finding, bound.as_ref(), advice, code),
    }
}

/// Keeps the remedies that the catalog allows: only a value whose clones are one may be cloned in place of making it.
pub(crate) fn keep_allowed(findings: &mut [Diagnostic], catalog: &Catalog) {
    for finding in findings {
        if let Some(Remedy::ShareStatic { api }) = &finding.remedy {
            let ty = api.rsplit_once("::").map_or("", |(ty, _)| ty);
            let is_cheap = catalog.type_model(ty, None).is_some_and(|model| model.cheap_clone);
            finding.remedy = finding.remedy.take().filter(|_| is_cheap);
        }
    }
}

fn edit(file: &RelPath, range: TextRange, text: String) -> FixEdit {
    FixEdit { span: Span { file: file.clone(), range }, text }
}
