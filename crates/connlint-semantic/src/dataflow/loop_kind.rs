//! What a loop waits for or runs over.

use connlint_catalog::{Effect, Role, Runs};
use connlint_facts::{Literal, LoopKind, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::exits::{ends, ops};
use crate::dataflow::kept_answers::READS_KEYBOARD;
use crate::infer::bodies::BodyData;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_back, trace_end, trace_until};
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::roles::{is_foreign, is_own_channel};
use crate::types::ty::Ty;

/// What makes a loop go round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopDriver {
    /// Each round takes a connection from a listener.
    Accepts,
    /// Each round takes a message from a queue, channel or stream of events.
    Receives,
    /// Each round waits for a ticker or sleeps; the period in seconds where it is a literal.
    Ticks(Option<u64>),
    /// Each round waits in a way that nothing is known of: it goes on without an end, or as long as something of an unknown
    /// type has more to give.
    Waits,
    /// It runs over the items of a collection, or as long as a condition holds.
    Items,
    /// It runs a number of times that the code names, or for each signal that an administrator sends.
    Counted,
}

/// Terms of a number that is written as a sum.
const MAX_TERMS: usize = 8;

/// How a loop is paced.
pub(crate) fn pace(cx: BodyCx<'_, '_>, looped: RegionId) -> LoopDriver {
    pace_within(cx, looped, 0)
}

/// The same of a loop that is some calls deep, behind functions that return streams.
pub(super) fn pace_within(cx: BodyCx<'_, '_>, looped: RegionId, depth: usize) -> LoopDriver {
    let BodyCx { tcx, data, .. } = cx;
    let RegionKind::Loop(kind) = data.body.regions[looped.0 as usize].kind else { return LoopDriver::Items };
    let (mut sleeps, mut in_arms) = (None, PausesInArms::default());
    let (mut signals, mut receives, mut told, mut ticks, mut woken) = (false, false, false, false, false);
    for call in data.calls_of_frame(looped) {
        let Some((api, self_ty)) = call.api() else {
            if sleeps.is_none() && !in_arm(data, call.op, looped) {
                sleeps = pause_in_helper(cx, call.op);
            }
            continue;
        };
        let has = |effect: Effect| api.effects.contains(&effect);
        let is_source = self_ty.is_some_and(|t| role(tcx, t) == Some(Role::Source));
        // What only ends a loop does not make it go round.
        if is_source && (has(Effect::Signal) || has(Effect::Receive)) && cx.only_leaves(call.op, looped) {
            continue;
        }
        woken |= is_source && has(Effect::Flag) && !cx.only_leaves(call.op, looped);
        // A signal of the operating system is sent by people, not by load.
        if is_source && has(Effect::Signal) {
            signals = true;
        } else if is_source && has(Effect::Receive) && self_ty.is_some_and(|ty| takes_signals(tcx, ty)) {
            told = true;
        } else if is_source && has(Effect::Accept) {
            return LoopDriver::Accepts;
        } else if is_source && has(Effect::Tick) {
            ticks = true;
            sleeps = Some(cx.ticker_period(call.recv));
        } else if is_source && has(Effect::Receive) {
            // Beside an `accept` in a `select!`, this shows the loop to stop.
            receives = true;
        } else if has(Effect::Sleep) && (!in_arm(data, call.op, looped) || cx.pauses_until_due(call.op, looped)) {
            sleeps = sleeps.or(Some(cx.seconds(call.args.first().copied())));
        } else if has(Effect::Sleep) {
            in_arms.add(data, call.op, cx.seconds(call.args.first().copied()), looped);
        }
    }
    sleeps = sleeps.or_else(|| in_arms.in_all(data)).or_else(|| cx.rewound_timer(looped));
    if receives {
        return LoopDriver::Receives;
    }
    if let Some(received) = cx.received_by_callee(looped) {
        return received.driver;
    }
    // A pause after a change is for what is still being written.
    if told && !ticks {
        return LoopDriver::Counted;
    }
    let endless = is_endless(cx, looped);
    if kind == LoopKind::For && !endless {
        return for_pace(tcx, data, looped);
    }
    match sleeps {
        // A timer paces its own arm of a `select!`, not the one that takes what somebody sends.
        Some(_) if endless && cx.selects_more_than_time(looped) && !ends(cx, looped) => LoopDriver::Waits,
        Some(_) if endless && !ticks && cx.tries_until_success(looped) => LoopDriver::Counted,
        Some(_) if cx.has_deadline(looped) => LoopDriver::Counted,
        Some(seconds) if endless || kind == LoopKind::While => LoopDriver::Ticks(seconds),
        _ if signals => LoopDriver::Counted,
        _ if never_ends(cx, looped) && awaits(data, looped) => LoopDriver::Waits,
        _ if takes_from_unknown(tcx, data, looped) => LoopDriver::Waits,
        // It asks again and again, but not for ever; or a person has the next word.
        _ if endless && (cx.has_deadline(looped) || asks_person(cx, looped)) => LoopDriver::Counted,
        _ if cx.polling(looped).is_some() || cx.is_polled_for(looped) => LoopDriver::Waits,
        // What it is woken for, it takes from where it was put.
        _ if woken && kind == LoopKind::Loop => LoopDriver::Waits,
        _ => cx.taken_stream_driver(looped, depth).unwrap_or(LoopDriver::Items),
    }
}

