//! Tests of connlint as a whole. `cargo test -p connlint-tests fixtures::` runs those of one file.

mod action;
mod baseline;
mod before_a_deploy;
#[cfg(feature = "browser")]
mod browser;
mod cache;
mod capacity;
mod cases;
mod catalog;
mod ci_files;
mod cli;
mod config;
mod declared_limits;
mod dependencies;
mod determinism;
mod editor;
mod explain;
mod fixes;
mod fixtures;
mod fuzzing;
mod growth;
mod guide;
mod hostile;
mod incident_history;
mod incidents;
mod library_words;
mod linked;
mod links;
mod lint_docs;
mod manual;
mod map;
mod models_docs;
mod modular;
mod packages;
mod properties;
mod readme;
#[cfg(feature = "replay")]
mod replay;
mod repositories;
mod roots;
mod suppressions;
mod tidy;
mod unread_crates;
mod versions;
mod watch;
