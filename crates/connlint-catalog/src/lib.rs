//! What connlint knows of third-party crates, as data.
//!
//! The data lie in `data/`, one TOML file for each crate, and are compiled in. [`Catalog`] answers by canonical path;
//! paths as code writes them are first brought to canonical form by [`Catalog::canonical`]. A project may add rows of its
//! own: [`Catalog::builtin_with`].

mod attribute_model;
mod batch;
mod catalog;
mod convert;
mod derive_schema;
mod effect;
mod generated_schema;
mod layer;
mod load;
mod loaded;
mod model;
mod names;
mod package_words;
mod paths;
mod rows;
mod schema;
mod setting_schema;
mod source;
mod type_expr;
mod verify;
mod versions;

pub use batch::{Access, BatchModel};
pub use catalog::{Canonical, Catalog, CatalogError};
pub use layer::ModelSource;
pub use model::*;
pub use package_words::{Browser, Guess, PackageWords};
pub use rows::{Row, stable_hash};
pub use schema::CrateModels;
pub use versions::applies;
