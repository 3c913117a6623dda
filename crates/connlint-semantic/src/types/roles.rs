//! What types are for: roles behind references, results and fields.

use std::sync::atomic::{AtomicU8, Ordering};

use connlint_catalog::Role;

use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// The type of streams of which nothing else is known.
pub(crate) const ANY_STREAM: &str = "futures::Stream";

/// The role of a type, behind futures, results and pointers.
pub(crate) fn role_behind(tcx: &TypeContext<'_>, ty: &Ty) -> Option<Role> {
    match ty {
        Ty::Ref(inner) | Ty::Future(inner) => role_behind(tcx, inner),
        Ty::External(path, args) => match &**path {
            "std::result::Result" | "std::option::Option" | "std::sync::Arc" | "std::boxed::Box" => {
                args.first().and_then(|a| role_behind(tcx, a))
            }
            _ => tcx.role(path),
        },
        Ty::Tuple(parts) => parts.iter().find_map(|p| role_behind(tcx, p)),
        _ => None,
    }
}

/// The pool that a value is, through references, smart pointers and wrappers of state.
pub(crate) fn pool_type(tcx: &TypeContext<'_>, ty: &Ty) -> Option<Ty> {
    let mut ty = ty.clone();
    for _ in 0..8 {
        if tcx.role_of(&ty) == Some(Role::Pool) {
            return Some(ty);
        }
        ty = tcx.deref(&ty)?;
    }
    None
}

/// Whether a type is an end of a channel inside the process.
pub(crate) fn is_own_channel(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    let model = ty.external_path().and_then(|path| tcx.catalog.type_model(path, None));
    model.is_some_and(|model| model.own_channel)
}

/// Whether a value of a type can hold what was opened. What is not known can.
pub(crate) fn may_hold(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    Holding::new(tcx, true).holds(ty, 0)
}

/// The same, where what is not known does not count.
pub(crate) fn is_known_to_hold(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    Holding::new(tcx, false).holds(ty, 0)
}

/// Whether the fields of each type of the workspace can hold what was opened: asked of the same types again and again.
///
/// A byte for each definition: whether it is known, and the answer, for either of the two questions.
#[derive(Debug, Default)]
pub(crate) struct HoldingTypes(Box<[AtomicU8]>);

impl HoldingTypes {
    pub(crate) fn of(definitions: usize) -> Self {
        Self((0..definitions).map(|_| AtomicU8::new(0)).collect())
    }

    /// The answer follows from the type and the question, so that it may be worked out twice at the same time.
    fn get(&self, DefId(number): DefId, unknown: bool, ask: impl FnOnce() -> bool) -> bool {
        let Some(answers) = self.0.get(number as usize) else { return ask() };
        let shift = 2 * u8::from(unknown);
        let (known, yes) = (1 << shift, 2 << shift);
        let before = answers.load(Ordering::Relaxed);
        if before & known != 0 {
            return before & yes != 0;
        }
        let answer = ask();
        answers.fetch_or(if answer { known | yes } else { known }, Ordering::Relaxed);
        answer
    }
}

/// The search of a type's parts for one that can hold what was opened.
struct Holding<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    /// Whether what is not known counts.
    unknown: bool,
    /// The types of the workspace that were looked into, the one that was asked for first.
    seen: Vec<DefId>,
}

/// A type with more types of the workspace in it is taken for one of which not all is known.
const MAX_TYPES: usize = 48;

/// Arguments within arguments that are looked into.
const MAX_HELD: u32 = 16;

impl<'a, 'w> Holding<'a, 'w> {
    fn new(tcx: &'a TypeContext<'w>, unknown: bool) -> Self {
        Self { tcx, unknown, seen: Vec::new() }
    }

    fn holds(&mut self, ty: &Ty, depth: u32) -> bool {
        let next = depth + 1;
        match ty {
            _ if depth > MAX_HELD => false,
            Ty::Unknown | Ty::Param(_) | Ty::Bounds(_) | Ty::Assoc(..) => self.unknown,
            Ty::Adt(def, args) => args.iter().any(|arg| self.holds(arg, next)) || self.has_part_at(*def, next),
            Ty::Ref(inner) | Ty::Future(inner) | Ty::Slice(inner) => self.holds(inner, next),
            Ty::Tuple(parts) => parts.iter().any(|part| self.holds(part, next)),
            // It stands for whatever implements it.
            Ty::External(path, _) if &**path == ANY_STREAM => self.unknown,
            Ty::External(path, args) => {
                let own = self.tcx.role(path).is_some_and(|role| {
                    use Role::{Lock, LockGuard, Map, Other, Pointer, Request};
                    match role {
                        Request => self.tcx.catalog.type_model(path, None).is_some_and(|model| model.of_client),
                        role => !matches!(role, Other | Pointer | Map | Lock | LockGuard),
                    }
                });
                let std = path.starts_with("std::result") || path.starts_with("std::option");
                own || args.iter().take(if std { 1 } else { usize::MAX }).any(|arg| self.holds(arg, next))
            }
            _ => false,
        }
    }

