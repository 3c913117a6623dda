//! Which implementations a call of a trait's method may run.

use smallvec::SmallVec;

use crate::names::defs::{DefId, DefKind};
use crate::types::callee::{Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::impl_index::ImplData;
use crate::types::impls::may_be;
use crate::types::ty::{TraitId, Ty};

/// Implementations that one call may run, where nothing says which: what follows from a call that may be as many things
/// is a guess long before, and calls times implementations is more than any machine can hold.
pub(crate) const MAX_IMPLEMENTATIONS: usize = 256;

impl<'w> TypeContext<'w> {
    /// The functions that a trait's method may run: the implementation of `self_ty`, or all of them, the first
    /// [`MAX_IMPLEMENTATIONS`].
    pub(crate) fn dispatch(&self, method: DefId, self_ty: Option<&Ty>) -> Callees<'w> {
        let Some(owner) = self.trait_of_method(method) else {
            return SmallVec::from_elem(Callee::Def { def: method, self_ty: self_ty.cloned() }, 1);
        };
        let name = self.defs.def(method).name;
        let concrete = self_ty.map(Ty::peel_pointers).filter(|t| has_own_impls(t));
        let delegated = concrete.map_or_else(SmallVec::new, |ty| self.delegated(method, owner, ty));
        if !delegated.is_empty() {
            return delegated;
        }
        let mut found: Callees<'w> = SmallVec::new();
        let (mut needs_default, mut code) = (false, 0);
        for data in self.impls_meant(owner, concrete) {
            match self.fn_member(data.def, name) {
                Some(def) => {
                    found.push(Callee::Def { def, self_ty: Some(data.self_ty.clone()) });
                    code += usize::from(!self.defs.def(def).test_only);
                }
                None => needs_default = true,
            }
            if code == MAX_IMPLEMENTATIONS {
                break;
            }
        }
        self.prefer_code(&mut found);
        let has_body = self.defs.body(method).is_some();
        // Without an implementation here, the declaration still gives the types.
        if (needs_default && has_body) || found.is_empty() {
            found.push(Callee::Def { def: method, self_ty: self_ty.cloned() });
        }
        found
    }

    /// The implementations of a trait of the workspace, or those of them that one type may have.
    fn impls_meant<'a>(
        &'a self,
        owner: DefId,
        concrete: Option<&'a Ty>,
    ) -> Box<dyn Iterator<Item = &'a ImplData> + 'a> {
        let head = TraitId::Def(owner);
        match concrete {
            Some(ty @ (Ty::Adt(..) | Ty::External(..))) => Box::new(self.impls.of_trait_for(&head, ty).into_iter()),
            Some(ty) => {
                let all = self.impls.of_trait(&head);
                Box::new(all.filter(move |data| may_be(data.self_ty.peel_refs(), ty, 0)))
            }
            None => Box::new(self.impls.of_trait(&head)),
        }
    }

    /// The trait of the workspace that declares a method.
    fn trait_of_method(&self, method: DefId) -> Option<DefId> {
        self.defs.def(method).parent.filter(|&parent| self.defs.def(parent).kind == DefKind::Trait)
    }

    /// Of a call that may run some functions, the trait of the workspace with more implementations than are followed, and
    /// their number.
    pub(crate) fn unfollowed(&self, callees: &Callees<'w>) -> Option<(DefId, usize)> {
        let Some(Callee::Def { def, .. }) = callees.first().filter(|_| callees.len() >= MAX_IMPLEMENTATIONS) else {
            return None;
        };
        let head = self.impl_data(self.defs.def(*def).parent?)?.trait_id.as_ref()?;
        let number = self.impls.of_trait(head).count();
        match head {
            TraitId::Def(owner) if number > MAX_IMPLEMENTATIONS => Some((*owner, number)),
            _ => None,
        }
    }
}

/// Whether a type is one that can be implemented for by itself.
pub(super) fn has_own_impls(ty: &Ty) -> bool {
    matches!(ty, Ty::Adt(..) | Ty::External(..) | Ty::Slice(_) | Ty::Tuple(_) | Ty::Prim(_))
}
