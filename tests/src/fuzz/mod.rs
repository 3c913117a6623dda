//! Fuzz targets: what each reads, what must hold of it, and inputs to begin with.
//!
//! `tests/fuzzing.rs` feeds them what `mutate` makes of their seeds; the package in `fuzz/` gives them to libFuzzer.

mod choices;
mod mutate;
mod programs;
mod seeds;
mod targets;
mod words;

pub use mutate::mutated;
pub use targets::TARGETS;

/// One thing to fuzz.
pub struct Target {
    /// Its name: that of its binary in `fuzz/` too.
    pub name: &'static str,
    /// Reads an input, and panics where something does not hold that must.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that inputs are made of.
    pub words: &'static [&'static str],
}

/// The target of a name.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("there is no target `{name}`"))
}
