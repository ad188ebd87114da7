//! Dead letters: what a group could not handle goes to a stream of its own, with the reason.

use super::ledger::Failed;
use super::member::Member;
use crate::clock::now_ns;
use crate::store::{
    Acks, EntryFields, EntryRef, NewEntry, RangeQuery, ReadBatch, StoreError, Trim, UseFields,
};
use crate::wire::dead::DeadLetter;

impl Member {
    /// Makes a dead letter of an entry.
    pub(super) async fn bury(&self, failed: &Failed, error: &str) -> Result<(), StoreError> {
        let (stream, id) = (&failed.stream, failed.id);
        let one = RangeQuery { start: id, end: id, limit: 1, reverse: false };
        let batch = match self.reading.store.range(stream, one).await {
            Err(StoreError::WrongType { .. }) => ReadBatch::default(),
            batch => batch?,
        };
        if let Some(entry) = batch.entries().next() {
            self.bury_entry(failed, error, entry).await?;
        } else {
            self.tell_acknowledged(&[Acks { stream, ids: &[id] }]).await?;
            self.lost(stream, id);
        }
        self.ledger.forget(stream, id);
        Ok(())
    }

    async fn bury_entry(&self, failed: &Failed, error: &str, entry: EntryRef<'_>) -> Result<(), StoreError> {
        let Failed { stream, id, deliveries, .. } = failed;
        let letter = DeadLetter {
            stream: stream.clone(),
            id: *id,
            group: self.group.to_string(),
            consumer: self.consumer.to_string(),
            error: error.to_owned(),
            deliveries: *deliveries,
            ts: now_ns(),
        };
        let fields = LetterOf { letter: &letter, entry };
        let target = NewEntry { stream: &self.rules.dead, fields: &fields };
        self.groups().append_and_acknowledge(target, &self.group, (stream, *id)).await?;
        self.reading.meters.group.dead.add(1);
        tracing::warn!(
            %stream, %id, group = %self.group, deliveries, error,
            "a message could not be handled and is a dead letter now"
        );
        if let Err(error) = self.bound_dead_letters().await {
            // The next one is buried soon enough.
            tracing::debug!(%error, "the dead letters could not be counted");
        }
        Ok(())
    }

    /// Drops the oldest dead letters where there are too many.
    async fn bound_dead_letters(&self) -> Result<(), StoreError> {
        let (stream, keep) = (&self.rules.dead, self.rules.max_dead);
        if self.reading.store.len(stream).await? <= keep {
            return Ok(());
        }
        let dropped = self.reading.store.trim(stream, Trim::ToLength { keep, approximate: false }).await?;
        if dropped > 0 {
            self.reading.meters.group.dead_dropped.add(dropped);
            tracing::warn!(%stream, dropped, max_dead_letters = keep, "the oldest dead letters were dropped: there were too many");
        }
        Ok(())
    }
}

/// The fields of a dead letter.
struct LetterOf<'a> {
    letter: &'a DeadLetter,
    entry: EntryRef<'a>,
}

impl EntryFields for LetterOf<'_> {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        self.letter.with_fields(self.entry.fields(), |fields| use_fields(fields));
    }
}
