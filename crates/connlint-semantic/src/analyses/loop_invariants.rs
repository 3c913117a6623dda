//! Which query of a loop is the same in each round, for `query_loops`: a loop-invariant computation, as compilers hoist it.
//!
//! What is not known to be the same counts as different.

use connlint_catalog::Role;
use connlint_facts::{LocalId, LoopKind, OpId, OpKind, RegionId, RegionKind, SelfKind};
use rustc_hash::FxHashSet;

use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, operands};
use crate::infer::trace_back::{Steps, trace_back};
use crate::types::callee::Callee;
use crate::types::ty::Ty;

/// Operations that one query is made of, at most.
const MAX_OPERATIONS: usize = 200;

/// Methods that yield the same of the same value.
const CONVERSIONS: [&str; 11] =
    ["as_deref", "as_ref", "as_slice", "as_str", "borrow", "clone", "cloned", "deref", "into", "to_owned", "to_string"];

/// What a statement asks for that may differ each time, or that others must not get too.
const CHANGING: [&str; 9] =
    ["FOR UPDATE", "FOR SHARE", "FOR NO KEY", "FOR KEY", "SKIP LOCKED", "NEXTVAL", "RANDOM", "UUID", "PG_"];

/// Whether a statement is a plain `SELECT`, which takes nothing out and locks nothing.
pub(super) fn only_reads(text: &str) -> bool {
    let text = text.trim_start().to_ascii_uppercase();
    text.starts_with("SELECT") && CHANGING.iter().all(|word| !text.contains(word))
}

/// The tables that a statement reads, without their schemas, in capitals.
pub(super) fn tables(text: &str) -> Vec<String> {
    let text = text.to_ascii_uppercase();
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "(),;".contains(c)).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let names = words.windows(2).filter(|two| matches!(two[0], "FROM" | "JOIN")).map(|two| own_name(two[1]));
    names.map(str::to_owned).collect()
}

/// Whether a statement names one of some tables.
pub(super) fn names_one(text: &str, tables: &[String]) -> bool {
    let text = text.to_ascii_uppercase();
    let mut words = text.split(|c: char| c.is_whitespace() || "(),;".contains(c));
    words.any(|word| tables.iter().any(|table| own_name(word) == table))
}

fn own_name(word: &str) -> &str {
    word.rsplit('.').next().unwrap_or(word).trim_matches(['"', '`', '[', ']'])
}

/// Whether nothing that a query is made of, the connection apart, comes from a round of the loop that it is in or is changed
/// there.
pub(super) fn is_invariant(cx: BodyCx<'_, '_>, query: OpId, looped: RegionId) -> bool {
    if !matches!(cx.data.body.regions[looped.0 as usize].kind, RegionKind::Loop(LoopKind::For) | RegionKind::Closure) {
        return false;
    }
    let Some((api, _)) = cx.data.api(query) else { return false };
    let crate_name = api.path.split("::").next().unwrap_or_default();
    let executor = cx.data.call(query).and_then(|call| call.executor(api));
    let mut walk = Walk { cx, looped, crate_name, seen: FxHashSet::from_iter(executor), queue: vec![query] };
    let mut made_of = 0;
    while let Some(op) = walk.queue.pop() {
        made_of += 1;
        if made_of > MAX_OPERATIONS || !walk.goes_on(op) {
            return false;
        }
    }
    walk.locals().all(|(local, within)| walk.is_left_alone(local, &within))
}

/// What a query is made of within a round.
struct Walk<'a, 'w> {
    cx: BodyCx<'a, 'w>,
    looped: RegionId,
    /// The crate whose calls build the query.
    crate_name: &'a str,
    seen: FxHashSet<OpId>,
    queue: Vec<OpId>,
}

impl Walk<'_, '_> {
    fn push(&mut self, op: OpId) {
        if !self.is_executor(op) && self.seen.insert(op) {
            self.queue.push(op);
        }
    }

    /// What a query is sent through is no part of it.
    fn is_executor(&self, op: OpId) -> bool {
        let role = self.cx.tcx.role_of(self.cx.data.ty(op).peel_pointers());
        matches!(
            role,
            Some(
                Role::Pool
                    | Role::PooledConnection
                    | Role::Connection
                    | Role::MultiplexedConnection
                    | Role::Transaction
                    | Role::Client
            )
        )
    }

    fn is_within(&self, op: OpId) -> bool {
        let data = self.cx.data;
        ancestors(data.body, data.body.ops[op.0 as usize].region).any(|region| region == self.looped)
    }

