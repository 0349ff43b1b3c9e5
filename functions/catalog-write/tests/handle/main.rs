//! The function on a real PostgreSQL, with a sink that can be out of order.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod analysis;
mod broker;
mod documents;
mod failing;
mod looking;
mod manifests;
mod media;
mod order;
mod packages;
mod speech;
mod stage;
mod story;
mod unheard;
mod walk;
mod watch;
