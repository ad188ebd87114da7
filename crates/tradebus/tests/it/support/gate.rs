//! A store that confirms only as many appends as a test lets it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tradebus::store::{
    Appender, ConsumerGroups, Lease, Leases, MovedEntry, NewEntry, RangeQuery, ReadBatch, StreamInfo,
    StreamReader, TargetOf, Trim, Values,
};
use tradebus::{EmbeddedStore, EntryId, StoreError, StreamKey, StreamStore};

/// An embedded store behind a gate.
#[derive(Debug, Clone)]
pub(crate) struct GatedStore {
    inner: EmbeddedStore,
    gate: Arc<Semaphore>,
}

impl GatedStore {
    pub(crate) fn closed() -> Self {
        Self { inner: EmbeddedStore::in_memory(), gate: Arc::new(Semaphore::new(0)) }
    }

    /// Lets so many calls of [`Appender::receive`] through: as many batches, if one is under way at a time.
    pub(crate) fn let_through(&self, batches: usize) {
        self.gate.add_permits(batches);
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        self.let_through(Semaphore::MAX_PERMITS / 2);
    }
}

#[derive(Debug)]
struct GatedAppender {
    inner: Box<dyn Appender>,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Appender for GatedAppender {
    async fn send(&mut self, batch: &[NewEntry<'_>]) -> Result<(), StoreError> {
        self.inner.send(batch).await
    }

    async fn receive(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>) -> Result<(), StoreError> {
        let permit = self.gate.acquire().await.expect("the gate is never destroyed");
        self.inner.receive(acks).await?;
        permit.forget();
        Ok(())
    }
}

#[async_trait]
impl StreamStore for GatedStore {
    async fn appender(&self, role: &str) -> Result<Box<dyn Appender>, StoreError> {
        Ok(Box::new(GatedAppender { inner: self.inner.appender(role).await?, gate: self.gate.clone() }))
    }

    async fn reader(&self, role: &str) -> Result<Box<dyn StreamReader>, StoreError> {
        self.inner.reader(role).await
    }

    async fn range(&self, stream: &StreamKey, query: RangeQuery) -> Result<ReadBatch, StoreError> {
        self.inner.range(stream, query).await
    }

    async fn len(&self, stream: &StreamKey) -> Result<u64, StoreError> {
        self.inner.len(stream).await
    }

    async fn last_ids(&self, streams: &[StreamKey]) -> Result<Vec<EntryId>, StoreError> {
        self.inner.last_ids(streams).await
    }

    async fn trim(&self, stream: &StreamKey, trim: Trim) -> Result<u64, StoreError> {
        self.inner.trim(stream, trim).await
    }

    async fn remove(&self, stream: &StreamKey) -> Result<bool, StoreError> {
        self.inner.remove(stream).await
    }

    async fn streams(&self, prefix: &[u8]) -> Result<Vec<StreamKey>, StoreError> {
        self.inner.streams(prefix).await
    }

    async fn info(&self, stream: &StreamKey) -> Result<Option<StreamInfo>, StoreError> {
        self.inner.info(stream).await
    }

    async fn delete_entries(&self, stream: &StreamKey, ids: &[EntryId]) -> Result<u64, StoreError> {
        self.inner.delete_entries(stream, ids).await
    }

    async fn move_entry(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError> {
        self.inner.move_entry(from, id, entry).await
    }

    async fn move_entries(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        self.inner.move_entries(from, ids, target, guard).await
    }

    fn consumer_groups(&self) -> &dyn ConsumerGroups {
        &self.inner
    }

    fn leases(&self) -> &dyn Leases {
        &self.inner
    }

    fn values(&self) -> &dyn Values {
        &self.inner
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        self.inner.now_ms().await
    }

    fn describe(&self) -> String {
        "a gated store".to_owned()
    }
}
