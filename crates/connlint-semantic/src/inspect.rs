//! What inference made of some lines, as text: for tests and for whoever looks for the cause of a miss.

use std::fmt::Write as _;

use connlint_catalog::Catalog;
use connlint_facts::{OpKind, TextRange, WorkspaceFacts};

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body::Target;
use crate::names::defs::Defs;
use crate::names::locked::LockedGraph;
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::display::show;

/// The operations of a file inside a range of bytes, each with its type and, for calls, its target.
pub fn inspect(facts: &WorkspaceFacts, catalog: &Catalog, file: &str, range: TextRange) -> String {
    let mut tcx = TypeContext::new(Defs::collect(&facts.crates), catalog, LockedGraph::default());
    let bodies = Bodies::infer(&mut tcx, true);
    let mut text = String::new();
    for data in &bodies.list {
        if tcx.defs.file_of(data.def).facts.path.as_str() == file {
            body(&tcx, data, range, &mut text);
        }
    }
    text
}

fn body(tcx: &TypeContext<'_>, data: &BodyData<'_>, range: TextRange, text: &mut String) {
    let mut headed = false;
    for (index, op) in data.body.ops.iter().enumerate() {
        if !range.contains(TextRange::new(op.range.start, op.range.start)) {
            continue;
        }
        if !std::mem::replace(&mut headed, true) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", tcx.defs.path(data.def));
        }
        let id = connlint_facts::OpId(index as u32);
        let _ = write!(text, "  %{index} {} : {}", kind(tcx, data, &op.kind), show(tcx, data.ty(id)));
        if let Some(call) = data.call(id) {
            let _ = write!(text, "  -> {}", target(tcx, &call.target));
        }
        text.push('\n');
    }
}

fn kind(tcx: &TypeContext<'_>, data: &BodyData<'_>, kind: &OpKind) -> String {
    let file = tcx.defs.file_of(data.def);
    let path =
        |p: &connlint_facts::Path| p.segments.iter().map(|s| file.facts.text(s.name)).collect::<Vec<_>>().join("::");
    match kind {
        OpKind::MethodCall { recv, name, .. } => format!("%{}.{}()", recv.0, file.facts.text(*name)),
        OpKind::Path(p) => path(p),
        OpKind::Local(local) => file.facts.text(data.body.locals[local.0 as usize].name).to_owned(),
        OpKind::Call { callee, .. } => format!("call %{}", callee.0),
        OpKind::VariantField { base, variant, name } => {
            format!("%{} as {}.{}", base.0, path(variant), file.facts.text(*name))
        }
        OpKind::Field { base, name } => format!("%{}.{}", base.0, file.facts.text(*name)),
        other => format!("{other:?}").split([' ', '(']).next().unwrap_or("").to_owned(),
    }
}

fn target(tcx: &TypeContext<'_>, target: &Target<'_>) -> String {
    match target {
        Target::Known(callees) => {
            let names = callees.iter().map(|c| match c {
                Callee::Def { def, .. } => tcx.defs.path(*def),
                Callee::Api { api, .. } => format!("[{}]", api.path),
                Callee::Chain(ty) => format!("chain {}", show(tcx, ty)),
            });
            names.collect::<Vec<_>>().join(" | ")
        }
        Target::Closure(..) => "closure".to_owned(),
        Target::Value => "value".to_owned(),
        Target::Macro(model) => format!("[{}!]", model.path),
        Target::Nothing => "nothing".to_owned(),
        Target::Unresolved { typed } => format!("unresolved (type known: {typed})"),
    }
}
