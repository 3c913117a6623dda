//! What is known of parameters along a path: which variant each is.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::graph::CallGraph;
use crate::domain::{CallEdge, FunctionId, FunctionKind, PassedVariant, PathFacts, VariantConstraint};

/// What is known of parameters where a path stands, by number; 0 is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Context(pub(crate) u32);

pub(crate) const NOTHING: Context = Context(0);

/// The contexts of one walk.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
    list: Vec<Vec<VariantConstraint>>,
    ids: FxHashMap<Vec<VariantConstraint>, Context>,
    /// Parameters on which what a function runs depends.
    decisive: FxHashSet<(FunctionId, u16)>,
}

impl Contexts {
    pub(crate) fn of(program: &CallGraph) -> Self {
        let mut decisive = FxHashSet::default();
        let required_variants = |facts: &PathFacts, function: FunctionId, set: &mut FxHashSet<(FunctionId, u16)>| {
            set.extend(facts.required_variants.iter().map(|&(param, _)| (program.root_of(function), param)));
        };
        for (call, facts) in known_calls(program) {
            required_variants(facts, call.from, &mut decisive);
        }
        for (site, facts) in program.sites.iter().zip(&program.site_facts) {
            facts.iter().for_each(|facts| required_variants(facts, site.function, &mut decisive));
        }
        let mut contexts =
            Self { list: vec![Vec::new()], ids: FxHashMap::from_iter([(Vec::new(), NOTHING)]), decisive };
        contexts.spread(program);
        contexts
    }

    /// A parameter that is handed on to a decisive one is decisive itself.
    fn spread(&mut self, program: &CallGraph) {
        if self.decisive.is_empty() {
            return;
        }
        loop {
            let before = self.decisive.len();
            for (call, facts) in known_calls(program) {
                for &(index, given) in &facts.passed_variants {
                    if let PassedVariant::Param(param) = given
                        && self.decisive.contains(&(call.to, index))
                    {
                        self.decisive.insert((program.root_of(call.from), param));
                    }
                }
            }
            if self.decisive.len() == before {
                return;
            }
        }
    }

    /// Whether a step can be taken where that much is known.
    pub(crate) fn allows(&self, context: Context, required_variants: &[VariantConstraint]) -> bool {
        self.list[context.0 as usize].iter().all(|&(param, variant)| {
            let mut wanted = required_variants.iter().filter(|&&(p, _)| p == param).peekable();
            wanted.peek().is_none() || wanted.any(|&(_, v)| v == variant)
        })
    }

    /// What is known behind a call.
    pub(crate) fn behind(
        &mut self,
        program: &CallGraph,
        context: Context,
        call: &CallEdge,
        facts: Option<&PathFacts>,
    ) -> Context {
        if program.function(call.to).kind != FunctionKind::Function {
            // A loop or closure of the same body sees the same parameters.
            return if program.root_of(call.to) == program.root_of(call.from) { context } else { NOTHING };
        }
        let here = &self.list[context.0 as usize];
        let mut known: Vec<VariantConstraint> = facts
            .map_or(&[][..], |facts| &facts.passed_variants)
            .iter()
            .filter(|&&(index, _)| self.decisive.contains(&(call.to, index)))
            .filter_map(|&(index, given)| match given {
                PassedVariant::Variant(variant) => Some((index, variant)),
                PassedVariant::Param(param) => here.iter().find(|&&(p, _)| p == param).map(|&(_, v)| (index, v)),
            })
            .collect();
        known.sort_unstable();
        let next = Context(self.list.len() as u32);
        let id = *self.ids.entry(known.clone()).or_insert(next);
        if id == next {
            self.list.push(known);
        }
        id
    }
}

/// The calls of which path facts are known.
fn known_calls(program: &CallGraph) -> impl Iterator<Item = (&CallEdge, &PathFacts)> {
    program.calls.iter().zip(&program.call_facts).filter_map(|(call, facts)| Some((call, facts.as_deref()?)))
}
