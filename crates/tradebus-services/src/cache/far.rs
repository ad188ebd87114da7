//! What all instances of a service share: the entries in the store, and the turns to fetch one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tradebus::store::Lease;
use tradebus::{StreamKey, StreamStore};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::entry::Entry;
use super::meters::Meters;

/// An instance that does not come back from its fetch is not waited for any longer.
const TURN: Duration = Duration::from_secs(10);
/// Keys share so many turns: those of a store leave something behind for good.
const TURNS: u64 = 1_024;
/// First and longest time between two looks for what another instance brings.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// The part of a cache that lies in the store.
#[derive(Debug)]
pub(super) struct Far {
    store: Arc<dyn StreamStore>,
    prefix: String,
    /// Entries are kept so long.
    kept: Duration,
    meters: Arc<Meters>,
    /// This instance.
    holder: String,
}

impl Far {
    pub(super) fn new(
        store: Arc<dyn StreamStore>,
        prefix: String,
        kept: Duration,
        meters: Arc<Meters>,
    ) -> Self {
        Self { store, prefix, kept, meters, holder: format!("{:016x}", fastrand::u64(..)) }
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

    /// Waits until this instance may fetch what has a key. Returns what another one has brought meanwhile, newer than `known_at`: then there
    /// is nothing to be fetched. Without the store everybody may.
    pub(super) async fn take_turn(&self, key: &str, known_at: Option<u64>) -> Option<Arc<Entry>> {
        let (turn, mut pause) = (self.turn(key), LOOK_AGAIN.0);
        loop {
            let lease = Lease { key: &turn, holder: &self.holder };
            let taken = self.store.leases().lease(lease, TURN).await;
            let is_mine = !matches!(taken, Ok(None));
            let entry = self.entry(key).await.filter(|entry| known_at.is_none_or(|at| entry.at_ms > at));
            match entry {
                Some(entry) => {
                    if is_mine {
                        self.end_turn(key).await;
                    }
                    self.meters.joined.add();
                    return Some(entry);
                }
                None if is_mine => return None,
                None => sleep(pause).await,
            }
            pause = (pause * 2).min(LOOK_AGAIN.1);
        }
    }

    /// Lets others fetch. If that fails, they wait until the turn is over.
    pub(super) async fn end_turn(&self, key: &str) {
        let lease = Lease { key: &self.turn(key), holder: &self.holder };
        if let Err(error) = self.store.leases().release(lease).await {
            tracing::debug!(key, %error, "a turn could not be given back");
        }
    }

    fn place(&self, key: &str) -> StreamKey {
        StreamKey::new(format!("{}:{:032x}", self.prefix, xxh3_128(key.as_bytes())))
    }

    fn turn(&self, key: &str) -> StreamKey {
        StreamKey::new(format!("{}:turn:{}", self.prefix, xxh3_64(key.as_bytes()) % TURNS))
    }
}
