//! Which effect sites recur, and how a function is run: questions about the linked program.

use std::collections::VecDeque;

use connlint_catalog::{Bound, Effect, OnceScope};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::contexts::{Contexts, MAX_CONTEXTS, NOTHING};
use crate::domain::{
    ArmPace, Certainty, Choice, Condition, EffectSite, EntryId, EntryKind, EntryPoint, FunctionId, FunctionKind,
    Origin, ParamSource, PathFacts, Requirement, Shared, Sources,
};
use crate::program::Program;
use crate::queries::recurrence::Recurrence;

/// An effect site as it is reached from the outside, by the shortest path.
#[derive(Clone, Debug)]
pub struct ReachedSite<'p> {
    /// The site.
    pub site: &'p EffectSite,
    /// The nearest entry point.
    pub entry: EntryId,
    /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// Whether it runs once for each round of a loop on the way.
    pub in_loop: bool,
    /// The further entry points that reach it, one for each function.
    pub further_entries: Vec<EntryId>,
    /// The least certain step of the path.
    pub certainty: Certainty,
    /// Whether it is tied to a target that the request names, or that may change while the service runs.
    pub depends_on_request: bool,
    /// Whether the item of a loop on the way says where it connects to.
    pub names_item: bool,
    /// Whether it takes the place of something that outlives the request.
    pub replaces: bool,
    /// Whether at most one of these is open at any time: an atomic flag is taken for it.
    pub single_flight: bool,
    /// What is held around it, here or by a caller, that bounds how many runs are there at the same time.
    pub bound: Option<Bound>,
    /// What runs it again and again: the entry point's kind, or that of the arm of its loop in which it is.
    pub kind: EntryKind,
    /// Seconds between two runs, where a ticker's period is known.
    pub period: Option<u64>,
    /// How often it runs.
    pub recurrence: Recurrence,
    /// Whether it is part of working out what takes the place of a value that all requests share: a reload.
    pub refreshes: bool,
    /// The arms in which it is, and those in which its constructor is called.
    pub choices: Vec<Choice>,
    /// Off request paths: whether the loop opens in some of its rounds only.
    pub some_rounds: bool,
}

/// How a function is run, as far as the workspace shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Again and again, at the same time as others: from the nearest entry point, by these calls.
    Recurring {
        /// The entry point.
        entry: EntryId,
        /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
        path: Vec<u32>,
    },
    /// By a loop off any request path: one run after another.
    Loop,
    /// Only by a `main` function, in its own task.
    Startup,
    /// By something outside the workspace, or by a task of its own: nothing shows how often.
    Unknown,
}

impl Program {
    /// How a function is run.
    pub fn exposure(&self, function: FunctionId) -> Exposure {
        self.exposure_where(function, &Requirement::default())
    }

    /// How a function is run where something in it happens.
    pub fn exposure_where(&self, function: FunctionId, required: &Requirement) -> Exposure {
        match self.reach.path(self, function, &required.0) {
            Some((entry, path)) if self.entry(entry).kind != EntryKind::Loop => Exposure::Recurring { entry, path },
            Some((entry, _)) if self.is_start_up(self.entry(entry)) => Exposure::Startup,
            Some(_) => Exposure::Loop,
            None if self.reach.from_main[function.0 as usize] => Exposure::Startup,
            None => Exposure::Unknown,
        }
    }

    /// How a function is run that sends a request. What a cache keeps is the answer: the request is sent again for each key,
    /// and when the answer is old, and all who want the answer wait for it.
    pub fn exposure_of_request(&self, function: FunctionId) -> Exposure {
        match self.exposure(function) {
            direct @ Exposure::Recurring { .. } => direct,
            direct => self.exposure_by_refill(function).unwrap_or(direct),
        }
    }

    /// The nearest path that leads to a function where a cache has no answer, or an old one.
    fn exposure_by_refill(&self, function: FunctionId) -> Option<Exposure> {
        let mut seen = FxHashSet::from_iter([function]);
        let mut queue = VecDeque::from([(function, Vec::new())]);
        while let Some((at, below)) = queue.pop_front() {
            for &index in self.adjacency.calls_into(at) {
                let call = &self.calls[index as usize];
                let behind = || [vec![index], below.clone()].concat();
                match call.shared {
                    Some(Shared::Miss | Shared::Once(OnceScope::Key | OnceScope::Racy)) => {
                        if let Exposure::Recurring { entry, path } = self.exposure(call.from) {
                            return Some(Exposure::Recurring { entry, path: [path, behind()].concat() });
                        }
                    }
                    None => {}
                    Some(_) => continue,
                }
                if !self.function(call.from).test_only && seen.insert(call.from) {
                    queue.push_back((call.from, behind()));
                }
            }
        }
        None
    }

