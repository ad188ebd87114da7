//! Dead letters: looking at them, putting them back, dropping them.

use std::sync::Arc;

use tradebus_engine::EntryId;

use super::add::Lent;
use super::{ManageError, OwnedFields, Pages, StreamManager, Trimming};
use crate::layout::Streams;
use crate::store::{EntryRef, NewEntry, RangeQuery, ReadBatch, StreamInfo, StreamStore, Trim};
use crate::wire::dead::DeadLetter;
use crate::wire::record::{Limits, RawRecord};
use crate::{Delivery, Priority, StreamKey, Topic};

/// The dead letters of a bus: the messages that its consumer groups could not handle, the oldest first.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    store: Arc<dyn StreamStore>,
    stream: StreamKey,
    layout: Streams,
    limits: Limits,
}

/// An entry among the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEntry {
    /// Its id, by which it is redriven or dropped.
    pub id: EntryId,
    /// Why, where and when it was given up; `None` for an entry that somebody else has put there.
    pub letter: Option<DeadLetter>,
    /// The fields of the original entry, untouched.
    pub fields: OwnedFields,
}

/// A dead letter that was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redriven {
    /// The id that it had among the dead letters.
    pub dead_id: EntryId,
    /// The stream that it came from, and is in again.
    pub stream: StreamKey,
    /// Its id there.
    pub id: EntryId,
}

impl StreamManager {
    /// The dead letters of the bus.
    pub fn dead_letters(&self) -> DeadLetters {
        let names = &self.names;
        DeadLetters {
            store: self.store.clone(),
            stream: names.dead.clone(),
            layout: names.layout.clone(),
            limits: names.limits,
        }
    }
}

impl DeadLetters {
    /// The stream in which they lie.
    pub fn stream(&self) -> &StreamKey {
        &self.stream
    }

