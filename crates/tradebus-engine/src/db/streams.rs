//! Streams: adding, reading and removing entries.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::Db;
use crate::keyspace::Touched;
use crate::log::Record;
use crate::stream::{Pair, Stream};
use crate::value::Value;
use crate::{DbError, EntryId, Fields, NewId, SetId, StreamInfo, Trim};

impl Db {
    /// Adds an entry to a stream, which is created if there is none, and returns its id.
    ///
    /// # Errors
    /// When the id cannot be given, the entry is too large, the key holds something else, or the log cannot take it.
    pub fn append(&mut self, key: &[u8], id: NewId, fields: &[Pair<'_>]) -> Result<EntryId, DbError> {
        if let Some(id) = self.append_existing(key, id, fields)? {
            return Ok(id);
        }
        self.admit(entry_bytes(key, fields))?;
        let mut stream = Stream::default();
        let (now, limits) = (&mut self.now, self.limits);
        let id = stream.append(id, || *now.get_or_insert_with(&self.clock), fields, limits)?;
        self.keyspace.insert(key, Value::Stream(stream.into()));
        self.touch(key, Touched::READY);
        self.write(&Record::Append { key, id, fields: Cow::Borrowed(fields) });
        Ok(id)
    }

    /// Adds an entry to a stream that exists; `None` if it does not.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_existing(
        &mut self,
        key: &[u8],
        id: NewId,
        fields: &[Pair<'_>],
    ) -> Result<Option<EntryId>, DbError> {
        self.admit(entry_bytes(key, fields))?;
        let (now, limits) = (&mut self.now, self.limits);
        let Some((shared_key, slot)) = self.keyspace.slot_mut(key) else { return Ok(None) };
        let Value::Stream(stream) = &mut slot.value else { return Err(DbError::WrongType) };
        let id = stream.append(id, || *now.get_or_insert_with(&self.clock), fields, limits)?;
        if slot.touched != Touched::READY && self.waiters.any() {
            slot.touched = Touched::READY;
            self.touched.push((shared_key.clone(), Touched::READY));
        }
        self.write(&Record::Append { key, id, fields: Cow::Borrowed(fields) });
        Ok(Some(id))
    }

    /// Shows up to `limit` entries that come after an id, the oldest first, until `visit` breaks off. Returns how many
    /// it showed. A missing key is an empty stream.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn read_after(
        &self,
        key: &[u8],
        after: EntryId,
        limit: usize,
        visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> Result<usize, DbError> {
        match after.next() {
            Some(start) => self.range(key, start, EntryId::MAX, limit, visit),
            None => self.stream(key).map(|_| 0),
        }
    }

    /// Shows up to `limit` entries from `start` to `end` (both included), the oldest first, until `visit` breaks off.
    /// Returns how many it showed.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn range(
        &self,
        key: &[u8],
        start: EntryId,
        end: EntryId,
        limit: usize,
        visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> Result<usize, DbError> {
        Ok(self.stream(key)?.map_or(0, |stream| stream.range(start, end, limit, visit)))
    }

    /// Like [`range`](Self::range), the newest first.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn range_reverse(
        &self,
        key: &[u8],
        start: EntryId,
        end: EntryId,
        limit: usize,
        visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> Result<usize, DbError> {
        Ok(self.stream(key)?.map_or(0, |stream| stream.range_reverse(start, end, limit, visit)))
    }

    /// Removes old entries and returns how many.
    ///
    /// # Errors
    /// When the key holds something else, or the log cannot take it.
    pub fn trim(&mut self, key: &[u8], trim: Trim) -> Result<u64, DbError> {
        self.admit(key.len())?;
        let limits = self.limits;
        let entries = self.stream_mut(key)?.map_or(0, |stream| stream.trim(trim, limits));
        if entries > 0 {
            self.changed(key);
            self.write(&Record::Trim { key, entries });
        }
        Ok(entries)
    }

    /// Deletes the entries with these ids and returns how many there were. The stream stays, even without entries.
    ///
    /// # Errors
    /// When the key holds something else, or the log cannot take it.
    pub fn delete_entries(&mut self, key: &[u8], ids: &[EntryId]) -> Result<u64, DbError> {
        self.admit(key.len() + size_of_val(ids))?;
        let entries = self.stream_mut(key)?.map_or(0, |stream| stream.delete(ids));
        if entries > 0 {
            self.changed(key);
            self.write(&Record::Delete { key, ids: Cow::Borrowed(ids) });
        }
        Ok(entries)
    }

    /// Whether there is a stream at a key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn is_stream(&self, key: &[u8]) -> Result<bool, DbError> {
        Ok(self.stream(key)?.is_some())
    }

    /// How many entries a stream has.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn len(&self, key: &[u8]) -> Result<u64, DbError> {
        Ok(self.stream(key)?.map_or(0, Stream::len))
    }

    /// The last id that a stream gave, even if its entry is gone; [`EntryId::MIN`] for a missing key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn last_id(&self, key: &[u8]) -> Result<EntryId, DbError> {
        Ok(self.stream(key)?.map_or(EntryId::MIN, Stream::last_id))
    }

    /// What a stream says about itself; `None` for a missing key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn info(&self, key: &[u8]) -> Result<Option<StreamInfo>, DbError> {
        Ok(self.stream(key)?.map(Stream::info))
    }

    /// Sets the last id and the counters of an existing stream.
    ///
    /// # Errors
    /// When there is no such stream, the values contradict its entries, or the log cannot take it.
    pub fn set_id(&mut self, key: &[u8], set: SetId) -> Result<(), DbError> {
        self.admit(key.len())?;
        let stream = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?;
        stream.set_id(set)?;
        let StreamInfo { last_id, entries_added, max_deleted_id, .. } = stream.info();
        self.write(&Record::SetId { key, last_id, entries_added, max_deleted_id });
        Ok(())
    }
}

/// What an entry takes in the log, at most and without the small numbers.
fn entry_bytes(key: &[u8], fields: &[Pair<'_>]) -> usize {
    const LENGTHS: usize = 20;
    key.len() + fields.iter().map(|(name, value)| name.len() + value.len() + LENGTHS).sum::<usize>()
}