/// Pauses in the arms of a `match` or `if` that each round of a loop runs.
#[derive(Debug, Default)]
struct PausesInArms {
    /// By the region around the arms: the arm, and its pause in seconds.
    found: Vec<(RegionId, RegionId, Option<u64>)>,
}

impl PausesInArms {
    /// Adds a pause, if it is in one arm and no other.
    fn add(&mut self, data: &BodyData<'_>, pause: OpId, seconds: Option<u64>, looped: RegionId) {
        let around =
            ancestors(data.body, data.body.ops[pause.0 as usize].region).take_while(|&region| region != looped);
        let is_arm = |region: &RegionId| matches!(data.body.regions[region.0 as usize].kind, RegionKind::Arm { .. });
        let arms: Vec<RegionId> = around.filter(is_arm).collect();
        if let [arm] = arms[..]
            && let Some(parent) = data.body.regions[arm.0 as usize].parent
        {
            self.found.push((parent, arm, seconds));
        }
    }

    /// The shortest pause, where each arm of some `match` has one.
    fn in_all(&self, data: &BodyData<'_>) -> Option<Option<u64>> {
        self.found.iter().map(|(parent, ..)| *parent).find_map(|parent| {
            let pauses = |arm: RegionId| self.found.iter().filter(move |(of, at, _)| *of == parent && *at == arm);
            let regions = (0u32..).zip(&data.body.regions);
            let arms: Vec<RegionId> = regions
                .filter(|(_, region)| region.parent == Some(parent) && matches!(region.kind, RegionKind::Arm { .. }))
                .map(|(id, _)| RegionId(id))
                .collect();
            let all = arms.len() > 1 && arms.iter().all(|&arm| pauses(arm).next().is_some());
            let seconds: Option<Vec<u64>> = arms.iter().flat_map(|&arm| pauses(arm)).map(|(.., s)| *s).collect();
            all.then(|| seconds.and_then(|seconds| seconds.into_iter().min()))
        })
    }
}

/// The pause of a call whose callee does nothing but sleep: `until_midnight().await`.
pub(super) fn pause_in_helper(cx: BodyCx<'_, '_>, call: OpId) -> Option<Option<u64>> {
    let inner = cx.sole_callee(call)?;
    let helper = inner.data;
    let mut pause = None;
    for call in &helper.types.calls {
        let Some((api, _)) = call.api() else { continue };
        let sleeps = api.effects.contains(&Effect::Sleep);
        let certain = ancestors(helper.body, helper.body.ops[call.op.0 as usize].region).all(|region| {
            !matches!(helper.body.regions[region.0 as usize].kind, RegionKind::Arm { .. } | RegionKind::Loop(_))
        });
        match (sleeps, api.effects.is_empty()) {
            (true, _) if certain => pause = pause.or(Some(inner.seconds(call.args.first().copied()))),
            (false, true) => {}
            _ => return None,
        }
    }
    pause
}

/// Whether each round awaits something.
pub(super) fn awaits(data: &BodyData<'_>, looped: RegionId) -> bool {
    ops(data, looped).any(|op| matches!(data.kind(op), OpKind::Await { .. }) && data.frame(op) == Some(looped))
}

/// `while let Some(x) = updates.next().await` on a value of a crate that nobody knows, whatever is done with what the
/// `.await` yields: `updates.try_next().await?`, `updates.message().await.unwrap()`.
fn takes_from_unknown(tcx: &TypeContext<'_>, data: &BodyData<'_>, looped: RegionId) -> bool {
    let of_unknown = |value: OpId| {
        let future = trace_back(data, value, Steps::CHAIN).find_map(|op| match data.kind(op) {
            OpKind::Await { future } => Some(*future),
            _ => None,
        });
        let Some(future) = future else { return false };
        let OpKind::MethodCall { recv, .. } = data.kind(future) else { return false };
        let ty = data.ty(*recv).peel_pointers();
        data.callees(future).next().is_none() && (*ty == Ty::Unknown || is_foreign(tcx, ty))
    };
    data.body.regions.iter().any(|region| {
        let RegionKind::Arm { tests } = &region.kind else { return false };
        region.parent == Some(looped) && tests.iter().any(|test| of_unknown(test.value))
    })
}

