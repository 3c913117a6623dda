//! What is asked of a program: analyses that nobody asks for do not run.

use connlint_catalog::Effect;

/// An analysis beyond calls, entry points and the paths to openings. A lint names those that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Analysis {
    /// Path facts of connections taken out of their pool ([`Effect::Leak`], [`Effect::Detach`]).
    LeakPaths,
    /// [`crate::Program::live_ranges`].
    LiveRanges,
    /// [`crate::Program::fan_outs`].
    FanOuts,
    /// [`crate::Program::idle_drivers`].
    IdleDrivers,
    /// [`crate::Program::guarded_connections`].
    GuardedConnections,
    /// [`crate::Program::built`].
    Settings,
    /// [`crate::Program::pools`].
    Pools,
    /// [`crate::Program::query_loops`].
    QueryLoops,
    /// What [`crate::Program::capacity`] counts, beyond [`Analysis::Settings`], [`Analysis::Pools`] and
    /// [`Analysis::LiveRanges`].
    Openings,
    /// Where connections are opened to, which [`crate::Program::pool_instead`] compares.
    Addresses,
    /// The queries that [`crate::Program::request_load`] counts. Needs [`Analysis::QueryLoops`].
    QueryRuns,
}

impl Analysis {
    const ALL: [Self; 11] = [
        Self::LeakPaths,
        Self::LiveRanges,
        Self::FanOuts,
        Self::IdleDrivers,
        Self::GuardedConnections,
        Self::Settings,
        Self::Pools,
        Self::QueryLoops,
        Self::Openings,
        Self::Addresses,
        Self::QueryRuns,
    ];
}

/// A set of analyses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Analyses(u16);

impl Analyses {
    /// All of them.
    pub fn all() -> Self {
        Analysis::ALL.into_iter().collect()
    }

    /// Whether one is in the set.
    pub fn contains(self, analysis: Analysis) -> bool {
        self.0 & (1 << analysis as u8) != 0
    }

    /// Whether path facts are wanted for an effect.
    pub(crate) fn follow(self, effect: Effect) -> bool {
        let leaks = matches!(effect, Effect::Leak | Effect::Detach);
        effect.is_opening() || (leaks && self.contains(Analysis::LeakPaths))
    }
}

impl std::ops::BitOr for Analyses {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Analysis> for Analyses {
    fn from_iter<I: IntoIterator<Item = Analysis>>(analyses: I) -> Self {
        Self(analyses.into_iter().fold(0, |set, analysis| set | (1 << analysis as u8)))
    }
}
