//! What the tests share: servers, a proxy that breaks things, buses on either engine, and time limits.

mod backend;
mod client;
mod flood;
mod gate;
mod proxy;
mod server;
mod spread;

use std::future::IntoFuture;
use std::time::{Duration, Instant};

pub(crate) use backend::{Backend, Fields, Kind, config, text};
pub(crate) use client::{Client, Value};
pub(crate) use flood::{Arrivals, number_of, numbered};
pub(crate) use gate::GatedStore;
pub(crate) use proxy::{Budget, Proxy};
pub(crate) use server::{RedisServer, free_port};
pub(crate) use spread::Spread;

/// Longer than anything takes that works, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);

/// The outcome of what must happen sooner or later.
pub(crate) async fn within<F: IntoFuture>(what: &str, happens: F) -> F::Output {
    let outcome = tokio::time::timeout(PATIENCE, happens).await;
    outcome.unwrap_or_else(|_elapsed| panic!("waited {} s in vain for: {what}", PATIENCE.as_secs()))
}

/// Waits for what can only be asked and not be waited for, such as a number in the metrics.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {} s in vain until: {what}", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
