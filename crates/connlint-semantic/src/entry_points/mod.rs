//! Entry points: what the outside calls again and again, by framework rows and by loops that wait.
//!
//! Knows registrations and routes, which code is live and which programs serve nothing. It does not know effects on
//! connections or how long anything is held.

mod by_signature;
pub(crate) mod collect;
mod declared;
mod dispatch;
mod given_away;
pub(crate) mod liveness;
mod named;
pub(crate) mod one_shot;
mod rewritten;
pub(crate) mod routes;
pub(crate) mod unread;
