//! What leads to a place in the code: paths from entry points, or what ends the search for them.

use std::collections::VecDeque;

use connlint_catalog::Runs;
use connlint_facts::{RelPath, Span, TextRange};

use crate::domain::{CallEdge, Certainty, EffectSite, EntryId, EntryKind, FunctionId, FunctionKind, Shared};
use crate::explain::resolution_stats::{UnresolvedCall, UnresolvedCause};
use crate::program::Program;

/// One function at the place asked for, and how it is reached.
#[derive(Clone, Debug)]
pub struct Why<'p> {
    /// The innermost function, closure or loop.
    pub function: FunctionId,
    /// The effect sites at the place.
    pub sites: Vec<&'p EffectSite>,
    /// The calls at the place that were followed.
    pub calls: Vec<&'p CallEdge>,
    /// The calls at the place that were not resolved.
    pub unresolved: Vec<&'p UnresolvedCall>,
    /// The shortest path from each entry point that runs the place each time, nearest first.
    pub paths: Vec<EntryPath>,
    /// The shortest path from each other entry point: something on it runs less often than the code around it.
    pub shared: Vec<EntryPath>,
    /// The shortest path from a `main`.
    pub startup: Option<Vec<u32>>,
    /// The functions from which the place is reached and that nothing in the workspace calls: neither a `main` nor an
    /// entry point.
    pub uncalled: Vec<FunctionId>,
    /// Calls that were not resolved and may be the missing link to one of `uncalled`.
    pub suspects: Vec<MissingLink<'p>>,
    /// Whether code outside tests can run it.
    pub live: bool,
}

/// A path from an entry point.
#[derive(Clone, Debug)]
pub struct EntryPath {
    /// Where it begins.
    pub entry: EntryId,
    /// The calls, outermost first, as indices into [`crate::CallGraph::calls`].
    pub calls: Vec<u32>,
    /// What runs less often than the code around it, outermost first: the call's index.
    pub shared: Vec<(u32, Shared)>,
    /// Whether one run of the entry point runs the place many times.
    pub in_loop: bool,
    /// Whether the opening at the place is made once for all rounds of the loop that the path begins with.
    pub once_for_loop: bool,
    /// Whether the opening at the place is tied to a target that the request names.
    pub depends_on_request: bool,
    /// Whether what is opened at the place takes the place of something that outlives the run.
    pub replaces: bool,
    /// The least certain step.
    pub certainty: Certainty,
}

/// A call that may run a function that nothing is known to call.
#[derive(Clone, Copy, Debug)]
pub struct MissingLink<'p> {
    /// The function.
    pub function: FunctionId,
    /// The call.
    pub call: &'p UnresolvedCall,
}

/// A place that was asked for.
#[derive(Clone, Debug)]
pub struct CodeLocation {
    /// The file.
    pub file: RelPath,
    /// The line's text from its first to its last character that is no blank, or one character of it.
    pub range: TextRange,
    /// Whether it is one character: then what holds it counts, not what begins in it.
    pub exact: bool,
}

/// Why no function is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPathReason {
    /// No crate has the file.
    NoCrate,
    /// It is the function of a test, by its path.
    Test(String),
    /// It lies outside all bodies: a declaration, an import, a type.
    NoFunction,
}

/// How many calls are suspected for each function.
const SUSPECTS: usize = 5;

