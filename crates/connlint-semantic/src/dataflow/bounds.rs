//! What bounds how many runs are at an expression at the same time: the guard of a lock or semaphore that all of them
//! share and that each holds meanwhile.

use connlint_catalog::Bound;
use connlint_facts::{LocalId, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::kept_answers::HAS_GUARDS;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_back};

impl BodyCx<'_, '_> {
    /// What bounds the runs of an expression: the strictest of what is held there.
    pub(crate) fn bound(&self, op: OpId) -> Option<Bound> {
        let through = self.data.call(op).and_then(|call| call.recv);
        let of_receiver = through.and_then(|recv| self.bound_of_chain(recv));
        of_receiver.into_iter().chain(self.bounds_around(op)).max()
    }

    /// `self.inner.lock().await.reconnect()`: the guard is a temporary of the statement.
    fn bound_of_chain(&self, recv: OpId) -> Option<Bound> {
        let guard = trace_back(self.data, recv, Steps::CHAIN).find(|&op| self.guard(op).is_some())?;
        self.guard(guard).filter(|_| self.all_share(guard))
    }

    /// The guards in variables that are alive at an expression.
    fn bounds_around(&self, op: OpId) -> impl Iterator<Item = Bound> {
        let body = self.data.body;
        let has_guards = self.ask(HAS_GUARDS, self.data.def, 0, |here| here.has_guards());
        let runs_apart =
            |region: &RegionId| matches!(body.regions[region.0 as usize].kind, RegionKind::Closure | RegionKind::Async);
        let around: Vec<RegionId> =
            ancestors(body, body.ops[op.0 as usize].region).take_while(|region| !runs_apart(region)).collect();
        let locals = body.locals.iter().zip(0..).filter(move |(local, _)| has_guards && around.contains(&local.scope));
        locals.filter_map(move |(_, number)| {
            let local = LocalId(number);
            let [value] = self.data.flow.writes(local) else { return None };
            let bound = self.guard(*value).filter(|_| *value < op)?;
            (self.all_share(*value) && !self.is_given_up(local, op)).then_some(bound)
        })
    }

    fn has_guards(&self) -> bool {
        (0..self.data.body.locals.len() as u32).any(|number| match self.data.flow.writes(LocalId(number)) {
            [value] => self.guard(*value).is_some(),
            _ => false,
        })
    }

    fn guard(&self, value: OpId) -> Option<Bound> {
        let path = self.data.ty(value).external_path()?;
        self.tcx.catalog.type_model(path, None)?.bounds
    }

    /// Whether each run asks for the same guard: its lock outlives the run, and nothing selects among many.
    fn all_share(&self, guard: OpId) -> bool {
        let mut asked = false;
        let selects = trace_back(self.data, guard, Steps::SOLE_ROOT).any(|op| match self.data.kind(op) {
            OpKind::MethodCall { args, .. } | OpKind::Call { args, .. } => {
                std::mem::replace(&mut asked, true) && !args.is_empty()
            }
            OpKind::Index { .. } | OpKind::Element { .. } | OpKind::IterItem { .. } => true,
            _ => false,
        });
        !selects && self.outlives(guard)
    }

    /// Whether a guard goes elsewhere before an expression runs: `drop(guard)`.
    fn is_given_up(&self, local: LocalId, op: OpId) -> bool {
        let reads = self.data.flow.reads(local).iter().filter(|&&read| read < op);
        reads.flat_map(|&read| self.data.flow.users(read).iter().map(move |user| (read, *user))).any(|(read, user)| {
            match self.data.kind(user) {
                OpKind::Call { args, .. } | OpKind::MethodCall { args, .. } => args.contains(&read),
                OpKind::Assign { value, .. } => *value == read,
                OpKind::Bind { value, .. } => *value == Some(read),
                _ => false,
            }
        })
    }
}
