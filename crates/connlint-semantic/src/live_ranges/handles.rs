//! Which handles go into a call: what it is given to work on.

use connlint_catalog::Role;
use connlint_facts::{ItemKind, OpId, OpKind};

use crate::infer::def_use::operands;
use crate::infer::trace_back::{Steps, trace_all, trace_back};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::body_map::BodyMap;
use super::holders::Holders;
use super::state::Slot;

/// The slots of the handles with which that was asked for which a value says: the rows of a query, what a helper found.
pub(crate) fn asked_through(map: &BodyMap<'_, '_>, value: OpId) -> Vec<Slot> {
    let sources = trace_all(map.data, value, Steps::STREAM, |_| true).into_iter();
    sources.filter(|&op| map.data.call(op).is_some()).flat_map(|op| handles_in(map, op)).collect()
}

/// The slots whose value goes into an operation, by value or reference, also inside a struct or closure.
pub(crate) fn handles_in(map: &BodyMap<'_, '_>, at: OpId) -> Vec<Slot> {
    let data = map.data;
    let mut seen = Vec::new();
    operands(data.kind(at), |operand| seen.push(operand));
    let mut found = stream_handles(map, at);
    let mut next = 0;
    while next < seen.len() && seen.len() < 64 {
        let op = seen[next];
        next += 1;
        if is_plain_part(map, op) {
            continue;
        }
        found.push(Slot::Temp(op));
        let mut push = |op: OpId| {
            if !seen.contains(&op) {
                seen.push(op);
            }
        };
        match data.kind(op) {
            OpKind::Local(local) => {
                found.push(Slot::Local(*local));
                // A variable that only names another: `let executor = &mut *tx`, `let repo = Repo::new(&mut tx)`. Rows that
                // a query yielded are not the handle.
                if let [value] = data.flow.writes(*local)
                    && (matches!(
                        data.kind(*value),
                        OpKind::Ref { .. } | OpKind::StructLit { .. } | OpKind::Call { .. }
                    ) || Holders::is_reference(data.ty(*value))
                        || is_lock_guard(map, *value))
                {
                    push(*value);
                }
            }
            kind @ (OpKind::Closure { .. } | OpKind::Async { .. }) => {
                found
                    .extend(kind.captures().into_iter().flat_map(|captures| &captures.locals).map(|&l| Slot::Local(l)));
            }
            OpKind::Await { future } if is_lock_guard(map, op) => push(*future),
            OpKind::Await { .. } | OpKind::IterItem { .. } => {}
            OpKind::Try { value } if matches!(data.kind(*value), OpKind::Await { .. }) => {}
            OpKind::Call { args, .. } if !matches!(data.ty(op), Ty::Prim(_)) => args.iter().for_each(|&a| push(a)),
            other => operands(other, push),
        }
    }
    found
}

/// Whether a value is plain, or a plain part: `job.id` of a job that keeps a connection, or `job.name()`, is no way to the
/// whole.
fn is_plain_part(map: &BodyMap<'_, '_>, op: OpId) -> bool {
    let is_part = match map.data.kind(op) {
        OpKind::Field { .. } | OpKind::Ref { .. } => true,
        OpKind::MethodCall { .. } | OpKind::Call { .. } => map.data.callees(op).next().is_some(),
        _ => false,
    };
    is_plain_value(map.tcx, map.data.ty(op).yielded().peel_refs(), u32::from(is_part))
}

/// Whether a value gives access to what is behind a lock.
fn is_lock_guard(map: &BodyMap<'_, '_>, op: OpId) -> bool {
    map.tcx.role_of(map.data.ty(op)) == Some(Role::LockGuard)
}

/// The slots that a call's receiver was made from: the rows of `conn.query_raw(…).await?.try_next()` are work on `conn`.
fn stream_handles(map: &BodyMap<'_, '_>, at: OpId) -> Vec<Slot> {
    let data = map.data;
    let mut found = Vec::new();
    let OpKind::MethodCall { recv, .. } = data.kind(at) else { return found };
    // What was made from data that came out of the connection has no more to do with it.
    let leads_on = |&op: &OpId| !is_plain_value(map.tcx, data.ty(op).yielded(), 0);
    for op in trace_back(data, *recv, Steps::STREAM).take_while(leads_on) {
        found.push(Slot::Temp(op));
        match data.kind(op) {
            OpKind::Local(local) => found.push(Slot::Local(*local)),
            OpKind::MethodCall { args, .. } => found.extend(args.iter().filter_map(|&arg| named(map, arg))),
            _ => {}
        }
    }
    found
}

/// Types are looked into this deep.
const MAX_DEPTH: u32 = 10;

/// Whether a struct or enum of the workspace is made of plain values through and through: a connection is neither in it
/// nor behind a reference in it.
fn is_plain_value(tcx: &TypeContext<'_>, ty: &Ty, depth: u32) -> bool {
    let within = depth < MAX_DEPTH;
    match ty {
        Ty::Prim(_) => depth > 0,
        Ty::Adt(def, args) => {
            let fields = || {
                tcx.defs
                    .item(*def)
                    .is_some_and(|item| matches!(item.kind, ItemKind::Struct { .. } | ItemKind::Enum { .. }))
            };
            within
                && args.is_empty()
                && fields()
                && tcx.field_types(*def).all(|field| is_plain_value(tcx, field, depth + 1))
        }
        Ty::External(path, args) => {
            let of_values = tcx.role(path).is_none_or(|role| matches!(role, Role::Map | Role::Other));
            let known = tcx.catalog.crate_of(path).is_none_or(|krate| krate.category == "std");
            within && depth > 0 && of_values && known && args.iter().all(|arg| is_plain_value(tcx, arg, depth + 1))
        }
        _ => false,
    }
}

/// The variable whose value, or a part of it, an argument is or refers to.
fn named(map: &BodyMap<'_, '_>, arg: OpId) -> Option<Slot> {
    let mut way = trace_back(map.data, arg, Steps::PLACE).take_while(|&op| !is_plain_part(map, op));
    way.find_map(|op| match map.data.kind(op) {
        OpKind::Local(local) => Some(Slot::Local(*local)),
        _ => None,
    })
}
