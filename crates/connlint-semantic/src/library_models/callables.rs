//! What a library runs of what it is given: callables, and methods of implementations of its traits.

use std::collections::BTreeMap;

use connlint_catalog::Runs;
use rustc_hash::FxHashMap;

use super::TraitEntries;
use super::search::Search;
use crate::domain::{Condition, FunctionId};
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::is_test;
use crate::types::ty::Ty;

impl Search<'_, '_> {
    /// The parameters of a function, without `self`, that it runs itself, and how. One that it keeps is left out: who
    /// runs that, and how often, is not seen here.
    pub(super) fn callbacks(&self, def: DefId) -> Vec<(usize, Runs)> {
        let Some(signature) = self.tcx.signature(def) else { return Vec::new() };
        let callable = signature.params.iter().enumerate().filter(|(_, ty)| matches!(ty, Ty::Callable(..)));
        callable.filter_map(|(index, _)| Some((index, self.uses.runs(def, index)?))).collect()
    }

    /// The public traits with methods that the library calls on a path that recurs.
    pub(super) fn called_traits(&self) -> Vec<TraitEntries> {
        let methods = self.trait_methods();
        let mut called: BTreeMap<DefId, BTreeMap<String, Runs>> = BTreeMap::new();
        for (ix, data) in self.bodies.indices().map(|ix| (ix, self.bodies.get(ix))) {
            for call in &data.types.calls {
                let known = call.callees().find_map(|def| methods.get(&def).map(|of| (*of, def)));
                let Some((of, method)) = known.filter(|_| !is_test(self.tcx, data.def)) else { continue };
                let function = self.stage.functions.id(ix, data.frame(call.op));
                let Some(runs) = function.and_then(|function| self.recurs(function)) else { continue };
                let name = self.tcx.defs.text(self.tcx.defs.def(method).name).to_owned();
                called.entry(of).or_default().entry(name).or_insert(runs);
            }
        }
        let entries = called.into_iter().filter_map(|(of, entries)| {
            let path = self.exports.paths.get(&of)?.clone();
            Some(TraitEntries { path, entries: entries.into_iter().collect(), span: self.name_of(of)? })
        });
        let mut entries: Vec<TraitEntries> = entries.collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }

    /// The methods of public traits, with their traits.
    fn trait_methods(&self) -> FxHashMap<DefId, DefId> {
        let defs = &self.tcx.defs;
        let traits = self.exports.paths.keys().filter(|def| defs.def(**def).kind == DefKind::Trait);
        traits.flat_map(|&of| defs.members(of).iter().map(move |&method| (method, of))).collect()
    }

    /// How a function recurs, by the preferred path from an entry point. A loop of which nothing more is known may go over
    /// what start-up sets up.
    fn recurs(&self, function: FunctionId) -> Option<Runs> {
        let (entry, path) = self.program.reach.path(self.program, function, &Condition::ALWAYS)?;
        let is_shared = |&call: &u32| self.program.calls[call as usize].shared.is_some();
        let runs = self.program.entry(entry).kind.runs()?;
        (!path.iter().any(is_shared)).then_some(runs)
    }
}
