//! What is tried again, and when.

use std::time::Duration;

use super::Call;
use super::config::UpstreamConfig;
use super::error::{Breakage, UpstreamError};

/// Whether sending `call` once more may help after `error`, and does no harm.
///
/// A call that must not be handled twice is repeated only when it did not arrive or was turned away.
pub(super) fn helps(call: &Call, error: &UpstreamError) -> bool {
    match error {
        UpstreamError::RateLimited { .. } => true,
        UpstreamError::Unreachable { unsent, .. } => *unsent || call.repeatable,
        UpstreamError::Unavailable { status: Some(500), .. } => {
            call.repeatable && !call.has_bad_cursor(error)
        }
        UpstreamError::Unavailable { status: Some(502..=504), .. }
        | UpstreamError::Broken { kind: Breakage::Cut, .. } => call.repeatable,
        _ => false,
    }
}

/// How long to wait before retry number `retry` (from 0): what the upstream asked for, otherwise a random time between
/// `retry_min_ms` and twice that for each retry so far, up to `retry_max_ms`. Random, so that many clients do not come
/// back together.
pub(super) fn wait(config: &UpstreamConfig, retry: u32, asked: Option<Duration>) -> Duration {
    let least = config.retry_min_ms;
    let most = least.saturating_mul(1 << (retry + 1).min(20)).min(config.retry_max_ms).max(least);
    let random = Duration::from_millis(fastrand::u64(least..=most));
    asked.map_or(random, |asked| asked.max(Duration::from_millis(least)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        let config = UpstreamConfig { retry_min_ms: 100, retry_max_ms: 1_000, ..UpstreamConfig::default() };
        for (retry, most) in [(0, 200), (1, 400), (2, 800), (3, 1_000), (40, 1_000)] {
            for _ in 0..100 {
                let wait = wait(&config, retry, None);
                assert!((100..=most).contains(&wait.as_millis()), "{retry}: {wait:?}");
            }
        }
        assert_eq!(wait(&config, 0, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(wait(&config, 0, Some(Duration::ZERO)), Duration::from_millis(100));
    }

    #[test]
    fn a_post_is_repeated_only_if_it_did_not_arrive() {
        let post = Call::post(["apply"], &1).unwrap();
        let gone =
            |unsent| UpstreamError::Unreachable { upstream: String::new(), reason: String::new(), unsent };
        assert!(helps(&post, &gone(true)));
        assert!(!helps(&post, &gone(false)));
        assert!(helps(&post.clone().repeatable(), &gone(false)));
        let failed = |status| UpstreamError::Unavailable {
            upstream: String::new(),
            status: Some(status),
            retry_after: None,
            message: None,
        };
        assert!(!helps(&post, &failed(503)));
        assert!(helps(&post.repeatable(), &failed(503)));
        assert!(!helps(&Call::get(["x"]), &failed(501)));
    }
}
