//! Names: definitions, imports, and what a path means.
//!
//! Knows the items of all files, their modules, `use` declarations, attributes and derives, and which crate links which.
//! It does not know types or bodies: a method or a field is looked up one layer above, in [`crate::types`]. rustc and
//! rust-analyzer call this stage name resolution (`rustc_resolve`, `hir-def`).

pub(crate) mod attributes;
pub(crate) mod canonical;
pub(crate) mod cfg;
pub(crate) mod collect;
pub(crate) mod defs;
pub(crate) mod derive_names;
pub(crate) mod display;
pub(crate) mod exports;
pub(crate) mod external_path;
pub(crate) mod imports;
pub(crate) mod interner;
pub(crate) mod linkage;
pub(crate) mod locked;
pub(crate) mod marks;
pub(crate) mod prelude;
pub(crate) mod resolve;
pub(crate) mod unshipped;
