//! The circuit breaker over a real connection.

use super::dbnomics;
use crate::standin::{Fault, Times};
use crate::upstream::{BreakerConfig, UpstreamState};

#[tokio::test]
async fn it_opens_and_closes() {
    let breaker = BreakerConfig { failures: 2, open_ms: 100 };
    let (standin, upstream) = dbnomics(|config| (config.retries, config.breaker) = (0, breaker)).await;
    standin.fail("", Fault::Html(502), Times::Always);
    for _ in 0..2 {
        assert_eq!(upstream.get(&["providers"], &[]).await.unwrap_err().status(), Some(502));
    }
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), error.status(), standin.total_calls()), ("unavailable", None, 2), "not sent");
    assert_eq!(upstream.status().state, UpstreamState::BreakerOpen);

    // What it says is when it lets one try.
    tokio::time::sleep(error.retry_after().unwrap()).await;
    assert_eq!(
        upstream.get(&["providers"], &[]).await.unwrap_err().status(),
        Some(502),
        "the one that tries"
    );
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.status(), standin.total_calls()), (None, 3), "open again");

    standin.heal();
    tokio::time::sleep(error.retry_after().unwrap()).await;
    assert_eq!(upstream.status().state, UpstreamState::BreakerHalfOpen);
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
