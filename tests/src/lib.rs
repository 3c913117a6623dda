//! What the tests of connlint as a whole share.

pub mod bless;
pub mod command;
pub mod edits;
pub mod files;
pub mod fixture;
pub mod fuzz;
pub mod git;
pub mod imports;
pub mod marks;
pub mod pipeline;
pub mod project;
pub mod shapes;
pub mod source;
pub mod workspace;
