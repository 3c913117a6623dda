//! Types as people write them.

use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// A type as people write it.
pub(crate) fn show(resolver: &TypeContext<'_>, ty: &Ty) -> String {
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
                crate::types::ty::TraitHead::Def(def) => resolver.defs.path(*def),
                crate::types::ty::TraitHead::Ext(path) => path.to_string(),
            });
            format!("impl {}", names.collect::<Vec<_>>().join(" + "))
        }
        Ty::Assoc(base, name) => format!("<{}>::{}", show(resolver, base), resolver.defs.text(*name)),
        Ty::FnDef(def, _) => format!("fn {}", resolver.defs.path(*def)),
        Ty::ExtFn(path, _) => format!("fn {path}"),
        Ty::Closure(..) => "closure".to_owned(),
    }
}
