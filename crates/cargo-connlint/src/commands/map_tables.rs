//! The program as the tables of a map.

use std::collections::{BTreeMap, BTreeSet};

use connlint_catalog::Effect;
use connlint_diagnostics::{Diagnostic, EntryRef, Report};
use connlint_facts::Span;
use connlint_output::{
    EntryView, FunctionView, MapCall, MapEntry, MapFinding, MapHold, MapPool, MapReached, MapSite, MapView, MapWait,
};
use connlint_semantic::{EffectSite, EntryId, EntryKind, FunctionId, Held, LiveRange, Program, ServedSite, Values};

use super::routes::{shared, sites};
use crate::views;

/// Tables under construction. A file that is part of several crates has its functions, calls and effects once.
pub(super) struct Tables<'p> {
    program: &'p Program,
    functions: Table<(Span, String, &'static str), FunctionView>,
    calls: Table<(Span, usize, usize), MapCall>,
    sites: Table<(Span, &'static str, String), MapSite>,
    entries: Vec<MapEntry>,
    report: Report,
    holds: BTreeMap<Span, Vec<MapHold>>,
    /// Expressions that acquire: what else they do, begin a transaction say, holds nothing more.
    acquires: BTreeSet<&'p Span>,
}

/// Rows with their numbers.
struct Table<K, T> {
    numbers: BTreeMap<K, usize>,
    rows: Vec<T>,
}

impl<K: Ord, T> Table<K, T> {
    fn new() -> Self {
        Self { numbers: BTreeMap::new(), rows: Vec::new() }
    }

    /// The number of a row, which is made if it is new.
    fn number(&mut self, key: K, make: impl FnOnce() -> T) -> usize {
        let next = self.rows.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.rows.push(make());
        }
        number
    }
}

impl<'p> Tables<'p> {
    pub(super) fn new(program: &'p Program, report: Report) -> Self {
        let acquiring = program.sites.iter().filter(|site| site.effect == Effect::Acquire);
        Self {
            program,
            functions: Table::new(),
            calls: Table::new(),
            sites: Table::new(),
            entries: Vec::new(),
            report,
            holds: holds(program),
            acquires: acquiring.map(|site| &site.span).collect(),
        }
    }

    /// Adds an entry point with all that it reaches. A loop over items is left out, unless it opens something in each
    /// iteration or is reported.
    pub(super) fn add_entry(&mut self, id: EntryId) {
        let program = self.program;
        let (view, served) = (views::entry(program, id), sites(program, id));
        let is_loop = program.entry(id).kind == EntryKind::Loop;
        let opens = || served.iter().any(|served| served.site.effect.is_opening() && served.shared.is_none());
        if is_loop && !opens() && !self.report.findings.iter().any(|finding| concerns(finding, &view)) {
            return;
        }
        let function = self.function(program.entry(id).function);
        let reached = served.iter().map(|served| self.reached(served)).collect();
        let entry = MapEntry { entry: view, function, reached, findings: Vec::new() };
        let same = |other: &MapEntry| views::same_entry(&other.entry, &entry.entry) && other.reached == entry.reached;
        if !self.entries.last().is_some_and(same) {
            self.entries.push(entry);
        }
    }

    fn function(&mut self, id: FunctionId) -> usize {
        let view = views::function(self.program, id);
        self.functions.number((view.span.clone(), view.path.clone(), view.kind), || view)
    }

    fn reached(&mut self, served: &ServedSite<'p>) -> MapReached {
        MapReached {
            site: self.site(served.site),
            path: served.path.iter().filter_map(|&call| self.call(call)).collect(),
            in_loop: served.in_loop,
            spawned: served.spawned,
            certainty: served.certainty.name(),
            shared: shared(self.program, served),
        }
    }

    fn call(&mut self, call: u32) -> Option<usize> {
        let program = self.program;
        let edge = program.calls.get(call as usize)?;
        let (from, to) = (self.function(edge.from), self.function(edge.to));
        let make = || MapCall { from, to, step: views::step(program, edge) };
        Some(self.calls.number((edge.span.clone(), from, to), make))
    }

    fn site(&mut self, site: &EffectSite) -> usize {
        let function = self.function(site.function);
        let (program, holds) = (self.program, &self.holds);
        let takes = match site.effect {
            Effect::Begin => !self.acquires.contains(&site.span),
            effect => effect == Effect::Acquire || effect.is_opening(),
        };
        let make = || MapSite {
            function,
            effect: views::effect(program, site),
            holds: holds.get(&site.span).filter(|_| takes).cloned().unwrap_or_default(),
            pools: pools_of(program, &site.span),
            findings: Vec::new(),
        };
        self.sites.number((site.span.clone(), site.effect.name(), site.api.clone()), make)
    }

