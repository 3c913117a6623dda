//! One pass over a frame in evaluation order: what is held at each call. A frame is a function, closure or task, with the
//! async blocks awaited in it. Branches fork the state and join it, loops are walked until nothing changes, what leaves
//! early takes its state along.

use connlint_facts::{ArmTest, Expect, LocalId, LoopKind, OpId, OpKind, RegionId, RegionKind, TextRange};
use rustc_hash::FxHashSet;

use crate::infer::def_use::{arms_at_head, operands};

use super::body_map::BodyMap;
use super::found::{Dropped, HandleUse, Walked};
use super::handles::handles_in;
use super::holders::{Held, Holders};
use super::row_streams::is_stream;
use super::state::{HeldPlace, Slot, State, Written, join};

/// What an operation takes: where each came from, what it is, and whether something was written through it.
type Taken = Vec<(OpId, Held, Written)>;

/// Loops settle in two rounds; more are nested ones.
const MAX_ROUNDS: usize = 6;

/// What `break` and `continue` bring to the region that they leave.
struct Exit {
    region: RegionId,
    breaks: Option<State>,
    continues: Option<State>,
}

/// The walk over one frame.
pub(crate) struct Walk<'a, 'w> {
    pub(crate) map: &'a BodyMap<'a, 'w>,
    pub(crate) holders: &'a Holders<'a, 'w>,
    /// How an operation uses the handles that go into it.
    pub(crate) handle_use: &'a dyn Fn(OpId) -> HandleUse,
    /// Async blocks that run apart.
    pub(crate) apart: &'a FxHashSet<RegionId>,
    exits: Vec<Exit>,
    found: Walked,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub(crate) fn new(
        map: &'a BodyMap<'a, 'w>,
        holders: &'a Holders<'a, 'w>,
        handle_use: &'a dyn Fn(OpId) -> HandleUse,
        apart: &'a FxHashSet<RegionId>,
    ) -> Self {
        Self { map, holders, handle_use, apart, exits: Vec::new(), found: Walked::default() }
    }

    /// Walks the frame of a region.
    pub(crate) fn run(mut self, frame: RegionId) -> Walked {
        let mut state = State::default();
        for local in self.captured(frame) {
            self.enter_captured(frame, local, &mut state);
        }
        self.region(frame, Some(state));
        self.found
    }

    /// The variables that a closure or task takes along by value.
    fn captured(&self, frame: RegionId) -> Vec<LocalId> {
        let Some(&value) = self.map.data.value_of_region.get(&frame) else { return Vec::new() };
        let Some(captures) = self.map.data.kind(value).captures() else { return Vec::new() };
        let moved = |&local: &LocalId| captures.by_move || self.moves_inside(frame, local);
        captures.locals.iter().copied().filter(moved).collect()
    }

    fn moves_inside(&self, region: RegionId, local: LocalId) -> bool {
        let inside = |op: OpId| crate::infer::def_use::inside(self.map.data.body, op, region);
        self.map.data.flow.reads(local).iter().any(|&read| inside(read) && self.map.is_taken(read))
    }

    fn enter_captured(&mut self, frame: RegionId, local: LocalId, state: &mut State) {
        let data = self.map.data;
        let sample = data.flow.reads(local).iter().find(|&&read| crate::infer::def_use::inside(data.body, read, frame));
        let Some(held) = sample.and_then(|&read| self.holders.owned(data.ty(read))) else { return };
        for &source in data.flow.writes(local) {
            let place = HeldPlace { slot: Slot::Local(local), held, source, borrowed: false, scope: Some(frame) };
            state.live.insert(self.found.places.enter(place));
        }
    }

