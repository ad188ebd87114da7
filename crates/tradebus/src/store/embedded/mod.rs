//! The embedded engine: streams of this process, in memory or in a directory.

mod append;
mod groups;
mod leases;
mod moves;
mod read;
mod values;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::task::{JoinError, spawn_blocking};
use tradebus_engine::{DbError, Engine, EntryId, Fields, KeyType, LogOptions, LogPosition, Recovered};

use self::append::EmbeddedAppender;
use self::read::EmbeddedReader;
use super::{
    Appender, BatchBuilder, ConsumerGroups, Lease, Leases, MovedEntry, NewEntry, RangeQuery, ReadBatch,
    StoreError, StreamInfo, StreamReader, StreamStore, TargetOf, Trim, Values,
};
use crate::StreamKey;

/// Streams in this process. Clones share them.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    engine: Engine,
    /// Where they are kept, if they are.
    directory: Option<Arc<Path>>,
}

impl EmbeddedStore {
    /// A new, empty store in memory.
    pub fn in_memory() -> Self {
        Self::over(Engine::new())
    }

    /// A store that is kept in a directory: what was there is there again.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used, another process has it open, it is of a newer version, or something in it is damaged.
    pub async fn open(options: LogOptions) -> Result<Self, StoreError> {
        let directory: Arc<Path> = options.directory.as_path().into();
        let opened = spawn_blocking(move || Engine::open(&options)).await;
        let broken =
            |error: JoinError| StoreError::Refused { server: SERVER.into(), detail: error.to_string() };
        let (engine, recovered) =
            opened.map_err(broken)?.map_err(|error| StoreError::Open { source: Arc::new(error) })?;
        tell(&directory, &recovered);
        Ok(Self { engine, directory: Some(directory) })
    }

    /// The streams of an engine that others use too, such as its Redis port.
    pub fn over(engine: Engine) -> Self {
        Self { engine, directory: None }
    }

    /// The engine, for what else is to be done with it.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits until what was changed up to there is as safe as the store promises.
    async fn settle(&self, position: LogPosition) -> Result<(), StoreError> {
        self.engine.settled(position).await.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl StreamStore for EmbeddedStore {
    async fn appender(&self, _role: &str) -> Result<Box<dyn Appender>, StoreError> {
        Ok(Box::new(EmbeddedAppender::new(self.engine.clone())))
    }

    async fn reader(&self, _role: &str) -> Result<Box<dyn StreamReader>, StoreError> {
        Ok(Box::new(EmbeddedReader::new(self.engine.clone())))
    }

    async fn range(&self, stream: &StreamKey, query: RangeQuery) -> Result<ReadBatch, StoreError> {
        let mut builder = BatchBuilder::default();
        builder.stream(stream.clone());
        let visit = |id, fields: Fields<'_>| {
            copy(&mut builder, id, fields);
            ControlFlow::Continue(())
        };
        let (key, start, end, limit) = (stream.as_bytes(), query.start, query.end, query.limit);
        let db = self.engine.lock();
        let read = if query.reverse {
            db.range_reverse(key, start, end, limit, visit)
        } else {
            db.range(key, start, end, limit, visit)
        };
        read.map_err(|error| named(&error, stream))?;
        Ok(builder.finish())
    }

    async fn len(&self, stream: &StreamKey) -> Result<u64, StoreError> {
        self.engine.lock().len(stream.as_bytes()).map_err(|error| named(&error, stream))
    }

    async fn last_ids(&self, streams: &[StreamKey]) -> Result<Vec<EntryId>, StoreError> {
        let db = self.engine.lock();
        streams
            .iter()
            .map(|stream| db.last_id(stream.as_bytes()).map_err(|error| named(&error, stream)))
            .collect()
    }

    async fn info(&self, stream: &StreamKey) -> Result<Option<StreamInfo>, StoreError> {
        let info = self.engine.lock().info(stream.as_bytes()).map_err(|error| named(&error, stream))?;
        Ok(info.map(|info| StreamInfo {
            len: info.len,
            first: info.first_entry,
            last: info.last_entry,
            last_id: info.last_id,
            entries_added: Some(info.entries_added),
            groups: info.groups as u64,
            memory_bytes: Some(info.memory_bytes as u64),
        }))
    }

    async fn delete_entries(&self, stream: &StreamKey, ids: &[EntryId]) -> Result<u64, StoreError> {
        self.engine.lock().delete_entries(stream.as_bytes(), ids).map_err(|error| named(&error, stream))
    }

    async fn move_entry(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError> {
        self.move_one(from, id, entry).await
    }

    async fn move_entries(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        self.move_many(from, ids, target, guard).await
    }

    async fn trim(&self, stream: &StreamKey, trim: Trim) -> Result<u64, StoreError> {
        self.engine.lock().trim(stream.as_bytes(), engine_trim(trim)).map_err(|error| named(&error, stream))
    }

    async fn remove(&self, stream: &StreamKey) -> Result<bool, StoreError> {
        self.engine.lock().remove(stream.as_bytes()).map_err(|error| named(&error, stream))
    }

    async fn streams(&self, prefix: &[u8]) -> Result<Vec<StreamKey>, StoreError> {
        let mut found = Vec::new();
        self.engine.lock().scan(0, usize::MAX, |key, kind| {
            if kind == KeyType::Stream && key.starts_with(prefix) {
                found.push(StreamKey::new(key));
            }
        });
        Ok(found)
    }

    fn consumer_groups(&self) -> &dyn ConsumerGroups {
        self
    }

    fn leases(&self) -> &dyn Leases {
        self
    }

    fn values(&self) -> &dyn Values {
        self
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64))
    }

