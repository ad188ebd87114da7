//! What all instances of a service share: the entries in the store, and the turns to fetch one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tradebus::store::Lease;
use tradebus::{StreamKey, StreamStore};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::entry::Entry;
use super::meters::Meters;

/// A fetch that takes longer is not waited for any more.
const TURN: Duration = Duration::from_secs(10);
/// The same where an old answer is at hand: it must still be given in time if the source does not work.
const TURN_WITH_AN_OLD_ONE: Duration = Duration::from_secs(2);
/// Clocks of instances may differ by so many milliseconds.
const SKEW_MS: u64 = 1_000;
/// Keys share so many turns: those of a store leave something behind for good.
const TURNS: u64 = 1_024;
/// First and longest time between two looks for what another instance brings.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// How it stands with a fetch.
#[derive(Debug)]
pub(super) enum Turn {
    /// This one fetches, and [gives the turn back](Far::end_turn).
    Mine(Held),
    /// This one fetches, without a turn: another takes too long, or the store cannot be used.
    None,
    /// Another instance has brought it.
    Over(Arc<Entry>),
}

/// A turn that somebody has.
#[derive(Debug)]
pub(super) struct Held {
    key: StreamKey,
    holder: String,
}

/// The part of a cache that lies in the store.
#[derive(Debug)]
pub(super) struct Far {
    store: Arc<dyn StreamStore>,
    prefix: String,
    /// Entries are kept so long.
    kept: Duration,
    meters: Arc<Meters>,
}

impl Held {
    fn lease(&self) -> Lease<'_> {
        Lease { key: &self.key, holder: &self.holder }
    }
}

impl Far {
    pub(super) fn new(
        store: Arc<dyn StreamStore>,
        prefix: String,
        kept: Duration,
        meters: Arc<Meters>,
    ) -> Self {
        Self { store, prefix, kept, meters }
    }

    pub(super) async fn entry(&self, key: &str) -> Option<Arc<Entry>> {
        match self.store.values().value(&self.place(key)).await {
            Ok(value) => Entry::read(&value?, key).map(Arc::new),
            Err(error) => {
                self.meters.store_errors.add();
                tracing::debug!(key, %error, "the cache in the store cannot be read");
                None
            }
        }
    }

    pub(super) async fn keep(&self, key: &str, entry: &Entry) {
        if let Err(error) =
            self.store.values().set_value(&self.place(key), &entry.write(key), self.kept).await
        {
            self.meters.store_errors.add();
            tracing::debug!(key, %error, "the cache in the store cannot be written");
        }
    }

    /// Waits until this flight may fetch what has a key, or another instance has brought it: something that is newer than `known_at`, and than the
    /// look at `now`. Does not wait for long.
    pub(super) async fn take_turn(&self, key: &str, now: u64, known_at: Option<u64>) -> Turn {
        let patience = if known_at.is_some() { TURN_WITH_AN_OLD_ONE } else { TURN };
        timeout(patience, self.wait_for_turn(key, now, known_at)).await.unwrap_or(Turn::None)
    }

    async fn wait_for_turn(&self, key: &str, now: u64, known_at: Option<u64>) -> Turn {
        let is_new = |entry: &Arc<Entry>| {
            entry.at_ms.saturating_add(SKEW_MS) >= now && known_at.is_none_or(|at| entry.at_ms > at)
        };
        // Of a flight, not of the instance: its flights wait for each other, too.
        let held = Held { key: self.turn(key), holder: format!("{:016x}", fastrand::u64(..)) };
        let mut pause = LOOK_AGAIN.0;
        loop {
            let taken = self.store.leases().lease(held.lease(), TURN).await;
            if let Some(entry) = self.entry(key).await.filter(is_new) {
                if let Ok(Some(_)) = taken {
                    self.end_turn(held).await;
                }
                self.meters.joined.add();
                return Turn::Over(entry);
            }
            match taken {
                Ok(Some(_)) => return Turn::Mine(held),
                Ok(None) => sleep(pause).await,
                Err(_) => return Turn::None,
            }
            pause = (pause * 2).min(LOOK_AGAIN.1);
        }
    }

    /// Lets others fetch. If that fails, they wait until the turn is over.
    pub(super) async fn end_turn(&self, held: Held) {
        if let Err(error) = self.store.leases().release(held.lease()).await {
            tracing::debug!(turn = %held.key, %error, "a turn could not be given back");
        }
    }

    fn place(&self, key: &str) -> StreamKey {
        StreamKey::new(format!("{}:{:032x}", self.prefix, xxh3_128(key.as_bytes())))
    }

    fn turn(&self, key: &str) -> StreamKey {
        StreamKey::new(format!("{}:turn:{}", self.prefix, xxh3_64(key.as_bytes()) % TURNS))
    }
}