    /// Walks what lies in a region, and leaves it.
    fn region(&mut self, id: RegionId, mut state: Option<State>) -> Option<State> {
        let map = self.map;
        let region = map.region(id);
        let children = &map.children[id.0 as usize];
        let mut child = 0;
        let mut at = region.first.0;
        loop {
            if let Some(&next) = children.get(child).filter(|c| map.region(**c).first.0 == at) {
                let arms = arms_at_head(map.data.body, &children[child..]);
                if arms > 0 {
                    state = self.branch(&children[child..child + arms], state);
                    child += arms;
                } else {
                    state = self.child(next, state);
                    child += 1;
                }
                at = map.region(children[child - 1]).end.0;
                continue;
            }
            if at >= region.end.0 {
                break;
            }
            if let Some(now) = state.take() {
                state = self.op(OpId(at), now);
            }
            at += 1;
        }
        if let Some(state) = &mut state {
            self.end_scope(id, state);
        }
        state
    }

    fn branch(&mut self, arms: &[RegionId], state: Option<State>) -> Option<State> {
        let mut before = state?;
        let tests = |id: RegionId| match &self.map.region(id).kind {
            RegionKind::Arm { tests } => tests.as_slice(),
            _ => &[],
        };
        let condition = arms.first().and_then(|&arm| tests(arm).first()).cloned();
        if let Some(test) = &condition {
            self.end_condition(test, &mut before);
        }
        let always = condition.as_ref().is_some_and(BodyMap::is_irrefutable);
        let ends_loop = self.is_loop_condition(arms[0]);
        if ends_loop {
            self.end_loop(condition.as_ref(), before.clone());
        }
        let mut after = if arms.len() > 1 || always || ends_loop { None } else { Some(before.clone()) };
        // `if let Some(tx) = tx && ready`: what is passed by may be `tx` that is not ready.
        if let (Some(test), Some(missed)) = (&condition, &mut after)
            && tests(arms[0]).len() == 1
        {
            self.refine_missed(test, missed);
        }
        let mut ends: Vec<State> = Vec::new();
        for &arm in arms {
            let mut entered = before.clone();
            let tests = tests(arm).to_vec();
            self.refine(&tests, &mut entered);
            let left = self.region(arm, Some(entered));
            ends.extend(left.clone().filter(|_| !before.live.is_empty()));
            after = join(after, left);
        }
        if let Some(after) = &mut after {
            after.forget(&before, &ends);
        }
        after
    }

    /// Whether an arm is the body of the `while` that is being walked.
    fn is_loop_condition(&self, arm: RegionId) -> bool {
        let parent = self.map.region(arm).parent;
        self.exits.last().is_some_and(|e| Some(e.region) == parent)
            && parent.is_some_and(|p| self.map.region(p).kind == RegionKind::Loop(LoopKind::While))
    }

    /// A `while` ends where its condition fails.
    fn end_loop(&mut self, condition: Option<&ArmTest>, mut state: State) {
        let Some(region) = self.exits.last().map(|e| e.region) else { return };
        if let Some(slot) = condition
            .filter(|test| matches!(test.expect, Expect::Matches(_)))
            .and_then(|test| self.map.tested_slot(test.value))
        {
            self.kill(slot, &mut state);
        }
        let inside = |scope: Option<RegionId>| scope.is_some_and(|s| self.map.is_inside(s, region));
        let dead: Vec<u32> = state.live.iter().filter(|&n| inside(self.found.places.get(n).scope)).collect();
        dead.into_iter().for_each(|number| state.kill(number));
        if let Some(exit) = self.exits.last_mut() {
            exit.breaks = join(exit.breaks.take(), Some(state));
        }
    }

    /// The temporaries of a plain condition die before its branches, and those of an `if let` before its `else` from
    /// edition 2024 on.
    fn end_condition(&mut self, test: &ArmTest, state: &mut State) {
        if matches!(test.expect, Expect::True | Expect::False) {
            self.end_temporaries_of(test.value, state);
        }
    }

    fn end_temporaries_of(&mut self, value: OpId, state: &mut State) {
        let whole = self.map.data.body.ops[value.0 as usize].range;
        let dead: Vec<u32> = state
            .live
            .iter()
            .filter(|&number| match self.found.places.get(number).slot {
                Slot::Temp(op) => op <= value && whole.contains(self.map.data.body.ops[op.0 as usize].range),
                Slot::Local(_) => false,
            })
            .collect();
        dead.into_iter().for_each(|place| state.kill(place));
    }