/// Whether a loop runs again each time that it has ended, because it is in another loop of the same function that nothing
/// ends.
pub(crate) fn is_begun_anew(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    let data = cx.data;
    let outer = ancestors(data.body, looped)
        .skip(1)
        .take_while(|r| !matches!(data.body.regions[r.0 as usize].kind, RegionKind::Async | RegionKind::Closure));
    outer
        .filter(|r| matches!(data.body.regions[r.0 as usize].kind, RegionKind::Loop(_)))
        .any(|region| never_ends(cx, region))
}

/// Whether a loop goes round until it fails or is ordered to stop.
pub(crate) fn never_ends(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    is_endless(cx, looped) && !ends(cx, looped)
}

/// Whether a loop that waits is what a program is there for, though nothing gave it a task of its own: it has no end, or it
/// starts a task for each thing that it takes. What somebody types is no load.
pub(crate) fn serves_what_comes(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    (never_ends(cx, looped) || starts_tasks(cx.data, looped)) && !hears_keyboard(cx.data, looped)
}

fn starts_tasks(data: &BodyData<'_>, looped: RegionId) -> bool {
    let mut calls = data.calls_of_frame(looped);
    calls.any(|call| call.api().is_some_and(|(api, _)| api.runs_any(Runs::Spawn)))
}

fn hears_keyboard(data: &BodyData<'_>, looped: RegionId) -> bool {
    ops(data, looped).any(|op| match data.kind(op) {
        // `lines.next()`, where `lines` are those of the keyboard.
        OpKind::Await { future: value } | OpKind::MethodCall { recv: value, .. } => {
            trace_back(data, *value, Steps::ROOT).any(|op| is_stdin(data, op))
        }
        _ => false,
    })
}

fn is_stdin(data: &BodyData<'_>, op: OpId) -> bool {
    match data.kind(op) {
        OpKind::Call { callee, .. } => {
            matches!(data.ty(*callee), Ty::ExternalFn(path, _) if path.rsplit("::").next() == Some("stdin"))
        }
        _ => false,
    }
}

/// Whether a loop that is left at some time asks a person for something, by a function of the project: for a password that
/// the last round did not have.
fn asks_person(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    let mut calls = cx.data.calls_of_frame(looped);
    ends(cx, looped) && calls.any(|call| call.callees().any(|callee| cx.reads_keyboard(callee, 0)))
}

impl BodyCx<'_, '_> {
    /// Whether a function reads what somebody types, itself or in what it calls.
    fn reads_keyboard(&self, def: DefId, depth: usize) -> bool {
        self.ask(READS_KEYBOARD, def, depth, |there| {
            let below = |op: OpId| there.any_other_callee(op, |callee| there.reads_keyboard(callee, depth + 1));
            there.data.types.calls.iter().any(|call| is_stdin(there.data, call.op) || below(call.op))
        })
    }
}

/// Whether a loop waits for what the program itself sends: the far end of a channel.
pub(crate) fn waits_for_own(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    let BodyCx { tcx, data, .. } = cx;
    let own = |ty: &Ty| is_own_channel(tcx, ty.peel_refs()) && tcx.role_of(ty.peel_refs()) == Some(Role::Source);
    let mut receives = data.calls_of_frame(looped);
    receives.any(|call| call.api().and_then(|(_, ty)| ty).is_some_and(own))
        || data.body.ops.iter().enumerate().any(|(i, op)| match op.kind {
            OpKind::IterItem { iter } => data.frame(OpId(i as u32)) == Some(looped) && own(data.ty(iter)),
            _ => false,
        })
        || cx.received_by_callee(looped).is_some_and(|received| received.own_channel)
}

fn for_pace(tcx: &TypeContext<'_>, data: &BodyData<'_>, looped: RegionId) -> LoopDriver {
    let Some(iter) = data.iterated(looped) else { return LoopDriver::Items };
    if role(tcx, data.ty(iter)) == Some(Role::Source) {
        return LoopDriver::Receives;
    }
    if is_counted(data, iter) { LoopDriver::Counted } else { LoopDriver::Items }
}

