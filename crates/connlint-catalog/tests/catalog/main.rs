//! The catalog: the built-in data, how files are read, and a project's own rows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is test code")]

mod builtin;
mod loading;
mod models;
mod verified;
mod versions;
