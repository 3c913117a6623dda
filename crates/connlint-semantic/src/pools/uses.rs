//! Calls that take a connection from a pool: those whose row says so, and queries that are given a pool to run on.

use connlint_catalog::{ApiModel, Effect, Role};
use connlint_facts::{CrateId, OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::infer::bodies::crate_of;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::live_ranges::Holders;
use crate::names::defs::DefId;
use crate::names::external_path::ExternalPath;
use crate::types::context::TypeContext;
use crate::types::roles::pool_type;
use crate::types::ty::Ty;

/// One call that takes a connection from a pool.
#[derive(Clone, Debug)]
pub(crate) struct PoolUse {
    /// Its own index.
    pub(crate) number: u32,
    pub(crate) body: BodyIx,
    pub(crate) op: OpId,
    /// The API, or the function of a pool written by hand; canonical.
    pub(crate) api: String,
    /// The pool, or what stands for it.
    pub(crate) pool: Option<OpId>,
    /// The pool's type.
    pub(crate) ty: Ty,
    /// It takes one only if the caller hands it a pool: a query on a generic executor.
    pub(crate) if_pool: bool,
    /// The connection goes back at the end of the call: a query on `&pool`.
    pub(crate) for_the_call: bool,
    /// It never waits: `try_acquire`.
    pub(crate) never_waits: bool,
}

/// All such calls, in order of body and position.
#[derive(Debug, Default)]
pub(crate) struct PoolUses {
    pub(crate) list: Vec<PoolUse>,
    at: FxHashMap<(BodyIx, OpId), u32>,
}

impl PoolUses {
    pub(crate) fn collect<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, holders: &Holders<'_, 'w>) -> Self {
        let of_body = |ix: BodyIx| -> Vec<PoolUse> {
            let data = bodies.get(ix);
            let uses = data.types.calls.iter().filter_map(|call| {
                let (api, _) = call.api()?;
                pool_use(tcx, data, ix, call.op, api)
            });
            uses.chain(own_pool_uses(holders, data, ix, tcx)).collect()
        };
        let by_body: Vec<Vec<PoolUse>> = bodies.par_indices().map(of_body).collect();
        let mut list: Vec<PoolUse> = by_body.into_iter().flatten().collect();
        let mut at = FxHashMap::default();
        for (index, used) in list.iter_mut().enumerate() {
            used.number = index as u32;
            at.insert((used.body, used.op), used.number);
        }
        Self { list, at }
    }

    /// The crates whose connections come out of pools: those of the pools' types, and of what an acquire hands out.
    pub(crate) fn crates(&self, tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> PooledCrates {
        let mut found = PooledCrates::default();
        for used in &self.list {
            let data = bodies.get(used.body);
            let names = found.of.entry(crate_of(tcx, data)).or_default();
            add(names, &used.ty, 0);
            let mut ty = data.ty(used.op).yielded().clone();
            for _ in 0..MAX_DEREF {
                add(names, &ty, 0);
                if let Ty::Adt(def, _) = ty {
                    found.adts.insert(def);
                }
                match tcx.deref(&ty) {
                    Some(next) => ty = next,
                    None => break,
                }
            }
        }
        found
    }

    /// The use that a call is.
    pub(crate) fn at(&self, body: BodyIx, op: OpId) -> Option<&PoolUse> {
        self.at.get(&(body, op)).map(|&n| &self.list[n as usize])
    }
}

/// Crates of which connections come out of a pool, by the crate of the workspace that takes them.
#[derive(Debug, Default)]
pub(crate) struct PooledCrates {
    of: FxHashMap<CrateId, FxHashSet<String>>,
    /// Types of the workspace that pools give out.
    adts: FxHashSet<DefId>,
}

const MAX_DEREF: usize = 6;

fn add(names: &mut FxHashSet<String>, ty: &Ty, depth: usize) {
    if depth < MAX_DEREF {
        names.extend(ty.external_path().and_then(|path| path.split("::").next()).map(str::to_owned));
        ty.args().iter().for_each(|arg| add(names, arg, depth + 1));
    }
}

impl PooledCrates {
    /// Whether a pool gives out values of a type of the workspace.
    pub(crate) fn lends(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Adt(def, _) if self.adts.contains(def))
    }

    /// Whether a connection of this type, or one that a type of the workspace wraps, may have come out of a pool of the
    /// same process.
    pub(crate) fn may_hold(&self, tcx: &TypeContext<'_>, krate: CrateId, ty: &Ty) -> bool {
        let Some(path) = connection_in(tcx, ty.peel_refs().yielded(), 0) else { return true };
        // What a framework hands to a handler, nobody here acquires.
        if tcx.role(&path) == Some(Role::PooledConnection) {
            return true;
        }
        let driver = path.split("::").next().unwrap_or_default();
        self.of.iter().any(|(&user, names)| names.contains(driver) && tcx.processes.share(krate, user))
    }
}

