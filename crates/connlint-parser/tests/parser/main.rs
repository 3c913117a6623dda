//! The parser: what each construct becomes, and input made to break it.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic")]

mod hostile_input;
mod lowering;
