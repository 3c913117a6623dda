//! Connections that a framework takes for the parameters of what it runs.
//!
//! It makes one parameter after the other and holds all that it has made, so that a handler with two guards of one pool
//! waits for the second connection while it holds the first. So does one with a guard before a parameter whose type asks
//! the database while it is made: who is logged in, say.

use connlint_catalog::Role;
use connlint_facts::{OpId, OpKind, RegionId};
use rustc_hash::FxHashMap;

use crate::analyses::holding::{HoldAnalysis, HoldSource, HoldSourceKind};
use crate::analyses::lent::WalkedFrame;
use crate::analyses::live_range::{HeldAcquire, LiveRange, Taking};
use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::domain::{Certainty, Condition, EntryKind, FunctionId, Requirement};
use crate::infer::bodies::{Bodies, BodyData, BodyIx, crate_of};
use crate::names::defs::DefId;
use crate::pools::{PoolIdentity, same_type};
use crate::types::context::TypeContext;
use crate::types::display::show;
use crate::types::ty::Ty;

/// Types are looked into this deep.
const MAX_DEPTH: u32 = 5;

/// What frameworks make for the parameters of what they run.
#[derive(Debug, Default)]
pub(crate) struct GivenParameters {
    /// The functions that frameworks run for each request, and how sure that is.
    handlers: FxHashMap<FunctionId, Certainty>,
    /// The functions by which they make values of a type of the workspace out of a request.
    extractors: FxHashMap<DefId, Vec<BodyIx>>,
}

impl GivenParameters {
    pub(crate) fn of(tcx: &TypeContext<'_>, bodies: &Bodies<'_>, functions: &Functions, program: &CallGraph) -> Self {
        let mut given = Self::default();
        for entry in program.entry_points.iter().filter(|entry| entry.framework.is_some()) {
            match entry.kind {
                EntryKind::RequestHandler | EntryKind::Middleware => {
                    given.handlers.entry(entry.function).or_insert(entry.certainty);
                }
                EntryKind::Extractor => {
                    let body = functions.origin[entry.function.0 as usize].0;
                    if let Some(made) = tcx.owner_type(bodies.get(body).def) {
                        given.extractors.entry(made).or_default().push(body);
                    }
                }
                _ => {}
            }
        }
        given
    }

    /// How sure it is that a framework makes the parameters of a function for each request.
    fn by_framework(&self, functions: &Functions, ix: BodyIx) -> Option<Certainty> {
        self.handlers.get(&functions.id(ix, None)?).copied()
    }

    fn extractors_of(&self, ty: &Ty) -> &[BodyIx] {
        match ty {
            Ty::Adt(def, _) => self.extractors.get(def).map_or(&[], |bodies| bodies),
            _ => &[],
        }
    }
}

