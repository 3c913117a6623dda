//! Futures that must be polled for a connection to work, and that nothing polls.
//!
//! `tokio_postgres::connect` and its like yield a client and a connection in a tuple: the client only works while
//! something polls the connection. Which element that is, the catalog knows.

use connlint_catalog::{ApiModel, Effect, Role};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind, Span};
use rustc_hash::FxHashMap;

use crate::call_graph::build::CallGraphBuilder;
use crate::domain::FunctionId;
use crate::effects::sites::remedy;
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::def_use::{ancestors, inside};
use crate::names::defs::DefId;
use crate::names::marks::span_of;
use crate::types::ty::Ty;

/// A connection that works only while its driver is polled, and whose driver nothing polls.
#[derive(Clone, Debug)]
pub struct IdleDriver {
    /// The function that opens it.
    pub function: FunctionId,
    /// Canonical path of the API.
    pub api: String,
    /// The expression that yields the client and the driver.
    pub span: Span,
    /// The variable that keeps the driver and where it is bound; `None`: the driver is dropped at once.
    pub bound: Option<(String, Span)>,
    /// The catalog's advice.
    pub remedy: Option<String>,
}

/// What becomes of the driver that an expression yields.
enum DriverUse {
    /// It is polled or handed on.
    Used,
    /// The whole tuple is what the function returns.
    Returned,
    /// It is dropped, or only bound.
    Idle(Option<OpId>),
}

/// What yields a driver: the row and the element.
#[derive(Clone, Copy)]
struct DriverSource<'w> {
    api: &'w ApiModel,
    index: u16,
}

/// Wrappers of wrappers are followed this far.
const ROUNDS: usize = 3;

/// All drivers that nothing polls, in order of body and position.
pub(crate) fn idle(builder: &CallGraphBuilder<'_, '_>) -> Vec<IdleDriver> {
    let mut wrappers: FxHashMap<DefId, DriverSource<'_>> = FxHashMap::default();
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let known = wrappers.len();
        found.clear();
        for ix in builder.bodies.indices() {
            in_body(builder, ix, &mut wrappers, &mut found);
        }
        if wrappers.len() == known {
            break;
        }
    }
    found
}

fn in_body<'w>(
    builder: &CallGraphBuilder<'_, 'w>,
    ix: BodyIx,
    wrappers: &mut FxHashMap<DefId, DriverSource<'w>>,
    found: &mut Vec<IdleDriver>,
) {
    let data = builder.bodies.get(ix);
    for call in &data.types.calls {
        let row = call.api().map(|(api, _)| api).filter(|api| api.effects.contains(&Effect::DriverFuture));
        let direct = row.and_then(|api| Some(DriverSource { api, index: api.driver_index? }));
        let Some(source) = direct.or_else(|| call.callees().find_map(|def| wrappers.get(&def).copied())) else {
            continue;
        };
        match (DriverUses { builder, data, opening: call.op }).of(source.index) {
            DriverUse::Used => {}
            DriverUse::Returned => {
                wrappers.entry(data.def).or_insert(source);
            }
            DriverUse::Idle(bound) => {
                let Some(function) = builder.functions.id(ix, data.frame(call.op)) else { continue };
                found.push(IdleDriver {
                    function,
                    api: source.api.path.clone(),
                    span: span_of(builder.tcx, data.def, data.body.ops[call.op.0 as usize].range),
                    bound: bound.and_then(|bind| binding(builder, data, bind)),
                    remedy: remedy(builder.tcx, source.api, Role::Driver),
                });
            }
        }
    }
}

fn binding(builder: &CallGraphBuilder<'_, '_>, data: &BodyData<'_>, bind: OpId) -> Option<(String, Span)> {
    let OpKind::Bind { local, .. } = data.kind(bind) else { return None };
    let name = data.body.locals[local.0 as usize].name;
    let text = builder.tcx.defs.file_of(data.def).facts.text(name).to_owned();
    Some((text, span_of(builder.tcx, data.def, data.body.ops[bind.0 as usize].range)))
}

/// Follows what one call yields.
struct DriverUses<'a, 'w> {
    builder: &'a CallGraphBuilder<'a, 'w>,
    data: &'a BodyData<'w>,
    opening: OpId,
}

const MAX_STEPS: usize = 200;

