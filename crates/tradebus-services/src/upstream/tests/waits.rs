//! Limits of the upstream, and of time.

use std::time::{Duration, Instant};

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{dbnomics, quick};
use crate::standin::{DEMO_KEY, Fault, Route, Standin, Times};
use crate::upstream::{SecretSource, Upstream, UpstreamError, UpstreamState};

#[tokio::test]
async fn retry_after_in_seconds_is_waited_for() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::RateLimited(Some(1)), Times::Next(1));
    let start = Instant::now();
    let answer = upstream.get(&["providers"], &[]).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "not before");
    assert!(answer.elapsed >= Duration::from_secs(1));
    assert_eq!(answer.attempts, 2);
}

#[tokio::test]
async fn retry_after_as_a_date_is_waited_for() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    let date = Timestamp::now() + SignedDuration::from_secs(2);
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
    standin.fail("", Fault::Json(503, json!({}), vec![("retry-after", text)]), Times::Next(1));
    assert_eq!(upstream.get(&["providers"], &[]).await.unwrap().attempts, 2);
    // Dates have whole seconds.
    assert!(Timestamp::now().as_second() >= date.as_second(), "not before");
}

#[tokio::test]
async fn a_429_without_a_time_is_tried_again_soon() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::RateLimited(None), Times::Next(2));
    assert_eq!(upstream.get(&["providers"], &[]).await.unwrap().attempts, 3);
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_call_and_holds_back_others() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::RateLimited(Some(3_600)), Times::Next(1));
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), ("rate_limited", Some(Duration::from_hours(1))));
    assert!(error.to_string().contains("You have exceeded your rate limit"), "{error}");
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), standin.total_calls()), ("rate_limited", 1), "not sent");
    let status = upstream.status();
    assert_eq!(status.state, UpstreamState::Limited);
    assert!(status.waits_ms > 3_500_000);
}

#[tokio::test]
async fn a_used_up_key_is_not_used_further() {
    let standin = Standin::start().await.unwrap();
    standin.limit_key("k", 2);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    std::fs::write(&path, "k").unwrap();
    let mut config = quick(&standin.gateway_url());
    config.secret_headers.insert("X-Api-Key".to_owned(), SecretSource::File(path));
    let upstream = Upstream::new(config).unwrap();
    let answer = upstream.get(&["organizations"], &[]).await.unwrap();
    assert_eq!((answer.rate_limit.limit, answer.rate_limit.remaining), (Some(2), Some(1)));
    assert_eq!(upstream.get(&["organizations"], &[]).await.unwrap().rate_limit.remaining, Some(0));
    let error = upstream.get(&["organizations"], &[]).await.unwrap_err();
    // Half an hour is the share of one of two requests.
    assert!(error.retry_after().unwrap() > Duration::from_secs(1_790), "{error:?}");
    assert_eq!(standin.calls(Route::DatagovOrganizations), 2, "not sent");
    assert_eq!(upstream.status().rate_limit.remaining, Some(0));
}

#[tokio::test]
async fn a_429_of_the_gateway_tells_when_to_come_back() {
    let standin = Standin::start().await.unwrap();
    standin.limit_key(DEMO_KEY, 0);
    let upstream = Upstream::new(quick(&standin.gateway_url())).unwrap();
    let error = upstream.get(&["search"], &[("api_key", DEMO_KEY)]).await.unwrap_err();
    assert_eq!((error.code(), standin.total_calls()), ("rate_limited", 1));
    assert!(error.retry_after().unwrap() > Duration::from_secs(3_500));
}

#[tokio::test]
async fn our_own_limit_says_when_the_next_turn_is() {
    let (standin, upstream) = dbnomics(|config| (config.requests_per_second, config.burst) = (0.01, 1)).await;
    upstream.get(&["providers"], &[]).await.unwrap();
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert!(
        matches!(error, UpstreamError::RateLimited { retry_after: Some(_), message: None, .. }),
        "{error:?}"
    );
    assert_eq!(standin.total_calls(), 1);
}

#[tokio::test]
async fn a_call_ends_with_its_time() {
    let (standin, upstream) = dbnomics(|config| config.total_timeout_ms = 150).await;
    standin.fail("", Fault::Slow(Duration::from_mins(1)), Times::Always);
    let start = Instant::now();
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert!(start.elapsed() >= Duration::from_millis(150), "not before");
    assert_eq!(upstream.status().failures_in_row, 1);
}

#[tokio::test]
async fn waiting_for_a_slot_ends_with_the_time_too() {
    let (standin, upstream) =
        dbnomics(|config| (config.total_timeout_ms, config.max_concurrent) = (150, 1)).await;
    standin.fail("", Fault::Slow(Duration::from_mins(1)), Times::Always);
    let (one, other) = tokio::join!(upstream.get(&["providers"], &[]), upstream.get(&["search"], &[]));
    assert_eq!((one.unwrap_err().code(), other.unwrap_err().code()), ("timeout", "timeout"));
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let (standin, upstream) = dbnomics(|config| config.max_concurrent = 1).await;
    standin.fail("", Fault::Slow(Duration::from_mins(1)), Times::Next(1));
    let mut call = Box::pin(upstream.get(&["providers"], &[]));
    while standin.total_calls() == 0 {
        tokio::select! {
            biased;
            _ = &mut call => panic!("it is slow"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(call);
    assert_eq!(upstream.status().in_flight, 0);
    upstream.get(&["providers"], &[]).await.unwrap();
}
