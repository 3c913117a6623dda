//! Which pools a value can be, wherever the code that uses it runs: followed back through the fields of the workspace's
//! structs and through parameters to the expressions that yield a pool.

use std::collections::BTreeSet;

use connlint_facts::{LocalId, OpId};
use rustc_hash::FxHashSet;

use crate::infer::bodies::BodyIx;
use crate::infer::body_cx::Inferred;
use crate::names::defs::DefId;
use crate::names::external_path::ExternalPath;

use super::place::{Base, Part, PoolPlace};
use super::runs::Runs;
use super::wiring::{Callers, Wiring, builds_pool};

/// An expression that yields a pool, or a place that holds one for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Made(BodyIx, OpId),
    Static(DefId),
    Global(ExternalPath),
}

/// So many places are looked at for one pool.
const MAX_PLACES: usize = 200;

/// A search for the origins of one pool.
struct Search<'a, 'w> {
    inferred: Inferred<'a, 'w>,
    callers: Callers<'a>,
    wiring: &'a Wiring,
    seen: FxHashSet<PoolPlace>,
    found: BTreeSet<Origin>,
}

impl Wiring {
    /// Whether two pools are one in each process, or two in each, by where all the values come from that they can be;
    /// `None` where that is not known.
    pub(crate) fn same_origin(
        &self,
        inferred: Inferred<'_, '_>,
        callers: Callers<'_>,
        a: &PoolPlace,
        b: &PoolPlace,
    ) -> Option<bool> {
        let (left, right) = (self.origins(inferred, callers, a)?, self.origins(inferred, callers, b)?);
        let runs = Runs { tcx: inferred.tcx, bodies: inferred.bodies, callers };
        let pairs = || left.iter().flat_map(|&l| right.iter().map(move |&r| (l, r)));
        let one = |origin: Origin| match origin {
            Origin::Made(body, op) => runs.once(body, op),
            Origin::Static(_) | Origin::Global(_) => true,
        };
        let apart = |l: Origin, r: Origin| match (l, r) {
            (Origin::Made(body, op), Origin::Made(other, at)) => runs.apart((body, op), (other, at)),
            _ => false,
        };
        // Where a process makes one of them once and none of the others, both are that one.
        let sole = |&&origin: &&Origin| {
            let mut others = left.union(&right).filter(|&&other| other != origin);
            one(origin) && others.all(|&other| apart(origin, other))
        };
        if !left.is_disjoint(&right) {
            return left.intersection(&right).any(|origin| sole(&origin)).then_some(true);
        }
        let built =
            |origin: Origin| matches!(origin, Origin::Made(body, op) if builds_pool(inferred.bodies.get(body), op));
        pairs().all(|(l, r)| built(l) && built(r)).then_some(false)
    }

    fn origins(&self, inferred: Inferred<'_, '_>, callers: Callers<'_>, place: &PoolPlace) -> Option<BTreeSet<Origin>> {
        let (seen, found) = (FxHashSet::default(), BTreeSet::new());
        let mut search = Search { inferred, callers, wiring: self, seen, found };
        search.place(place.clone())?;
        Some(search.found).filter(|found| !found.is_empty())
    }
}

impl Search<'_, '_> {
    /// Adds what a place can be; `None` if that is not known.
    fn place(&mut self, place: PoolPlace) -> Option<()> {
        if !self.seen.insert(place.clone()) {
            return Some(());
        }
        if self.seen.len() > MAX_PLACES {
            return None;
        }
        match place.parts.split_last() {
            None => self.base(place.base),
            Some((&Part::Field(name), owner)) => {
                let owner = Wiring::owner_of(self.inferred, &place.base, owner, Part::Field(name))?;
                for &(body, op) in self.wiring.constructions(owner)? {
                    let made = PoolPlace { base: Base::Made(body, op), parts: vec![Part::Field(name)] };
                    let value = self.inferred.project(made.clone(), 0).filter(|value| *value != made)?;
                    self.place(value)?;
                }
                Some(())
            }
            Some((Part::Method(_), _)) => None,
        }
    }

    fn base(&mut self, base: Base) -> Option<()> {
        match base {
            Base::Made(body, op) => self.inferred.is_call(body, op).then(|| {
                self.found.insert(Origin::Made(body, op));
            }),
            Base::Static(def) => {
                self.found.insert(Origin::Static(def));
                Some(())
            }
            Base::Global(path) => {
                self.found.insert(Origin::Global(path));
                Some(())
            }
            Base::Local(body, local) => self.local(body, local),
            Base::Param(def, _) | Base::SelfOf(def) => self.passed(&PoolPlace { base, parts: Vec::new() }, def),
        }
    }

    /// What is written to a variable.
    fn local(&mut self, body: BodyIx, local: LocalId) -> Option<()> {
        let writes = self.inferred.bodies.get(body).flow.writes(local);
        (!writes.is_empty()).then_some(())?;
        writes.iter().try_for_each(|&value| {
            let value = self.inferred.pool_place(body, value)?;
            self.place(value)
        })
    }

    /// What the callers of a function outside tests pass for a parameter.
    fn passed(&mut self, place: &PoolPlace, def: DefId) -> Option<()> {
        let Callers { functions, program, call_ops } = self.callers;
        let function = functions.of_def(self.inferred.bodies, def)?;
        let calls = program.adjacency.calls_into(function).iter();
        let calls = calls.filter(|&&call| !program.function(program.calls[call as usize].from).test_only);
        let mut any = false;
        for &call in calls {
            let (body, op) = *call_ops.get(call as usize)?;
            let operand = self.inferred.pool_operand(place, body, op)?;
            let value = self.inferred.pool_place(body, operand)?;
            self.place(value)?;
            any = true;
        }
        any.then_some(())
    }
}
