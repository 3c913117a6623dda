//! How often a path runs and whose process runs it: the facts that decide how much a finding hurts.

use crate::domain::{ArmPace, EntryId, EntryKind, FunctionKind};
use crate::program::Program;

/// How often the end of a path runs, as far as the code shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recurrence {
    /// Once for each request, message or other unit that comes from outside; many times in a loop on the way.
    Unit,
    /// On each tick of a timer: its period in seconds, where it can be determined.
    Tick(Option<u64>),
    /// Once for each item of a collection, on each tick of such a timer.
    ItemOfTick(Option<u64>),
    /// Once for a batch of messages, however many these are: when none came for a while.
    Pause,
    /// Once for each item of a collection or round of a loop, and what drives that loop is not known.
    Item,
}

impl Recurrence {
    /// The same where a time has to pass between two runs, in seconds where the code shows it.
    pub(crate) fn limited_to(self, min_age: Option<Option<u64>>, in_loop: bool) -> Self {
        match (self, min_age) {
            (Self::Unit, Some(period)) if in_loop => Self::ItemOfTick(period),
            (Self::Unit, Some(period)) => Self::Tick(period),
            _ => self,
        }
    }
}

/// Whose process runs an entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessKind {
    /// One that serves several users at once.
    Server,
    /// A program on one user's desk.
    Desktop,
    /// One that a database server runs for a single session, whose statements follow one another.
    Session,
    /// A tool that a person starts and that ends with its task: it parses a command line.
    Tool,
    /// Another program that serves nothing and ends with its work.
    Batch,
}

impl Program {
    /// How often the end of a path from an entry point runs; `in_loop` says whether a loop over items lies on it.
    pub fn recurrence(&self, entry: EntryId, path: &[u32], in_loop: bool) -> Recurrence {
        let first = path.first().and_then(|&call| self.facts_of_call(call));
        self.recurrence_of_arm(entry, self.arm_of(entry, first), in_loop)
    }

    /// The same for a path that starts in this arm of the entry point's loop.
    pub(crate) fn recurrence_of_arm(&self, entry: EntryId, arm: Option<ArmPace>, in_loop: bool) -> Recurrence {
        match self.pace(entry, arm) {
            _ if arm == Some(ArmPace::Idle) => Recurrence::Pause,
            (EntryKind::Loop, _) => Recurrence::Item,
            (EntryKind::ScheduledJob, period) if in_loop => Recurrence::ItemOfTick(period),
            (EntryKind::ScheduledJob, period) => Recurrence::Tick(period),
            _ => Recurrence::Unit,
        }
    }

    /// What runs the arm of an entry point's loop, and how often: it may have a timer of its own.
    pub(crate) fn pace(&self, entry: EntryId, arm: Option<ArmPace>) -> (EntryKind, Option<u64>) {
        let point = self.entry(entry);
        match arm {
            Some(ArmPace::Ticks(period)) => (EntryKind::ScheduledJob, period),
            _ => (point.kind, point.period),
        }
    }

    /// Whose process runs an entry point.
    pub fn process_kind(&self, entry: EntryId) -> ProcessKind {
        let point = self.entry(entry);
        if let Some(framework) = &point.framework {
            return match self.category(framework) {
                Some("desktop") => ProcessKind::Desktop,
                Some("database-extension") => ProcessKind::Session,
                // A crate that draws on a terminal.
                _ if point.single_user => ProcessKind::Tool,
                _ => ProcessKind::Server,
            };
        }
        if !self.is_one_shot(point.function) {
            return ProcessKind::Server;
        }
        let krate = &*self.function(point.function).krate;
        if self.parses_command_line.contains(krate) { ProcessKind::Tool } else { ProcessKind::Batch }
    }

    /// The catalog's category of a crate, by its name in paths: `http`, `database`, `desktop`, ….
    pub fn category(&self, lib: &str) -> Option<&str> {
        self.categories.get(lib).map(String::as_str)
    }

    /// Whether an entry point is a loop over items rather than a closure that runs for each.
    pub fn is_plain_loop(&self, entry: EntryId) -> bool {
        self.function(self.entry(entry).function).kind == FunctionKind::Loop
    }
}