impl Program {
    /// The functions at a place and how each is reached; those with effect sites there, if there are such, else those with
    /// calls there, else the innermost. Needs [`crate::LinkOptions::details`].
    pub fn why(&self, place: &CodeLocation) -> Result<Vec<Why<'_>>, NoPathReason> {
        if !self.details.crates_of.contains_key(&place.file) {
            return Err(NoPathReason::NoCrate);
        }
        let found = self.functions_at(place);
        if found.is_empty() {
            let test = self.details.tests.iter().filter(|(span, _)| touches(span, place));
            let test = test.min_by_key(|(span, _)| span.range.end - span.range.start);
            return Err(test.map_or(NoPathReason::NoFunction, |(_, path)| NoPathReason::Test(path.clone())));
        }
        Ok(found.into_iter().map(|function| self.why_function(function, place)).collect())
    }

    /// The crates that a file is part of. Needs [`crate::LinkOptions::details`].
    pub fn crates_of_file(&self, file: &RelPath) -> &[String] {
        self.details.crates_of.get(file).map_or(&[], |names| names)
    }

    /// The calls that were not resolved. Needs [`crate::LinkOptions::resolution_stats`] or [`crate::LinkOptions::details`].
    pub fn unresolved_calls(&self) -> &[UnresolvedCall] {
        &self.details.unresolved
    }

    /// The calls that were not resolved in functions that entry points reach, by cause, the most frequent first.
    pub fn unresolved_on_recurring_paths(&self) -> Vec<(UnresolvedCause, usize)> {
        let recurring = self.recurring_functions();
        let mut counts: std::collections::BTreeMap<UnresolvedCause, usize> = std::collections::BTreeMap::new();
        for call in self.details.unresolved.iter().filter(|c| recurring[c.function.0 as usize]) {
            *counts.entry(call.cause).or_default() += 1;
        }
        let mut counts: Vec<(UnresolvedCause, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|&(cause, count)| (std::cmp::Reverse(count), cause));
        counts
    }

    /// For each function whether an entry point reaches it so that it runs each time.
    pub fn recurring_functions(&self) -> Vec<bool> {
        let entries = self.recurring_entry_points().map(|e| e.function);
        self.reachable_from(entries, |call| call.shared.is_none())
    }

    /// What takes the function that a call runs, if nothing is known of what takes it: it is taken to run there.
    pub fn handed_to(&self, call: &CallEdge) -> Option<&str> {
        let handed = self.details.handed.iter().find(|h| h.to == call.to && h.span == call.span);
        handed.map(|h| h.taker.as_str())
    }

    /// What the catalog knows to run less often that holds a place: its path and the call.
    pub fn once_form_around(&self, place: &Span) -> Option<(&str, &Span)> {
        let around = self.details.once_forms.iter().filter(|(span, _)| {
            span.file == place.file && span.range.start <= place.range.start && place.range.end <= span.range.end
        });
        let nearest = around.min_by_key(|(span, _)| span.range.end - span.range.start)?;
        Some((&nearest.1, &nearest.0))
    }

    /// Whether a function is the initialiser of a constant or static.
    pub fn is_initialiser(&self, function: FunctionId) -> bool {
        self.details.initialisers.contains(&function)
    }

    /// The trait of another crate that a function implements a method of.
    pub fn implements(&self, function: FunctionId) -> Option<&str> {
        self.details.implements.get(&function).map(String::as_str)
    }

    /// How the crate of that trait runs it, where the catalog shows.
    pub fn trait_runs(&self, function: FunctionId) -> Option<Runs> {
        self.details.runs.get(&function).copied()
    }

    /// Places in tests that name a function: some of them.
    pub fn named_by_tests(&self, function: FunctionId) -> &[Span] {
        self.details.named_by_tests.get(&function).map_or(&[], |places| places)
    }

    /// Whether a function is a program's `main`.
    pub fn is_main(&self, function: FunctionId) -> bool {
        self.mains.contains(&function)
    }

    fn functions_at(&self, place: &CodeLocation) -> Vec<FunctionId> {
        let innermost = self.innermost(place);
        let mut found: Vec<FunctionId> = self.sites_at(place, &innermost).map(|i| self.sites[i].function).collect();
        if found.is_empty() {
            let calls = self.calls.iter().filter(|c| begins_at(&c.span, place) && !self.enters_loop(c));
            let unresolved = self.details.unresolved.iter().filter(|c| begins_at(&c.span, place));
            found = calls.map(|c| c.from).chain(unresolved.map(|c| c.function)).collect();
        }
        if found.is_empty() {
            found = innermost;
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The sites that begin at a place; if there are none, those of the innermost function that hold it: a chain of methods
    /// over several lines.
    fn sites_at<'a>(
        &'a self,
        place: &'a CodeLocation,
        innermost: &'a [FunctionId],
    ) -> impl Iterator<Item = usize> + 'a {
        let begins = |i: &usize| begins_at(&self.sites[*i].span, place);
        let any = (0..self.sites.len()).any(|i| begins(&i));
        let holds = move |i: &usize| {
            let site = &self.sites[*i];
            touches(&site.span, place) && innermost.contains(&site.function)
        };
        (0..self.sites.len()).filter(move |i| if any { begins_at(&self.sites[*i].span, place) } else { holds(i) })
    }

    fn enters_loop(&self, call: &CallEdge) -> bool {
        call.repeated && self.function(call.to).kind == FunctionKind::Loop
    }

    /// The smallest function around a place, once for each crate that has the file.
    fn innermost(&self, place: &CodeLocation) -> Vec<FunctionId> {
        let at = TextRange::new(place.range.start, place.range.start);
        let mut around: Vec<(u32, FunctionId)> = Vec::new();
        for (index, function) in self.functions.iter().enumerate() {
            let extent = self.details.extents[index];
            if function.span.file == place.file && extent.contains(at) && extent.end > at.start {
                around.push((extent.end - extent.start, FunctionId(index as u32)));
            }
        }
        let Some(smallest) = around.iter().map(|(size, _)| *size).min() else { return Vec::new() };
        around.into_iter().filter(|(size, _)| *size == smallest).map(|(_, id)| id).collect()
    }

    fn why_function(&self, function: FunctionId, place: &CodeLocation) -> Why<'_> {
        let innermost = self.innermost(place);
        let sites: Vec<usize> =
            self.sites_at(place, &innermost).filter(|&i| self.sites[i].function == function).collect();
        let opening = sites.iter().copied().find(|&i| self.sites[i].effect.is_opening());
        let backward = Backward::from(self, function);
        let mut entries = self.entries_of(&backward, |kind| kind != EntryKind::Loop);
        if entries.is_empty() {
            entries = self.entries_of(&backward, |kind| kind == EntryKind::Loop);
        }
        let all = entries.into_iter().map(|entry| self.entry_path(&backward, entry, opening));
        let (paths, shared) = all.partition(|path: &EntryPath| path.shared.is_empty());
        let uncalled = self.uncalled(&backward);
        let main = self.mains.iter().copied().filter(|m| backward.visits[m.0 as usize].is_some());
        let startup = main.map(|m| backward.path(self, m)).min_by_key(Vec::len);
        let unresolved = self.details.unresolved.iter().filter(|c| c.function == function);
        Why {
            function,
            calls: self.calls_of(function).filter(|c| begins_at(&c.span, place) && !self.enters_loop(c)).collect(),
            unresolved: unresolved.filter(|c| begins_at(&c.span, place)).collect(),
            sites: sites.into_iter().map(|i| &self.sites[i]).collect(),
            suspects: uncalled.iter().flat_map(|&f| self.suspects(f)).collect(),
            paths,
            shared,
            startup,
            uncalled,
            live: self.is_live(function),
        }
    }

    /// The entry points whose functions lead to the place, nearest first.
    fn entries_of(&self, backward: &Backward, wanted: impl Fn(EntryKind) -> bool) -> Vec<EntryId> {
        let leads = |id: &EntryId| {
            let entry = self.entry(*id);
            wanted(entry.kind) && backward.visits[entry.function.0 as usize].is_some() && self.is_live(entry.function)
        };
        let mut found: Vec<EntryId> = (0..self.entry_points.len() as u32).map(EntryId).filter(leads).collect();
        found.sort_by_cached_key(|id| {
            let entry = self.entry(*id);
            (backward.path(self, entry.function).len(), entry.route.clone(), *id)
        });
        found
    }

    fn entry_path(&self, backward: &Backward, entry: EntryId, opening: Option<usize>) -> EntryPath {
        let calls = backward.path(self, self.entry(entry).function);
        let edges = || calls.iter().map(|&c| (c, &self.calls[c as usize]));
        let repeated = edges().any(|(_, c)| c.repeated && !self.waits[c.to.0 as usize]);
        EntryPath {
            entry,
            shared: edges().filter_map(|(index, c)| Some((index, c.shared?))).collect(),
            in_loop: opening.map_or(repeated, |site| self.in_loop(entry, &calls, site)),
            once_for_loop: opening.is_some_and(|site| !self.recurs(entry, &calls, site)),
            depends_on_request: opening.is_some_and(|site| self.depends_on_request(entry, &calls, site)),
            replaces: opening.is_some_and(|site| self.replaces(&calls, site)),
            certainty: edges().map(|(_, c)| c.certainty).fold(self.entry(entry).certainty, Certainty::min),
            calls,
        }
    }

    fn uncalled(&self, backward: &Backward) -> Vec<FunctionId> {
        let is_entry = |id: FunctionId| self.entry_points.iter().any(|e| e.function == id && e.kind != EntryKind::Loop);
        let visited =
            (0..self.functions.len() as u32).map(FunctionId).filter(|f| backward.visits[f.0 as usize].is_some());
        visited
            .filter(|&f| self.callers_of(f).all(|c| c.from == f))
            .filter(|&f| !self.is_main(f) && !is_entry(f))
            .collect()
    }

    /// Calls that were not resolved and fit a function by name and number of arguments.
    fn suspects(&self, function: FunctionId) -> Vec<MissingLink<'_>> {
        let name = self.function(function).path.rsplit("::").next().unwrap_or_default();
        let fits = |call: &&UnresolvedCall| {
            !name.is_empty() && call.name.rsplit("::").next() == Some(name) && call.function != function
        };
        let found = self.details.unresolved.iter().filter(fits);
        found.take(SUSPECTS).map(|call| MissingLink { function, call }).collect()
    }
}

