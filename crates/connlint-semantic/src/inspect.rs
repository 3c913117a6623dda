//! What inference made of some lines, as text: for tests and for whoever looks for the cause of a miss.

use std::fmt::Write as _;

use connlint_catalog::Catalog;
use connlint_facts::{OpKind, TextRange, WorkspaceFacts};

use crate::bodies::{Bodies, BodyData};
use crate::defs::Defs;
use crate::infer::Target;
use crate::methods::Callee;
use crate::resolve::Resolver;
use crate::ty::Ty;

/// The operations of a file inside a range of bytes, each with its type and, for calls, its target.
pub fn inspect(facts: &WorkspaceFacts, catalog: &Catalog, file: &str, range: TextRange) -> String {
    let mut resolver = Resolver::new(Defs::collect(&facts.crates), catalog);
    let bodies = Bodies::infer(&mut resolver, true);
    let mut text = String::new();
    for data in &bodies.list {
        if resolver.defs.file_of(data.def).facts.path.as_str() == file {
            body(&resolver, data, range, &mut text);
        }
    }
    text
}

fn body(resolver: &Resolver<'_>, data: &BodyData<'_>, range: TextRange, text: &mut String) {
    let mut headed = false;
    for (index, op) in data.body.ops.iter().enumerate() {
        if !range.contains(TextRange::new(op.range.start, op.range.start)) {
            continue;
        }
        if !std::mem::replace(&mut headed, true) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", resolver.defs.path(data.def));
        }
        let id = connlint_facts::OpId(index as u32);
        let _ = write!(text, "  %{index} {} : {}", kind(resolver, data, &op.kind), show(resolver, data.ty(id)));
        if let Some(call) = data.call(id) {
            let _ = write!(text, "  -> {}", target(resolver, &call.target));
        }
        text.push('\n');
    }
}

fn kind(resolver: &Resolver<'_>, data: &BodyData<'_>, kind: &OpKind) -> String {
    let file = resolver.defs.file_of(data.def);
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

fn target(resolver: &Resolver<'_>, target: &Target<'_>) -> String {
    match target {
        Target::Known(callees) => {
            let names = callees.iter().map(|c| match c {
                Callee::Def { def, .. } => resolver.defs.path(*def),
                Callee::Api { api, .. } => format!("[{}]", api.path),
                Callee::Chain(ty) => format!("chain {}", show(resolver, ty)),
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

/// A type as people write it.
pub(crate) fn show(resolver: &Resolver<'_>, ty: &Ty) -> String {
    let list = |tys: &[Ty]| tys.iter().map(|t| show(resolver, t)).collect::<Vec<_>>().join(", ");
    let with = |head: String, args: &[Ty]| if args.is_empty() { head } else { format!("{head}<{}>", list(args)) };
    match ty {
        Ty::Unknown => "?".to_owned(),
        Ty::Never => "!".to_owned(),
        Ty::Prim(name) | Ty::Param(name) => resolver.defs.text(*name).to_owned(),
        Ty::Adt(def, args) | Ty::Ctor(def, args) => with(resolver.defs.path(*def), args),
        Ty::Ext(path, args) => with(path.to_string(), args),
        Ty::Ref(inner) => format!("&{}", show(resolver, inner)),
        Ty::Tuple(parts) => format!("({})", list(parts)),
        Ty::Slice(inner) => format!("[{}]", show(resolver, inner)),
        Ty::Future(inner) => format!("future {}", show(resolver, inner)),
        Ty::Callable(params, ret) => format!("fn({}) -> {}", list(params), show(resolver, ret)),
        Ty::Bounds(bounds) => {
            let names = bounds.iter().map(|b| match &b.head {
                crate::ty::TraitHead::Def(def) => resolver.defs.path(*def),
                crate::ty::TraitHead::Ext(path) => path.to_string(),
            });
            format!("impl {}", names.collect::<Vec<_>>().join(" + "))
        }
        Ty::Assoc(base, name) => format!("<{}>::{}", show(resolver, base), resolver.defs.text(*name)),
        Ty::FnDef(def, _) => format!("fn {}", resolver.defs.path(*def)),
        Ty::ExtFn(path, _) => format!("fn {path}"),
        Ty::Closure(..) => "closure".to_owned(),
    }
}