    /// What an arm's tests show: the `Err` of a result holds no connection, and on the path of a failure a rollback is meant.
    fn refine(&mut self, tests: &[ArmTest], state: &mut State) {
        for test in tests {
            if self.map.tells_nothing_written(test) {
                state.settle_all();
            }
            if self.holders.tells_empty_variant(self.map.data.def, test)
                && let Some(slot) = self.map.root_slot(test.value)
            {
                self.kill(slot, state);
            }
            if !self.map.tells_failure(test) {
                continue;
            }
            state.settle_all();
            if let Some(slot) = self.map.tested_slot(test.value) {
                self.kill(slot, state);
            }
            if self.map.tails_end_early && matches!(test.expect, Expect::Fails(_)) {
                self.end_temporaries_of(test.value, state);
            }
        }
        let is_else = |t: &ArmTest| matches!(t.expect, Expect::Fails(_));
        if self.map.tails_end_early && tests.len() == 1 && tests.iter().any(is_else) {
            self.end_temporaries_of(tests[0].value, state);
        }
    }

    /// Where `if let Some(tx) = tx { … }` is passed by, there was nothing in `tx`.
    fn refine_missed(&mut self, test: &ArmTest, state: &mut State) {
        if self.map.tells_success(test) || self.holders.misses_holding_variants(self.map.data.def, test) {
            self.kill(Slot::Temp(test.value), state);
            if let Some(slot) = self.map.root_slot(test.value) {
                self.kill(slot, state);
            }
        }
    }

    fn child(&mut self, id: RegionId, state: Option<State>) -> Option<State> {
        match self.map.region(id).kind {
            RegionKind::Closure => state,
            RegionKind::Async if self.apart.contains(&id) => state,
            RegionKind::Loop(kind) => self.looped(id, kind, state),
            RegionKind::Block { breakable: true } => {
                self.exits.push(Exit { region: id, breaks: None, continues: None });
                let after = self.region(id, state);
                let exit = self.exits.pop();
                join(after, exit.and_then(|e| e.breaks))
            }
            _ => self.region(id, state),
        }
    }

    fn looped(&mut self, id: RegionId, kind: LoopKind, state: Option<State>) -> Option<State> {
        let mut head = state?;
        for _ in 0..MAX_ROUNDS {
            self.exits.push(Exit { region: id, breaks: None, continues: None });
            let end = self.region(id, Some(head.clone()));
            let exit = self.exits.pop();
            let (breaks, continues) = exit.map_or((None, None), |e| (e.breaks, e.continues));
            let again = join(end, continues);
            let settled = again.as_ref().is_none_or(|again| head.covers(again));
            let after = match kind {
                LoopKind::For => join(Some(head.clone()), breaks),
                LoopKind::Loop | LoopKind::While => breaks,
            };
            if settled {
                return after;
            }
            if let Some(again) = again {
                head.union(&again);
            }
        }
        Some(head)
    }