/// Whether the code says how many items there are: those of an array that stands there, or of a range of named numbers.
pub(super) fn is_counted(data: &BodyData<'_>, items: OpId) -> bool {
    let is_changed = |op: OpId| match data.kind(op) {
        OpKind::Local(local) => data.body.locals[local.0 as usize].mutable,
        _ => false,
    };
    match data.kind(trace_until(data, items, Steps::IDENTITY, is_changed)) {
        OpKind::Range { start, end } => [start, end].into_iter().flatten().all(|&n| is_named(data, n)),
        OpKind::Array(_) => true,
        _ => false,
    }
}

/// How often a loop goes round, as far as its head shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounds {
    /// So often, unless something ends it before.
    Exactly(u64),
    /// So often, and perhaps more.
    AtLeast(u64),
}

impl Rounds {
    /// The rounds that are certain.
    pub(crate) fn least(self) -> u64 {
        match self {
            Self::Exactly(rounds) | Self::AtLeast(rounds) => rounds,
        }
    }
}

/// The rounds of a `for` over an array, or over a range of literals, which may include its end.
pub(crate) fn literal_rounds(data: &BodyData<'_>, looped: RegionId) -> Rounds {
    let number = |op: &OpId| match data.kind(*op) {
        OpKind::Literal(Literal::Int(number)) => Some(*number),
        _ => None,
    };
    let Some(iter) = data.iterated(looped) else { return Rounds::AtLeast(1) };
    let iter = match data.kind(iter) {
        OpKind::Ref { base, .. } => *base,
        _ => iter,
    };
    match data.kind(iter) {
        OpKind::Array(items) => Rounds::Exactly(items.len() as u64),
        OpKind::Range { start: Some(start), end: Some(end) } => match (number(start), number(end)) {
            (Some(start), Some(end)) => Rounds::AtLeast(end.saturating_sub(start).max(1)),
            _ => Rounds::AtLeast(1),
        },
        _ => Rounds::AtLeast(1),
    }
}

/// Whether a number is one that the code or its configuration names. What a call answers is a number of items.
fn is_named(data: &BodyData<'_>, number: OpId) -> bool {
    let mut end = trace_end(data, number, Steps::VALUE);
    for _ in 0..MAX_TERMS {
        end = match data.kind(end) {
            OpKind::Binary { left, right, .. } if is_fixed(data, *right) => trace_end(data, *left, Steps::VALUE),
            _ => break,
        };
    }
    match data.kind(end) {
        OpKind::Local(_) | OpKind::Binary { .. } | OpKind::MethodCall { .. } => false,
        // `num_cpus::get()` names a number, `count(&rows)` works one out.
        OpKind::Call { args, .. } => args.is_empty() && data.callees(end).next().is_none(),
        _ => true,
    }
}

fn is_fixed(data: &BodyData<'_>, number: OpId) -> bool {
    matches!(data.kind(number), OpKind::Literal(_) | OpKind::Path(_))
}

/// Whether what a source yields says that somebody changed something: `Receiver<notify::Event>`.
fn takes_signals(tcx: &TypeContext<'_>, source: &Ty) -> bool {
    let is_signal = |ty: &Ty| {
        let model = ty.yielded().external_path().and_then(|path| tcx.catalog.type_model(path, None));
        model.is_some_and(|model| model.signal)
    };
    source.peel_pointers().args().iter().any(is_signal)
}

pub(crate) fn role(tcx: &TypeContext<'_>, ty: &Ty) -> Option<Role> {
    let mut ty = ty.clone();
    for _ in 0..6 {
        if tcx.role_of(&ty) == Some(Role::Source) {
            return Some(Role::Source);
        }
        ty = tcx.deref(&ty)?;
    }
    None
}

/// Whether an operation runs only on some rounds.
pub(crate) fn in_arm(data: &BodyData<'_>, op: OpId, looped: RegionId) -> bool {
    ancestors(data.body, data.body.ops[op.0 as usize].region)
        .take_while(|&r| r != looped)
        .any(|r| matches!(&data.body.regions[r.0 as usize].kind, RegionKind::Arm { tests } if !tests.is_empty()))
}

/// Whether a loop goes round until something inside leaves it, or until it is ordered to stop.
pub(crate) fn is_endless(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    cx.data.body.regions[looped.0 as usize].kind == RegionKind::Loop(LoopKind::Loop)
        || is_while_true(cx.data, looped)
        || cx.data.iterated(looped).is_some_and(|items| cx.is_without_end(items))
        || cx.runs_until_flagged(looped)
}

fn is_while_true(data: &BodyData<'_>, looped: RegionId) -> bool {
    data.body.regions.iter().any(|region| match &region.kind {
        RegionKind::Arm { tests } if region.parent == Some(looped) => {
            tests.iter().any(|t| matches!(data.kind(t.value), OpKind::Literal(Literal::Bool(true))))
        }
        _ => false,
    })
}
