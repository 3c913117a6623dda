//! What waits for something outside, by number: the sites whose rows say so, and the calls of clients and other databases.

use connlint_catalog::{ApiModel, Effect, Mode};
use connlint_facts::{OpId, Span};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::dataflow::awaited::is_awaited;
use crate::dataflow::outside_calls::{OutsideCall, driver_of};
use crate::dataflow::waits::{hands_out_received, leaves_the_process, matters_to_callers, waits};
use crate::domain::{Certainty, FunctionId};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body_cx::Inferred;
use crate::names::marks::span_of;
use crate::types::context::TypeContext;

/// Waits that no row describes, behind the sites of the program by number.
#[derive(Debug, Default)]
pub(crate) struct OutsideWaits {
    list: Vec<(BodyIx, OpId, OutsideCall)>,
    at: FxHashMap<(BodyIx, OpId), u32>,
}

/// One wait, wherever it was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundWait {
    pub(crate) api: String,
    pub(crate) site: Span,
    pub(crate) certainty: Certainty,
    /// Whose connections do the work; none: nobody's.
    pub(crate) drivers: Vec<String>,
}

impl OutsideWaits {
    pub(crate) fn collect<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> Self {
        let of_body = |ix: BodyIx| -> Vec<(BodyIx, OpId, OutsideCall)> {
            let cx = Inferred { tcx, bodies }.body(ix);
            let calls = cx.data.types.calls.iter();
            let asked = calls.filter_map(|call| Some((ix, call.op, cx.outside_call(call)?)));
            let received = cx.data.body.op_ids().filter_map(|op| Some((ix, op, cx.awaited_channel(op)?)));
            asked.chain(received).collect()
        };
        let by_body: Vec<Vec<(BodyIx, OpId, OutsideCall)>> = bodies.par_indices().map(of_body).collect();
        let list: Vec<(BodyIx, OpId, OutsideCall)> = by_body.into_iter().flatten().collect();
        let at = list.iter().enumerate().map(|(number, &(ix, op, _))| ((ix, op), number as u32)).collect();
        Self { list, at }
    }

    /// What the functions of the program have of them: by number, and where each is in its body.
    pub(crate) fn index(
        &self,
        tcx: &TypeContext<'_>,
        bodies: &Bodies<'_>,
        functions: &Functions,
        program: &CallGraph,
        site_ops: &[OpId],
    ) -> Vec<(FunctionId, u32, OpId)> {
        let sites = program.sites.iter().zip(site_ops).enumerate();
        let told = sites.filter(|&(_, (site, &op))| {
            let (ix, _) = functions.origin[site.function.0 as usize];
            let data = bodies.get(ix);
            let own = |api: &ApiModel| !matters_to_callers(tcx.catalog, api) && !hands_out_received(data, op, api);
            let matters = !data.api(op).is_some_and(|(api, _)| own(api));
            site.effect == Effect::AwaitExternal && site.shared.is_none() && matters
        });
        let told = told.map(|(number, (site, &op))| (site.function, number as u32, op));
        let first = program.sites.len() as u32;
        let others = self.list.iter().enumerate().filter(|(_, (.., call))| call.tells_callers);
        let others = others.filter_map(|(number, &(ix, op, _))| {
            Some((functions.id(ix, bodies.get(ix).frame(op))?, first + number as u32, op))
        });
        told.chain(others).collect()
    }

    /// The sites that keep their thread waiting for something outside, each once: what an awaited blocking task waits for.
    pub(crate) fn blocking(
        tcx: &TypeContext<'_>,
        bodies: &Bodies<'_>,
        functions: &Functions,
        program: &CallGraph,
        site_ops: &[OpId],
    ) -> Vec<(FunctionId, u32, OpId)> {
        let mut seen = FxHashSet::default();
        let sites = program.sites.iter().zip(site_ops).enumerate();
        let blocking = sites.filter(|&(_, (site, &op))| {
            let (ix, _) = functions.origin[site.function.0 as usize];
            let row = bodies.get(ix).api(op);
            let matters = row.is_some_and(|(api, _)| leaves_the_process(tcx.catalog, api));
            site.blocking && site.shared.is_none() && !site.local_file && matters && seen.insert((ix, op))
        });
        blocking.map(|(number, (site, &op))| (site.function, number as u32, op)).collect()
    }

    /// A wait of the index.
    pub(crate) fn get(
        &self,
        tcx: &TypeContext<'_>,
        bodies: &Bodies<'_>,
        program: &CallGraph,
        number: u32,
    ) -> Option<FoundWait> {
        if let Some(site) = program.sites.get(number as usize) {
            let (api, site) = (site.api.clone(), site.span.clone());
            let drivers = self.drivers(tcx, program, number);
            return Some(FoundWait { api, site, certainty: Certainty::High, drivers });
        }
        let (ix, op, call) = self.list.get(number as usize - program.sites.len())?;
        Some(found(tcx, bodies.get(*ix), *op, call))
    }

    /// Where a wait of the index is in its body, if it is no site of the program.
    pub(crate) fn op(&self, program: &CallGraph, number: u32) -> Option<OpId> {
        let other = (number as usize).checked_sub(program.sites.len()).and_then(|n| self.list.get(n));
        other.map(|&(_, op, _)| op)
    }

    /// Whose connections a wait of the index is work on; none: nobody's.
    pub(crate) fn drivers(&self, tcx: &TypeContext<'_>, program: &CallGraph, number: u32) -> Vec<String> {
        if let Some(site) = program.sites.get(number as usize) {
            let on_connection = site.blocking && site.effect != Effect::AwaitExternal;
            return if on_connection { driver_of(tcx, &site.api).into_iter().collect() } else { Vec::new() };
        }
        let other = self.list.get(number as usize - program.sites.len());
        other.map_or_else(Vec::new, |(.., call)| call.drivers.clone())
    }

    /// The wait that a call is.
    pub(crate) fn at<'w>(&self, tcx: &TypeContext<'w>, bodies: &Bodies<'w>, ix: BodyIx, op: OpId) -> Option<FoundWait> {
        let data = bodies.get(ix);
        if let Some(&number) = self.at.get(&(ix, op)) {
            return Some(found(tcx, data, op, &self.list[number as usize].2));
        }
        let (api, _) = data.api(op).filter(|(api, _)| waits(api))?;
        let runs =
            Inferred { tcx, bodies }.at(data).waits_here(op) && (api.mode != Mode::Async || is_awaited(data, op));
        let site = span_of(tcx, data.def, data.body.ops[op.0 as usize].range);
        runs.then(|| FoundWait { api: api.path.clone(), site, certainty: Certainty::High, drivers: Vec::new() })
    }
}

fn found(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId, call: &OutsideCall) -> FoundWait {
    FoundWait {
        api: call.api.clone(),
        site: span_of(tcx, data.def, data.body.ops[op.0 as usize].range),
        certainty: call.certainty,
        drivers: call.drivers.clone(),
    }
}
