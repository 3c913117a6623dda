//! Limits around a call: `timeout(limit, client.get(url).send()).await`.

use connlint_facts::{OpId, OpKind, RegionKind};

use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::def_use::ancestors;

use super::walk::{Cursor, Walk};

/// The purpose of functions that end what they are given after a time.
const DEADLINE: &str = "deadline";

/// Values handed on are followed this far.
const MAX_VALUES: usize = 40;

impl Walk<'_, '_> {
    /// Whether a call, or an async block or closure around it, is handed to something that ends it after a time.
    pub(super) fn is_under_deadline(&self, body: BodyIx, op: OpId) -> bool {
        let data = self.bodies.get(body);
        if self.is_handed_to_deadline(body, op) {
            return true;
        }
        let Some(region) = data.body.ops.get(op.0 as usize).map(|op| op.region) else { return false };
        let around = ancestors(data.body, region)
            .filter(|r| matches!(data.body.regions[r.0 as usize].kind, RegionKind::Async | RegionKind::Closure));
        around
            .filter_map(|r| data.value_of_region.get(&r).copied())
            .any(|value| self.is_handed_to_deadline(body, value))
    }

    fn is_handed_to_deadline(&self, body: BodyIx, start: OpId) -> bool {
        let data = self.bodies.get(body);
        let mut seen = vec![start];
        let mut next = 0;
        while let Some(&op) = seen.get(next).filter(|_| seen.len() < MAX_VALUES) {
            next += 1;
            for &user in data.flow.users(op) {
                if self.ends_after_a_time(body, user) {
                    return true;
                }
                let further = onwards(data, op, user);
                seen.extend(further.into_iter().filter(|op| !seen.contains(op)).collect::<Vec<_>>());
            }
        }
        false
    }

    fn ends_after_a_time(&self, body: BodyIx, op: OpId) -> bool {
        let is_call = matches!(self.bodies.get(body).kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. });
        is_call && self.setting_of_call(&Cursor::new(body, op)).is_some_and(|row| row.purpose == DEADLINE)
    }
}

/// What a future is after one more step, as long as nothing awaits it.
fn onwards(data: &BodyData<'_>, op: OpId, user: OpId) -> Vec<OpId> {
    match data.kind(user) {
        OpKind::Bind { local, .. } => data.flow.reads(*local).to_vec(),
        OpKind::Ref { .. } | OpKind::Deref { .. } | OpKind::Expanded { .. } | OpKind::Join(_) => vec![user],
        // `pin(future)`, `future.boxed()`, `send_all(requests.map(…))`: a function holds it.
        OpKind::Call { callee, .. } if *callee != op => vec![user],
        OpKind::MethodCall { .. } => vec![user],
        _ => Vec::new(),
    }
}
