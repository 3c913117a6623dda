//! Follows a value back to where it comes from.
//!
//! Every walk against the flow of data goes through [`trace_back`] or [`trace_all`], which differ in nothing but what they
//! do where several values meet. What a walk follows is one of the named sets of [`Steps`]; a caller that must stop
//! earlier (at a field, at a call of the workspace) stops taking operations from the iterator.

use connlint_facts::{Arg, OpId, OpKind};

use crate::infer::bodies::BodyData;
use crate::infer::def_use::in_closure;

/// Bounds a walk; real chains have fewer than thirty steps, but a local can be assigned what is computed from it.
const MAX_STEPS: usize = 400;

/// Which operations a walk follows to what they work on.
///
/// All sets follow what is the same value under another name or behind a pointer: `&x`, `*x`, `x as T`, an expanded
/// macro, a `match` of which only one arm has a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    writes: Writes,
    /// `.await`, `?` and patterns such as `Some(x)`: from what holds a value to that value.
    outcomes: bool,
    /// `x.field`.
    fields: bool,
    /// `x[i]`, slice patterns, the items of a loop.
    elements: bool,
    /// `x.method()` to `x`.
    receivers: bool,
    /// `f(x)` and `macro!(x)` to `x`; where a walk can go only one way, to the future that the call runs, else to the
    /// first one.
    arguments: bool,
    /// What the text of a macro such as `format!("{x}")` takes in.
    interpolated: bool,
    /// `!x`, and the left side of `x == y`.
    operators: bool,
    /// `[a, b]` and `(a, b)` to their members.
    members: bool,
    /// `if` and `match` to the value of each arm; the first one where a walk can go only one way.
    branches: bool,
}

/// From a local to what was written to it.
#[derive(Clone, Copy, Debug)]
enum Writes {
    /// Only if it is written once: then the local is that value in all its uses.
    Sole,
    /// Each; the first one where a walk can go only one way, since later ones mostly derive from it.
    Each,
}

impl Steps {
    /// The very same value: what is said of one holds for the other.
    pub(crate) const IDENTITY: Self = Self {
        writes: Writes::Sole,
        outcomes: false,
        fields: false,
        elements: false,
        receivers: false,
        arguments: false,
        interpolated: false,
        operators: false,
        members: false,
        branches: false,
    };

    /// What a value is once it is there: `open().await?` and `Ok(c) = open().await` are what `open` yields.
    pub(crate) const VALUE: Self = Self { outcomes: true, ..Self::IDENTITY };

    /// From a constructor to what it wraps: `Ok(Arc::new(x))`. Methods are left out because they may change it.
    pub(crate) const WRAPPED: Self = Self { arguments: true, ..Self::VALUE };

    /// To all that a value is made of, by constructors and methods.
    pub(crate) const MADE: Self = Self { receivers: true, ..Self::WRAPPED };

    /// Along a chain of methods.
    pub(crate) const CHAIN: Self = Self { receivers: true, ..Self::VALUE };

    /// Along the chain of methods that a condition asks, through its operators: `!idle.lock().pop().is_some()`.
    pub(crate) const CONDITION: Self = Self { operators: true, ..Self::CHAIN };

    /// Along a chain that statements may continue: `let mut b = Builder::new(); b = b.with(x);` begins with the first
    /// value of its local.
    pub(crate) const BUILDER: Self = Self { writes: Writes::Each, ..Self::CHAIN };

    /// All chains that a value may be the end of.
    pub(crate) const BUILDERS: Self = Self { branches: true, ..Self::BUILDER };

    /// The call that made a value or what it is part of. Elements are left out: of a list, other elements come from
    /// other calls.
    pub(crate) const MADE_BY: Self = Self { fields: true, ..Self::BUILDERS };

    /// From a part to the variable that it lies in. Calls are left out: what they return lies elsewhere.
    pub(crate) const PLACE: Self = Self { fields: true, elements: true, ..Self::VALUE };

