//! The embedded engine: streams of this process, in memory or in a directory.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout_at};
use tradebus_engine::{
    Db, DbError, Engine, EntryId, Fields, KeyType, Listener, LogOptions, LogPosition, NewId, Recovered,
};

use super::{
    Appender, BatchBuilder, Interrupt, NewEntry, Position, RangeQuery, ReadBatch, StoreError, StreamReader,
    StreamStore, Trim,
};
use crate::StreamKey;

/// A read ends when it has gathered so many bytes, each stream its share, so that one batch of large entries stays bounded.
const MOST_BYTES: usize = 8 << 20;

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
}

#[async_trait]
impl StreamStore for EmbeddedStore {
    async fn appender(&self, _role: &str) -> Result<Box<dyn Appender>, StoreError> {
        Ok(Box::new(EmbeddedAppender {
            engine: self.engine.clone(),
            answers: Vec::new(),
            answered: Notify::new(),
            position: LogPosition::default(),
        }))
    }

    async fn reader(&self, _role: &str) -> Result<Box<dyn StreamReader>, StoreError> {
        let listener = self.engine.listen(std::iter::empty::<&[u8]>());
        Ok(Box::new(EmbeddedReader {
            engine: self.engine.clone(),
            listening: Vec::new(),
            listener,
            interruption: Arc::default(),
        }))
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

/// Appends under one lock a batch; the answers are known at once, and given when they are safe.
#[derive(Debug)]
struct EmbeddedAppender {
    engine: Engine,
    answers: Vec<Result<EntryId, StoreError>>,
    answered: Notify,
    /// The end of the log when the last of them was found.
    position: LogPosition,
}

#[async_trait]
impl Appender for EmbeddedAppender {
    async fn send(&mut self, batch: &[NewEntry<'_>], trims: &[(StreamKey, Trim)]) -> Result<(), StoreError> {
        self.engine.has_room().await;
        let mut db = self.engine.lock();
        for entry in batch {
            self.answers.push(append(&mut db, entry));
        }
        self.position = db.log_position();
        for (stream, trim) in trims {
            if let Err(error) = db.trim(stream.as_bytes(), engine_trim(*trim)) {
                tracing::warn!(%stream, %error, "a stream could not be trimmed");
            }
        }
        drop(db);
        self.answered.notify_one();
        Ok(())
    }

    async fn receive(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>) -> Result<(), StoreError> {
        while self.answers.is_empty() {
            self.answered.notified().await;
        }
        self.engine.settled(self.position).await.map_err(|error| unavailable(&error))?;
        acks.append(&mut self.answers);
        Ok(())
    }
}

fn append(db: &mut Db, entry: &NewEntry<'_>) -> Result<EntryId, StoreError> {
    let mut id = Ok(EntryId::MIN);
    entry.fields.with(&mut |fields| id = db.append(entry.stream.as_bytes(), NewId::Auto, fields));
    id.map_err(|error| named(&error, entry.stream))
}

/// Copies what it reads into one buffer a batch.
struct EmbeddedReader {
    engine: Engine,
    listener: Listener,
    /// The streams that `listener` listens to.
    listening: Vec<StreamKey>,
    /// Apart from the listener, which changes with the streams that are read.
    interruption: Arc<Interruption>,
}

#[derive(Debug, Default)]
struct Interruption(Notify);

impl EmbeddedReader {
    fn listen_to(&mut self, positions: &[Position]) {
        let same = self.listening.len() == positions.len()
            && self.listening.iter().zip(positions).all(|(known, position)| *known == position.stream);
        if !same {
            self.listening = positions.iter().map(|position| position.stream.clone()).collect();
            self.listener = self.engine.listen(self.listening.iter().map(StreamKey::as_bytes));
        }
    }

    /// What there is, and the end of the log at that moment.
    fn read_now(&self, positions: &[Position], limit: usize) -> Result<(ReadBatch, LogPosition), StoreError> {
        let mut builder = BatchBuilder::default();
        let db = self.engine.lock();
        for Position { stream, after } in positions {
            builder.stream(stream.clone());
            let enough = builder.copied_bytes() + MOST_BYTES / positions.len();
            db.read_after(stream.as_bytes(), *after, limit, |id, fields| {
                copy(&mut builder, id, fields);
                if builder.copied_bytes() < enough {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
            .map_err(|error| named(&error, stream))?;
        }
        let position = db.log_position();
        drop(db);
        Ok((builder.finish(), position))
    }
}

#[async_trait]
impl StreamReader for EmbeddedReader {
    async fn read(
        &mut self,
        positions: &[Position],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError> {
        self.listen_to(positions);
        let (mut batch, mut position) = self.read_now(positions, limit)?;
        if let Some(block) = block.filter(|_| batch.is_empty()) {
            (batch, position) = self.wait(positions, limit, Instant::now() + block).await?;
        }
        if !batch.is_empty() {
            // What a crash could still undo is shown to nobody.
            self.engine.settled(position).await.map_err(|error| unavailable(&error))?;
        }
        Ok(batch)
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.interruption.clone()
    }
}

impl EmbeddedReader {
    async fn wait(
        &mut self,
        positions: &[Position],
        limit: usize,
        deadline: Instant,
    ) -> Result<(ReadBatch, LogPosition), StoreError> {
        loop {
            let over = tokio::select! {
                changed = timeout_at(deadline, self.listener.changed()) => changed.is_err(),
                () = self.interruption.0.notified() => true,
            };
            let (batch, position) = self.read_now(positions, limit)?;
            // A change need not have brought entries: a stream may have been removed.
            if over || !batch.is_empty() {
                return Ok((batch, position));
            }
        }
    }
}

#[async_trait]
impl Interrupt for Interruption {
    async fn interrupt(&self) {
        self.0.notify_one();
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