    /// The whole map, with the findings in place. Where only some entry points were asked for, findings elsewhere are
    /// left out.
    pub(super) fn finish(self, all: bool) -> MapView {
        let Self { program, functions, calls, mut sites, mut entries, report, .. } = self;
        let mut pools = pools(program);
        let mut findings: Vec<MapFinding> = Vec::new();
        for diagnostic in report.findings {
            let of_entries = numbers(&entries, |entry| concerns(&diagnostic, &entry.entry));
            let of_sites = numbers(&sites.rows, |site| is_about(&diagnostic, &site.effect.span));
            let of_pools = numbers(&pools, |pool| is_about(&diagnostic, &pool.built_at));
            let is_taken_from = |pool: &usize| sites.rows.iter().any(|site| site.pools.contains(pool));
            if !all && of_entries.is_empty() && of_sites.is_empty() && !of_pools.iter().any(is_taken_from) {
                continue;
            }
            let number = findings.len();
            of_entries.iter().for_each(|&entry| entries[entry].findings.push(number));
            of_sites.iter().for_each(|&site| sites.rows[site].findings.push(number));
            of_pools.iter().for_each(|&pool| pools[pool].findings.push(number));
            findings.push(MapFinding { diagnostic, entry_points: of_entries, sites: of_sites, pools: of_pools });
        }
        MapView {
            project: String::new(),
            entry_points: entries,
            functions: functions.rows,
            calls: calls.rows,
            sites: sites.rows,
            pools,
            findings,
            notices: report.notices,
            files: report.stats.files,
            lines: report.stats.lines,
        }
    }
}

fn numbers<T>(rows: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    rows.iter().enumerate().filter(|(_, row)| wanted(row)).map(|(number, _)| number).collect()
}

/// Whether a finding is one of an entry point.
fn concerns(finding: &Diagnostic, entry: &EntryView) -> bool {
    entries_of(finding).any(|of| is_same(of, entry))
}

/// The entry points that a finding names.
fn entries_of(finding: &Diagnostic) -> impl Iterator<Item = &EntryRef> {
    finding.entry.iter().chain(finding.other_entries.iter().map(|other| &other.entry))
}

fn is_same(of: &EntryRef, entry: &EntryView) -> bool {
    of.kind == entry.kind && of.route == entry.route && of.function == entry.function.name
}

/// Whether a finding points at an expression.
fn is_about(finding: &Diagnostic, span: &Span) -> bool {
    let further = finding.labels.iter().chain(&finding.siblings);
    finding.primary == *span || further.into_iter().any(|label| label.span == *span)
}

fn pools_of(program: &Program, span: &Span) -> Vec<usize> {
    numbers(&program.pools, |pool| pool.takes.iter().any(|take| take.span == *span))
}

fn pools(program: &Program) -> Vec<MapPool> {
    let pool = |pool: &connlint_semantic::PoolOverview| {
        let maximum = program.maximum_of(pool);
        let number = maximum.term.value(&Values::new());
        MapPool {
            ty: pool.ty.clone(),
            function: pool.function.map(|id| program.function(id).path.to_string()),
            built_at: pool.built_at.clone(),
            repeated: pool.repeated,
            maximum: number,
            set_at: maximum.set_at.filter(|_| number.is_some()),
            findings: Vec::new(),
        }
    };
    program.pools.iter().map(pool).collect()
}

/// What is held, by the expression that takes it: here, or in the caller that lends it.
fn holds(program: &Program) -> BTreeMap<Span, Vec<MapHold>> {
    let mut found: BTreeMap<Span, Vec<MapHold>> = BTreeMap::new();
    for range in program.live_ranges.iter().filter(|range| !program.function(range.function).test_only) {
        let at = range.lent_by.as_ref().unwrap_or(&range.acquired);
        let hold = hold(range);
        let of_site = found.entry(at.clone()).or_default();
        if !of_site.contains(&hold) {
            of_site.push(hold);
        }
    }
    found
}

fn hold(range: &LiveRange) -> MapHold {
    let waits = range.awaits.iter().map(|wait| (&wait.call, &wait.site, &wait.api));
    let acquires = range.acquires.iter().map(|acquire| (&acquire.call, &acquire.site, &acquire.api));
    let wait = |(call, site, api): (&Span, &Span, &String)| MapWait {
        call: call.clone(),
        site: site.clone(),
        api: api.clone(),
    };
    MapHold {
        what: if range.held == Held::Transaction { "transaction" } else { "connection" },
        name: range.name.clone(),
        waits: waits.map(wait).collect(),
        acquires: acquires.map(wait).collect(),
    }
}
