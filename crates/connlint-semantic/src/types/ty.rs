//! Types as inference knows them, and substitution.

use std::sync::Arc;

use connlint_catalog::TypeExpr;
use connlint_facts::OpId;
use rustc_hash::FxHashMap;

use crate::names::defs::DefId;
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;

/// Type arguments.
pub(crate) type Args = Arc<[Ty]>;

/// A type, as far as the sources show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ty {
    /// Not known.
    Unknown,
    /// Of an expression that never yields.
    Never,
    /// A primitive type.
    Prim(Name),
    /// A struct, enum or union of the workspace.
    Adt(DefId, Args),
    /// A type of a crate that is not read, by canonical path.
    External(ExternalPath, Args),
    /// `&T`, `&mut T`.
    Ref(Arc<Ty>),
    /// A tuple.
    Tuple(Args),
    /// `[T]`, `[T; N]`.
    Slice(Arc<Ty>),
    /// A future that yields this.
    Future(Arc<Ty>),
    /// A callable by its signature.
    Callable(Args, Arc<Ty>),
    /// A generic parameter of the function, impl or trait around.
    Param(Name),
    /// An associated type of a type that is not known yet: `T::Item`.
    Assoc(Arc<Ty>, Name),
    /// Something that implements these traits: `dyn A + B`, `impl A`.
    Bounds(Arc<[TraitRef]>),
    /// A function as a value, with what its path says of generics: the self type, then its own arguments.
    FnDef(DefId, Arc<FnPath>),
    /// A function of a crate that is not read, by canonical path, with its alias's or turbofish's arguments.
    ExternalFn(ExternalPath, Arc<FnPath>),
    /// The constructor of a tuple struct or variant.
    Ctor(DefId, Args),
    /// A closure: the body that holds it, and the operation there.
    Closure(DefId, OpId),
}

/// What a path to a function says of generics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct FnPath {
    /// Functions of the same path under other `cfg`s.
    pub(crate) twins: Vec<DefId>,
    /// The type before `::name`, if there was one.
    pub(crate) self_ty: Option<Ty>,
    /// The arguments at the last segment.
    pub(crate) args: Vec<Ty>,
}

/// A trait with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TraitRef {
    pub(crate) head: TraitId,
    pub(crate) args: Vec<Ty>,
    /// Associated types that are given: `Item = T`.
    pub(crate) bindings: Vec<(Name, Ty)>,
}

/// Which trait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TraitId {
    Def(DefId),
    External(ExternalPath),
}

pub(crate) type Subst = FxHashMap<Name, Ty>;

/// Types nested deeper than this are cut off: macros and recursion can grow them without end.
const MAX_DEPTH: u32 = 12;

/// A type that is made of others may be nested this deep and have this many parts: the deepest in real code have a third
/// of that. Larger ones are unknown, or each line of code could double what all that follow have to look at.
const MAX_LEVELS: u32 = 40;
const MAX_PARTS: u32 = 2000;

impl Ty {
    pub(crate) fn unit() -> Ty {
        Ty::Tuple(Arc::from([]))
    }

    pub(crate) fn external(path: ExternalPath, args: impl Into<Args>) -> Ty {
        Ty::External(path, args.into())
    }

