//! Adding entries by hand.

use bytes::Bytes;
use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::StreamKey;
use crate::store::{Appender, EntryFields, NewEntry, StoreError, UseFields};

/// Names and values of an entry, in order; names may repeat.
pub type OwnedFields = Vec<(Bytes, Bytes)>;

/// Adds entries to one stream, on a connection of its own.
#[derive(Debug)]
pub struct Adder {
    appender: Box<dyn Appender>,
    stream: StreamKey,
}

impl Adder {
    /// Adds entries, and tells in their order under which ids, or why not. An entry needs at least one field.
    ///
    /// # Errors
    ///
    /// When the connection is lost: each of them may have been stored or not, and this is of no further use.
    pub async fn add(
        &mut self,
        entries: &[OwnedFields],
    ) -> Result<Vec<Result<EntryId, StoreError>>, ManageError> {
        let fields: Vec<Lent<'_>> = entries.iter().map(|fields| Lent(fields)).collect();
        let batch: Vec<NewEntry<'_>> =
            fields.iter().map(|fields| NewEntry { stream: &self.stream, fields }).collect();
        let mut stored = Vec::with_capacity(batch.len());
        if !batch.is_empty() {
            self.appender.send(&batch).await?;
        }
        while stored.len() < batch.len() {
            self.appender.receive(&mut stored).await?;
        }
        Ok(stored)
    }
}

/// Fields as the store wants them.
#[derive(Debug)]
pub(super) struct Lent<'a>(pub(super) &'a [(Bytes, Bytes)]);

impl EntryFields for Lent<'_> {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        let fields: Vec<(&[u8], &[u8])> =
            self.0.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        use_fields(&fields);
    }
}

impl StreamManager {
    /// Opens a way to add entries to a stream, which is created where missing.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn adder(&self, stream: &StreamKey) -> Result<Adder, ManageError> {
        Ok(Adder { appender: self.store.appender("add").await?, stream: stream.clone() })
    }
}