    /// Along a chain, to what the things on it are part of: `self.api.client().get()` and `server.routes[0].add()`.
    pub(crate) const OWNER: Self = Self { fields: true, elements: true, ..Self::BUILDER };

    /// From a place that a reference leads to, to what it leads through: `&mut self.conn.get_mut()`.
    pub(crate) const REFERENT: Self = Self { fields: true, receivers: true, ..Self::VALUE };

    /// What a value is reached through, part of or computed from, up to where it enters the body.
    pub(crate) const ROOT: Self = Self { arguments: true, interpolated: true, operators: true, ..Self::OWNER };

    /// The same where the answer must hold in all runs: a local with several values is an end.
    pub(crate) const SOLE_ROOT: Self = Self { writes: Writes::Sole, ..Self::ROOT };

    /// Everything that a value is made of: the same along all its parts.
    pub(crate) const ALL_SOURCES: Self = Self { members: true, branches: true, ..Self::ROOT };

    /// From a stream, or rows, to the call that yields them. Left out are elements, since work on an item is no work on
    /// the stream, and what goes into a text: `query!("… WHERE id = $1", id)` is no part of what made `id`.
    pub(crate) const STREAM: Self = Self { elements: false, interpolated: false, ..Self::ROOT };

    /// To what decides the type of a value. Arguments are left out: a call of unknown type is itself what is unknown.
    pub(crate) const TYPE: Self = Self { arguments: false, interpolated: false, branches: true, ..Self::ROOT };

    /// To what a callable that is kept somewhere may be: as [`Steps::CALLABLE`], and to what holds others of its kind.
    pub(crate) const KEPT: Self = Self { elements: true, ..Self::CALLABLE };

    /// To the closures, async blocks and calls that a callable or future may be. What an `.await` yields is none of the
    /// futures on the way, so that callers stop there.
    pub(crate) const CALLABLE: Self =
        Self { writes: Writes::Each, receivers: true, arguments: true, members: true, branches: true, ..Self::VALUE };
}

/// A value and what it comes from, step by step; the last one is where the walk ends.
pub(crate) fn trace_back(data: &BodyData<'_>, start: OpId, steps: Steps) -> impl Iterator<Item = OpId> {
    let next = move |&op: &OpId| {
        let mut first = None;
        sources(data, op, steps, |source| {
            first.get_or_insert(source);
        });
        first
    };
    std::iter::successors(Some(start), next).take(MAX_STEPS)
}

/// Where a walk ends.
pub(crate) fn trace_end(data: &BodyData<'_>, start: OpId, steps: Steps) -> OpId {
    trace_until(data, start, steps, |_| false)
}

/// The first operation of a walk that `stops` it, else where it ends.
pub(crate) fn trace_until(data: &BodyData<'_>, start: OpId, steps: Steps, stops: impl Fn(OpId) -> bool) -> OpId {
    let mut end = start;
    for op in trace_back(data, start, steps) {
        end = op;
        if stops(op) {
            break;
        }
    }
    end
}

/// A value and all that it may come from, the nearest first; what does not pass `goes_on` is an end.
pub(crate) fn trace_all(data: &BodyData<'_>, start: OpId, steps: Steps, goes_on: impl Fn(OpId) -> bool) -> Vec<OpId> {
    let mut seen = vec![start];
    let mut next = 0;
    while let Some(&op) = seen.get(next) {
        next += 1;
        if goes_on(op) {
            sources(data, op, steps, |source| {
                if seen.len() < MAX_STEPS && !seen.contains(&source) {
                    seen.push(source);
                }
            });
        }
    }
    seen
}