/// Whether something begins at a place; where a column was asked for, whether it holds it.
fn begins_at(span: &Span, place: &CodeLocation) -> bool {
    match place.exact {
        true => touches(span, place),
        false => span.file == place.file && place.range.start <= span.range.start && span.range.start < place.range.end,
    }
}

fn touches(span: &Span, place: &CodeLocation) -> bool {
    span.file == place.file && span.range.start <= place.range.start && place.range.start < span.range.end
}

/// The shortest paths to one function, those through something that runs less often after all others.
struct Backward {
    /// The call by which each function leads on; the target has none.
    visits: Vec<Option<Option<u32>>>,
}

impl Backward {
    fn from(program: &Program, target: FunctionId) -> Self {
        let mut backward = Self { visits: vec![None; program.functions.len()] };
        backward.visits[target.0 as usize] = Some(None);
        let mut queue = VecDeque::from([target]);
        while !queue.is_empty() {
            let mut behind: Vec<u32> = Vec::new();
            while let Some(at) = queue.pop_front() {
                for &index in program.adjacency.calls_into(at) {
                    let call = &program.calls[index as usize];
                    match call.shared {
                        Some(_) => behind.push(index),
                        None if backward.visit(call.from, index) => queue.push_back(call.from),
                        None => {}
                    }
                }
            }
            for index in behind {
                let from = program.calls[index as usize].from;
                if backward.visit(from, index) {
                    queue.push_back(from);
                }
            }
        }
        backward
    }

    fn visit(&mut self, function: FunctionId, by: u32) -> bool {
        let slot = &mut self.visits[function.0 as usize];
        let is_new = slot.is_none();
        slot.get_or_insert(Some(by));
        is_new
    }

    /// The calls from a function to the target, outermost first.
    fn path(&self, program: &Program, from: FunctionId) -> Vec<u32> {
        let mut calls = Vec::new();
        let mut at = from;
        while let Some(Some(index)) = self.visits[at.0 as usize] {
            calls.push(index);
            at = program.calls[index as usize].to;
        }
        calls
    }
}
