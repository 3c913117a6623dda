//! Which handles go into a call: what it is given to work on.

use connlint_facts::{OpId, OpKind};

use crate::infer::def_use::operands;
use crate::types::ty::Ty;

use super::body_map::BodyMap;
use super::holders::Holders;
use super::state::Slot;

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
                    ) || Holders::is_reference(data.ty(*value)))
                {
                    push(*value);
                }
            }
            OpKind::Closure { captures, .. } | OpKind::Async { captures, .. } => {
                found.extend(captures.locals.iter().map(|&l| Slot::Local(l)));
            }
            OpKind::Await { .. } | OpKind::IterItem { .. } => {}
            OpKind::Try { value } if matches!(data.kind(*value), OpKind::Await { .. }) => {}
            OpKind::Call { args, .. } if !matches!(data.ty(op), Ty::Prim(_)) => args.iter().for_each(|&a| push(a)),
            other => operands(other, push),
        }
    }
    found
}

/// The slots that a call's receiver was made from: the rows of `conn.query_raw(…).await?.try_next()` are work on `conn`.
fn stream_handles(map: &BodyMap<'_, '_>, at: OpId) -> Vec<Slot> {
    let data = map.data;
    let mut found = Vec::new();
    let OpKind::MethodCall { recv, .. } = data.kind(at) else { return found };
    let mut op = *recv;
    for _ in 0..30 {
        found.push(Slot::Temp(op));
        op = match data.kind(op) {
            OpKind::Local(local) => {
                found.push(Slot::Local(*local));
                match data.flow.writes(*local) {
                    [value, ..] => *value,
                    [] => break,
                }
            }
            OpKind::MethodCall { recv, args, .. } => {
                found.extend(args.iter().filter_map(|&arg| named(map, arg)));
                *recv
            }
            OpKind::Await { future } => *future,
            OpKind::Try { value } => *value,
            OpKind::Ref { base, .. } | OpKind::Deref { base } | OpKind::Field { base, .. } => *base,
            OpKind::VariantField { base, .. } => *base,
            OpKind::Call { args, .. } => match args.first() {
                Some(&first) => first,
                None => break,
            },
            OpKind::Macro { args, .. } => match args.first() {
                Some(first) => first.value,
                None => break,
            },
            OpKind::Expanded { value: Some(value), .. } => *value,
            _ => break,
        };
    }
    found
}

/// The variable whose value, or a part of it, an argument is or refers to.
fn named(map: &BodyMap<'_, '_>, arg: OpId) -> Option<Slot> {
    let mut op = arg;
    loop {
        op = match map.data.kind(op) {
            OpKind::Local(local) => return Some(Slot::Local(*local)),
            OpKind::Ref { base, .. } | OpKind::Deref { base } | OpKind::Field { base, .. } => *base,
            _ => return None,
        };
    }
}
