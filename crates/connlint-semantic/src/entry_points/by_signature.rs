//! Handlers that macros register which nobody has read: what takes the state out of a request is called by a framework.

use connlint_catalog::Role;
use connlint_facts::{CrateId, OpKind};
use rustc_hash::FxHashSet;

use crate::domain::{EntryKind, EntryPoint, FunctionId};
use crate::entry_points::collect::Collector;
use crate::entry_points::named::Named;
use crate::infer::bodies::{BodyData, crate_of};
use crate::names::attributes::is_of_language;
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::{crate_of_def, is_test, span_of};
use crate::types::ty::Ty;

impl Collector<'_, '_> {
    /// Functions of which only the parameters show that a framework calls them: one is its wrapper of the state, nothing
    /// that was read names the function, and a macro that was not read may register it. Of medium certainty.
    pub(super) fn by_signature(&mut self) {
        let known: FxHashSet<FunctionId> = self.found.iter().map(|entry| entry.function).collect();
        let mut candidates = self.takers_of_state();
        candidates.retain(|(function, ..)| !known.contains(function));
        if candidates.is_empty() {
            return;
        }
        let crates = self.crates_with_unread_macros();
        let named = Named::of(self.builder);
        let tcx = self.tcx();
        let may_be_registered = |def: DefId| {
            let is_unread = |attribute| !is_of_language(tcx, def, attribute);
            crates.contains(&crate_of_def(tcx, def)) || tcx.defs.attributes(def).iter().any(is_unread)
        };
        let found: Vec<EntryPoint> = candidates
            .into_iter()
            .filter(|&(_, def, _)| !named.is_named(tcx, def) && may_be_registered(def))
            .map(|(function, def, framework)| {
                let at = span_of(tcx, def, self.name_range(def));
                self.unread_entry(EntryKind::RequestHandler, function, None, at, &framework)
            })
            .collect();
        found.into_iter().for_each(|entry| self.push(entry));
    }

    /// Free functions with a parameter that is a framework's wrapper of the state, with the framework.
    fn takers_of_state(&self) -> Vec<(FunctionId, DefId, String)> {
        let tcx = self.tcx();
        let framework = |ty: &Ty| {
            let (Ty::External(path, args), Some(Role::StateWrapper)) = (ty.peel_refs(), tcx.role_of(ty.peel_refs()))
            else {
                return None;
            };
            let krate = tcx.catalog.crate_of(path).filter(|krate| krate.category == "framework")?;
            (!args.is_empty()).then(|| krate.lib.clone())
        };
        let functions = self.bodies().list.iter().map(|data| data.def).filter(|&def| {
            let data = tcx.defs.def(def);
            let in_module = data.parent.is_none_or(|of| matches!(tcx.defs.def(of).kind, DefKind::Mod(_)));
            data.kind == DefKind::Fn && in_module && !is_test(tcx, def)
        });
        let taken = functions.filter_map(|def| {
            let signature = tcx.signature(def)?;
            let framework = signature.params.iter().find_map(framework)?;
            Some((self.builder.functions.of_def(self.bodies(), def)?, def, framework))
        });
        taken.collect()
    }

    /// Crates with a macro of which nothing is known, and which is given names of which nothing is known.
    fn crates_with_unread_macros(&self) -> FxHashSet<CrateId> {
        let tcx = self.tcx();
        let is_unread = |data: &BodyData<'_>| {
            data.body.ops.iter().any(|op| match &op.kind {
                OpKind::Macro { args, .. } => args
                    .iter()
                    .any(|arg| matches!(data.kind(arg.value), OpKind::Path(_)) && *data.ty(arg.value) == Ty::Unknown),
                _ => false,
            })
        };
        let bodies = self.bodies().list.iter().filter(|data| !is_test(tcx, data.def) && is_unread(data));
        bodies.map(|data| crate_of(tcx, data)).collect()
    }
}
