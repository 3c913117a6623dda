//! The pools that the program builds.

use std::sync::Arc;

use connlint_catalog::{Catalog, Effect};
use connlint_facts::{CrateId, Literal, OpId, OpKind, Span};

use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::domain::FunctionId;
use crate::infer::bodies::crate_of;
use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body_cx::Inferred;
use crate::names::linkage::CrateLinkage;
use crate::names::marks::{is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::place::same_type;
use super::uses::pool_type;

/// How many connections a pool opens at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLimit {
    /// The maximum.
    pub maximum: u64,
    /// Where it is set; `None`: it is the library's default.
    pub set_at: Option<Span>,
}

/// Every place outside tests that builds a pool.
#[derive(Debug, Default)]
pub(crate) struct BuiltPools {
    list: Vec<Built>,
    processes: Arc<CrateLinkage>,
}

/// One pool that the program builds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BuiltPool<'a> {
    pub(crate) ty: &'a Ty,
    pub(crate) span: &'a Span,
    pub(crate) function: Option<FunctionId>,
    /// Whether the place runs more than once.
    pub(crate) repeated: bool,
    pub(crate) limit: Option<&'a PoolLimit>,
}

#[derive(Debug)]
struct Built {
    ty: Ty,
    krate: CrateId,
    span: Span,
    function: Option<FunctionId>,
    /// Whether the place runs more than once: a helper that several callers use, a loop over shards.
    repeated: bool,
    limit: Option<PoolLimit>,
}

impl BuiltPools {
    pub(crate) fn collect<'w>(
        tcx: &TypeContext<'w>,
        bodies: &Bodies<'w>,
        functions: &Functions,
        program: &CallGraph,
    ) -> Self {
        let mut list = Vec::new();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            if is_test(tcx, data.def) {
                continue;
            }
            for call in &data.types.calls {
                let builds = data.api(call.op).is_some_and(|(api, _)| api.effects.contains(&Effect::BuildPool));
                if let Some(ty) = builds.then(|| built_type(tcx, data, call.op)).flatten() {
                    let function = functions.id(ix, data.frame(call.op));
                    let repeated = function.is_some_and(|f| runs_often(program, f));
                    list.push(Built {
                        ty,
                        krate: crate_of(tcx, data),
                        span: span_of(tcx, data.def, data.body.ops[call.op.0 as usize].range),
                        function,
                        repeated,
                        limit: limit(tcx, bodies, data, call.op),
                    });
                }
            }
        }
        Self { list, processes: tcx.processes.clone() }
    }

    /// The pools of a type that may be in one process with a crate.
    fn beside<'a>(&'a self, krate: CrateId, ty: &'a Ty) -> impl Iterator<Item = &'a Built> {
        self.list.iter().filter(move |b| self.processes.share(krate, b.krate) && same_type(&b.ty, ty))
    }

    /// Every pool, in order of body and position.
    pub(crate) fn all(&self) -> impl Iterator<Item = BuiltPool<'_>> {
        self.list.iter().map(|b| BuiltPool {
            ty: &b.ty,
            span: &b.span,
            function: b.function,
            repeated: b.repeated,
            limit: b.limit.as_ref(),
        })
    }

    /// The pools, by index into [`BuiltPools::all`], that a connection taken in a crate from a pool of a type may be of.
    pub(crate) fn candidates(&self, krate: CrateId, ty: &Ty) -> Vec<usize> {
        let is_one = |b: &Built| self.processes.share(krate, b.krate) && same_type(&b.ty, ty);
        self.list.iter().enumerate().filter(|(_, b)| is_one(b)).map(|(index, _)| index).collect()
    }

    /// Whether the processes that a crate is part of build one pool of a type, in one place that runs once.
    pub(crate) fn is_single(&self, krate: CrateId, ty: &Ty) -> bool {
        let mut found = self.beside(krate, ty);
        found.next().is_some_and(|b| !b.repeated) && found.next().is_none()
    }

    /// The maximum of the pools of a type, if all agree.
    pub(crate) fn limit(&self, krate: CrateId, ty: &Ty) -> Option<PoolLimit> {
        let mut found = self.beside(krate, ty);
        let first = found.next()?.limit.clone()?;
        found.all(|b| b.limit.as_ref().is_some_and(|l| l.maximum == first.maximum)).then_some(first)
    }
}

/// What a call builds: behind its future and result.
fn built_type(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Option<Ty> {
    pool_type(tcx, data.ty(op).yielded())
}

/// Whether a function runs several times in one process, as far as its callers tell.
fn runs_often(program: &CallGraph, function: FunctionId) -> bool {
    let mut at = function;
    for _ in 0..6 {
        let mut callers = program.callers_of(at).filter(|c| !program.function(c.from).test_only);
        let Some(only) = callers.next() else { return false };
        if only.repeated || callers.next().is_some() {
            return true;
        }
        at = only.from;
    }
    false
}

/// The maximum that the builder chain sets, else the library's default.
fn limit<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, data: &BodyData<'w>, op: OpId) -> Option<PoolLimit> {
    let cx = Inferred { tcx, bodies }.at(data);
    for step in cx.builder_chain(op) {
        if cx.setting_purpose(step) == Some("max_size") {
            let &arg = data.call(step)?.args.first()?;
            let OpKind::Literal(Literal::Int(maximum)) = data.kind(arg) else { return None };
            let set_at = Some(span_of(tcx, data.def, data.body.ops[arg.0 as usize].range));
            return Some(PoolLimit { maximum: *maximum, set_at });
        }
    }
    let (api, _) = data.api(op)?;
    default_maximum(tcx.catalog, &api.package).map(|maximum| PoolLimit { maximum, set_at: None })
}

fn default_maximum(catalog: &Catalog, package: &str) -> Option<u64> {
    let setting = catalog.all_settings().find(|s| s.package == package && s.purpose == "max_size")?;
    setting.default.as_ref()?.parse().ok()
}
