//! What is given to code that nobody has read is called again and again, unless something says that it runs once: functions
//! and closures under a path or name, values whose type implements a trait of that code, exported functions.

use connlint_facts::{OpId, OpKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::function_values::PassedCallable;
use crate::domain::{Certainty, EntryKind, EntryPoint, FunctionId};
use crate::entry_points::collect::Collector;
use crate::entry_points::unread::{Serving, Taker, called, taker, text_of, unread_trait, unread_type};
use crate::infer::bodies::BodyData;
use crate::infer::body::Target;
use crate::infer::trace_back::{Steps, trace_end};
use crate::names::attributes::{BUILT_IN, attribute_model};
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::names::marks::{crate_of_def, is_main, is_test, span_of};
use crate::types::ty::Ty;

impl Collector<'_, '_> {
    /// Entry points of medium certainty, for programs that serve and for libraries that a host loads.
    pub(super) fn given_away(&mut self, serving: &Serving) {
        let mut found = self.given_functions(serving);
        found.extend(self.given_implementations(serving));
        found.extend(self.exported());
        let known: FxHashSet<FunctionId> = self.found.iter().map(|entry| entry.function).collect();
        found.into_iter().filter(|entry| !known.contains(&entry.function)).for_each(|entry| self.push(entry));
    }

    pub(super) fn serves(&self, serving: &Serving, data: &BodyData<'_>) -> bool {
        serving.in_process(self.builder, &self.found, crate_of_def(self.tcx(), data.def))
    }

    fn given_functions(&self, serving: &Serving) -> Vec<EntryPoint> {
        let builder = self.builder;
        let mut found = Vec::new();
        for taken in &builder.values.taken {
            let data = builder.bodies.get(taken.body);
            let Some(taker) = taker(builder.tcx, data, taken.call) else { continue };
            let Some(name) = self.registered_as(data, taken, &taker) else { continue };
            if !self.serves(serving, data) {
                continue;
            }
            let range = data.body.ops[taken.call.0 as usize].range;
            let route = Some(name).filter(|name| name.starts_with('/'));
            builder.targets(&taken.value, &mut |function| {
                let registered_at = span_of(builder.tcx, data.def, range);
                let kind = EntryKind::RequestHandler;
                found.push(self.unread_entry(kind, function, route.clone(), registered_at, &taker.krate));
            });
        }
        found
    }

    pub(super) fn unread_entry(
        &self,
        kind: EntryKind,
        function: FunctionId,
        route: Option<String>,
        registered_at: connlint_facts::Span,
        krate: &str,
    ) -> EntryPoint {
        EntryPoint {
            kind,
            function,
            route,
            registered_at,
            framework: Some(krate.to_owned()),
            period: None,
            endless: false,
            request_params: self.params_of(kind, function),
            certainty: Certainty::Medium,
            waits_unknown: false,
            single_user: self.draws_on_terminal(krate),
            on_worker: false,
        }
    }

    /// Whether a crate works for one user at a terminal.
    fn draws_on_terminal(&self, krate: &str) -> bool {
        let tcx = self.tcx();
        tcx.locked.depends_on_one(krate, &tcx.catalog.package_words().terminals)
    }

    /// The path or name that a function is given away under (empty: it takes what only the taker makes); `None` where it
    /// may run once.
    fn registered_as(&self, data: &BodyData<'_>, taken: &PassedCallable, taker: &Taker) -> Option<String> {
        let starts_task = || called(self.tcx(), data, taken.call).is_some_and(is_start);
        if self.runs_in_place(data, taken.call) || self.configures(&taken.value, taker) || starts_task() {
            return None;
        }
        let call = data.call(taken.call)?;
        let others = call.args.iter().filter(|&&arg| arg != taken.arg);
        let name = others.into_iter().find_map(|&arg| text_of(self.tcx(), data, arg));
        let params = self.callable_params(&taken.value);
        match name {
            Some(name) => (name.starts_with('/') || !params.is_empty()).then_some(name),
            // What was found, or why it was not: `Result<Document, Error>`.
            None => {
                let made = |param: &Ty| unread_type(self.tcx(), param.yielded()) == Some(&taker.krate);
                params.iter().any(made).then(String::new)
            }
        }
    }

    /// The parameters of a function or closure, as they are written.
    fn callable_params(&self, value: &Ty) -> Vec<Ty> {
        let tcx = self.tcx();
        match value {
            Ty::FnDef(def, _) => tcx.signature(*def).map_or(Vec::new(), |signature| signature.params.clone()),
            Ty::Closure(def, op) => {
                let Some(data) = self.bodies().of(*def).map(|ix| self.bodies().get(ix)) else { return Vec::new() };
                let OpKind::Closure { head, .. } = data.kind(*op) else { return Vec::new() };
                let scope = tcx.scope_of(*def);
                head.params.iter().map(|ty| ty.as_ref().map_or(Ty::Unknown, |ty| tcx.lower(&scope, ty))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether what the call yields is used on the spot, as what the function has made.
    fn runs_in_place(&self, data: &BodyData<'_>, call: OpId) -> bool {
        let mut op = call;
        let mut awaited = false;
        for _ in 0..8 {
            let Some(&user) = data.flow.users(op).first() else { return false };
            match data.kind(user) {
                OpKind::Await { .. } => awaited = true,
                OpKind::Try { .. } => {}
                OpKind::MethodCall { recv, args, .. } if *recv == op && args.len() <= 1 && awaited => {}
                OpKind::Discard { .. } => return false,
                _ => return awaited,
            }
            op = user;
        }
        awaited
    }

    /// A closure or function that is given the taker itself, or what it registers at, runs once, to build it.
    fn configures(&self, value: &Ty, taker: &Taker) -> bool {
        let is_taker = |ty: &Ty| taker.ty.as_ref().is_some_and(|taker| same_head(ty.peel_pointers(), taker));
        if self.callable_params(value).iter().any(is_taker) {
            return true;
        }
        let Ty::Closure(def, op) = value else { return false };
        let Some(data) = self.bodies().of(*def).map(|ix| self.bodies().get(ix)) else { return false };
        let OpKind::Closure { region, .. } = data.kind(*op) else { return false };
        data.calls_of_frame(*region).any(|call| {
            let gives = call.args.iter().any(|&arg| matches!(data.ty(arg), Ty::Closure(..) | Ty::FnDef(..)));
            gives && call.recv.is_some_and(|recv| begins_with_param(data, recv))
        })
    }

    /// Implementations of traits that nobody has read, for types whose values are given to that code.
    fn given_implementations(&self, serving: &Serving) -> Vec<EntryPoint> {
        let tcx = self.tcx();
        let implemented: Vec<(DefId, &str, DefId)> = tcx
            .impls
            .all
            .iter()
            .filter_map(|data| {
                let krate = unread_trait(tcx, data.trait_id.as_ref()?)?;
                let Ty::Adt(adt, _) = data.self_ty.peel_refs() else { return None };
                Some((data.def, krate, *adt))
            })
            .collect();
        if implemented.is_empty() {
            return Vec::new();
        }
        let given = self.given_types(serving);
        let mut found = Vec::new();
        for (of, krate, adt) in implemented {
            let Some(takers) = given.get(&adt) else { continue };
            for &member in tcx.defs.members(of) {
                if tcx.defs.def(member).kind == DefKind::Fn && self.takes_a_request(member, krate, takers) {
                    let function = self.builder.functions.of_def(self.bodies(), member);
                    let at = span_of(tcx, member, self.name_range(member));
                    let entry = |f| self.unread_entry(EntryKind::RequestHandler, f, None, at.clone(), krate);
                    found.extend(function.map(entry));
                }
            }
        }
        found
    }

    /// A method is called again and again if it takes what only the other code makes: not what it was given to.
    fn takes_a_request(&self, member: DefId, krate: &str, takers: &[Taker]) -> bool {
        let Some(signature) = self.tcx().signature(member) else { return false };
        signature.params.iter().any(|param| {
            let is_taker = |taker: &Taker| taker.ty.as_ref().is_some_and(|ty| same_head(param.peel_pointers(), ty));
            unread_type(self.tcx(), param) == Some(krate) && !takers.iter().any(is_taker)
        })
    }

    /// The types of the workspace whose values programs that serve give to code that nobody has read.
    fn given_types(&self, serving: &Serving) -> FxHashMap<DefId, Vec<Taker>> {
        let mut given: FxHashMap<DefId, Vec<Taker>> = FxHashMap::default();
        for data in &self.bodies().list {
            for call in data.types.calls.iter().filter(|call| matches!(call.target, Target::Unresolved { .. })) {
                let adts = call.args.iter().filter_map(|&arg| match data.ty(arg).peel_pointers() {
                    Ty::Adt(adt, _) => Some(*adt),
                    _ => None,
                });
                let adts: Vec<DefId> = adts.collect();
                if adts.is_empty() || is_test(self.tcx(), data.def) {
                    continue;
                }
                let Some(taker) = taker(self.tcx(), data, call.op).filter(|_| self.serves(serving, data)) else {
                    continue;
                };
                adts.into_iter().for_each(|adt| given.entry(adt).or_default().push(taker.clone()));
            }
        }
        given
    }

    /// Functions of a library that a host loads, which an attribute exports and nothing in the workspace calls.
    fn exported(&self) -> Vec<EntryPoint> {
        let tcx = self.tcx();
        let named: FxHashSet<Name> =
            if tcx.defs.crates.iter().any(|krate| krate.for_host) { self.named() } else { FxHashSet::default() };
        let mut found = Vec::new();
        for (index, function) in self.builder.functions.list.iter().enumerate() {
            let (ix, frame) = self.builder.functions.origin[index];
            let def = self.bodies().get(ix).def;
            let is_candidate = frame.is_none() && tcx.defs.krate(def).for_host && !function.test_only;
            if !is_candidate || is_main(tcx, def) || named.contains(&tcx.defs.def(def).name) || self.is_hook(def) {
                continue;
            }
            // A known attribute says how the function is called, whatever exports it.
            if tcx.defs.attributes(def).iter().any(|attribute| attribute_model(tcx, def, attribute).is_some()) {
                continue;
            }
            let file = tcx.defs.file_of(def).facts;
            let exports = tcx.defs.attributes(def).iter().find(|attribute| {
                let last = attribute.path.segments.last().map_or("", |s| file.text(s.name));
                !BUILT_IN.contains(&last)
            });
            if let (Some(attribute), Some(_)) = (exports, tcx.defs.fn_item(def)) {
                let at = span_of(tcx, def, attribute.range);
                let krate = tcx.defs.krate(def).name.clone();
                found.push(self.unread_entry(EntryKind::Command, FunctionId(index as u32), None, at, &krate));
            }
        }
        found
    }

    /// Whether an exported function neither takes nor returns anything: a host calls it once, when it loads the library.
    fn is_hook(&self, def: DefId) -> bool {
        let signature = self.tcx().signature(def);
        signature.is_some_and(|signature| signature.params.is_empty() && signature.ret == Ty::unit())
    }

    /// The names of all functions that some code of the workspace names.
    fn named(&self) -> FxHashSet<Name> {
        let mut named = FxHashSet::default();
        for data in &self.bodies().list {
            let file = self.tcx().defs.file_of(data.def);
            for op in &data.body.ops {
                match &op.kind {
                    OpKind::Path(path) => named.extend(path.segments.last().map(|s| file.name(s.name))),
                    OpKind::MethodCall { name, .. } => {
                        named.insert(file.name(*name));
                    }
                    _ => {}
                }
            }
        }
        named
    }
}

/// Whether a function of unread code is called as those are that start a task, which then runs once.
fn is_start(name: &str) -> bool {
    ["spawn", "start", "launch"].iter().any(|word| name.split('_').next() == Some(word)) || name == "add_task"
}

fn same_head(a: &Ty, b: &Ty) -> bool {
    match (a, b) {
        (Ty::External(a, _), Ty::External(b, _)) => a == b,
        _ => false,
    }
}

fn begins_with_param(data: &BodyData<'_>, start: OpId) -> bool {
    matches!(data.kind(trace_end(data, start, Steps::BUILDER)), OpKind::Param(_))
}
