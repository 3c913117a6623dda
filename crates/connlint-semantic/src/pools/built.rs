//! The pools that the program builds.

use std::sync::Arc;

use connlint_catalog::{Catalog, Effect};
use connlint_facts::{CrateId, Literal, OpId, OpKind, Span};
use rustc_hash::FxHashSet;

use crate::domain::FunctionId;
use crate::infer::bodies::crate_of;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body::Call;
use crate::infer::body_cx::Inferred;
use crate::names::linkage::CrateLinkage;
use crate::names::marks::{is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::roles::pool_type;
use crate::types::ty::Ty;

use super::place::same_type;
use super::runs::Runs;
use super::wiring::Callers;

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
    /// Pairs of them of which a process builds only one, in order.
    alternatives: FxHashSet<(u32, u32)>,
    wrappers: Vec<Wrapper>,
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

/// A pool's handle of another type, made from the pool.
#[derive(Debug)]
struct Wrapper {
    ty: Ty,
    krate: CrateId,
    of: Ty,
}

#[derive(Debug)]
struct Built {
    ty: Ty,
    krate: CrateId,
    span: Span,
    function: Option<FunctionId>,
    at: (BodyIx, OpId),
    /// Whether a process runs the place more than once: a helper that several callers use, a loop over shards.
    repeated: bool,
    limit: Option<PoolLimit>,
}

/// Pairs of pools of which a process builds only one.
fn alternatives(runs: &Runs<'_, '_>, list: &[Built]) -> FxHashSet<(u32, u32)> {
    let chains: Vec<_> = list.iter().map(|built| runs.chains(built.at)).collect();
    let decided = |chains: &Option<Vec<_>>| chains.iter().flatten().any(|chain| runs.is_decided(chain));
    let decided: Vec<bool> = chains.iter().map(decided).collect();
    let krate = |chains: &Option<Vec<_>>| runs.sole_crate(chains.as_deref().unwrap_or_default());
    let crates: Vec<Option<CrateId>> = chains.iter().map(krate).collect();
    let apart = |i: usize, j: usize| {
        // Most pools are built by one program, whatever it decides.
        let together = crates[i].is_some() && crates[i] == crates[j] && !(decided[i] && decided[j]);
        !together && chains[i].as_ref().zip(chains[j].as_ref()).is_some_and(|(i, j)| runs.all_exclude(i, j))
    };
    let pairs = (0..list.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
    pairs.filter(|&(j, i)| apart(i, j)).map(|(j, i)| (j as u32, i as u32)).collect()
}

impl BuiltPools {
    pub(crate) fn collect<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, callers: Callers<'_>) -> Self {
        let runs = Runs { tcx, bodies, callers };
        let mut list: Vec<Built> = Vec::new();
        let mut wrappers: Vec<Wrapper> = Vec::new();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            if is_test(tcx, data.def) {
                continue;
            }
            for call in &data.types.calls {
                wrappers.extend(wrapper(tcx, data, call));
                let builds = call.api().is_some_and(|(api, _)| api.effects.contains(&Effect::BuildPool));
                if let Some(ty) = builds.then(|| built_type(tcx, data, call.op)).flatten() {
                    let function = callers.functions.id(ix, data.frame(call.op));
                    if function.is_some_and(|f| !callers.program.live[f.0 as usize]) {
                        continue;
                    }
                    list.push(Built {
                        ty,
                        krate: crate_of(tcx, data),
                        span: span_of(tcx, data.def, data.body.ops[call.op.0 as usize].range),
                        function,
                        at: (ix, call.op),
                        repeated: !runs.once(ix, call.op),
                        limit: limit(tcx, bodies, data, call.op),
                    });
                }
            }
        }
        let alternatives = alternatives(&runs, &list);
        Self { list, alternatives, wrappers, processes: tcx.processes.clone() }
    }

    /// The pools of a type that may be in one process with a crate.
    fn beside<'a>(&'a self, krate: CrateId, ty: &'a Ty) -> impl Iterator<Item = (u32, &'a Built)> {
        let all = (0_u32..).zip(&self.list);
        all.filter(move |(_, b)| self.processes.share(krate, b.krate) && same_type(&b.ty, ty))
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

    /// Whether each process that a crate is part of builds one pool of a type.
    pub(crate) fn is_single(&self, krate: CrateId, ty: &Ty) -> bool {
        let beside = |one: &&Wrapper| self.processes.share(krate, one.krate) && same_type(&one.ty, ty);
        let mut wrapped = self.wrappers.iter().filter(beside).map(|one| &one.of);
        match wrapped.next() {
            // A handle of a pool is that pool.
            Some(of) => {
                self.beside(krate, ty).next().is_none()
                    && self.is_built_once(krate, of)
                    && wrapped.all(|other| other == of)
            }
            None => self.is_built_once(krate, ty),
        }
    }

    fn is_built_once(&self, krate: CrateId, ty: &Ty) -> bool {
        let found: Vec<(u32, &Built)> = self.beside(krate, ty).collect();
        let alone = |(at, &(n, b)): (usize, &(u32, &Built))| {
            !b.repeated && found[..at].iter().all(|&(other, _)| self.alternatives.contains(&(other, n)))
        };
        !found.is_empty() && found.iter().enumerate().all(alone)
    }

    /// The maximum of the pools of a type, if all agree.
    pub(crate) fn limit(&self, krate: CrateId, ty: &Ty) -> Option<PoolLimit> {
        let mut found = self.beside(krate, ty).map(|(_, built)| built);
        let first = found.next()?.limit.clone()?;
        found.all(|b| b.limit.as_ref().is_some_and(|l| l.maximum == first.maximum)).then_some(first)
    }
}

/// What a call makes of a pool that it is given, if that is a pool's handle of another type.
fn wrapper(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: &Call<'_>) -> Option<Wrapper> {
    let (api, _) = call.api()?;
    let ty = api.effects.contains(&Effect::Configure).then(|| built_type(tcx, data, call.op)).flatten()?;
    let of = call.args.iter().find_map(|&arg| pool_type(tcx, data.ty(arg)))?;
    (!same_type(&of, &ty)).then(|| Wrapper { ty, krate: crate_of(tcx, data), of })
}

/// What a call builds: behind its future and result.
fn built_type(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Option<Ty> {
    pool_type(tcx, data.ty(op).yielded())
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