    fn op(&mut self, at: OpId, mut state: State) -> Option<State> {
        let kind = self.map.data.kind(at);
        match kind {
            OpKind::Local(local) => self.read(at, Slot::Local(*local), &mut state),
            OpKind::Field { .. } | OpKind::VariantField { .. } | OpKind::Element { .. } | OpKind::Deref { .. } => {
                self.project(at, &mut state);
            }
            OpKind::Param(_) | OpKind::SelfParam => self.param(at, &mut state),
            OpKind::Bind { local, value } => self.bind(*local, *value, &mut state),
            OpKind::Discard { value } => self.kill(Slot::Temp(*value), &mut state),
            OpKind::Assign { place, value } => self.assign(at, *place, *value, &mut state),
            kind @ (OpKind::Closure { region, .. } | OpKind::Async { region, .. }) => {
                if let Some(captures) = kind.captures() {
                    self.capture(*region, captures.by_move, &captures.locals, &mut state);
                }
            }
            OpKind::Return(value) => {
                let failed = value.is_some_and(|v| self.map.makes_error(v));
                self.take_operands(at, &mut state);
                if !failed {
                    self.leave_all(at, &mut state);
                }
                return None;
            }
            OpKind::Break { target, .. } => {
                self.jump(at, *target, false, state);
                return None;
            }
            OpKind::Continue { target } => {
                self.jump(at, *target, true, state);
                return None;
            }
            OpKind::Ref { .. }
            | OpKind::Index { .. }
            | OpKind::Unary { .. }
            | OpKind::Binary { .. }
            | OpKind::Call { .. }
            | OpKind::MethodCall { .. }
            | OpKind::Macro { .. }
            | OpKind::StructLit { .. }
            | OpKind::Tuple(_)
            | OpKind::Array(_)
            | OpKind::Join(_)
            | OpKind::Repeat { .. }
            | OpKind::Range { .. }
            | OpKind::Cast { .. }
            | OpKind::Try { .. }
            | OpKind::Await { .. }
            | OpKind::Yield(_)
            | OpKind::IterItem { .. }
            | OpKind::AssignOp { .. }
            | OpKind::Expanded { .. }
            | OpKind::Path(_)
            | OpKind::Literal(_)
            | OpKind::Unknown => self.plain(at, &mut state),
        }
        if self.map.diverges(at) { None } else { Some(state) }
    }

    /// A call, a constructor, `?`, `.await`, an operator: takes its operands, and may yield something that holds.
    fn plain(&mut self, at: OpId, state: &mut State) {
        if self.map.returned[at.0 as usize] && self.map.makes_error(at) {
            state.settle_all();
        }
        let is_call = matches!(
            self.map.data.kind(at),
            OpKind::Call { .. } | OpKind::MethodCall { .. } | OpKind::Macro { .. } | OpKind::Await { .. }
        );
        if is_call && !state.live.is_empty() {
            self.use_handles(at, state);
        }
        let before = if is_call { self.streams_taken(at, state) } else { Vec::new() };
        let mut taken = self.take_operands(at, state);
        if is_call && !(state.live.is_empty() && before.is_empty()) {
            self.found.note_held(self.map, at, (before, state));
        }
        self.take_out(at, state, &mut taken);
        let yielded = self.holders.yielded(self.map.data, at, taken.iter().map(|&(_, held, _)| held).max());
        if self.map.returned[at.0 as usize] || (yielded.is_none() && !(self.handle_use)(at).finishes) {
            self.found.handed_on.extend(taken.iter().map(|&(source, ..)| source));
        }
        if let Some(held) = yielded {
            if taken.is_empty() {
                taken.push((at, held, Written::default()));
            }
            self.enter_temporary(at, held, &taken, state);
        }
    }

    /// A stream of rows whose items a call works off is held until the call is done with them.
    fn streams_taken(&self, at: OpId, state: &State) -> Vec<u32> {
        let OpKind::MethodCall { recv, .. } = self.map.data.kind(at) else { return Vec::new() };
        let is_rows = is_stream(self.map.data.ty(*recv)) && self.map.takes(at, *recv);
        if is_rows { self.found.places.live(Slot::Temp(*recv), state).to_vec() } else { Vec::new() }
    }

    /// `slot.take()`, `mem::replace(&mut slot, new)`: what a place held is the call's value now.
    fn take_out(&mut self, at: OpId, state: &mut State, taken: &mut Taken) {
        if !self.map.takes_out(at) {
            return;
        }
        let Some(place) = self.map.emptied_place(at) else { return };
        let Some(slot) = self.map.root_slot(place) else { return };
        let put_in = std::mem::take(taken);
        self.take(slot, state, taken);
        if let Slot::Local(local) = slot {
            self.fill(local, Held::PooledConnection, &put_in, state);
        }
    }

    fn use_handles(&mut self, at: OpId, state: &mut State) {
        let used = (self.handle_use)(at);
        if !used.writes && !used.finishes {
            return;
        }
        let slots = handles_in(self.map, at);
        let numbers: Vec<u32> = slots.into_iter().flat_map(|slot| self.found.places.live(slot, state)).collect();
        for number in numbers {
            if used.finishes {
                state.settle(number);
                self.found.finishes.push((number, at));
            } else {
                state.write(number);
                self.found.writes.push((number, at));
            }
        }
    }