    /// How many there are.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn count(&self) -> Result<u64, ManageError> {
        Ok(self.store.len(&self.stream).await?)
    }

    /// Those behind an id, at most so many, page by page; [`entries`](Self::entries) reads what is in a page.
    pub fn pages(&self, after: EntryId, limit: usize) -> Pages {
        let start = after.next().unwrap_or(EntryId::MAX);
        let query = RangeQuery { start, limit, ..RangeQuery::default() };
        Pages::new(self.store.clone(), self.stream.clone(), query)
    }

    /// The dead letters of a page.
    pub fn entries<'a>(&self, page: &'a ReadBatch) -> impl Iterator<Item = DeadEntry> + 'a {
        page.entries().map(DeadEntry::of)
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// When it is not there, or the store cannot be used.
    pub async fn get(&self, id: EntryId) -> Result<DeadEntry, ManageError> {
        let one = RangeQuery { start: id, end: id, limit: 1, reverse: false };
        let batch = self.store.range(&self.stream, one).await?;
        batch.entries().next().map(DeadEntry::of).ok_or_else(|| self.missing(id))
    }

    /// The message of a dead letter, as it was in its stream; `None` if it was none.
    pub fn message(&self, entry: &DeadEntry) -> Option<Delivery> {
        let letter = entry.letter.as_ref()?;
        let raw = RawRecord::parse(entry.fields.iter().map(|(name, value)| (&name[..], &value[..]))).ok()?;
        let topic = Topic::new(raw.topic).ok()?;
        let tier = self.layout.tier_of(&letter.stream).unwrap_or(Priority::Normal);
        let whole = |value: &[u8]| bytes::Bytes::copy_from_slice(value);
        let (message, _) = raw.into_message(topic, whole, tier, self.limits).ok()?;
        Some(Delivery::new(letter.id, letter.stream.clone(), message))
    }

    /// Puts a dead letter back: appends the original fields, untouched, to the stream that it came from, and removes it here. Both happen,
    /// or neither; of several that redrive the same, one does. All groups of that stream get it, not only the one that gave it up.
    ///
    /// # Errors
    ///
    /// When it is not there (any more), does not say where it came from, or the store cannot be used.
    pub async fn redrive(&self, id: EntryId) -> Result<Redriven, ManageError> {
        let entry = self.get(id).await?;
        self.put_back(&entry).await?.ok_or_else(|| self.missing(id))
    }

    /// Puts all back that are there now, one after the other, the oldest first. What is given up again meanwhile stays.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn redrive_all(&self) -> Result<Redriving, ManageError> {
        let info = self.store.info(&self.stream).await?;
        let (end, total) = info.map_or((EntryId::MIN, 0), |info| (info.last_id, info.len));
        let query = RangeQuery { end, ..RangeQuery::default() };
        let pages = Pages::new(self.store.clone(), self.stream.clone(), query);
        Ok(Redriving { letters: self.clone(), pages, read: Vec::new().into_iter(), total })
    }

    /// Removes some of them for good, and tells how many were there.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn drop(&self, ids: &[EntryId]) -> Result<u64, ManageError> {
        Ok(self.store.delete_entries(&self.stream, ids).await?)
    }

    /// Removes all for good that are there now.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn drop_all(&self) -> Result<Trimming, ManageError> {
        let nothing = StreamInfo {
            len: 0,
            first: None,
            last: None,
            last_id: EntryId::MIN,
            entries_added: None,
            groups: 0,
            memory_bytes: None,
        };
        let info = self.store.info(&self.stream).await?.unwrap_or(nothing);
        let first = info.last_id.next().unwrap_or(EntryId::MAX);
        let trim = Trim::FromId { first, approximate: false };
        Ok(Trimming::new(self.store.clone(), self.stream.clone(), &info, trim))
    }

    /// Moves an entry to the stream that it came from; `None` if somebody else has moved or dropped it meanwhile.
    async fn put_back(&self, entry: &DeadEntry) -> Result<Option<Redriven>, ManageError> {
        let letter = entry.letter.as_ref().filter(|_| !entry.fields.is_empty());
        let Some(letter) = letter else {
            return Err(ManageError::NotADeadLetter { stream: self.stream.clone(), id: entry.id });
        };
        let original = NewEntry { stream: &letter.stream, fields: &Lent(&entry.fields) };
        let moved = self.store.move_entry(&self.stream, entry.id, original).await?;
        Ok(moved.map(|id| Redriven { dead_id: entry.id, stream: letter.stream.clone(), id }))
    }

    fn missing(&self, id: EntryId) -> ManageError {
        ManageError::NoDeadLetter { stream: self.stream.clone(), id }
    }
}

impl DeadEntry {
    fn of(entry: EntryRef<'_>) -> Self {
        let (letter, fields) = match DeadLetter::parse(entry.fields()) {
            Some((letter, original)) => (Some(letter), original),
            None => (None, entry.fields().collect()),
        };
        let fields = fields.into_iter().map(|(name, value)| (entry.share(name), entry.share(value)));
        Self { id: entry.id(), letter, fields: fields.collect() }
    }
}

/// Puts all dead letters back, one a step. Dropping it leaves the rest where they are.
#[derive(Debug)]
pub struct Redriving {
    letters: DeadLetters,
    pages: Pages,
    read: std::vec::IntoIter<DeadEntry>,
    total: u64,
}

impl Redriving {
    /// How many there were when it began.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Puts the next one back and tells which; `None` when all is done. One that somebody else has put back meanwhile is passed over.
    ///
    /// # Errors
    ///
    /// When one cannot be put back: it stays, and the next call goes on with the one behind it. When the store cannot be used, which
    /// [`StoreError::ends_connection`](crate::StoreError::ends_connection) tells, there is no point in going on.
    pub async fn next(&mut self) -> Result<Option<Redriven>, ManageError> {
        loop {
            for entry in self.read.by_ref() {
                if let Some(redriven) = self.letters.put_back(&entry).await? {
                    return Ok(Some(redriven));
                }
            }
            let Some(page) = self.pages.next().await? else { return Ok(None) };
            self.read = self.letters.entries(&page).collect::<Vec<_>>().into_iter();
        }
    }
}
