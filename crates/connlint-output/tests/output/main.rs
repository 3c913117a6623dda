//! The output formats, each from one hand-made report.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of this is test code")]

mod bots;
mod common;
mod full;
mod golden;
mod groups;
mod sarif;
