#![doc = include_str!("../README.md")]

mod answer;
mod ask;
mod config;
mod drain;
mod function;
mod handler;
mod health;
mod lambda;
mod metrics;
mod publish;
mod received;
mod serve;
mod spans;
mod telemetry;
mod trace;

pub use config::{InvalidVariable, MissingVariable, env, env_or, env_parsed};
pub use drain::draining;
/// The headers that [`Function::admit`] sees.
pub use http::HeaderMap;

pub use function::{Failure, Function, Refusal, blocking};
pub use handler::router;
pub use publish::Publisher;
pub use serve::{serve, serve_http, serve_work};