    /// Takes the operands that an operation takes by value; returns where what they held came from, and whether
    /// something was written through it.
    fn take_operands(&mut self, at: OpId, state: &mut State) -> Taken {
        let mut taken = Taken::new();
        let mut values = Vec::new();
        operands(self.map.data.kind(at), |operand| values.push(operand));
        for operand in values {
            if self.map.takes(at, operand) {
                self.take(Slot::Temp(operand), state, &mut taken);
            }
        }
        taken
    }

    fn take(&mut self, slot: Slot, state: &mut State, taken: &mut Taken) {
        for number in self.found.places.live(slot, state) {
            let place = self.found.places.get(number);
            taken.push((place.source, place.held, state.written(number)));
            state.kill(number);
        }
    }

    fn kill(&mut self, slot: Slot, state: &mut State) {
        self.found.places.live(slot, state).into_iter().for_each(|number| state.kill(number));
    }

    fn enter_temporary(&mut self, at: OpId, held: Held, taken: &Taken, state: &mut State) {
        let scope = (!self.map.is_taken(at)).then(|| self.map.temporary_scope(at));
        self.enter(Slot::Temp(at), held, scope, taken, state);
    }

    /// A variable holds what it is given.
    fn fill(&mut self, local: LocalId, held: Held, taken: &Taken, state: &mut State) {
        let scope = self.map.data.body.locals.get(local.0 as usize).map(|l| l.scope);
        self.enter(Slot::Local(local), held, scope, taken, state);
    }

    fn enter(&mut self, slot: Slot, held: Held, scope: Option<RegionId>, taken: &Taken, state: &mut State) {
        for &(source, _, written) in taken {
            let number = self.found.places.enter(HeldPlace { slot, held, source, borrowed: false, scope });
            state.hold(number, written);
        }
    }

    /// A variable that is read: if that takes it by value, it is on its way from here on.
    fn read(&mut self, at: OpId, slot: Slot, state: &mut State) {
        if self.map.is_taken(at) && !Holders::is_reference(self.map.data.ty(at)) {
            self.move_out(slot, at, state);
        }
    }

    /// A part of a place that is taken by value.
    fn project(&mut self, at: OpId, state: &mut State) {
        let holds = self.holders.owned(self.map.data.ty(at)).is_some() || self.map.data.ty(at).is_unknown();
        if holds
            && self.map.is_taken(at)
            && let Some(slot) = self.map.root_slot(at)
        {
            self.move_out(slot, at, state);
        }
    }

    fn move_out(&mut self, from: Slot, at: OpId, state: &mut State) {
        let numbers = self.found.places.live(from, state);
        let Some(&first) = numbers.first() else { return };
        let place = self.found.places.get(first);
        if place.borrowed {
            return;
        }
        let held = place.held;
        let mut taken = Taken::new();
        self.take(from, state, &mut taken);
        self.enter_temporary(at, held, &taken, state);
    }

    fn param(&mut self, at: OpId, state: &mut State) {
        if let Some(held) = self.holders.owned(self.map.data.ty(at)) {
            self.enter_temporary(at, held, &Taken::from([(at, held, Written::default())]), state);
        }
    }

    fn bind(&mut self, local: LocalId, value: Option<OpId>, state: &mut State) {
        let Some(value) = value else { return };
        let data = self.map.data;
        let held = self.found.places.live(Slot::Temp(value), state);
        if let Some(place) = held.first().map(|&n| self.found.places.get(n)) {
            // What dies by itself is bound by reference.
            if place.scope.is_none() {
                let held = place.held;
                let mut taken = Taken::new();
                self.take(Slot::Temp(value), state, &mut taken);
                self.fill(local, held, &taken, state);
            }
            return;
        }
        if matches!(data.kind(value), OpKind::Param(_) | OpKind::SelfParam)
            && let Some(held) = self.borrowed(value)
        {
            let place = HeldPlace { slot: Slot::Local(local), held, source: value, borrowed: true, scope: None };
            state.live.insert(self.found.places.enter(place));
        }
    }

