//! How often a client may do something.

use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Client;

/// Clients that are remembered before those are forgotten who have been quiet.
const MOST_CLIENTS: usize = 10_000;

/// A rate for each client.
pub(super) struct Pace(RateLimiter<Client, HashMapStateStore<Client>, DefaultClock>);

impl Pace {
    /// So many a second, and twice as many at once.
    pub(super) fn per_second(times: u32) -> Self {
        let times = NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        let twice = times.saturating_add(times.get());
        Self(RateLimiter::hashmap(Quota::per_second(times).allow_burst(twice)))
    }

    /// Whether a client may do it now; if so, that counts.
    pub(super) fn allows(&self, client: Client) -> bool {
        if self.0.len() > MOST_CLIENTS {
            self.0.retain_recent();
        }
        self.0.check_key(&client).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Pace};

    #[test]
    fn each_client_has_its_own() {
        let (pace, one, other) = (
            Pace::per_second(1),
            Client::of("10.0.0.1".parse().unwrap()),
            Client::of("10.0.0.2".parse().unwrap()),
        );
        assert!((0..2).all(|_| pace.allows(one)));
        assert!(!pace.allows(one));
        assert!(pace.allows(other));
    }
}