    /// Goes on to what an operation takes, unless it may yield something else in another round.
    fn goes_on(&mut self, op: OpId) -> bool {
        let data = self.cx.data;
        let is_steady = match data.kind(op) {
            OpKind::Call { .. } | OpKind::MethodCall { .. } => self.is_steady_call(op),
            OpKind::Local(local) => return self.follow_local(*local),
            OpKind::Literal(_) | OpKind::Path(_) => true,
            OpKind::Ref { .. }
            | OpKind::Deref { .. }
            | OpKind::Field { .. }
            | OpKind::Cast { .. }
            | OpKind::Unary { .. }
            | OpKind::Binary { .. }
            | OpKind::Tuple(_)
            | OpKind::Array(_)
            | OpKind::Macro { .. } => true,
            _ => false,
        };
        operands(data.kind(op), |operand| self.push(operand));
        is_steady
    }

    /// What was written before the loop stays what it was, unless it can be written again.
    fn follow_local(&mut self, local: LocalId) -> bool {
        let data = self.cx.data;
        let within: Vec<OpId> =
            data.flow.writes(local).iter().copied().filter(|&write| self.is_within(write)).collect();
        within.into_iter().for_each(|write| self.push(write));
        !data.body.locals[local.0 as usize].mutable
    }

    /// Whether a call only builds the query, or yields its receiver in another form.
    fn is_steady_call(&self, op: OpId) -> bool {
        let is_own = |path: &str| path.split("::").next() == Some(self.crate_name);
        let target = self.cx.data.call(op).map(|call| &call.target);
        let of_crate = match target {
            Some(Target::Known(found)) => found.iter().all(|callee| match callee {
                Callee::Api { api, .. } => is_own(&api.path),
                Callee::Chain(builder) => builder.external_path().is_some_and(is_own),
                Callee::Def { .. } => false,
            }),
            _ => false,
        };
        let converts = match self.cx.data.kind(op) {
            OpKind::MethodCall { name, args, .. } => args.is_empty() && CONVERSIONS.contains(&self.cx.text(*name)),
            _ => false,
        };
        of_crate || (converts && self.cx.data.callees(op).next().is_none())
    }

    /// The locals that the query takes, with the places in the round where each is named.
    fn locals(&self) -> impl Iterator<Item = (LocalId, Vec<OpId>)> + '_ {
        self.seen.iter().filter_map(|&op| match self.cx.data.kind(op) {
            OpKind::Local(local) if !self.is_executor(op) => {
                let reads = self.cx.data.flow.reads(*local).iter().copied();
                Some((*local, reads.filter(|&read| self.is_within(read)).collect()))
            }
            _ => None,
        })
    }

    /// Whether a round does nothing to a local. What is behind `&mut` can change without a `mut` local, so that of anything
    /// but numbers and texts only the query itself may make use.
    fn is_left_alone(&self, local: LocalId, within: &[OpId]) -> bool {
        let data = self.cx.data;
        let is_plain = |read: OpId| match data.ty(read).peel_refs() {
            Ty::Prim(_) => true,
            ty => ty.external_path() == Some("std::string::String"),
        };
        let is_assigned = || {
            data.body.ops.iter().any(|op| match op.kind {
                OpKind::Assign { place, .. } | OpKind::AssignOp { place, .. } => trace_back(data, place, Steps::PLACE)
                    .any(|part| matches!(data.kind(part), OpKind::Local(of) if *of == local)),
                _ => false,
            })
        };
        let is_self = self.cx.text(data.body.locals[local.0 as usize].name) == "self" && self.borrows_self();
        is_self || (!is_assigned() && within.iter().all(|&read| self.seen.contains(&read) || is_plain(read)))
    }

    /// Whether the function takes `&self`.
    fn borrows_self(&self) -> bool {
        let item = self.cx.tcx.defs.fn_item(self.cx.data.def);
        item.and_then(|item| item.self_param.as_ref()).is_some_and(|param| matches!(param.kind, SelfKind::Ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_without_schema_and_quotes() {
        let text =
            "SELECT * FROM {0}.transactions t JOIN \"users\" u ON u.id = t.by WHERE b IN (SELECT id FROM {0}.blocks);";
        assert_eq!(tables(text), ["TRANSACTIONS", "USERS", "BLOCKS"]);
        assert!(names_one("insert into app.users(id) values ($1)", &tables(text)));
        assert!(!names_one("INSERT INTO log (user) VALUES ($1)", &tables(text)));
    }

    #[test]
    fn what_takes_something_out_or_differs_each_time_is_no_plain_read() {
        assert!(only_reads("select hash from blocks where height = $1"));
        for text in [
            "SELECT id FROM jobs FOR UPDATE SKIP LOCKED",
            "SELECT nextval('ids')",
            "SELECT gen_random_uuid()",
            "DELETE FROM jobs RETURNING id",
            "WITH taken AS (DELETE FROM jobs RETURNING id) SELECT id FROM taken",
        ] {
            assert!(!only_reads(text), "{text}");
        }
    }
}