    pub(crate) fn future(output: Ty) -> Ty {
        Ty::Future(Arc::new(output))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Ty::Unknown)
    }

    /// The type behind references.
    pub(crate) fn peel_refs(&self) -> &Ty {
        let mut ty = self;
        while let Ty::Ref(inner) = ty {
            ty = inner;
        }
        ty
    }

    /// The type behind references and owning pointers.
    pub(crate) fn peel_pointers(&self) -> &Ty {
        let mut ty = self;
        loop {
            ty = match ty {
                Ty::Ref(inner) => inner,
                Ty::External(path, args) if is_pointer(path) && !args.is_empty() => &args[0],
                _ => return ty,
            };
        }
    }

    /// What a call yields once it is awaited and succeeds: the type behind futures, `Result` and `Option`.
    pub(crate) fn yielded(&self) -> &Ty {
        match self {
            Ty::Future(inner) => inner.yielded(),
            Ty::External(path, args) if matches!(&**path, "std::result::Result" | "std::option::Option") => {
                args.first().map_or(self, Ty::yielded)
            }
            _ => self,
        }
    }

    /// Whether it says whether something succeeded: a `Result`, an `Option`, a future of one.
    pub(crate) fn is_outcome(&self) -> bool {
        match self {
            Ty::Future(inner) | Ty::Ref(inner) => inner.is_outcome(),
            _ => matches!(self.external_path(), Some("std::option::Option" | "std::result::Result")),
        }
    }

    /// The canonical path, if it is an external type.
    pub(crate) fn external_path(&self) -> Option<&str> {
        match self {
            Ty::External(path, _) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn args(&self) -> &[Ty] {
        match self {
            Ty::Adt(_, args) | Ty::External(_, args) | Ty::Tuple(args) => args,
            _ => &[],
        }
    }

    /// Whether an associated type waits in it for its base to be known.
    pub(crate) fn has_assoc(&self) -> bool {
        match self {
            Ty::Assoc(..) => true,
            Ty::Adt(_, args) | Ty::External(_, args) | Ty::Tuple(args) => args.iter().any(Ty::has_assoc),
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Future(inner) => inner.has_assoc(),
            _ => false,
        }
    }

    /// Whether any part is not known.
    pub(crate) fn has_unknown(&self) -> bool {
        match self {
            Ty::Unknown => true,
            Ty::Adt(_, args) | Ty::External(_, args) | Ty::Tuple(args) => args.iter().any(Ty::has_unknown),
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Future(inner) => inner.has_unknown(),
            Ty::Assoc(..) => true,
            _ => false,
        }
    }

    /// The type, unless it is too large to work with.
    pub(crate) fn within_bounds(self) -> Ty {
        let mut parts = MAX_PARTS;
        if self.fits(MAX_LEVELS, &mut parts) { self } else { Ty::Unknown }
    }

    fn fits(&self, levels: u32, parts: &mut u32) -> bool {
        if levels == 0 || *parts == 0 {
            return false;
        }
        *parts -= 1;
        let levels = levels - 1;
        match self {
            Ty::Adt(_, args) | Ty::External(_, args) | Ty::Tuple(args) | Ty::Ctor(_, args) => {
                args.iter().all(|arg| arg.fits(levels, parts))
            }
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Future(inner) | Ty::Assoc(inner, _) => inner.fits(levels, parts),
            Ty::Callable(params, ret) => params.iter().chain([&**ret]).all(|ty| ty.fits(levels, parts)),
            Ty::Bounds(bounds) => bounds.iter().all(|bound| {
                let bound_to = bound.bindings.iter().map(|(_, ty)| ty);
                bound.args.iter().chain(bound_to).all(|ty| ty.fits(levels, parts))
            }),
            Ty::FnDef(_, path) | Ty::ExternalFn(_, path) => {
                path.self_ty.iter().chain(&path.args).all(|ty| ty.fits(levels, parts))
            }
            Ty::Unknown | Ty::Never | Ty::Prim(_) | Ty::Param(_) | Ty::Closure(..) => true,
        }
    }

    /// Replaces parameters.
    pub(crate) fn subst(&self, map: &Subst) -> Ty {
        if map.is_empty() { self.clone() } else { self.subst_at(map, 0) }
    }

    fn subst_at(&self, map: &Subst, depth: u32) -> Ty {
        if depth > MAX_DEPTH {
            return Ty::Unknown;
        }
        let all = |args: &Args| -> Args { args.iter().map(|a| a.subst_at(map, depth + 1)).collect() };
        match self {
            Ty::Param(name) => map.get(name).cloned().unwrap_or_else(|| self.clone()),
            Ty::Adt(def, args) => Ty::Adt(*def, all(args)),
            Ty::External(path, args) => Ty::External(*path, all(args)),
            Ty::Tuple(args) => Ty::Tuple(all(args)),
            Ty::Ref(inner) => Ty::Ref(Arc::new(inner.subst_at(map, depth + 1))),
            Ty::Assoc(base, name) => Ty::Assoc(Arc::new(base.subst_at(map, depth + 1)), *name),
            Ty::Slice(inner) => Ty::Slice(Arc::new(inner.subst_at(map, depth + 1))),
            Ty::Future(inner) => Ty::Future(Arc::new(inner.subst_at(map, depth + 1))),
            Ty::Callable(params, ret) => Ty::Callable(all(params), Arc::new(ret.subst_at(map, depth + 1))),
            Ty::Ctor(def, args) => Ty::Ctor(*def, all(args)),
            Ty::Bounds(bounds) => Ty::Bounds(
                bounds
                    .iter()
                    .map(|b| TraitRef {
                        head: b.head.clone(),
                        args: b.args.iter().map(|a| a.subst_at(map, depth + 1)).collect(),
                        bindings: b.bindings.iter().map(|(n, t)| (*n, t.subst_at(map, depth + 1))).collect(),
                    })
                    .collect(),
            ),
            _ => self.clone(),
        }
    }

    /// Replaces parameters that nothing bound by [`Ty::Unknown`].
    pub(crate) fn forget(&self, params: &[Name]) -> Ty {
        if params.is_empty() {
            return self.clone();
        }
        let map: Subst = params.iter().map(|&name| (name, Ty::Unknown)).collect();
        self.subst(&map)
    }
}

fn is_pointer(path: &str) -> bool {
    matches!(path, "std::boxed::Box" | "std::sync::Arc" | "std::rc::Rc" | "std::pin::Pin" | "std::borrow::Cow")
}

/// Binds the parameters of `pattern` that are in `map` so that it becomes `actual`, as far as that goes.
pub(crate) fn unify(pattern: &Ty, actual: &Ty, map: &mut Subst) {
    unify_at(pattern, actual, map, 0);
}

fn unify_at(pattern: &Ty, actual: &Ty, map: &mut Subst, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let pairs = |a: &[Ty], b: &[Ty], map: &mut Subst| {
        for (p, q) in a.iter().zip(b) {
            unify_at(p, q, map, depth + 1);
        }
    };
    match (pattern, actual) {
        // What never yields shows nothing of what it stands for.
        (_, Ty::Never) => {}
        (Ty::Param(name), _) => {
            if let Some(slot) = map.get_mut(name)
                && (slot.is_unknown() || (slot.has_unknown() && !actual.has_unknown()))
            {
                *slot = actual.clone();
            }
        }
        (Ty::Ref(p), Ty::Ref(a)) => unify_at(p, a, map, depth + 1),
        (Ty::Ref(p), a) => unify_at(p, a, map, depth + 1),
        (Ty::Adt(p, ps), Ty::Adt(a, qs)) if p == a => pairs(ps, qs, map),
        (Ty::External(p, ps), Ty::External(a, qs)) if p == a => pairs(ps, qs, map),
        (Ty::Tuple(ps), Ty::Tuple(qs)) => pairs(ps, qs, map),
        (Ty::Slice(p), Ty::Slice(a)) => unify_at(p, a, map, depth + 1),
        (Ty::Slice(p), Ty::External(_, args)) if args.len() == 1 => unify_at(p, &args[0], map, depth + 1),
        (Ty::Future(p), Ty::Future(a)) => unify_at(p, a, map, depth + 1),
        (Ty::Callable(ps, p), Ty::Callable(qs, q)) => {
            pairs(ps, qs, map);
            unify_at(p, q, map, depth + 1);
        }
        (p, Ty::Ref(a)) => unify_at(p, a, map, depth + 1),
        _ => {}
    }
}

/// Binds the parameters of a catalog's type so that it becomes `actual`, as far as that goes.
pub(crate) fn unify_expr(pattern: &TypeExpr, actual: &Ty, args: &mut [Ty]) {
    match (pattern, actual) {
        (_, Ty::Never) => {}
        (TypeExpr::Param(index), _) => {
            if let Some(slot) = args.get_mut(usize::from(*index))
                && (slot.is_unknown() || (slot.has_unknown() && !actual.has_unknown()))
            {
                *slot = actual.clone();
            }
        }
        (TypeExpr::Ref(p), Ty::Ref(a)) => unify_expr(p, a, args),
        (TypeExpr::Ref(p), a) => unify_expr(p, a, args),
        (TypeExpr::Path { path, args: ps }, Ty::External(actual_path, qs)) if **path == **actual_path => {
            ps.iter().zip(qs.iter()).for_each(|(p, q)| unify_expr(p, q, args));
        }
        (TypeExpr::Path { path, args: ps }, Ty::Future(output)) if path == "std::future::Future" => {
            ps.iter().for_each(|p| unify_expr(p, output, args));
        }
        (TypeExpr::Tuple(ps), Ty::Tuple(qs)) => ps.iter().zip(qs.iter()).for_each(|(p, q)| unify_expr(p, q, args)),
        (TypeExpr::Slice(p), Ty::Slice(a)) => unify_expr(p, a, args),
        (TypeExpr::Slice(p), Ty::External(_, qs)) if qs.len() == 1 => unify_expr(p, &qs[0], args),
        (TypeExpr::Fn { params, ret }, Ty::Callable(ps, r)) => {
            params.iter().zip(ps.iter()).for_each(|(p, q)| unify_expr(p, q, args));
            unify_expr(ret, r, args);
        }
        (_, Ty::Ref(a)) => unify_expr(pattern, a, args),
        _ => {}
    }
}
