//! What is known of parameters along a path: which constant each is, and each of their fields.

use rustc_hash::FxHashMap;

use crate::call_graph::graph::CallGraph;
use crate::domain::{Condition, Constant, FunctionKind, MAX_IMPLEMENTORS, Part, Passed, Slot};

/// What is known of parameters where a path stands, by number; 0 is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Context(pub(crate) u32);

pub(crate) const NOTHING: Context = Context(0);

/// A function is visited once for each context, up to this many; then once for all.
pub(crate) const MAX_CONTEXTS: usize = 6;

type Known = Vec<(Slot, Constant)>;

/// The contexts of one walk.
#[derive(Debug)]
pub(crate) struct Contexts {
    list: Vec<Known>,
    ids: FxHashMap<Known, Context>,
}

impl Default for Contexts {
    fn default() -> Self {
        Self { list: vec![Vec::new()], ids: FxHashMap::from_iter([(Vec::new(), NOTHING)]) }
    }
}

impl Contexts {
    /// Whether a step can be taken where that much is known.
    pub(crate) fn allows(&self, context: Context, required: &Condition) -> bool {
        required.may_hold(&|slot| self.known(context, slot))
    }

    fn known(&self, context: Context, slot: Slot) -> Option<Constant> {
        self.list[context.0 as usize].iter().find(|(known, _)| *known == slot).map(|&(_, constant)| constant)
    }

    /// What is known behind a call.
    pub(crate) fn behind(&mut self, program: &CallGraph, context: Context, call: u32) -> Context {
        let edge = &program.calls[call as usize];
        if program.function(edge.to).kind != FunctionKind::Function {
            // A loop or closure of the same body sees the same parameters.
            return if program.root_of(edge.to) == program.root_of(edge.from) { context } else { NOTHING };
        }
        let decisive = &program.conditions.decisive;
        let mut known: Known = Vec::new();
        for (slot, passed) in &program.conditions.calls[call as usize].passed {
            let own = match passed {
                Passed::Constant(constant) => Some(*constant),
                Passed::Slot(slot) => self.known(context, *slot),
                Passed::Flag(either) => self.flag(context, either),
            };
            known.extend(own.map(|constant| (*slot, constant)));
            if let Passed::Slot(Slot { param, part: None }) = *passed
                && slot.part.is_none()
            {
                let parts = self.list[context.0 as usize].iter().filter(|(of, _)| of.param == param);
                let parts = parts.filter(|(of, _)| of.part.is_some());
                known.extend(parts.map(|&(of, constant)| (Slot { param: slot.param, ..of }, constant)));
            }
        }
        known.retain(|&(slot, _)| decisive.contains(edge.to, slot));
        known.sort_unstable();
        known.dedup();
        self.number(known)
    }

    fn flag(&self, context: Context, [set, unset]: &[Condition; 2]) -> Option<Constant> {
        match (self.allows(context, set), self.allows(context, unset)) {
            (true, false) => Some(Constant::Bool(true)),
            (false, true) => Some(Constant::Bool(false)),
            _ => None,
        }
    }

    /// Whether the context knows the type that decides which implementation a step under a condition runs.
    pub(crate) fn knows_type(&self, context: Context, required: &Condition) -> bool {
        let mut knows = false;
        required.each_slot(&mut |slot| knows |= slot.part == Some(Part::Type) && self.known(context, slot).is_some());
        knows
    }

    /// The context in which a function is to be visited, after the contexts of its visits so far: `None` where it was
    /// visited knowing as much or less.
    pub(crate) fn next_visit(&self, visited: &[Context], context: Context) -> Option<Context> {
        if visited.iter().any(|&seen| seen == NOTHING || seen == context) {
            return None;
        }
        // A default method is as many functions as its trait has implementations.
        let only_types = self.list[context.0 as usize].iter().all(|(slot, _)| slot.part == Some(Part::Type));
        let limit = if only_types { MAX_IMPLEMENTORS } else { MAX_CONTEXTS };
        Some(if visited.len() < limit { context } else { NOTHING })
    }

    fn number(&mut self, known: Known) -> Context {
        let next = Context(self.list.len() as u32);
        let id = *self.ids.entry(known.clone()).or_insert(next);
        if id == next {
            self.list.push(known);
        }
        id
    }
}
