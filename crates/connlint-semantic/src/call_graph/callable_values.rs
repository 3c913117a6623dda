//! Which function values an expression may be: those of its type, or those that functions of the workspace return.

use std::cell::RefCell;
use std::rc::Rc;

use connlint_facts::OpId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body::function_values;
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// Functions that return what others return are followed this far.
const MAX_DEPTH: usize = 6;

/// How many calls are looked at for what one function returns.
const MAX_RETURNING: usize = 4096;

/// The function values of expressions; what functions return is determined once.
pub(super) struct CallableValues<'a, 'w> {
    bodies: &'a Bodies<'w>,
    returned: RefCell<FxHashMap<DefId, Rc<[Ty]>>>,
}

impl<'a, 'w> CallableValues<'a, 'w> {
    pub(super) fn new(bodies: &'a Bodies<'w>) -> Self {
        Self { bodies, returned: RefCell::default() }
    }

    /// The function values that an expression holds: by its type, or made by the workspace function that returns it.
    pub(super) fn of(&self, data: &BodyData<'w>, op: OpId) -> Vec<Ty> {
        let mut found = Vec::new();
        function_values(data.ty(op), &mut found, 0);
        if found.is_empty() && returns_callable(data.ty(op)) {
            let made_by = data.origins(op).into_iter().flat_map(|origin| data.callees(origin));
            made_by.for_each(|def| found.extend(self.returned(def).iter().cloned()));
        }
        found
    }

    /// The function values that a function returns, itself or through those that make what it returns: the nearest
    /// first, each function once.
    pub(super) fn returned(&self, def: DefId) -> Rc<[Ty]> {
        if let Some(known) = self.returned.borrow().get(&def) {
            return known.clone();
        }
        let mut found = Vec::new();
        let mut seen = FxHashSet::from_iter([def]);
        let mut level = vec![def];
        let mut left = MAX_RETURNING;
        for _ in 0..MAX_DEPTH {
            let callees: Vec<DefId> =
                level.iter().flat_map(|&def| self.returned_here(def, &mut found)).take(left).collect();
            left -= callees.len();
            level = callees.into_iter().filter(|&callee| seen.insert(callee)).collect();
        }
        let found: Rc<[Ty]> = found.into();
        self.returned.borrow_mut().insert(def, found.clone());
        found
    }

    /// Adds the function values that a function's own body returns, and shows what makes the others.
    fn returned_here(&self, def: DefId, found: &mut Vec<Ty>) -> Vec<DefId> {
        let Some(ix) = self.bodies.of(def) else { return Vec::new() };
        let data = self.bodies.get(ix);
        let origins: Vec<OpId> = data.results().flat_map(|result| data.origins(result)).collect();
        origins.iter().for_each(|&origin| function_values(data.ty(origin), found, 0));
        origins.iter().flat_map(|&origin| data.callees(origin)).collect()
    }
}

fn returns_callable(ty: &Ty) -> bool {
    matches!(ty.peel_pointers(), Ty::Callable(..) | Ty::Bounds(_) | Ty::Unknown)
}
