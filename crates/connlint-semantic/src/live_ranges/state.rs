//! What is held at one point of a frame, as sets of places by number.

use connlint_facts::{LocalId, OpId, RegionId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::holders::Held;

/// Where a connection is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    /// A variable.
    Local(LocalId),
    /// A value that no variable names: a temporary, or one on its way from one operation to the next.
    Temp(OpId),
}

/// One connection in a place that holds it somewhere in the frame. A variable that is assigned twice is two of these.
#[derive(Clone, Debug)]
pub(crate) struct HeldPlace {
    pub(crate) slot: Slot,
    pub(crate) held: Held,
    /// The operation that made what it holds.
    pub(crate) source: OpId,
    /// It is a reference: the caller holds the connection.
    pub(crate) borrowed: bool,
    /// The region at whose end it dies; `None` where something takes it before.
    pub(crate) scope: Option<RegionId>,
}

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(SmallVec<[u64; 1]>);

impl Bits {
    pub(crate) fn insert(&mut self, index: u32) {
        let word = index as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    pub(crate) fn remove(&mut self, index: u32) {
        if let Some(word) = self.0.get_mut(index as usize / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    pub(crate) fn contains(&self, index: u32) -> bool {
        self.0.get(index as usize / 64).is_some_and(|w| w & (1 << (index % 64)) != 0)
    }

    pub(crate) fn union(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    pub(crate) fn is_subset(&self, of: &Self) -> bool {
        self.0.iter().enumerate().all(|(i, w)| w & !of.0.get(i).copied().unwrap_or(0) == 0)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&w| w == 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().enumerate().flat_map(|(word, &bits)| {
            (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| word as u32 * 64 + bit)
        })
    }
}

/// What is held at a point. A place is in it if it is held on any path that leads there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Places that hold something.
    pub(crate) live: Bits,
    /// Those among them through which, on some path, something was written that is not committed.
    pub(crate) dirty: Bits,
    /// Those through which, on some path, nothing was.
    pub(crate) clean: Bits,
    /// Those that one arm of a branch writes through and goes on with, where another arm ends them.
    pub(crate) forgotten: Bits,
}

impl State {
    pub(crate) fn union(&mut self, other: &Self) {
        self.live.union(&other.live);
        self.dirty.union(&other.dirty);
        self.clean.union(&other.clean);
        self.forgotten.union(&other.forgotten);
    }

    pub(crate) fn covers(&self, other: &Self) -> bool {
        let pairs = [
            (&other.live, &self.live),
            (&other.dirty, &self.dirty),
            (&other.clean, &self.clean),
            (&other.forgotten, &self.forgotten),
        ];
        pairs.into_iter().all(|(theirs, mine)| theirs.is_subset(mine))
    }

    /// A place is held from here on.
    pub(crate) fn hold(&mut self, place: u32, written: Written) {
        self.live.insert(place);
        if written.perhaps {
            self.dirty.insert(place);
        }
        if !written.surely {
            self.clean.insert(place);
        }
    }

    /// What is known of the writes through a place.
    pub(crate) fn written(&self, place: u32) -> Written {
        let perhaps = self.dirty.contains(place);
        Written { perhaps, surely: perhaps && !self.clean.contains(place) }
    }

    /// Something was written through a place.
    pub(crate) fn write(&mut self, place: u32) {
        self.dirty.insert(place);
        self.clean.remove(place);
    }

    /// What was written through a place is committed or given up.
    pub(crate) fn settle(&mut self, place: u32) {
        self.dirty.remove(place);
        self.forgotten.remove(place);
        self.clean.insert(place);
    }

    /// What was written through any place does not count on this path.
    pub(crate) fn settle_all(&mut self) {
        self.dirty.clear();
        self.forgotten.clear();
        self.clean = self.live.clone();
    }

    pub(crate) fn kill(&mut self, place: u32) {
        self.live.remove(place);
        self.dirty.remove(place);
        self.clean.remove(place);
        self.forgotten.remove(place);
    }

    /// Remembers what one of the arms that lead here forgets: it writes through a place of which nothing was written
    /// before, and goes on with it, where a sibling moves it into its end. Whatever chose the arm chose both.
    pub(super) fn forget(&mut self, before: &Self, arms: &[Self]) {
        let is_forgotten = |&place: &u32| {
            !before.dirty.contains(place)
                && arms.iter().any(|arm| arm.live.contains(place) && arm.written(place).surely)
                && arms.iter().any(|arm| !arm.live.contains(place))
        };
        let forgotten: Vec<u32> = before.live.iter().filter(is_forgotten).collect();
        forgotten.into_iter().for_each(|place| self.forgotten.insert(place));
    }
}

/// Whether something was written through a connection that is not committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// On some path.
    pub(crate) perhaps: bool,
    /// On every path.
    pub(crate) surely: bool,
}

/// Joins the states of two paths; `None` is a path that does not get there.
pub(crate) fn join(a: Option<State>, b: Option<State>) -> Option<State> {
    match (a, b) {
        (Some(mut a), Some(b)) => {
            a.union(&b);
            Some(a)
        }
        (a, b) => a.or(b),
    }
}

/// The places of one frame, numbered as they are met.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) list: Vec<HeldPlace>,
    numbers: FxHashMap<Slot, SmallVec<[u32; 2]>>,
}

impl Places {
    /// The places of a slot, one for each source of what it may hold.
    pub(crate) fn of(&self, slot: Slot) -> SmallVec<[u32; 2]> {
        self.numbers.get(&slot).cloned().unwrap_or_default()
    }

    /// The places of a slot that hold something.
    pub(crate) fn live(&self, slot: Slot, state: &State) -> SmallVec<[u32; 2]> {
        let mut found = self.of(slot);
        found.retain(|n| state.live.contains(*n));
        found
    }

    /// The number of a place.
    pub(crate) fn enter(&mut self, place: HeldPlace) -> u32 {
        let of_slot = self.numbers.entry(place.slot).or_default();
        if let Some(&number) = of_slot.iter().find(|&&n| self.list[n as usize].source == place.source) {
            return number;
        }
        let number = self.list.len() as u32;
        of_slot.push(number);
        self.list.push(place);
        number
    }

    pub(crate) fn get(&self, number: u32) -> &HeldPlace {
        &self.list[number as usize]
    }
}
