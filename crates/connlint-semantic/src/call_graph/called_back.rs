//! What a crate that nobody has read calls back: it is given a value of the workspace, or has its type as a type argument,
//! and is awaited, so it calls the methods of its own traits on that value meanwhile.

use connlint_facts::OpKind;

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::domain::Certainty;
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body::{Call, Target};
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::is_test;
use crate::types::impl_index::ImplData;
use crate::types::ty::{TraitId, Ty};

impl<'w> CallGraphBuilder<'_, 'w> {
    /// Adds calls of the methods that an awaited call of an unknown crate finds on what it is given.
    pub(super) fn called_back(&self, ix: BodyIx, call: &Call<'w>, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        if !matches!(call.target, Target::Unresolved { .. }) || !data.is_awaited_at_once(call.op) {
            return;
        }
        let Some(krate) = self.unknown_crate(data, call) else { return };
        let given = call.args.iter().map(|&arg| data.ty(arg).peel_pointers());
        // `Loader<Key, Value, Users>` works through the implementation that its type names.
        let named = call.recv.map_or(&[][..], |recv| data.ty(recv).peel_pointers().args());
        for ty in given.chain(named) {
            for member in self.methods_for(krate, ty) {
                let Some(to) = self.functions.of_def(self.bodies, member) else { continue };
                self.edge(ix, call.op, to, calls, |edge| {
                    edge.certainty = Certainty::Medium;
                    edge.thread_known = false;
                });
            }
        }
    }

    /// The crate of what is called, if the catalog does not know it.
    fn unknown_crate<'d>(&self, data: &'d BodyData<'w>, call: &Call<'w>) -> Option<&'d str> {
        let path = match (data.kind(call.op), call.recv) {
            (OpKind::Call { callee, .. }, _) => match data.ty(*callee) {
                Ty::ExternalFn(path, _) => &**path,
                _ => return None,
            },
            (_, Some(recv)) => data.ty(recv).peel_pointers().external_path()?,
            _ => return None,
        };
        let known = self.tcx.catalog.crate_of(path).is_some();
        if known { None } else { path.split("::").next() }
    }

    /// The methods that a type of the workspace has by traits of a crate; of a trait object, those of each type that may be
    /// behind it.
    fn methods_for(&self, krate: &str, ty: &Ty) -> Vec<DefId> {
        let of_crate = |head: &TraitId| match head {
            TraitId::External(path) => path.split("::").next() == Some(krate),
            TraitId::Def(_) => false,
        };
        let impls: Vec<&ImplData> = match ty {
            Ty::Adt(..) => {
                self.tcx.impls_of_type(ty).filter(|data| data.trait_id.as_ref().is_some_and(of_crate)).collect()
            }
            Ty::Bounds(traits) => {
                let heads = traits.iter().map(|one| &one.head).filter(|head| of_crate(head));
                heads
                    .flat_map(|head| self.tcx.impls_of_trait(head))
                    .filter(|data| !is_test(self.tcx, data.def))
                    .collect()
            }
            _ => Vec::new(),
        };
        let members = impls.into_iter().flat_map(|data| self.tcx.defs.members(data.def).iter().copied());
        members.filter(|&member| self.tcx.defs.def(member).kind == DefKind::Fn).collect()
    }
}
