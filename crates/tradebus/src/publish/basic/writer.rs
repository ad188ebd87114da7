//! A connection for messages that are written one at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tradebus_engine::EntryId;

use crate::config::BusConfig;
use crate::publish::numbering::Numbering;
use crate::publish::queued::{Queued, packer};
use crate::publish::receipt::{Receipt, Receipts};
use crate::store::{Appender, NewEntry, StoreError, StreamStore};
use crate::wire::compress::Packer;
use crate::{Message, Priority, StreamKey};

/// Writes messages of all tiers. Where records are numbered it is a producer of its own, since what two connections write has no order.
pub(super) struct Writer {
    appender: Box<dyn Appender>,
    /// By number of the tier.
    packers: [Option<Packer>; 4],
    numbering: Option<Numbering>,
    receipts: Receipts,
    acks: Vec<Result<EntryId, StoreError>>,
    /// What the store is, for messages.
    server: Arc<str>,
    patience: Duration,
}

/// Why a message was not confirmed.
#[derive(Debug)]
pub(super) enum Failed {
    /// The store refuses it: it is not stored, and the connection can be used again.
    Refused(StoreError),
    /// There is no answer: it may be stored or not, and the connection is of no further use.
    Unanswered(StoreError),
}

impl Writer {
    pub(super) async fn connect(
        store: &Arc<dyn StreamStore>,
        role: &str,
        config: &BusConfig,
    ) -> Result<Self, StoreError> {
        let appender = store.appender(role).await?;
        let tier = |number| Priority::from_number(number as u8).unwrap_or_default();
        Ok(Self {
            appender,
            packers: std::array::from_fn(|number| packer(config, tier(number))),
            numbering: config.sequence.then(Numbering::new),
            receipts: Receipts::default(),
            acks: Vec::new(),
            server: store.describe().into(),
            patience: config.command_timeout(),
        })
    }

    /// Makes a message ready for the stream that it goes to.
    pub(super) fn prepare(&mut self, message: Message, stream: &StreamKey) -> (Queued, Receipt) {
        let (promise, receipt) = self.receipts.issue();
        let mut queued = Queued::new(message, promise);
        if let Some(packer) = &mut self.packers[queued.message.priority.number()] {
            queued.compress(packer);
        }
        // What is delayed gets its place in its stream from whoever delivers it, when it is due.
        if queued.message.due().is_none() {
            queued.sequence = self.numbering.as_mut().map(|numbering| numbering.next(stream));
        }
        (queued, receipt)
    }

    /// Writes a message and waits for the answer, for `command_timeout` at most. Not cancel safe: one that is dropped must not be used again.
    pub(super) async fn write(&mut self, queued: &Queued, stream: &StreamKey) -> Result<EntryId, Failed> {
        let entry = NewEntry { stream, fields: queued };
        let exchanged = timeout(self.patience, self.exchange(entry)).await;
        let what = "a message";
        let late = || StoreError::TimedOut { server: self.server.clone(), what, after: self.patience };
        let answer = exchanged.unwrap_or_else(|_elapsed| Err(late())).map_err(Failed::Unanswered)?;
        answer.map_err(|error| {
            if error.ends_connection() {
                return Failed::Unanswered(error);
            }
            // Its number will not be used: going on behind it would be taken for a message that got lost.
            self.numbering = self.numbering.take().map(|_| Numbering::new());
            Failed::Refused(error)
        })
    }

    async fn exchange(&mut self, entry: NewEntry<'_>) -> Result<Result<EntryId, StoreError>, StoreError> {
        self.appender.send(&[entry]).await?;
        loop {
            if let Some(answer) = self.acks.pop() {
                return Ok(answer);
            }
            self.appender.receive(&mut self.acks).await?;
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("appender", &self.appender).finish_non_exhaustive()
    }
}