    fn describe(&self) -> String {
        match &self.directory {
            Some(directory) => format!("the embedded engine, in {}", directory.display()),
            None => "the embedded engine, in memory".to_owned(),
        }
    }

    fn trouble(&self) -> Option<String> {
        self.engine.trouble()
    }

    async fn close(&self) {
        let engine = self.engine.clone();
        // It cannot be cancelled, and what breaks in it is said by its own thread.
        let _ = spawn_blocking(move || engine.close()).await;
    }
}

/// What the engine is called where an error names a server.
const SERVER: &str = "the embedded engine";

fn tell(directory: &Path, recovered: &Recovered) {
    let Recovered { records, cut_bytes, took, .. } = recovered;
    tracing::info!(directory = %directory.display(), records, ?took, "the store was opened");
    if *cut_bytes > 0 {
        tracing::warn!(
            cut_bytes,
            "the end of the log was of a write that a crash did not let finish: it was cut off"
        );
    }
    for file in &recovered.put_aside {
        tracing::warn!(file = %file.display(), "repaired: what was cut off is kept here");
    }
}

fn copy(builder: &mut BatchBuilder, id: EntryId, fields: Fields<'_>) {
    builder.entry(id);
    for (name, value) in fields {
        builder.copy(name);
        builder.copy(value);
    }
}

fn engine_trim(trim: Trim) -> tradebus_engine::Trim {
    let (trim, approximate) = match trim {
        Trim::ToLength { keep, approximate } => (tradebus_engine::Trim::max_len(keep), approximate),
        Trim::FromId { first, approximate } => (tradebus_engine::Trim::min_id(first), approximate),
    };
    if approximate { trim.approximate(Some(0)) } else { trim }
}

/// It cannot be done now, and may be later.
fn unavailable(error: &impl ToString) -> StoreError {
    StoreError::Unavailable { server: SERVER.into(), detail: error.to_string() }
}

fn named(error: &DbError, stream: &StreamKey) -> StoreError {
    match error {
        DbError::WrongType => StoreError::WrongType { stream: stream.clone() },
        DbError::DiskFull | DbError::LogFailed => unavailable(error),
        other => StoreError::Refused { server: SERVER.into(), detail: other.to_string() },
    }
}
