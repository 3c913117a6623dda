//! Types as people write them.

use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// A type as people write it.
pub(crate) fn show(tcx: &TypeContext<'_>, ty: &Ty) -> String {
    let list = |tys: &[Ty]| tys.iter().map(|t| show(tcx, t)).collect::<Vec<_>>().join(", ");
    let with = |head: String, args: &[Ty]| if args.is_empty() { head } else { format!("{head}<{}>", list(args)) };
    match ty {
        Ty::Unknown => "?".to_owned(),
        Ty::Never => "!".to_owned(),
        Ty::Prim(name) | Ty::Param(name) => tcx.defs.text(*name).to_owned(),
        Ty::Adt(def, args) | Ty::Ctor(def, args) => with(tcx.defs.path(*def), args),
        Ty::External(path, args) => with(path.to_string(), args),
        Ty::Ref(inner) => format!("&{}", show(tcx, inner)),
        Ty::Tuple(parts) => format!("({})", list(parts)),
        Ty::Slice(inner) => format!("[{}]", show(tcx, inner)),
        Ty::Future(inner) => format!("future {}", show(tcx, inner)),
        Ty::Callable(params, ret) => format!("fn({}) -> {}", list(params), show(tcx, ret)),
        Ty::Bounds(bounds) => {
            let names = bounds.iter().map(|b| match &b.head {
                crate::types::ty::TraitId::Def(def) => tcx.defs.path(*def),
                crate::types::ty::TraitId::External(path) => path.to_string(),
            });
            format!("impl {}", names.collect::<Vec<_>>().join(" + "))
        }
        Ty::Assoc(base, name) => format!("<{}>::{}", show(tcx, base), tcx.defs.text(*name)),
        Ty::FnDef(def, _) => format!("fn {}", tcx.defs.path(*def)),
        Ty::ExternalFn(path, _) => format!("fn {path}"),
        Ty::Closure(..) => "closure".to_owned(),
    }
}
