//! A polite client for one JSON API, which is called the upstream here.
//!
//! A [`Call`] meets the parts in this order: its path and query become a URL of the upstream (`location`), it waits for
//! its turn (`pace`: slots, token bucket, pauses that the upstream asked for) and for the circuit breaker (`breaker`),
//! is sent and read (`attempt`, with the rules of `redirect`), and what went wrong is tried again where that helps
//! (`retry`). The caller gets an [`Answer`] or an [`UpstreamError`]; [`Upstream::status`] tells how the upstream is.
//!
//! Calls that ask for the same thing at the same time are not joined here: that is a matter of the cache in front.

mod answer;
mod attempt;
mod breaker;
mod call;
mod check;
mod client;
mod config;
mod error;
mod location;
mod message;
mod pace;
mod redirect;
mod retry;
mod retry_after;
mod secret;
mod status;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

pub use answer::{Answer, RateLimit};
pub use call::Call;
pub use check::{Problem, UpstreamConfigError};
pub use client::Upstream;
pub use config::{BreakerConfig, UpstreamConfig};
pub use error::{Breakage, UpstreamError};
pub use secret::SecretSource;
pub use status::{LastError, UpstreamState, UpstreamStatus};
pub use tls::client_config;