impl<'w> HoldAnalysis<'_, 'w> {
    /// Adds to the first guard of each type that a handler is given the acquires of the further ones.
    pub(super) fn given_guards(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        walked: &WalkedFrame,
        ranges: &mut [(OpId, LiveRange)],
    ) {
        if walked.frame.region != RegionId(0) {
            return;
        }
        let is_guard =
            |op: OpId| walked.known[&op].kind == HoldSourceKind::Param && self.is_taken_for_it(data.ty(op), 0);
        let guards: Vec<OpId> = ranges.iter().filter(|(op, r)| !r.borrowed && is_guard(*op)).map(|r| r.0).collect();
        if guards.is_empty() {
            return;
        }
        let Some(certainty) = self.given.by_framework(self.functions, ix) else { return };
        for (op, range) in ranges.iter_mut().filter(|(op, _)| guards.contains(op)) {
            let ty = data.ty(*op);
            let params = data.body.op_ids().filter(|&other| matches!(data.kind(other), OpKind::Param(_)));
            let made_later = params.filter(|other| *other > *op && !guards.contains(other));
            let taken: Vec<HeldAcquire> = made_later
                .filter_map(|other| self.taken_while_made(data, other, &walked.known[op], certainty))
                .collect();
            range.acquires.splice(0..0, taken);
            let same: Vec<OpId> = guards.iter().copied().filter(|&other| data.ty(other) == ty).collect();
            if same.first() == Some(op) {
                let further = same[1..].iter().map(|&other| self.guard_taken(data, other, same.len(), certainty));
                range.acquires.splice(0..0, further);
            }
        }
    }

    /// Whether each value of a type has a connection of its own out of a pool. What is shared may be one that the request
    /// keeps for all of its guards.
    fn is_taken_for_it(&self, ty: &Ty, depth: u32) -> bool {
        match ty {
            _ if depth > MAX_DEPTH => false,
            Ty::Adt(def, _) => {
                self.holders.is_own_guard(*def)
                    || self.tcx.field_types(*def).any(|field| self.is_taken_for_it(field, depth + 1))
            }
            Ty::External(path, args) => match &**path {
                "std::option::Option" | "std::result::Result" | "std::boxed::Box" => {
                    args.first().is_some_and(|inner| self.is_taken_for_it(inner, depth + 1))
                }
                _ => self.tcx.role(path) == Some(Role::PooledConnection),
            },
            _ => false,
        }
    }

    /// The connection of the same pool that a parameter's own type takes while a framework makes it.
    fn taken_while_made(
        &self,
        data: &BodyData<'w>,
        param: OpId,
        held: &HoldSource,
        certainty: Certainty,
    ) -> Option<HeldAcquire> {
        let krate = crate_of(self.tcx, data);
        let (taken, same) = self.given.extractors_of(made_type(data.ty(param))).iter().find_map(|&extractor| {
            let inner = self.bodies.get(extractor);
            inner.types.calls.iter().find_map(|call| {
                let runs_if = self.inferred().at(inner).run_condition(call.op, None);
                let acquires = self.at_call(extractor, inner, call.op, runs_if).into_acquires();
                acquires.into_iter().find_map(|taken| {
                    let same = self.same(krate, held, &taken)?;
                    let own = taken.event.path.is_empty().then(|| is_named_after(&held.ty, inner, call.op));
                    match own.flatten() {
                        Some(false) => None,
                        Some(true) => Some((taken, same.max(PoolIdentity::Source))),
                        None => Some((taken, same)),
                    }
                })
            })
        })?;
        let guard = self.guard_taken(data, param, 2, certainty.min(taken.event.certainty));
        Some(HeldAcquire { site: taken.event.site, required: taken.event.required, same, ..guard })
    }

    fn guard_taken(&self, data: &BodyData<'w>, param: OpId, at_once: usize, certainty: Certainty) -> HeldAcquire {
        let span = self.span(data, data.body.ops[param.0 as usize].range);
        HeldAcquire {
            call: span.clone(),
            path: Vec::new(),
            site: span,
            api: show(self.tcx, data.ty(param)),
            taking: Taking::Parameter,
            same: PoolIdentity::Place,
            certainty,
            required: Requirement(Condition::ALWAYS),
            at_once,
            handed_on: false,
            remedy: None,
        }
    }
}

/// What a framework makes for a parameter that may go without.
fn made_type(ty: &Ty) -> &Ty {
    match ty {
        Ty::External(path, args) if matches!(&**path, "std::option::Option" | "std::result::Result") => {
            args.first().unwrap_or(ty)
        }
        _ => ty,
    }
}

/// Whether a guard is named after what a call takes a connection from, if both have such names: of `Connection<Db>` that
/// is `Db`.
fn is_named_after(guard: &Ty, data: &BodyData<'_>, acquire: OpId) -> Option<bool> {
    let pool = data.call(acquire).and_then(|call| call.recv).map(|recv| data.ty(recv).peel_refs());
    let pool = pool.filter(|pool| matches!(pool, Ty::Adt(..)))?;
    let mut names = guard.peel_refs().args().iter().filter(|arg| matches!(arg, Ty::Adt(..))).peekable();
    names.peek()?;
    Some(names.any(|name| same_type(name, pool)))
}
