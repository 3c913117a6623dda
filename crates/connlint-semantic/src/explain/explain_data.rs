//! What `why`, `routes` and the resolution statistics need beyond what lints see.

use std::collections::BTreeMap;

use connlint_catalog::{Callback, Runs};
use connlint_facts::{OpKind, RelPath, Span, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::{Functions, PendingCall};
use crate::domain::FunctionId;
use crate::explain::resolution_stats::{Handed, Resolution, Tally, UnresolvedCall, tally};
use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body::{Call, Target};
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::names::marks::{is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::ty::TraitId;

/// Kept where [`crate::LinkOptions::details`] asks for it.
#[derive(Debug, Default)]
pub(crate) struct ExplainData {
    /// The whole of each function, by number.
    pub(crate) extents: Vec<TextRange>,
    pub(crate) unresolved: Vec<UnresolvedCall>,
    pub(crate) handed: Vec<Handed>,
    /// Test functions, which are not analysed.
    pub(crate) tests: Vec<(Span, String)>,
    /// Where tests name a function.
    pub(crate) named_by_tests: FxHashMap<FunctionId, Vec<Span>>,
    /// The unread crate's trait that a function implements.
    pub(crate) implements: FxHashMap<FunctionId, String>,
    /// How that trait's crate runs it, where the catalog shows.
    pub(crate) runs: FxHashMap<FunctionId, Runs>,
    /// Initialisers of constants and statics.
    pub(crate) initialisers: FxHashSet<FunctionId>,
    /// Calls whose arguments run less often than the code around: once-forms and pools' factories, with what is called.
    pub(crate) once_forms: Vec<(Span, String)>,
    /// The crates that each file is part of.
    pub(crate) crates_of: BTreeMap<RelPath, Vec<String>>,
}

/// How many places in tests are kept of one name.
const KEPT: usize = 3;

/// The resolution statistics of the workspace, and those of each crate.
pub(crate) fn resolution_stats<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    functions: &Functions,
    calls: &[PendingCall],
) -> (ExplainData, Vec<(String, Resolution)>) {
    let Tally { by_crate, unresolved, handed } = tally(tcx, bodies, functions, calls);
    (ExplainData { unresolved, handed, ..ExplainData::default() }, by_crate)
}

/// Collects the details, and the calls resolved by crate.
pub(crate) fn collect<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    functions: &Functions,
    calls: &[PendingCall],
) -> (ExplainData, Vec<(String, Resolution)>) {
    let (mut details, by_crate) = resolution_stats(tcx, bodies, functions, calls);
    let mut analysed: FxHashSet<DefId> = FxHashSet::default();
    let named = names_in_tests(tcx);
    for (index, &(ix, frame)) in functions.origin.iter().enumerate() {
        let data = bodies.get(ix);
        let id = FunctionId(index as u32);
        analysed.insert(data.def);
        details.extents.push(match frame {
            Some(frame) => data.body.regions[frame.0 as usize].range,
            None => tcx.defs.item(data.def).map_or(TextRange::default(), |item| item.range),
        });
        if frame.is_some() {
            continue;
        }
        if tcx.defs.def(data.def).kind != DefKind::Fn {
            details.initialisers.insert(id);
        }
        if let Some((path, runs)) = implemented(tcx, data.def) {
            details.implements.insert(id, path);
            details.runs.extend(runs.map(|runs| (id, runs)));
        }
        let places = named.get(&tcx.defs.def(data.def).name);
        details.named_by_tests.extend(places.map(|places| (id, places.clone())));
    }
    details.tests = tests(tcx, &analysed);
    details.once_forms = bodies.list.iter().flat_map(|data| once_forms(tcx, data)).collect();
    for krate in tcx.defs.crates {
        for file in &krate.files {
            let names = details.crates_of.entry(file.path.clone()).or_default();
            if !names.contains(&krate.name) {
                names.push(krate.name.clone());
            }
        }
    }
    (details, by_crate)
}

fn once_forms(tcx: &TypeContext<'_>, data: &BodyData<'_>) -> Vec<(Span, String)> {
    let form = |call: &Call<'_>| {
        let (path, callbacks) = match (&call.target, call.api()) {
            (Target::Macro(model), _) => (&model.path, &model.callbacks),
            (_, Some((api, _))) => (&api.path, &api.callbacks),
            _ => return None,
        };
        let keeps = |c: &Callback| matches!(c.runs, Runs::Once(_) | Runs::PoolFactory | Runs::PoolHook);
        let range = data.body.ops[call.op.0 as usize].range;
        callbacks.iter().any(keeps).then(|| (span_of(tcx, data.def, range), path.clone()))
    };
    data.types.calls.iter().filter_map(form).collect()
}

/// The unread crate's trait whose impl holds a function, and how that crate runs it.
fn implemented(tcx: &TypeContext<'_>, def: DefId) -> Option<(String, Option<Runs>)> {
    let data = tcx.defs.def(def);
    let TraitId::External(path) = tcx.impl_data(data.parent?)?.trait_id.as_ref()? else { return None };
    let version = tcx.version_of(data.module, path);
    let model = tcx.in_version(version, |v| tcx.catalog.trait_model(path, v));
    let name = tcx.defs.text(data.name);
    let runs = model.and_then(|m| m.entries.iter().find(|(n, _)| n == name || n == "*").map(|(_, runs)| *runs));
    Some((path.to_string(), runs))
}

/// Where test code names something, by name.
fn names_in_tests(tcx: &TypeContext<'_>) -> FxHashMap<Name, Vec<Span>> {
    let mut found: FxHashMap<Name, Vec<Span>> = FxHashMap::default();
    for index in 0..tcx.defs.defs.len() {
        let def = DefId(index as u32);
        let Some(body) = tcx.defs.body(def).filter(|_| is_test(tcx, def)) else { continue };
        let file = tcx.defs.file_of(def);
        for op in &body.ops {
            let name = match &op.kind {
                OpKind::Path(path) => path.segments.last().map(|s| file.name(s.name)),
                OpKind::MethodCall { name, .. } => Some(file.name(*name)),
                _ => None,
            };
            let Some(name) = name else { continue };
            let places = found.entry(name).or_default();
            if places.len() < KEPT {
                places.push(span_of(tcx, def, op.range));
            }
        }
    }
    found
}

/// The functions for tests that no body was inferred of.
fn tests(tcx: &TypeContext<'_>, analysed: &FxHashSet<DefId>) -> Vec<(Span, String)> {
    let all = (0..tcx.defs.defs.len()).map(|i| DefId(i as u32));
    let wanted =
        all.filter(|&def| tcx.defs.def(def).kind == DefKind::Fn && is_test(tcx, def) && !analysed.contains(&def));
    let item = |def| tcx.defs.item(def).map(|item| (span_of(tcx, def, item.range), tcx.defs.path(def)));
    wanted.filter_map(item).collect()
}
