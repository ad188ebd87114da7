//! Reads the stream of delayed messages, on a connection of its own, while others are delivered.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::store::{Position, ReadBatch, StoreError, StreamReader, StreamStore};

/// A read should bring about so many bytes at most, whatever the size of the entries.
const READ_BYTES: usize = 8 << 20;
/// Entries of the first read, before anything is known about their size, and of any read.
const FIRST_ENTRIES: usize = 64;
const MOST_ENTRIES: usize = 1_000;
/// Longest that one read waits for entries.
const BLOCK: Duration = Duration::from_secs(1);

/// A read that is asked for.
struct Ask {
    position: Position,
    limit: usize,
    block: Option<Duration>,
}

/// One read at a time, done by a task: a read that blocks must not be cut short.
pub(super) struct Intake {
    asks: Sender<Ask>,
    answers: Receiver<Result<ReadBatch, StoreError>>,
    task: JoinHandle<()>,
    position: Position,
    limit: usize,
    asked: bool,
    /// A read without waiting brought nothing: all is known that was there.
    pub(super) caught_up: bool,
}

impl Intake {
    pub(super) fn new(store: Arc<dyn StreamStore>, stream: StreamKey) -> Self {
        let (asks, asked) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        Self {
            asks,
            answers,
            task: tokio::spawn(serve(store, asked, answer)),
            position: Position { stream, after: EntryId::MIN },
            limit: FIRST_ENTRIES,
            asked: false,
            caught_up: false,
        }
    }

    /// The last entry that was read.
    pub(super) fn after(&self) -> EntryId {
        self.position.after
    }

    /// Reads everything again.
    pub(super) fn start_over(&mut self) {
        self.position.after = EntryId::MIN;
        self.caught_up = false;
    }

    /// Begins to read, unless that is under way, so many entries at most.
    pub(super) fn ask(&mut self, room: usize) {
        if self.asked || room == 0 {
            return;
        }
        let (limit, block) = (self.limit.min(room), self.caught_up.then_some(BLOCK));
        self.asked = self.asks.try_send(Ask { position: self.position.clone(), limit, block }).is_ok();
    }

    /// What was read. Cancel safe; waits for ever where nothing was asked.
    pub(super) async fn answer(&mut self) -> Result<ReadBatch, StoreError> {
        let Some(answer) = self.answers.recv().await else { return std::future::pending().await };
        self.asked = false;
        let batch = answer?;
        match batch.entries().last() {
            Some(last) => {
                self.position.after = last.id();
                let entry = (batch.bytes() / batch.len()).max(1);
                self.limit = (READ_BYTES / entry).clamp(1, MOST_ENTRIES);
            }
            None => self.caught_up = true,
        }
        Ok(batch)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    store: Arc<dyn StreamStore>,
    mut asked: Receiver<Ask>,
    answer: Sender<Result<ReadBatch, StoreError>>,
) {
    let mut reader: Option<Box<dyn StreamReader>> = None;
    while let Some(ask) = asked.recv().await {
        let read = read(&*store, &mut reader, ask).await;
        if read.as_ref().is_err_and(StoreError::ends_connection) {
            reader = None;
        }
        if answer.send(read).await.is_err() {
            return;
        }
    }
}

async fn read(
    store: &dyn StreamStore,
    reader: &mut Option<Box<dyn StreamReader>>,
    ask: Ask,
) -> Result<ReadBatch, StoreError> {
    let open = match reader {
        Some(open) => open,
        None => reader.insert(store.reader("delayed").await?),
    };
    open.read(&[ask.position], ask.limit, ask.block).await
}