    /// Whether a loop comes to its end in the task of a `main` function: what it works off, it works off once. What runs
    /// it may be neither a loop without end, nor a closure that other code calls when it likes.
    fn is_start_up(&self, point: &EntryPoint) -> bool {
        if point.endless || !self.reach.from_main[point.function.0 as usize] {
            return false;
        }
        let endless = |f: FunctionId| self.entry_points.iter().any(|entry| entry.function == f && entry.endless);
        let mut seen = vec![false; self.functions.len()];
        let mut queue = vec![point.function];
        while let Some(at) = queue.pop() {
            if std::mem::replace(&mut seen[at.0 as usize], true) {
                continue;
            }
            let is_closure = self.function(at).kind == FunctionKind::Closure;
            for call in self.callers_of(at).filter(|call| !self.function(call.from).test_only) {
                if call.spawned || !call.thread_known || (is_closure && call.repeated) || endless(call.from) {
                    return false;
                }
                queue.push(call.from);
            }
        }
        true
    }

    /// Whether an entry point is a loop that a program which serves works off before it does so.
    pub fn is_loop_of_start_up(&self, entry: EntryId) -> bool {
        let point = self.entry(entry);
        point.framework.is_none() && !self.is_one_shot(point.function) && self.is_start_up(point)
    }

    /// Whether the loop that runs a function is started several times, in tasks or threads that then run side by side.
    pub fn runs_side_by_side(&self, function: FunctionId) -> bool {
        let Some((entry, _)) = self.reach.path(self, function, &Requirement::default().0) else { return false };
        let mut seen = vec![[false; 2]; self.functions.len()];
        let mut queue = vec![(self.entry(entry).function, false)];
        while let Some((at, spawned)) = queue.pop() {
            if std::mem::replace(&mut seen[at.0 as usize][usize::from(spawned)], true) {
                continue;
            }
            for call in self.callers_of(at).filter(|call| !self.function(call.from).test_only) {
                if spawned && call.repeated {
                    return true;
                }
                queue.push((call.from, spawned || call.spawned));
            }
        }
        false
    }