/// The connection or transaction of a driver that a type is, or holds in its fields.
fn connection_in(tcx: &TypeContext<'_>, ty: &Ty, depth: usize) -> Option<ExternalPath> {
    match ty {
        _ if depth > MAX_DEREF => None,
        Ty::External(path, args) => match tcx.role(path) {
            Some(Role::Connection | Role::PooledConnection | Role::Transaction) => Some(*path),
            _ => args.iter().find_map(|arg| connection_in(tcx, arg, depth + 1)),
        },
        Ty::Ref(inner) => connection_in(tcx, inner, depth + 1),
        Ty::Adt(def, _) => tcx.field_types(*def).find_map(|field| connection_in(tcx, field, depth + 1)),
        _ => None,
    }
}

fn pool_use(tcx: &TypeContext<'_>, data: &BodyData<'_>, body: BodyIx, op: OpId, api: &ApiModel) -> Option<PoolUse> {
    let acquires = api.effects.contains(&Effect::Acquire);
    let works = api.effects.iter().any(|e| matches!(e, Effect::Query | Effect::Begin | Effect::Acquire));
    if !works || api.effects.iter().any(|e| e.is_opening()) {
        return None;
    }
    let call = data.call(op)?;
    let executor = call.executor(api);
    let operand = match executor.or(call.recv) {
        Some(operand) if executor.is_some() || pool_type(tcx, data.ty(operand)).is_some() || !acquires => operand,
        _ => *call.args.iter().find(|&&a| pool_type(tcx, data.ty(a)).is_some()).or(call.recv.as_ref())?,
    };
    let found = pool_type(tcx, data.ty(operand));
    // Of a trait that pools and connections have, a connection's method takes nothing.
    let is_connection = || {
        let role = tcx.role_of(data.ty(operand).peel_pointers());
        matches!(role, Some(Role::Connection | Role::PooledConnection | Role::Transaction))
    };
    if acquires && found.is_none() && is_of_pools(tcx, api) && is_connection() {
        return None;
    }
    let generic = is_generic(data.ty(operand));
    let certain = found.is_some() || (acquires && !generic && executor.is_none());
    if !certain && !(generic && (executor.is_some() || is_of_pools(tcx, api))) {
        return None;
    }
    Some(PoolUse {
        number: 0,
        body,
        op,
        api: api.path.clone(),
        pool: Some(operand),
        ty: found.unwrap_or(Ty::Unknown),
        if_pool: !certain,
        for_the_call: !acquires && !api.effects.contains(&Effect::Begin),
        never_waits: never_waits(data, op, api),
    })
}

/// Whether a row is a method of a trait that pools implement too.
fn is_of_pools(tcx: &TypeContext<'_>, api: &ApiModel) -> bool {
    let owner = api.path.rsplit_once("::").map_or("", |(owner, _)| owner);
    tcx.catalog.trait_model(owner, None).is_some_and(|model| model.of_pools)
}

/// A pool written by hand hands out its guards where it makes them: in methods of the pool.
fn own_pool_uses<'a>(
    holders: &'a Holders<'_, '_>,
    data: &'a BodyData<'_>,
    body: BodyIx,
    tcx: &'a TypeContext<'_>,
) -> impl Iterator<Item = PoolUse> + 'a {
    let ops = || data.body.ops.iter().enumerate().map(|(index, op)| (OpId(index as u32), &op.kind));
    let pool = ops().find(|(_, kind)| matches!(kind, OpKind::SelfParam)).map(|(op, _)| op);
    let made = ops().filter(move |&(op, kind)| {
        let guard = matches!(kind, OpKind::StructLit { .. }).then(|| data.ty(op));
        matches!(guard, Some(Ty::Adt(def, _)) if holders.is_own_guard(*def))
    });
    made.filter_map(move |(op, _)| {
        let pool = pool?;
        let ty = data.ty(pool).peel_refs().clone();
        Some(PoolUse {
            number: 0,
            body,
            op,
            api: tcx.defs.path(data.def),
            pool: Some(pool),
            ty,
            if_pool: false,
            for_the_call: false,
            never_waits: false,
        })
    })
}

/// `try_acquire` and its like answer at once, and so never stop one another.
fn never_waits(data: &BodyData<'_>, op: OpId, api: &ApiModel) -> bool {
    let last = api.path.rsplit("::").next().unwrap_or_default();
    let OpKind::MethodCall { .. } = data.kind(op) else { return false };
    api.effects.contains(&Effect::Acquire) && last.starts_with("try_")
}

/// Whether what a value is depends on the caller.
fn is_generic(ty: &Ty) -> bool {
    matches!(ty.peel_refs(), Ty::Param(_) | Ty::Bounds(_))
}
