//! Effect sites: the calls that open, acquire, query, block.

use connlint_catalog::{ApiModel, Effect, Role};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind};

use crate::bodies::{BodyData, BodyIx};
use crate::flow::{Root, Sink, inside, root};
use crate::graph::{Builder, is_opening, span_of};
use crate::guards::Guards;
use crate::program::{EffectSite, Shared};
use crate::resolve::Resolver;
use crate::ty::Ty;

/// A site with where it stands, before guards are looked at.
#[derive(Clone, Debug)]
pub(crate) struct RawSite {
    pub(crate) site: EffectSite,
    pub(crate) once_in_loop: bool,
}

/// All effect sites, in order of body and position.
pub(crate) fn collect(builder: &Builder<'_, '_>) -> Vec<RawSite> {
    let mut sites = Vec::new();
    for ix in builder.bodies.indices() {
        let data = builder.bodies.get(ix);
        for call in &data.types.calls {
            if let Some((api, self_ty)) = data.api(call.op) {
                for &effect in &api.effects {
                    sites.extend(site(builder, ix, call.op, api, self_ty, effect));
                }
            }
        }
    }
    sites
}

fn site(
    builder: &Builder<'_, '_>,
    ix: BodyIx,
    op: OpId,
    api: &ApiModel,
    self_ty: Option<&Ty>,
    effect: Effect,
) -> Option<RawSite> {
    let data = builder.bodies.get(ix);
    let resolver = builder.resolver;
    let frame = data.frame(op);
    let function = builder.functions.id(ix, frame)?;
    let around = builder.around(ix, op);
    let opening = is_opening(effect);
    let guards = Guards { resolver, bodies: builder.bodies, data };
    let mut shared = around.shared;
    if opening && shared.is_none() && guards.is_cached(op) {
        shared = Some(Shared::Cache);
    }
    let looped = frame.filter(|f| matches!(data.body.regions[f.0 as usize].kind, RegionKind::Loop(_)));
    let resource = resource(resolver, api, data.ty(op), effect);
    let site = EffectSite {
        function,
        effect,
        resource,
        api: display_path(api, self_ty),
        krate: api.path.split("::").next().unwrap_or("").to_owned(),
        span: span_of(resolver, data.def, data.body.ops[op.0 as usize].range),
        shared,
        repeated: false,
        depends_on_caller: opening && depends_on_caller(resolver, data, op),
        escapes: opening && frame.is_some_and(|f| escapes(resolver, data, op, f)),
        remedy: remedy(resolver, api, resource),
    };
    let once_in_loop = opening && looped.is_some_and(|l| guards.once_in_loop(op, l));
    Some(RawSite { site, once_in_loop })
}

/// What the catalogue advises: the row's own words, else its crate's for what it makes.
fn remedy(resolver: &Resolver<'_>, api: &ApiModel, role: Role) -> Option<String> {
    api.remedy.clone().or_else(|| {
        let krate = resolver.catalog.crate_of(&api.path)?;
        krate.remedies.iter().find(|(of, _)| *of == role).map(|(_, text)| text.clone())
    })
}

/// `sqlx::Connection::connect` found on `PgConnection` is shown as `sqlx::PgConnection::connect`.
fn display_path(api: &ApiModel, self_ty: Option<&Ty>) -> String {
    let last = api.path.rsplit("::").next().unwrap_or(&api.path);
    match self_ty.and_then(Ty::ext_path) {
        Some(path) if !api.path.starts_with(&format!("{path}::")) => format!("{path}::{last}"),
        _ => api.path.clone(),
    }
}

fn resource(resolver: &Resolver<'_>, api: &ApiModel, yields: &Ty, effect: Effect) -> Role {
    if let Some(role) = api.resource {
        return role;
    }
    match effect {
        Effect::OpenConnection => Role::Connection,
        Effect::BuildPool => Role::Pool,
        Effect::BuildClient | Effect::ThrowawayClient => Role::Client,
        Effect::Acquire => Role::PooledConnection,
        Effect::Begin | Effect::Commit | Effect::Rollback => Role::Transaction,
        _ => role_of(resolver, yields).unwrap_or(Role::Other),
    }
}

/// The role of a type, behind futures, results and pointers.
fn role_of(resolver: &Resolver<'_>, ty: &Ty) -> Option<Role> {
    match ty {
        Ty::Ref(inner) | Ty::Future(inner) => role_of(resolver, inner),
        Ty::Ext(path, args) => match &**path {
            "std::result::Result" | "std::option::Option" | "std::sync::Arc" | "std::boxed::Box" => {
                args.first().and_then(|a| role_of(resolver, a))
            }
            _ => resolver.catalog.type_model(path, None).map(|m| m.role),
        },
        Ty::Tuple(parts) => parts.iter().find_map(|p| role_of(resolver, p)),
        _ => None,
    }
}

