//! Appending to the embedded engine.

use async_trait::async_trait;
use tokio::sync::Notify;
use tradebus_engine::{Db, Engine, EntryId, LogPosition, NewId};

use super::{named, unavailable};
use crate::store::{Appender, NewEntry, StoreError};

/// Appends under one lock a batch; the answers are known at once, and given when they are safe.
#[derive(Debug)]
pub(super) struct EmbeddedAppender {
    engine: Engine,
    answers: Vec<Result<EntryId, StoreError>>,
    answered: Notify,
    /// The end of the log when the last of them was found.
    position: LogPosition,
}

impl EmbeddedAppender {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, answers: Vec::new(), answered: Notify::new(), position: LogPosition::default() }
    }
}

#[async_trait]
impl Appender for EmbeddedAppender {
    async fn send(&mut self, batch: &[NewEntry<'_>]) -> Result<(), StoreError> {
        self.engine.has_room().await;
        let mut db = self.engine.lock();
        for entry in batch {
            self.answers.push(append(&mut db, entry));
        }
        self.position = db.log_position();
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

pub(super) fn append(db: &mut Db, entry: &NewEntry<'_>) -> Result<EntryId, StoreError> {
    let mut id = Ok(EntryId::MIN);
    entry.fields.with(&mut |fields| id = db.append(entry.stream.as_bytes(), NewId::Auto, fields));
    id.map_err(|error| named(&error, entry.stream))
}