    /// Every effect site that `wanted` selects and that some recurring context runs each time, with its nearest path.
    pub fn reached_sites(&self, wanted: impl Fn(&EffectSite) -> bool) -> Vec<ReachedSite<'_>> {
        let mut found = Vec::new();
        for (index, site) in self.sites.iter().enumerate() {
            if site.shared.is_some() || !wanted(site) || self.function(site.function).test_only {
                continue;
            }
            let required = &self.conditions.sites[index];
            // A loop that runs it once is run by something else, perhaps again and again.
            let mut paths = self.reach.paths(self, site.function, required);
            let Some((entry, path)) = paths.find(|(entry, path)| self.recurs(*entry, path, index)) else { continue };
            if self.is_hosted(entry, site) {
                continue;
            }
            let arm = self.arm_of(entry, self.step(&path, 0, index));
            let (kind, period) = self.pace(entry, arm);
            let in_loop = self.in_loop(entry, &path, index);
            found.push(ReachedSite {
                site,
                kind,
                period,
                entry,
                in_loop,
                recurrence: self.recurrence_of_arm(entry, arm, in_loop).limited_to(self.min_age(&path, index), in_loop),
                further_entries: self.further_entries_where(site.function, entry, required),
                certainty: if self.is_known(&path, index) { self.certainty(entry, &path) } else { Certainty::Low },
                depends_on_request: self.depends_on_request(entry, &path, index),
                names_item: site.names_item || self.names_item(&path, index),
                replaces: self.replaces(&path, index),
                single_flight: (0..=path.len()).any(|i| self.step(&path, i, index).is_some_and(|s| s.single_flight)),
                bound: (0..=path.len()).filter_map(|i| self.step(&path, i, index)?.bound).max(),
                refreshes: self.refreshes(entry, &path, index),
                choices: self.choices(&path, index),
                some_rounds: self.opens_in_some_rounds(entry, &path, index),
                path,
            });
        }
        found
    }

    /// Whether what a loop reaches runs on each of its rounds, and is gone at the round's end.
    pub(crate) fn recurs(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let point = self.entry(entry);
        let is_loop = self.function(point.function).kind != FunctionKind::Function && point.framework.is_none();
        if !is_loop {
            return true;
        }
        // What a loop at start-up keeps, or one in a function that it calls, it opens once for each target.
        let escapes = |index: usize| self.step(path, index, site).is_some_and(|step| step.escapes);
        let in_loop = self.function(self.sites[site].function).kind == FunctionKind::Loop;
        let kept = point.kind == EntryKind::Loop && (escapes(0) || (in_loop && escapes(path.len())));
        let enters_loop = |&call: &u32| self.function(self.calls[call as usize].to).kind == FunctionKind::Loop;
        let inner = path.iter().take_while(|call| enters_loop(call)).count();
        let once = |level: usize| self.step(path, level, site).is_some_and(|step| step.once_in.has(level));
        !(0..=inner).any(once) && !kept
    }

    /// The arm of the entry point's own loop in which a path starts, if another thing than what the loop waits for runs it.
    pub(crate) fn arm_of(&self, entry: EntryId, first: Option<&PathFacts>) -> Option<ArmPace> {
        let point = self.entry(entry);
        let own_loop = self.function(point.function).kind == FunctionKind::Loop && point.framework.is_none();
        first.and_then(|first| first.arm).filter(|_| own_loop)
    }

    /// What is known of a step of a path: of one of its calls, or of the site at its end.
    fn step(&self, path: &[u32], index: usize, site: usize) -> Option<&PathFacts> {
        path.get(index).map_or_else(|| self.facts_of_site(site), |&call| self.facts_of_call(call))
    }

    /// The seconds that have to pass between two runs of a path, where a step of it tests an age.
    fn min_age(&self, path: &[u32], site: usize) -> Option<Option<u64>> {
        (0..=path.len()).find_map(|index| self.step(path, index, site)?.min_age)
    }

    /// Whether path facts are known of each step: else a condition may have been missed.
    fn is_known(&self, path: &[u32], site: usize) -> bool {
        (0..=path.len()).all(|index| self.step(path, index, site).is_some())
    }

    /// Whether a loop over items or ticks lies on the path, so that one run of the entry point opens many times. A loop
    /// that waits for messages is a recurring context of its own.
    pub(crate) fn in_loop(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let enters = |i: usize| {
            let call = &self.calls[path[i] as usize];
            call.repeated && !self.waits[call.to.0 as usize]
        };
        // A loop far from the opening dispatches: what it runs on each round is somebody else's decision.
        let near = path.len().saturating_sub(NEAR);
        let on_path =
            (near..path.len()).any(|i| enters(i) && !self.step(path, i + 1, site).is_some_and(PathFacts::once_in_loop));
        on_path || self.entry(entry).kind == EntryKind::Loop
    }

    /// Whether a loop off any request path decides in each round whether it opens.
    fn opens_in_some_rounds(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let point = self.entry(entry);
        // Who starts a task for each item takes what somebody sends.
        let sent = point.waits_unknown && path.iter().any(|&call| self.calls[call as usize].spawned);
        point.kind == EntryKind::Loop && !sent && self.step(path, 0, site).is_some_and(|s| s.conditional)
    }

    /// Whether the framework's host makes the connections: a client in its sandbox has none of its own.
    fn is_hosted(&self, entry: EntryId, site: &EffectSite) -> bool {
        let framework = self.entry(entry).framework.as_deref().and_then(|lib| self.framework(lib));
        let is_client = matches!(site.effect, Effect::BuildClient | Effect::ThrowawayClient);
        is_client && framework.is_some_and(|f| f.host_connects)
    }

    /// Whether a request that reloads settings or state opens it on the way.
    fn refreshes(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let of_request = self.entry(entry).framework.is_some();
        of_request && (0..=path.len()).any(|i| self.step(path, i, site).is_some_and(|step| step.refreshes))
    }

    /// The arms in which an opening is, and those in which the function is called whose result it is.
    fn choices(&self, path: &[u32], site: usize) -> Vec<Choice> {
        let Some(own) = self.facts_of_site(site) else { return Vec::new() };
        let call = path.last().filter(|_| own.returned).and_then(|&call| self.facts_of_call(call));
        own.choices.iter().chain(call.into_iter().flat_map(|call| &call.choices)).copied().collect()
    }

    /// Whether what is opened takes the place of something that outlives the call: a new configuration, say.
    pub(crate) fn replaces(&self, path: &[u32], site: usize) -> bool {
        let mut index = path.len();
        loop {
            let Some(step) = self.step(path, index, site) else { return false };
            if step.kept {
                return true;
            }
            if !step.returned || index == 0 {
                return false;
            }
            index -= 1;
        }
    }

    /// Whether what is opened is tied to a target that the request names, or that may change while the service runs.
    pub(crate) fn depends_on_request(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let Some(facts) = self.facts_of_site(site) else { return false };
        let target = facts.origins.iter().any(|&origin| match self.origin_at(path, origin) {
            Origin::Constant | Origin::SelfState | Origin::Computed | Origin::Item => false,
            Origin::Mutable => true,
            Origin::Param(index) => self.tells_request(entry, index),
        });
        // A server that the request names is one that no pool could have a connection to.
        let named = self.all_origins_at(path, &facts.addresses).into_iter().any(|origin| match origin {
            Origin::Param(index) => self.is_from_request(entry, index),
            _ => false,
        });
        // Whose credentials these are is decoded from the request on the way here.
        let bound = facts.credentials.iter().any(|&origin| match self.origin_at(path, origin) {
            Origin::Constant | Origin::SelfState => false,
            Origin::Computed | Origin::Mutable | Origin::Item => true,
            Origin::Param(index) => self.tells_request(entry, index),
        });
        // So is what a user's own credentials are looked up by.
        let owned = self.all_origins_at(path, &facts.owners).into_iter().any(|origin| match origin {
            Origin::Item => true,
            Origin::Param(index) => self.tells_request(entry, index),
            _ => false,
        });
        target || named || bound || owned
    }

    /// Whether what a site opens is made of the item of a loop in a caller on the path.
    fn names_item(&self, path: &[u32], site: usize) -> bool {
        let mut found = self.facts_of_site(site).map_or(Vec::new(), |facts| facts.made_of.clone());
        for &call in path.iter().rev().filter(|&&c| self.enters_function(c)) {
            let Some(sources) = self.facts_of_call(call).map(|facts| &facts.sources) else { return false };
            found = handed(sources, &found);
            if found.contains(&Origin::Item) {
                return true;
            }
        }
        false
    }

    fn tells_request(&self, entry: EntryId, param: u16) -> bool {
        self.entry(entry).request_params.get(usize::from(param)) != Some(&ParamSource::State)
    }

    /// Whether a handler's parameter certainly holds what the request says.
    fn is_from_request(&self, entry: EntryId, param: u16) -> bool {
        let point = self.entry(entry);
        use EntryKind::{Connection, Middleware, RequestHandler, RpcMethod};
        let serves = matches!(point.kind, RequestHandler | Middleware | RpcMethod | Connection);
        let is_message = || point.request_params.get(usize::from(param)) == Some(&ParamSource::Request);
        serves && (is_message() || self.is_handed_to_session(point, param))
    }

    /// Whether a session's closure sees what the request says in a parameter of the function around it: that is a helper
    /// of a handler, which hands it on.
    fn is_handed_to_session(&self, session: &EntryPoint, param: u16) -> bool {
        let helper = self.root_of(session.function);
        if session.kind != EntryKind::Connection || helper == session.function {
            return false;
        }
        let Some((entry, path)) = self.reach.path(self, helper, &Condition::ALWAYS) else { return false };
        let handler = self.entry(entry).kind != EntryKind::Connection;
        handler
            && self.all_origins_at(&path, &[Origin::Param(param)]).into_iter().any(|origin| match origin {
                Origin::Param(index) => self.is_from_request(entry, index),
                _ => false,
            })
    }

    /// Everything that a value comes from, seen from the entry point.
    fn all_origins_at(&self, path: &[u32], origins: &[Origin]) -> Vec<Origin> {
        let mut found = origins.to_vec();
        for &call in path.iter().rev().filter(|&&c| self.enters_function(c)) {
            let Some(sources) = self.facts_of_call(call).map(|facts| &facts.sources) else { return Vec::new() };
            found = handed(sources, &found);
        }
        found
    }

    fn enters_function(&self, call: u32) -> bool {
        self.function(self.calls[call as usize].to).kind == FunctionKind::Function
    }

    /// Where a value comes from, seen from the entry point.
    fn origin_at(&self, path: &[u32], origin: Origin) -> Origin {
        let calls = path.iter().rev().filter(|&&c| self.enters_function(c));
        calls.fold(origin, |origin, &call| match origin {
            Origin::Param(index) => {
                let given = self.facts_of_call(call).and_then(|facts| facts.origins.get(usize::from(index)));
                given.copied().unwrap_or(Origin::Constant)
            }
            other => other,
        })
    }

    /// The least certain step of a path.
    pub fn certainty(&self, entry: EntryId, path: &[u32]) -> Certainty {
        let mut least = self.entry(entry).certainty;
        if path.iter().all(|&call| self.calls[call as usize].certainty >= least) {
            return least;
        }
        let mut contexts = Contexts::default();
        let mut context = NOTHING;
        for &call in path {
            // How many implementations there are does not matter where the callers say which one is meant.
            let required = &self.conditions.calls[call as usize].required;
            if !contexts.knows_type(context, required) {
                least = least.min(self.calls[call as usize].certainty);
            }
            context = contexts.behind(self, context, call);
        }
        least
    }

    /// The other entry points (not loops) that reach a function, one for each function that is one.
    pub fn further_entries(&self, function: FunctionId, nearest: EntryId) -> Vec<EntryId> {
        self.further_entries_where(function, nearest, &Condition::ALWAYS)
    }

    /// The same for something in a function that runs under a condition.
    fn further_entries_where(&self, function: FunctionId, nearest: EntryId, required: &Condition) -> Vec<EntryId> {
        let seen = self.leading_to(function, required);
        let nearest = self.entry(nearest).function;
        let reaches = |(_, e): &(u32, &EntryPoint)| {
            e.kind != EntryKind::Loop && e.function != nearest && seen[e.function.0 as usize]
        };
        let mut entries: Vec<EntryId> =
            (0..).zip(&self.entry_points).filter(reaches).map(|(index, _)| EntryId(index)).collect();
        entries.dedup_by_key(|&mut entry| self.entry(entry).function);
        entries
    }

    /// For each function whether it leads to something in another that runs under a condition. Constants on the way may
    /// rule it out.
    fn leading_to(&self, function: FunctionId, required: &Condition) -> Vec<bool> {
        if *required == Condition::ALWAYS && self.conditions.decisive.is_empty() {
            return self.reaching([function], |call| call.shared.is_none());
        }
        // Few functions lead to any one: a list for each of all would cost more than the walk.
        let mut seen: FxHashMap<FunctionId, Vec<Condition>> = FxHashMap::default();
        let mut queue = vec![(function, required.clone())];
        while let Some((at, condition)) = queue.pop() {
            let known = seen.entry(at).or_default();
            if known.contains(&Condition::ALWAYS) || known.contains(&condition) {
                continue;
            }
            let condition = if known.len() < MAX_CONTEXTS { condition } else { Condition::ALWAYS };
            known.push(condition.clone());
            for &call in self.adjacency.calls_into(at) {
                let edge = &self.calls[call as usize];
                let before = self.before_call(call, &condition);
                if edge.shared.is_none() && before != Condition::NEVER {
                    queue.push((edge.from, before));
                }
            }
        }
        let mut leading = vec![false; self.functions.len()];
        seen.keys().for_each(|function| leading[function.0 as usize] = true);
        leading
    }
}

/// What origins in a callee are in its caller.
fn handed(sources: &Sources, origins: &[Origin]) -> Vec<Origin> {
    let given = origins.iter().flat_map(|origin| match origin {
        Origin::Param(index) => sources.args.get(usize::from(*index)).map_or(&[][..], |args| args),
        Origin::SelfState => &sources.receiver,
        _ => &[],
    });
    given.copied().collect()
}

/// A loop this many calls away from an opening, or nearer, decides how often it runs.
const NEAR: usize = 4;