/// Visits what an operation's value comes from in one step.
fn sources(data: &BodyData<'_>, op: OpId, steps: Steps, mut visit: impl FnMut(OpId)) {
    let mut all = |follows: bool, ops: &[OpId]| {
        if follows {
            ops.iter().for_each(|&op| visit(op));
        }
    };
    match data.kind(op) {
        OpKind::Deref { base } | OpKind::Ref { base, .. } => all(true, &[*base]),
        OpKind::Cast { value, .. } | OpKind::Expanded { value: Some(value), .. } => all(true, &[*value]),
        OpKind::Join(parts) => all(steps.branches || parts.len() == 1, parts),
        OpKind::Local(local) => {
            let written = data.flow.writes(*local);
            all(matches!(steps.writes, Writes::Each) || written.len() == 1, written);
        }
        OpKind::Await { future: value } | OpKind::Try { value } | OpKind::VariantField { base: value, .. } => {
            all(steps.outcomes, &[*value]);
        }
        OpKind::Field { base, .. } => all(steps.fields, &[*base]),
        OpKind::Element { base } | OpKind::Index { base, .. } | OpKind::IterItem { iter: base } => {
            all(steps.elements, &[*base]);
        }
        OpKind::MethodCall { recv, .. } => all(steps.receivers, &[*recv]),
        OpKind::Call { args, .. } if steps.arguments => {
            all(true, future_run(data, op, args).as_slice());
            all(true, args);
        }
        OpKind::Macro { args, .. } => {
            let is_text = |arg: &Arg| matches!(data.kind(arg.value), OpKind::Literal(_));
            let follows = if args.first().is_some_and(is_text) { steps.interpolated } else { steps.arguments };
            args.iter().filter(|arg| !is_text(arg)).for_each(|arg| all(follows, &[arg.value]));
        }
        OpKind::Unary { operand, .. } => all(steps.operators, &[*operand]),
        OpKind::Binary { left, .. } => all(steps.operators, &[*left]),
        OpKind::Array(parts) | OpKind::Tuple(parts) => all(steps.members, parts),
        // Where values begin: they enter the body, or are made here.
        OpKind::Param(_)
        | OpKind::SelfParam
        | OpKind::Path(_)
        | OpKind::Literal(_)
        | OpKind::Call { .. }
        | OpKind::StructLit { .. }
        | OpKind::Repeat { .. }
        | OpKind::Range { .. }
        | OpKind::Closure { .. }
        | OpKind::Async { .. }
        | OpKind::Expanded { value: None, .. }
        | OpKind::Unknown => {}
        // Statements: nobody uses their value.
        OpKind::Bind { .. }
        | OpKind::Discard { .. }
        | OpKind::Assign { .. }
        | OpKind::AssignOp { .. }
        | OpKind::Return(_)
        | OpKind::Break { .. }
        | OpKind::Continue { .. }
        | OpKind::Yield(_) => {}
    }
}

/// The future among its arguments that a call runs: the second one of `timeout(limit, future)`.
fn future_run(data: &BodyData<'_>, call: OpId, args: &[OpId]) -> Option<OpId> {
    let (api, _) = data.api(call)?;
    let arg = api.callbacks.iter().find(|callback| callback.is_future)?.arg?;
    args.get(usize::from(arg)).copied()
}

/// Where a place or value is rooted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// `self`.
    SelfParam,
    /// A static or constant (the path's operation).
    Path(OpId),
    /// A parameter of the function, by index.
    Param(u32),
    /// A parameter of a closure.
    ClosureParam,
    /// Anything made here.
    Local,
}

/// Where a value is rooted, see [`Steps::ROOT`].
pub(crate) fn root(data: &BodyData<'_>, start: OpId) -> Root {
    let end = trace_end(data, start, Steps::ROOT);
    match data.kind(end) {
        OpKind::SelfParam => Root::SelfParam,
        OpKind::Path(_) => Root::Path(end),
        OpKind::Param(_) if in_closure(data.body, data.body.ops[end.0 as usize].region) => Root::ClosureParam,
        OpKind::Param(index) => Root::Param(*index),
        // `cache()`: an accessor without arguments hands out something global.
        OpKind::Call { callee, args } if args.is_empty() && matches!(data.kind(*callee), OpKind::Path(_)) => {
            Root::Path(*callee)
        }
        _ => Root::Local,
    }
}
