//! Rust projects read into facts: manifests, module trees and source files, in parallel.
//!
//! Nothing of the project is ever run: no cargo, no rustc, no build script, no procedural macro. Manifests are read as
//! text, modules are found by the language's rules, and each file is lowered on its own into [`connlint_facts::FileFacts`].
//! This is the only crate that knows `syn`.

mod conflicts;
mod dump;
mod dump_types;
mod file;
mod known;
mod limits;
mod long_words;
mod lower;
mod macros;
mod manifest;
mod modules;
mod nesting;
mod observed;
mod old_editions;
mod pool;
mod preprocess;
mod prescan;
mod recording;
mod recover;
mod scan;
mod suppressions;
mod test_code;
mod tree;
mod unreadable;
mod walk;
mod witnessed;
mod workspace;

pub use dump::{dump_body, dump_file};
pub use file::parse_file;
pub use known::{FactsKey, KnownFacts};
pub use limits::Limits;
pub use macros::MacroTable;
pub use observed::Observations;
pub use recording::{Conflict, Recording};
pub use suppressions::line_for_comment;
pub use tree::{SourceTree, TreeEntry};
pub use workspace::{
    PackageName, Progress, Stage, Unsaved, WorkspaceError, parse_recording, parse_sources, parse_tree, parse_workspace,
    parse_workspace_observed, parse_workspace_unsaved, parse_workspace_with, record_members, record_workspace,
    workspace_root,
};
