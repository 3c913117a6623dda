//! What a library does to connections behind its public items, as rows of a catalog would describe it.
//!
//! The library is linked as a project is. Of its public functions it is determined what they open, acquire, begin or query,
//! directly or through helpers, and which of the callables that they are given they run; of its public types, what they
//! hold; of its public traits, which methods it calls again and again. What it only keeps, and when that runs, is not known.

mod callables;
mod search;
mod type_text;

use connlint_catalog::{Catalog, Effect, Mode, Role, Runs};
use connlint_facts::{CrateId, SelfKind, Span, TargetKind, WorkspaceFacts};

use self::search::Search;
use crate::domain::Analyses;
use crate::link::{LinkOptions, link_and};
use crate::names::exports::Exports;

/// What a library's public items do to connections.
#[derive(Clone, Debug, Default)]
pub struct LibraryModel {
    /// The name that the library has in paths.
    pub lib: String,
    /// Types that hold a pool, a connection or a client, by path.
    pub types: Vec<TypeModel>,
    /// Functions and methods that open, acquire, begin or query, or run what they are given, by path.
    pub functions: Vec<FunctionModel>,
    /// Traits of whose implementations it calls some methods again and again, by path.
    pub traits: Vec<TraitEntries>,
    /// Items and crates of others that it shows as its own: its path and theirs.
    pub reexports: Vec<(String, String)>,
}

impl LibraryModel {
    /// Whether there is nothing to describe.
    pub fn is_empty(&self) -> bool {
        let Self { types, functions, traits, reexports, .. } = self;
        types.is_empty() && functions.is_empty() && traits.is_empty() && reexports.is_empty()
    }
}

/// A public type that holds a pool, a connection or a client.
#[derive(Clone, Debug)]
pub struct TypeModel {
    /// Its shortest public path.
    pub path: String,
    /// What it holds, and so is.
    pub role: Role,
    /// The type that it holds.
    pub holds: String,
    /// What it dereferences to, as a row writes it.
    pub deref: Option<String>,
    /// Its name.
    pub span: Span,
}

/// A public function that does something to connections, or runs what it is given.
#[derive(Clone, Debug)]
pub struct FunctionModel {
    /// Its shortest public path; of a method the type's, with its name.
    pub path: String,
    /// How it takes `self`, if it does.
    pub receiver: Option<SelfKind>,
    /// Types of its parameters without `self`, as a row writes them.
    pub params: Vec<String>,
    /// Parameters that it runs, by index, and how.
    pub callbacks: Vec<(usize, Runs)>,
    /// What it yields, as a row writes it; of an async function after awaiting.
    pub returns: String,
    /// How it runs.
    pub mode: Mode,
    /// What it does, sorted.
    pub effects: Vec<Effect>,
    /// What an opening makes.
    pub resource: Option<Role>,
    /// Canonical path of the API that it calls, directly or through helpers, for its first effect.
    pub through: Option<String>,
    /// Its name.
    pub span: Span,
}

/// A public trait whose implementations a library calls.
#[derive(Clone, Debug)]
pub struct TraitEntries {
    /// Its shortest public path.
    pub path: String,
    /// Methods that are called again and again, and how, by name.
    pub entries: Vec<(String, Runs)>,
    /// Its name.
    pub span: Span,
}

/// Looks through the library of a package. `None` where the package has none that was read.
pub fn library_model(facts: &WorkspaceFacts, catalog: &Catalog, package: &str) -> Option<LibraryModel> {
    let is_wanted = |krate: &&connlint_facts::CrateFacts| krate.kind == TargetKind::Lib && krate.package == package;
    let index = facts.crates.iter().position(|krate| is_wanted(&krate))?;
    let krate = CrateId(u32::try_from(index).ok()?);
    let options = LinkOptions { analyses: Analyses::default(), ..LinkOptions::default() };
    Some(link_and(facts, catalog, &options, |stage, program| {
        let exports = Exports::of(stage.tcx, krate);
        let mut found = Search::new(stage, &exports, &program).run();
        found.lib.clone_from(&facts.crates[index].name);
        found.reexports = exports.foreign.into_iter().filter(|(from, to)| from != to).collect();
        found
    }))
}