impl DriverUses<'_, '_> {
    fn of(&self, index: u16) -> DriverUse {
        let mut whole = vec![self.opening];
        let (mut parts, mut others) = (Vec::new(), false);
        let mut next = 0;
        while next < whole.len() && whole.len() < MAX_STEPS {
            let op = whole[next];
            next += 1;
            if self.data.body.tail == Some(op) {
                return DriverUse::Returned;
            }
            for &user in self.data.flow.users(op) {
                match self.data.kind(user) {
                    OpKind::Bind { local, .. } => whole.extend(self.data.flow.reads(*local)),
                    OpKind::Field { name, .. } => match self.element(*name) {
                        Some(element) if element == index => parts.push(user),
                        Some(_) => others = true,
                        None => return DriverUse::Used,
                    },
                    OpKind::Discard { .. } => {}
                    OpKind::VariantField { variant, .. } if self.is_error(variant) => {}
                    OpKind::Return(_) if self.data.frame(user).is_none() => return DriverUse::Returned,
                    _ if self.stands_for(op, user) => whole.push(user),
                    _ => return DriverUse::Used,
                }
            }
        }
        match parts.iter().any(|&part| self.is_used(part, 0)) {
            true => DriverUse::Used,
            false if parts.is_empty() && !others => DriverUse::Used,
            false => DriverUse::Idle(parts.iter().find_map(|&part| self.bind_of(part))),
        }
    }

    /// The element of a pair that a projection names; behind `..` patterns count from the end.
    fn element(&self, name: connlint_facts::Sym) -> Option<u16> {
        match self.builder.tcx.defs.file_of(self.data.def).facts.text(name) {
            "0" | "-2" => Some(0),
            "1" | "-1" => Some(1),
            _ => None,
        }
    }

    fn is_error(&self, variant: &connlint_facts::Path) -> bool {
        let file = self.builder.tcx.defs.file_of(self.data.def);
        variant.segments.last().is_some_and(|segment| file.facts.text(segment.name) == "Err")
    }

    /// Whether an operation only passes its operand on: an await, `?`, `unwrap`, the pattern `Ok(pair)`.
    fn stands_for(&self, op: OpId, user: OpId) -> bool {
        match self.data.kind(user) {
            OpKind::Await { .. }
            | OpKind::Try { .. }
            | OpKind::Ref { .. }
            | OpKind::Deref { .. }
            | OpKind::Join(_)
            | OpKind::Expanded { .. }
            | OpKind::VariantField { .. } => true,
            OpKind::MethodCall { recv, args, .. } => {
                // `map(|(client, connection)| …)` sees the pair, `map_err` and `context` do not.
                let sees = |name: &str| matches!(name, "map" | "and_then" | "map_or" | "map_or_else" | "inspect");
                let path = self.data.api(user).map_or("", |(api, _)| &api.path);
                let passes = path.starts_with("std::result::Result::")
                    || path.starts_with("std::option::Option::")
                    || path.starts_with("anyhow::Context::");
                *recv == op && !args.contains(&op) && passes && !path.rsplit("::").next().is_some_and(sees)
            }
            _ => false,
        }
    }

    fn bind_of(&self, part: OpId) -> Option<OpId> {
        let users = self.data.flow.users(part).iter();
        users.copied().find(|&user| matches!(self.data.kind(user), OpKind::Bind { .. }))
    }

    /// Whether something polls a value or is given it.
    fn is_used(&self, value: OpId, depth: usize) -> bool {
        if depth > 20 || self.data.body.tail == Some(value) {
            return true;
        }
        self.data.flow.users(value).iter().any(|&user| match self.data.kind(user) {
            OpKind::Bind { local, .. } => {
                self.data.flow.reads(*local).iter().any(|&read| self.is_used(read, depth + 1))
            }
            OpKind::Discard { .. } => false,
            OpKind::Ref { .. } | OpKind::Deref { .. } | OpKind::Expanded { .. } | OpKind::Join(_) => {
                self.is_used(user, depth + 1)
            }
            OpKind::Call { callee, .. } if self.is_drop(*callee) => false,
            _ => self.runs(user, depth),
        })
    }

    fn is_drop(&self, callee: OpId) -> bool {
        matches!(self.data.ty(callee), Ty::ExternalFn(path, _) if &**path == "std::mem::drop")
    }

    /// Whether the async blocks and closures around an operation, up to the opening, are themselves used.
    fn runs(&self, op: OpId, depth: usize) -> bool {
        let deferred = |&region: &RegionId| {
            let kind = &self.data.body.regions[region.0 as usize].kind;
            matches!(kind, RegionKind::Async | RegionKind::Closure) && !inside(self.data.body, self.opening, region)
        };
        let regions = ancestors(self.data.body, self.data.body.ops[op.0 as usize].region).filter(deferred);
        let values = regions.filter_map(|region| self.data.value_of_region.get(&region));
        values.into_iter().all(|&value| self.is_used(value, depth + 1))
    }
}
