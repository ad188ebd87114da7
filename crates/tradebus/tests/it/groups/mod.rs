//! Consumer groups: sharing, settling, failing, leaving, and what others do to a group.

mod exclusive;
mod failing;
mod handlers;
mod losing;
mod sharing;

use std::collections::BTreeMap;

use tradebus::store::{PendingEntry, PendingQuery, RangeQuery};
use tradebus::{Bus, BusConfig, GroupDelivery, GroupOptions, GroupSubscription, StreamKey, SubscribeOptions};

use crate::support::{Backend, Kind, numbered, within};

/// The streams of a bus as it is configured by default.
const BASE: &str = "trader-TRADER-001:stream";

/// Where messages of NORMAL priority lie.
fn lane() -> StreamKey {
    StreamKey::from(&format!("{BASE}:normal")[..])
}

/// A group that reads from the beginning.
fn risk(consumer: &str) -> GroupOptions {
    SubscribeOptions::group("risk").consumer(consumer).from(tradebus::StartFrom::Earliest)
}

/// An engine on which retries and claims take no longer than a test has patience for.
struct Scene {
    backend: Backend,
    bus: Bus,
}

impl Scene {
    async fn new(kind: Kind) -> Self {
        Self::with(kind, |_| {}).await
    }

    async fn with(kind: Kind, configure: impl FnOnce(&mut BusConfig)) -> Self {
        let backend = Backend::start(kind).await;
        let bus = backend
            .bus(|config| {
                quick(config);
                configure(config);
            })
            .await;
        Self { backend, bus }
    }

    async fn join(&self, consumer: &str) -> GroupSubscription {
        self.bus.subscribe("*", risk(consumer)).await.unwrap()
    }

    async fn publish(&self, topic: &str, numbers: std::ops::Range<u64>) {
        for n in numbers {
            self.bus.publish(numbered(topic, n)).await.unwrap().await.unwrap();
        }
    }

    async fn pending(&self) -> Vec<PendingEntry> {
        let groups = self.backend.store.consumer_groups();
        groups.pending(&lane(), "risk", PendingQuery::default()).await.unwrap()
    }

    /// Waits until nothing is pending.
    async fn settled(&self) {
        let settled = async {
            while !self.pending().await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        within("everything to be acknowledged", settled).await;
    }

    /// The dead letters, each with its fields by name.
    async fn dead(&self) -> Vec<BTreeMap<String, String>> {
        let stream = StreamKey::from(&format!("{BASE}:dead")[..]);
        let batch = self.backend.store.range(&stream, RangeQuery::default()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        batch
            .entries()
            .map(|entry| entry.fields().map(|(name, value)| (text(name), text(value))).collect())
            .collect()
    }

    async fn a_dead_letter(&self) -> BTreeMap<String, String> {
        let dead = async {
            loop {
                if let Some(letter) = self.dead().await.pop() {
                    return letter;
                }
                tokio::task::yield_now().await;
            }
        };
        within("a dead letter", dead).await
    }
}

fn quick(config: &mut BusConfig) {
    config.retry_min_ms = 1;
    config.retry_max_ms = 5;
    config.claim_idle_ms = 200;
}

async fn next(subscription: &mut GroupSubscription) -> GroupDelivery {
    within("a message", subscription.next()).await.expect("the bus is open")
}
