//! The circuit breaker over a real connection.

use std::time::Duration;

use super::dbnomics;
use crate::standin::{Fault, Times};
use crate::upstream::{BreakerConfig, UpstreamState};

#[tokio::test]
async fn while_it_is_open_nothing_is_sent() {
    let breaker = BreakerConfig { failures: 2, open_ms: 60_000 };
    let (standin, upstream) = dbnomics(|config| (config.retries, config.breaker) = (0, breaker)).await;
    standin.fail("", Fault::Html(502), Times::Always);
    for _ in 0..2 {
        assert_eq!(upstream.get(&["providers"], &[]).await.unwrap_err().status(), Some(502));
    }
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), error.status(), standin.total_calls()), ("unavailable", None, 2), "not sent");
    assert!(error.retry_after().is_some());
    assert_eq!(upstream.status().state, UpstreamState::BreakerOpen);
}

#[tokio::test]
async fn after_that_one_tries_and_decides() {
    let breaker = BreakerConfig { failures: 1, open_ms: 1 };
    let (standin, upstream) = dbnomics(|config| (config.retries, config.breaker) = (0, breaker)).await;
    standin.fail("", Fault::Html(502), Times::Always);
    for _ in 0..2 {
        assert_eq!(upstream.get(&["providers"], &[]).await.unwrap_err().status(), Some(502));
        // As long as it is open, which is what is tested here.
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(upstream.status().state, UpstreamState::BreakerHalfOpen);
    }
    standin.heal();
    upstream.get(&["providers"], &[]).await.unwrap();
    assert_eq!((upstream.status().state, upstream.status().failures_in_row), (UpstreamState::Ok, 0));
}

#[tokio::test]
async fn the_call_that_opens_it_tells_what_happened() {
    let breaker = BreakerConfig { failures: 2, open_ms: 60_000 };
    let (standin, upstream) = dbnomics(|config| config.breaker = breaker).await;
    standin.fail("", Fault::Html(503), Times::Always);
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.status(), standin.total_calls()), (Some(503), 2));
}

#[tokio::test]
async fn refusals_do_not_open_it() {
    let breaker = BreakerConfig { failures: 1, open_ms: 60_000 };
    let (_standin, upstream) = dbnomics(|config| config.breaker = breaker).await;
    for _ in 0..3 {
        assert_eq!(upstream.get(&["providers", "NOPE"], &[]).await.unwrap_err().code(), "not_found");
    }
    assert_eq!(upstream.status().state, UpstreamState::Ok);
}
