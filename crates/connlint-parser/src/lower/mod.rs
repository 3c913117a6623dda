//! Syntax trees to facts.

mod attrs;
mod body;
mod calls;
mod cfg_macros;
mod conditional;
mod context;
mod control;
mod expr;
mod functions;
mod item_macros;
mod items;
mod known_macros;
mod literal;
mod macro_args;
mod pattern;
mod spans;
mod stmt;
mod types;
mod verbatim;

pub(crate) use attrs::TEST_ATTRIBUTES;
pub(crate) use context::Cx;
