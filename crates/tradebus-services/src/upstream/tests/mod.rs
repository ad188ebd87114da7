//! The client against the stand-in, over real sockets.

mod bodies;
mod breaker;
mod encrypted;
mod redirects;
mod retries;
mod secrets;
mod waits;

use super::{Upstream, UpstreamConfig};
use crate::standin::Standin;

/// Settings with which nothing waits for long.
fn quick(base_url: &str) -> UpstreamConfig {
    UpstreamConfig {
        requests_per_second: 1_000.0,
        burst: 1_000,
        max_concurrent: 16,
        retries: 3,
        retry_min_ms: 1,
        retry_max_ms: 4,
        breaker: super::BreakerConfig { failures: 100, open_ms: 60_000 },
        ..UpstreamConfig::new(base_url)
    }
}

/// A stand-in, and a client for its `DBnomics`.
async fn dbnomics(change: impl FnOnce(&mut UpstreamConfig)) -> (Standin, Upstream) {
    let standin = Standin::start().await.unwrap();
    let mut config = quick(&standin.dbnomics_url());
    change(&mut config);
    let upstream = Upstream::new(config).unwrap();
    (standin, upstream)
}