/// Whether what an expression makes leaves the loop or closure: it is kept in a collection, a field, or returned.
pub(crate) fn escapes(resolver: &Resolver<'_>, data: &BodyData<'_>, op: OpId, frame: RegionId) -> bool {
    if !may_hold(resolver, data.ty(op), 0) {
        return false;
    }
    let is_closure = data.body.regions[frame.0 as usize].kind == RegionKind::Closure;
    let (sinks, through) = data.flow.follow(data.body, op);
    let tail = data.value_of_region.get(&frame).is_some_and(|&closure| match data.kind(closure) {
        OpKind::Closure { tail: Some(tail), .. } => is_closure && through.contains(tail) && may_hold(resolver, data.ty(*tail), 0),
        _ => false,
    });
    tail || sinks.iter().any(|sink| match *sink {
        Sink::Returned(at) => !is_closure || !inside(data.body, at, frame),
        Sink::Broken(_) => true,
        Sink::Assigned(at) => match data.kind(at) {
            OpKind::Assign { place, .. } => is_outside(data, *place, frame),
            _ => false,
        },
        Sink::Argument(at) => match data.kind(at) {
            OpKind::MethodCall { recv, name, args, .. } => {
                let file = resolver.defs.file_of(data.def);
                let keeps = matches!(file.facts.text(*name), "push" | "insert" | "push_back" | "extend" | "add" | "send");
                keeps && is_outside(data, *recv, frame) && args.iter().any(|a| through.contains(a))
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether a value of a type can hold what was opened.
fn may_hold(resolver: &Resolver<'_>, ty: &Ty, depth: u32) -> bool {
    match ty {
        _ if depth > 5 => false,
        Ty::Unknown | Ty::Adt(..) | Ty::Param(_) | Ty::Bounds(_) => true,
        Ty::Ref(inner) | Ty::Future(inner) | Ty::Slice(inner) => may_hold(resolver, inner, depth + 1),
        Ty::Tuple(parts) => parts.iter().any(|p| may_hold(resolver, p, depth + 1)),
        Ty::Ext(path, args) => {
            let own = resolver.catalog.type_model(path, None).is_some_and(|m| {
                !matches!(m.role, Role::Other | Role::Pointer | Role::Map | Role::Lock | Role::LockGuard)
            });
            let std = path.starts_with("std::result") || path.starts_with("std::option");
            own || args.iter().take(if std { 1 } else { usize::MAX }).any(|a| may_hold(resolver, a, depth + 1))
        }
        _ => false,
    }
}

/// Whether a place is declared outside a loop or closure.
fn is_outside(data: &BodyData<'_>, place: OpId, frame: RegionId) -> bool {
    let mut op = place;
    for _ in 0..30 {
        op = match data.kind(op) {
            OpKind::Local(local) => {
                let scope = data.body.locals[local.0 as usize].scope;
                return !crate::flow::ancestors(data.body, scope).any(|r| r == frame);
            }
            OpKind::Field { base, .. } | OpKind::Deref { base } | OpKind::Ref { base, .. } | OpKind::Index { base, .. } => {
                *base
            }
            OpKind::MethodCall { recv, .. } => *recv,
            OpKind::Await { future } => *future,
            OpKind::Try { value } => *value,
            OpKind::SelfParam | OpKind::Path(_) => return true,
            _ => return false,
        };
    }
    false
}

/// Whether an opening is built for something that the caller chose: a proxy, a certificate, an address.
fn depends_on_caller(resolver: &Resolver<'_>, data: &BodyData<'_>, op: OpId) -> bool {
    let mut at = op;
    for _ in 0..40 {
        at = match data.kind(at) {
            OpKind::MethodCall { recv, name, args, .. } => {
                let file = resolver.defs.file_of(data.def);
                let per_target = matches!(
                    file.facts.text(*name),
                    "proxy" | "identity" | "add_root_certificate" | "resolve" | "resolve_to_addrs" | "local_address"
                        | "interface" | "unix_socket"
                );
                if per_target && args.iter().any(|&a| comes_from_caller(data, a)) {
                    return true;
                }
                *recv
            }
            OpKind::Local(local) => {
                let writes = data.flow.writes(*local);
                let rebuilt = writes.iter().any(|&w| w != at && depends_once(resolver, data, w));
                match writes.first() {
                    Some(_) if rebuilt => return true,
                    Some(&first) => first,
                    None => return false,
                }
            }
            OpKind::Try { value } => *value,
            OpKind::Await { future } => *future,
            OpKind::Join(parts) => match parts.first() {
                Some(&part) => part,
                None => return false,
            },
            _ => return false,
        };
    }
    false
}

fn depends_once(resolver: &Resolver<'_>, data: &BodyData<'_>, op: OpId) -> bool {
    match data.kind(op) {
        OpKind::MethodCall { name, args, .. } => {
            let file = resolver.defs.file_of(data.def);
            let per_target = matches!(
                file.facts.text(*name),
                "proxy" | "identity" | "add_root_certificate" | "resolve" | "resolve_to_addrs" | "local_address"
            );
            per_target && args.iter().any(|&a| comes_from_caller(data, a))
        }
        _ => false,
    }
}

fn comes_from_caller(data: &BodyData<'_>, op: OpId) -> bool {
    match root(data.body, &data.flow, op) {
        Root::Param(_) | Root::ClosureParam | Root::SelfParam => true,
        Root::Path(_) => false,
        Root::Local => match data.kind(op) {
            OpKind::Call { args, .. } => args.iter().any(|&a| comes_from_caller(data, a)),
            _ => false,
        },
    }
}
