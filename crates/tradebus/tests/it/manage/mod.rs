//! Looking after streams, on every engine.

mod dead;
mod groups;
mod streams;

use std::sync::Arc;

use bytes::Bytes;
use tradebus::store::{RangeQuery, ReadBatch};
use tradebus::{EntryId, OwnedFields, StreamKey, StreamManager, StreamStore, store};

use crate::support::{Backend, Kind};

/// What every key of the bus starts with.
const BASE: &str = "trader-TRADER-001:stream";

type Owned = Vec<(Vec<u8>, Vec<u8>)>;

/// An engine, and somebody who looks after its streams.
struct Scene {
    backend: Backend,
    manager: StreamManager,
}

impl Scene {
    async fn new(kind: Kind) -> Self {
        let backend = Backend::start(kind).await;
        let manager = StreamManager::with_store(&backend.config(), backend.store.clone());
        Self { backend, manager }
    }

    /// Somebody else, with connections of his own where the engine has any.
    async fn another(&self) -> StreamManager {
        let config = self.backend.config();
        let store: Arc<dyn StreamStore> = match config.store_url().expose() {
            "memory:" => self.backend.store.clone(),
            _ => store::open(&config).await.unwrap(),
        };
        StreamManager::with_store(&config, store)
    }

    /// Adds entries with the field `n`.
    async fn add(&self, stream: &StreamKey, count: usize) -> Vec<EntryId> {
        let entries: Vec<_> = (0..count).map(|n| fields(&[("n", &n.to_string())])).collect();
        self.add_all(stream, &entries).await
    }

    async fn add_all(&self, stream: &StreamKey, entries: &[OwnedFields]) -> Vec<EntryId> {
        let stored = self.manager.adder(stream).await.unwrap().add(entries).await.unwrap();
        stored.into_iter().map(Result::unwrap).collect()
    }

    /// Everything in a stream.
    async fn all(&self, stream: &StreamKey) -> Vec<(EntryId, Owned)> {
        flat(&self.backend.store.range(stream, RangeQuery::default()).await.unwrap())
    }
}

fn fields(pairs: &[(&str, &str)]) -> OwnedFields {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    pairs.iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
}

fn flat(batch: &ReadBatch) -> Vec<(EntryId, Owned)> {
    let owned = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
    batch.entries().map(|entry| (entry.id(), entry.fields().map(owned).collect())).collect()
}

fn key(name: &str) -> StreamKey {
    StreamKey::from(name)
}

/// A stream of the bus.
fn of_bus(name: &str) -> StreamKey {
    StreamKey::new(format!("{BASE}:{name}"))
}
