//! Which variant an enum parameter is, along a path: `query(By::Id(7))` never runs the branch for `By::Name`.

use connlint_facts::{Expect, OpId, OpKind, Path, PatternHead, RegionId, RegionKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::bodies::BodyData;
use crate::defs::{DefId, DefKind, Res};
use crate::flow::{ancestors, in_closure};
use crate::program::{CallEdge, FunctionId, FunctionKind, PathFacts, Program};
use crate::resolve::{Ns, Resolver};

/// The number that `self` has among the parameters.
pub(crate) const SELF: u16 = u16::MAX;

/// A variant that a parameter must be, or is.
pub(crate) type Known = (u16, DefId);

/// What a call hands to one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// A value of this variant.
    Variant(DefId),
    /// A parameter of the caller, handed on.
    Param(u16),
}

/// Looks at tests and arguments of one body.
pub(crate) struct Variants<'a, 'w> {
    pub(crate) resolver: &'a Resolver<'w>,
    pub(crate) data: &'a BodyData<'w>,
}

impl Variants<'_, '_> {
    /// The variants that parameters must be for an operation to run, as the arms around it tell; several of one
    /// parameter are alternatives.
    pub(crate) fn needs(&self, op: OpId, frame: Option<RegionId>) -> Vec<Known> {
        let body = self.data.body;
        let mut found = Vec::new();
        for region in ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame) {
            let RegionKind::Arm { tests } = &body.regions[region.0 as usize].kind else { continue };
            for test in tests {
                let (Expect::Matches(head), Some(param)) = (&test.expect, self.param(test.value)) else { continue };
                if !found.iter().any(|&(p, _)| p == param) {
                    found.extend(self.heads(head).into_iter().map(|v| (param, v)));
                }
            }
        }
        found
    }

    /// The variants that a pattern names; none where it also matches others.
    fn heads(&self, head: &PatternHead) -> Vec<DefId> {
        match head {
            PatternHead::Variant(path, _) => self.variant(path).into_iter().collect(),
            PatternHead::Or(heads) => {
                let all: Vec<Vec<DefId>> = heads.iter().map(|h| self.heads(h)).collect();
                if all.iter().any(Vec::is_empty) { Vec::new() } else { all.into_iter().flatten().collect() }
            }
            _ => Vec::new(),
        }
    }

    /// What a call hands to the parameters of its callee.
    pub(crate) fn gives(&self, op: OpId) -> Vec<(u16, Given)> {
        let Some(call) = self.data.call(op) else { return Vec::new() };
        let numbered = call.args.iter().enumerate().map(|(i, &arg)| (i as u16, arg));
        let all = numbered.chain(call.recv.map(|recv| (SELF, recv)));
        all.filter_map(|(index, arg)| Some((index, self.given(arg)?))).collect()
    }

    fn given(&self, arg: OpId) -> Option<Given> {
        if let Some(param) = self.param(arg) {
            return Some(Given::Param(param));
        }
        let path = match self.data.kind(self.origin(arg)) {
            OpKind::Path(path) => path,
            OpKind::StructLit { path, .. } => path,
            OpKind::Call { callee, .. } => match self.data.kind(*callee) {
                OpKind::Path(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        self.variant(path).map(Given::Variant)
    }

    /// The parameter that a value is, whole.
    fn param(&self, value: OpId) -> Option<u16> {
        let op = self.origin(value);
        let own = !in_closure(self.data.body, self.data.body.ops[op.0 as usize].region);
        match self.data.kind(op) {
            OpKind::Param(index) if own => Some(*index as u16),
            OpKind::SelfParam => Some(SELF),
            _ => None,
        }
    }

    /// What a value is behind references and locals that are written once.
    fn origin(&self, value: OpId) -> OpId {
        let mut op = value;
        for _ in 0..8 {
            op = match self.data.kind(op) {
                OpKind::Ref { base, .. } | OpKind::Deref { base } => *base,
                OpKind::Local(local) => match self.data.flow.writes(*local) {
                    [value] => *value,
                    _ => return op,
                },
                _ => return op,
            };
        }
        op
    }

    /// The variant that a path names.
    pub(crate) fn variant(&self, path: &Path) -> Option<DefId> {
        let resolver = self.resolver;
        let scope = resolver.scope_of(self.data.def);
        let names = resolver.names_of_path(scope.file, path);
        if let [first, name] = names[..]
            && resolver.defs.text(first) == "Self"
            && let Some(crate::ty::Ty::Adt(owner, _)) = &scope.self_ty
        {
            return resolver.variant(*owner, name);
        }
        let resolved = resolver.path(scope.module, &names, path.global, Ns::Types)?;
        if resolved.consumed < names.len() {
            return None;
        }
        resolved.res.iter().find_map(|res| match res {
            Res::Def(def) if matches!(resolver.defs.def(*def).kind, DefKind::Variant(_)) => Some(*def),
            _ => None,
        })
    }
}

/// What is known of parameters where a path stands, by number; 0 is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Context(pub(crate) u32);

pub(crate) const NOTHING: Context = Context(0);

/// The contexts of one walk.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
    list: Vec<Vec<Known>>,
    ids: FxHashMap<Vec<Known>, Context>,
    /// Parameters on which what a function runs depends.
    decisive: FxHashSet<(FunctionId, u16)>,
}

impl Contexts {
    pub(crate) fn of(program: &Program) -> Self {
        let mut decisive = FxHashSet::default();
        let needs = |facts: &PathFacts, function: FunctionId, set: &mut FxHashSet<(FunctionId, u16)>| {
            set.extend(facts.needs.iter().map(|&(param, _)| (program.root_of(function), param)));
        };
        for (call, facts) in program.calls.iter().zip(&program.call_facts) {
            needs(facts, call.from, &mut decisive);
        }
        for (site, facts) in program.sites.iter().zip(&program.site_facts) {
            needs(facts, site.function, &mut decisive);
        }
        let mut contexts =
            Self { list: vec![Vec::new()], ids: FxHashMap::from_iter([(Vec::new(), NOTHING)]), decisive };
        contexts.spread(program);
        contexts
    }

    /// A parameter that is handed on to a decisive one is decisive itself.
    fn spread(&mut self, program: &Program) {
        if self.decisive.is_empty() {
            return;
        }
        loop {
            let before = self.decisive.len();
            for (call, facts) in program.calls.iter().zip(&program.call_facts) {
                for &(index, given) in &facts.gives {
                    if let Given::Param(param) = given
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
    pub(crate) fn allows(&self, context: Context, needs: &[Known]) -> bool {
        self.list[context.0 as usize].iter().all(|&(param, variant)| {
            let mut wanted = needs.iter().filter(|&&(p, _)| p == param).peekable();
            wanted.peek().is_none() || wanted.any(|&(_, v)| v == variant)
        })
    }

    /// What is known behind a call.
    pub(crate) fn behind(
        &mut self,
        program: &Program,
        context: Context,
        call: &CallEdge,
        facts: &PathFacts,
    ) -> Context {
        if program.function(call.to).kind != FunctionKind::Function {
            // A loop or closure of the same body sees the same parameters.
            return if program.root_of(call.to) == program.root_of(call.from) { context } else { NOTHING };
        }
        let here = &self.list[context.0 as usize];
        let mut known: Vec<Known> = facts
            .gives
            .iter()
            .filter(|&&(index, _)| self.decisive.contains(&(call.to, index)))
            .filter_map(|&(index, given)| match given {
                Given::Variant(variant) => Some((index, variant)),
                Given::Param(param) => here.iter().find(|&&(p, _)| p == param).map(|&(_, v)| (index, v)),
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
