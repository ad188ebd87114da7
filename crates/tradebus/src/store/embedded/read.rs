//! Reading from the embedded engine, and waiting for what is to be read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tradebus_engine::{Engine, Listener, LogPosition};

use super::{copy, named, unavailable};
use crate::StreamKey;
use crate::store::{BatchBuilder, Interrupt, Position, ReadBatch, StoreError, StreamReader};

/// A read ends when it has gathered so many bytes, each stream its share, so that one batch of large entries stays bounded.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// Waits for changes of streams.
pub(super) struct Lookout {
    pub(super) engine: Engine,
    listener: Listener,
    /// The streams that `listener` listens to.
    listening: Vec<StreamKey>,
    /// Apart from the listener, which changes with the streams that are read.
    interruption: Arc<Interruption>,
}

#[derive(Debug, Default)]
struct Interruption(Notify);

#[async_trait]
impl Interrupt for Interruption {
    async fn interrupt(&self) {
        self.0.notify_one();
    }
}

impl Lookout {
    pub(super) fn new(engine: Engine) -> Self {
        let listener = engine.listen(std::iter::empty::<&[u8]>());
        Self { engine, listener, listening: Vec::new(), interruption: Arc::default() }
    }

    pub(super) fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.interruption.clone()
    }

    /// Reads now, and again after each change until something was there, the time is over, or the read is interrupted. What a crash
    /// could still undo is shown to nobody.
    pub(super) async fn read<'a>(
        &mut self,
        streams: impl Iterator<Item = &'a StreamKey> + Clone,
        block: Option<Duration>,
        mut read_now: impl FnMut(&Engine) -> Result<(ReadBatch, LogPosition), StoreError>,
    ) -> Result<ReadBatch, StoreError> {
        self.listen_to(streams);
        let deadline = block.map(|block| Instant::now() + block);
        let mut over = block.is_none();
        loop {
            let (batch, position) = read_now(&self.engine)?;
            if !batch.is_empty() {
                self.engine.settled(position).await.map_err(|error| unavailable(&error))?;
                return Ok(batch);
            }
            let Some(deadline) = deadline.filter(|_| !over) else { return Ok(batch) };
            // A change need not have brought entries: a stream may have been removed.
            over = tokio::select! {
                changed = timeout_at(deadline, self.listener.changed()) => changed.is_err(),
                () = self.interruption.0.notified() => true,
            };
        }
    }

    fn listen_to<'a>(&mut self, streams: impl Iterator<Item = &'a StreamKey> + Clone) {
        if !self.listening.iter().eq(streams.clone()) {
            self.listening = streams.cloned().collect();
            self.listener = self.engine.listen(self.listening.iter().map(StreamKey::as_bytes));
        }
    }
}

/// Copies what it reads into one buffer a batch.
pub(super) struct EmbeddedReader {
    lookout: Lookout,
}

impl EmbeddedReader {
    pub(super) fn new(engine: Engine) -> Self {
        Self { lookout: Lookout::new(engine) }
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
        let streams = positions.iter().map(|position| &position.stream);
        self.lookout.read(streams, block, |engine| read_now(engine, positions, limit)).await
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.lookout.interrupter()
    }
}

/// What there is, and the end of the log at that moment.
fn read_now(
    engine: &Engine,
    positions: &[Position],
    limit: usize,
) -> Result<(ReadBatch, LogPosition), StoreError> {
    let mut builder = BatchBuilder::default();
    let db = engine.lock();
    for Position { stream, after } in positions {
        builder.stream(stream.clone());
        let enough = builder.copied_bytes() + MOST_BYTES / positions.len();
        let visit = |id, fields: tradebus_engine::Fields<'_>| {
            copy(&mut builder, id, fields);
            if builder.copied_bytes() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        db.read_after(stream.as_bytes(), *after, limit, visit).map_err(|error| named(&error, stream))?;
    }
    Ok((builder.finish(), db.log_position()))
}