    /// Whether a field of a type of the workspace does; kept for a type that is not itself met in another's field.
    fn has_part_at(&mut self, def: DefId, depth: u32) -> bool {
        if self.seen.is_empty() {
            return self.tcx.holding.get(def, self.unknown, || Self::new(self.tcx, self.unknown).has_part(def, 1));
        }
        self.has_part(def, depth)
    }

    fn has_part(&mut self, def: DefId, depth: u32) -> bool {
        if self.seen.contains(&def) {
            return false;
        }
        if self.seen.len() == MAX_TYPES {
            return self.unknown;
        }
        self.seen.push(def);
        let tcx = self.tcx;
        tcx.field_types(def).any(|field| (self.unknown && may_be_live(tcx, field)) || self.holds(field, depth))
    }
}

/// Whether a value of a type is its own data and nothing else: no part of it is shared with another value.
pub(crate) fn is_plain_data(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    is_plain(tcx, ty, &mut Vec::new(), 0)
}

fn is_plain(tcx: &TypeContext<'_>, ty: &Ty, seen: &mut Vec<DefId>, depth: u32) -> bool {
    match ty {
        _ if depth > MAX_HELD || seen.len() > MAX_TYPES => false,
        Ty::Prim(_) => true,
        Ty::Adt(def, args) => {
            let known = seen.contains(def);
            seen.push(*def);
            args.iter().all(|arg| is_plain(tcx, arg, seen, depth + 1))
                && (known || tcx.field_types(*def).all(|field| is_plain(tcx, field, seen, depth + 1)))
        }
        Ty::Slice(inner) => is_plain(tcx, inner, seen, depth + 1),
        Ty::Tuple(parts) => parts.iter().all(|part| is_plain(tcx, part, seen, depth + 1)),
        Ty::External(path, args) => {
            let owns = &**path == "std::boxed::Box" || matches!(tcx.role(path), None | Some(Role::Other | Role::Map));
            path.starts_with("std::") && owns && args.iter().all(|arg| is_plain(tcx, arg, seen, depth + 1))
        }
        _ => false,
    }
}

/// Whether a type is, or wraps, one of another crate of which nothing is known.
pub(crate) fn is_foreign(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    is_unread(tcx, ty, &|_| true)
}

/// The same, of a crate that may deal in connections: by `Cargo.lock`, those of identifiers, dates or numbers do not.
pub(crate) fn may_be_live(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    is_unread(tcx, ty, &|path| !path.split("::").next().is_some_and(|lib| tcx.locked.is_offline(lib)))
}

fn is_unread(tcx: &TypeContext<'_>, ty: &Ty, counts: &dyn Fn(&str) -> bool) -> bool {
    let part = |ty: &Ty| is_unread(tcx, ty, counts);
    match ty {
        Ty::Ref(inner) | Ty::Future(inner) | Ty::Slice(inner) => part(inner),
        Ty::Tuple(parts) => parts.iter().any(part),
        Ty::External(path, args) if path.starts_with("std::") => args.first().is_some_and(part),
        Ty::External(path, _) => tcx.catalog.type_model(path, None).is_none() && counts(path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::HoldingTypes;
    use crate::names::defs::DefId;

    #[test]
    fn an_answer_is_kept_for_its_type_and_question_alone() {
        let kept = HoldingTypes::of(2);
        assert!(kept.get(DefId(0), true, || true) && !kept.get(DefId(0), false, || false));
        assert!(kept.get(DefId(0), true, || false) && !kept.get(DefId(0), false, || true));
        assert!(kept.get(DefId(1), false, || true) && !kept.get(DefId(1), true, || false));
        // Of others nothing is kept.
        assert!(kept.get(DefId(2), true, || true) && !kept.get(DefId(2), true, || false));
    }
}
