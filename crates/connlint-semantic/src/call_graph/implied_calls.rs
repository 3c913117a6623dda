//! Calls that nobody writes: of what a derived method calls, and of what a protocol (`for`, `.await`, the methods that a trait
//! provides) calls on a type of the workspace.

use connlint_catalog::TraitModel;
use connlint_facts::{OpId, OpKind};

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body::{Call, Target};
use crate::names::defs::{DefId, DefKind};
use crate::names::external_path::ExternalPath;
use crate::types::callee::Callee;
use crate::types::impl_index::ImplData;
use crate::types::ty::{TraitId, Ty};

impl<'w> CallGraphBuilder<'_, 'w> {
    /// Adds the calls that the compiler and the standard library make where a call is written.
    pub(super) fn implied_calls(&self, ix: BodyIx, call: &Call<'w>, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        if matches!(&call.target, Target::Known(callees) if matches!(callees.first(), Some(Callee::Def { .. }))) {
            return;
        }
        let mut found = Vec::new();
        if let Some((ty, method)) = self.method_called(data, call) {
            found.extend(self.tcx.behind_derived(&ty, method));
        }
        found.extend(self.driven_by_method(data, call));
        self.implied(ix, call.op, &found, calls);
    }

    /// Adds the calls that `for` and `.await` make on types of the workspace.
    pub(super) fn driven(&self, ix: BodyIx, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        for op in data.body.op_ids() {
            let (value, traits) = match data.kind(op) {
                OpKind::Await { future } => (*future, &["std::future::Future", "std::future::IntoFuture"][..]),
                OpKind::IterItem { iter } => (*iter, &["std::iter::Iterator"][..]),
                _ => continue,
            };
            let ty = data.ty(value).peel_pointers();
            if matches!(ty, Ty::Adt(..)) {
                let written = |path: &&str| self.written_for(ty, &TraitId::External(ExternalPath::of(path)));
                let found: Vec<DefId> = traits.iter().flat_map(written).collect();
                self.implied(ix, op, &found, calls);
            }
        }
    }

    fn implied(&self, ix: BodyIx, op: OpId, found: &[DefId], calls: &mut Vec<PendingCall>) {
        for to in found.iter().filter_map(|&def| self.functions.of_def(self.bodies, def)) {
            self.edge(ix, op, to, calls, |_| {});
        }
    }

    /// The type that a method is called on, and the method's name.
    fn method_called(&self, data: &BodyData<'w>, call: &Call<'w>) -> Option<(Ty, &'w str)> {
        match data.kind(call.op) {
            OpKind::MethodCall { name, recv, .. } => {
                Some((self.tcx.unguarded(data.ty(*recv)), self.tcx.defs.file_of(data.def).facts.text(*name)))
            }
            OpKind::Call { callee, .. } => {
                let OpKind::Path(path) = data.kind(*callee) else { return None };
                let name = self.tcx.defs.file_of(data.def).facts.text(path.segments.last()?.name);
                let made = match &call.target {
                    Target::Known(callees) => match callees.first()? {
                        Callee::Api { self_ty: Some(ty), .. } => Some(ty.clone()),
                        _ => None,
                    },
                    _ => None,
                };
                let ty = match (made, data.ty(*callee)) {
                    (Some(ty), _) => ty,
                    // `Settings::default` of a type that derives it.
                    (None, Ty::Callable(params, ret)) if params.is_empty() => (**ret).clone(),
                    _ => return None,
                };
                Some((self.tcx.unguarded(&ty), name))
            }
            _ => None,
        }
    }

    /// What a method that a trait provides, or an extension of it has, calls on a type that implements the trait by hand:
    /// `Iterator::take` calls `next`.
    fn driven_by_method(&self, data: &BodyData<'w>, call: &Call<'w>) -> Vec<DefId> {
        let (Target::Known(callees), Some(recv)) = (&call.target, call.recv) else { return Vec::new() };
        let ty = data.ty(recv).peel_pointers();
        let Some(Callee::Api { api, .. }) = callees.first().filter(|_| matches!(ty, Ty::Adt(..))) else {
            return Vec::new();
        };
        let owner = api.path.rsplit_once("::").map_or("", |(owner, _)| owner);
        let model = self.tcx.catalog.trait_model(owner, None);
        // What a framework calls is an entry point, not a part of the call that registers it.
        let of_trait = |data: &&ImplData| matches!(&data.trait_id, Some(TraitId::External(path)) if &**path == owner);
        let entered = |model: &TraitModel| {
            let mut impls = self.tcx.impls_of_type(ty).filter(of_trait);
            !model.entries.is_empty() && impls.all(|data| self.tcx.is_entered(data, model))
        };
        if model.is_some_and(entered) {
            return Vec::new();
        }
        let driven = model.and_then(|model| model.drives.as_deref()).unwrap_or(owner);
        self.written_for(ty, &TraitId::External(ExternalPath::of(driven)))
    }

    /// The functions that a hand-written implementation of a trait for a type has.
    fn written_for(&self, ty: &Ty, of: &TraitId) -> Vec<DefId> {
        let impls = self.tcx.impls_of_type(ty).filter(|data| data.trait_id.as_ref() == Some(of));
        let members = impls.flat_map(|data| self.tcx.defs.members(data.def).iter().copied());
        members.filter(|&member| self.tcx.defs.def(member).kind == DefKind::Fn).collect()
    }
}
