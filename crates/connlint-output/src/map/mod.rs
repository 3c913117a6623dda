//! What `map` shows, ready for any format: the whole program as tables that refer to one another by index.

mod code;
mod dot;
mod html;
mod json;
mod mermaid;
mod outline;

use connlint_diagnostics::Diagnostic;
use connlint_facts::{Notice, Span};

use crate::format::Format;
use crate::views::{EffectView, EntryView, FunctionView, SharedView, StepView};

/// The formats of `map`, the default first.
pub static MAP_FORMATS: &[&Format<MapView>] = &[&html::FORMAT, &json::FORMAT, &dot::FORMAT, &mermaid::FORMAT];

/// What `map` shows.
#[derive(Clone, Debug, Default)]
pub struct MapView {
    /// The name of the analysed folder.
    pub project: String,
    /// Routes, jobs and consumers, sorted.
    pub entry_points: Vec<MapEntry>,
    /// The functions on the paths.
    pub functions: Vec<FunctionView>,
    /// The calls on the paths.
    pub calls: Vec<MapCall>,
    /// The effects at the ends of the paths.
    pub sites: Vec<MapSite>,
    /// The pools that the program builds.
    pub pools: Vec<MapPool>,
    /// What the lints report.
    pub findings: Vec<MapFinding>,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
    /// Files read.
    pub files: usize,
    /// Their lines.
    pub lines: u64,
}

/// An entry point with what it reaches.
#[derive(Clone, Debug)]
pub struct MapEntry {
    /// The entry point.
    pub entry: EntryView,
    /// Its function, by index.
    pub function: usize,
    /// The effects that it reaches.
    pub reached: Vec<MapReached>,
    /// The findings that concern it, by index.
    pub findings: Vec<usize>,
}

/// An effect as one entry point reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapReached {
    /// The effect, by index.
    pub site: usize,
    /// The calls on the way, outermost first, by index.
    pub path: Vec<usize>,
    /// Whether one run of the entry point runs it many times.
    pub in_loop: bool,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// The least certain step of the path.
    pub certainty: &'static str,
    /// What keeps it from running each time.
    pub shared: Option<SharedView>,
}

/// A call on a path.
#[derive(Clone, Debug)]
pub struct MapCall {
    /// The function that holds it, by index.
    pub from: usize,
    /// The function, closure or loop that it runs, by index.
    pub to: usize,
    /// The call.
    pub step: StepView,
}

/// An effect.
#[derive(Clone, Debug)]
pub struct MapSite {
    /// The function that holds it, by index.
    pub function: usize,
    /// The effect.
    pub effect: EffectView,
    /// What is held from here on.
    pub holds: Vec<MapHold>,
    /// The pools, by index, from one of which it takes a connection.
    pub pools: Vec<usize>,
    /// The findings at this place, by index.
    pub findings: Vec<usize>,
}

/// A connection or transaction that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapHold {
    /// `connection` or `transaction`.
    pub what: &'static str,
    /// The variable that holds it.
    pub name: Option<String>,
    /// Waits for something else meanwhile.
    pub waits: Vec<MapWait>,
    /// Further connections taken from a pool meanwhile.
    pub acquires: Vec<MapWait>,
}

/// What happens while something is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapWait {
    /// The call in the function that holds.
    pub call: Span,
    /// What it leads to.
    pub site: Span,
    /// Its API, canonical.
    pub api: String,
}

/// A pool.
#[derive(Clone, Debug)]
pub struct MapPool {
    /// Its type, as people write it.
    pub ty: String,
    /// The path of the function that builds it.
    pub function: Option<String>,
    /// The expression that builds it.
    pub built_at: Span,
    /// Whether that runs more than once.
    pub repeated: bool,
    /// How many connections it opens at most, where that is known.
    pub maximum: Option<u64>,
    /// Where that is set; `None`: it is the library's default, or not known.
    pub set_at: Option<Span>,
    /// The findings about it, by index.
    pub findings: Vec<usize>,
}

/// A finding with the places of the map that it concerns.
#[derive(Clone, Debug)]
pub struct MapFinding {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The entry points, by index.
    pub entry_points: Vec<usize>,
    /// The effects, by index.
    pub sites: Vec<usize>,
    /// The pools, by index.
    pub pools: Vec<usize>,
}