    /// What the reference is to that a parameter is. What only the callers know is no more than a connection.
    fn borrowed(&self, param: OpId) -> Option<Held> {
        let (data, ty) = (self.map.data, self.map.data.ty(param));
        let may = || self.holders.may_borrow(data.def, ty).then_some(Held::Connection);
        self.holders.borrowed(ty).or_else(may)
    }

    fn assign(&mut self, at: OpId, place: OpId, value: OpId, state: &mut State) {
        let taken = self.take_operands(at, state);
        let root = self.map.root_slot(place);
        let whole = matches!(self.map.data.kind(place), OpKind::Local(_));
        if let Some(slot) = root.filter(|_| whole || self.map.is_empty_value(value)) {
            let range = self.map.data.body.ops[at.0 as usize].range;
            for number in self.found.places.live(slot, state) {
                self.drop_dirty(number, range, None, state);
                state.kill(number);
            }
        }
        if let Some(Slot::Local(local)) = root {
            let held = self.holders.owned(self.map.data.ty(value)).unwrap_or(Held::PooledConnection);
            self.fill(local, held, &taken, state);
        }
    }

    /// A closure or async block takes along what it moves.
    fn capture(&mut self, region: RegionId, by_move: bool, locals: &[LocalId], state: &mut State) {
        for &local in locals {
            let is_moved = by_move || self.moves_inside(region, local);
            for number in self.found.places.live(Slot::Local(local), state) {
                if is_moved && !self.found.places.get(number).borrowed {
                    state.kill(number);
                }
            }
        }
    }

    /// `break` and `continue`: what lies inside the region that is left dies.
    fn jump(&mut self, at: OpId, target: Option<RegionId>, again: bool, mut state: State) {
        let target = target.or_else(|| self.exits.last().map(|e| e.region));
        let Some(target) = target else { return };
        let range = self.map.data.body.ops[at.0 as usize].range;
        let inside = |scope: Option<RegionId>| scope.is_some_and(|s| self.map.is_inside(s, target));
        let dead: Vec<u32> = state.live.iter().filter(|&n| inside(self.found.places.get(n).scope)).collect();
        for number in dead {
            self.drop_dirty(number, range, Some(at), &state);
            state.kill(number);
        }
        if let Some(exit) = self.exits.iter_mut().rev().find(|e| e.region == target) {
            let slot = if again { &mut exit.continues } else { &mut exit.breaks };
            *slot = join(slot.take(), Some(state));
        }
    }

    /// Everything that is still held dies with the frame.
    fn leave_all(&mut self, at: OpId, state: &mut State) {
        let range = self.map.data.body.ops[at.0 as usize].range;
        let all: Vec<u32> = state.live.iter().collect();
        for number in all {
            self.drop_dirty(number, range, Some(at), state);
        }
    }

    fn end_scope(&mut self, id: RegionId, state: &mut State) {
        let dead: Vec<u32> = state.live.iter().filter(|&n| self.found.places.get(n).scope == Some(id)).collect();
        let end = self.map.region(id).range.end;
        for number in dead {
            self.drop_dirty(number, TextRange::new(end.saturating_sub(1), end), None, state);
            state.kill(number);
        }
    }

    fn drop_dirty(&mut self, place: u32, at: TextRange, jump: Option<OpId>, state: &State) {
        if self.found.places.get(place).borrowed || !state.dirty.contains(place) {
            return;
        }
        let dropped = Dropped {
            place,
            at,
            early: jump.is_some(),
            surely: state.written(place).surely,
            beside_end: state.forgotten.contains(place),
            answered: jump.is_some_and(|jump| self.found.is_answered(self.map, place, jump)),
        };
        if !self.found.dropped.contains(&dropped) {
            self.found.dropped.push(dropped);
        }
    }
}
