//! The open store: the only way to read and to write.

use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::MutexGuard;
use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::engine::Shared;
use crate::keyspace::{Key, Keyspace, Value};
use crate::stream::{Pair, Stream};
use crate::{EntryId, Fields, KeyType, NewId, NodeLimits, SetId, StreamError, StreamInfo, Trim};

/// The store, open for one batch of reads and writes. See [`Engine::lock`](crate::Engine::lock).
///
/// When it is dropped, the listeners of all keys that changed are woken, once each, after the store is free again.
pub struct Db<'a> {
    shared: &'a Shared,
    keyspace: MutexGuard<'a, Keyspace>,
    /// Fields are dropped in order: these come after the lock.
    afterwards: Afterwards,
    /// The time of the batch: its entries arrive at once, and asking the clock costs as much as half an append.
    now: Option<u64>,
    touched: SmallVec<[Key; 2]>,
    flushed: bool,
}

/// What is done when the store is free again.
#[derive(Default)]
struct Afterwards {
    wake: Vec<Arc<Notify>>,
    /// Freeing a large stream takes time that others need not wait for.
    removed: Vec<Value>,
}

impl Drop for Afterwards {
    fn drop(&mut self) {
        for notify in &self.wake {
            notify.notify_one();
        }
    }
}

impl Drop for Db<'_> {
    fn drop(&mut self) {
        let wake = &mut self.afterwards.wake;
        if self.flushed {
            self.shared.waiters.tell_all(wake);
        }
        for key in &self.touched {
            let stream = self.keyspace.slot_mut(key).map(|(_, slot)| {
                slot.touched = false;
                let Value::Stream(stream) = &slot.value;
                stream
            });
            self.shared.waiters.tell(key, stream, wake);
        }
        wake.sort_unstable_by_key(Arc::as_ptr);
        wake.dedup_by(|one, other| Arc::ptr_eq(one, other));
    }
}

impl<'a> Db<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            keyspace: shared.keyspace.lock(),
            afterwards: Afterwards::default(),
            now: None,
            touched: SmallVec::new(),
            flushed: false,
        }
    }

    /// Adds an entry to a stream, which is created if there is none, and returns its id.
    ///
    /// # Errors
    /// When the id cannot be given, the entry is too large, or the key holds something else.
    pub fn append(&mut self, key: &[u8], id: NewId, fields: &[Pair<'_>]) -> Result<EntryId, StreamError> {
        if let Some(id) = self.append_existing(key, id, fields)? {
            return Ok(id);
        }
        let mut stream = Stream::default();
        let (now, limits) = (&mut self.now, self.keyspace.limits);
        let id = stream.append(id, || *now.get_or_insert_with(&self.shared.clock), fields, limits)?;
        let key = self.keyspace.insert(key, Value::Stream(stream));
        if self.shared.waiters.any() {
            self.touched.push(key);
        }
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
    ) -> Result<Option<EntryId>, StreamError> {
        let (now, limits) = (&mut self.now, self.keyspace.limits);
        let Some((key, slot)) = self.keyspace.slot_mut(key) else { return Ok(None) };
        let Value::Stream(stream) = &mut slot.value;
        let id = stream.append(id, || *now.get_or_insert_with(&self.shared.clock), fields, limits)?;
        if !slot.touched && self.shared.waiters.any() {
            slot.touched = true;
            self.touched.push(Arc::clone(key));
        }
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
    ) -> Result<usize, StreamError> {
        match after.next() {
            Some(start) => self.range(key, start, EntryId::MAX, limit, visit),
            None => self.keyspace.stream(key).map(|_| 0),
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
    ) -> Result<usize, StreamError> {
        Ok(self.keyspace.stream(key)?.map_or(0, |stream| stream.range(start, end, limit, visit)))
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
    ) -> Result<usize, StreamError> {
        Ok(self.keyspace.stream(key)?.map_or(0, |stream| stream.range_reverse(start, end, limit, visit)))
    }

    /// Removes old entries and returns how many.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn trim(&mut self, key: &[u8], trim: Trim) -> Result<u64, StreamError> {
        let limits = self.keyspace.limits;
        Ok(self.keyspace.stream_mut(key)?.map_or(0, |stream| stream.trim(trim, limits)))
    }

    /// Deletes the entries with these ids and returns how many there were. The stream stays, even without entries.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn delete_entries(&mut self, key: &[u8], ids: &[EntryId]) -> Result<u64, StreamError> {
        Ok(self.keyspace.stream_mut(key)?.map_or(0, |stream| stream.delete(ids)))
    }

    /// How many entries a stream has.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn len(&self, key: &[u8]) -> Result<u64, StreamError> {
        Ok(self.keyspace.stream(key)?.map_or(0, Stream::len))
    }

    /// The last id that a stream gave, even if its entry is gone; [`EntryId::MIN`] for a missing key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn last_id(&self, key: &[u8]) -> Result<EntryId, StreamError> {
        Ok(self.keyspace.stream(key)?.map_or(EntryId::MIN, Stream::last_id))
    }

    /// What a stream says about itself; `None` for a missing key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn info(&self, key: &[u8]) -> Result<Option<StreamInfo>, StreamError> {
        Ok(self.keyspace.stream(key)?.map(Stream::info))
    }

    /// Sets the last id and the counters of an existing stream.
    ///
    /// # Errors
    /// When there is no such stream, or the values contradict its entries.
    pub fn set_id(&mut self, key: &[u8], set: SetId) -> Result<(), StreamError> {
        self.keyspace.stream_mut(key)?.ok_or(StreamError::NoSuchKey)?.set_id(set)
    }

    /// Removes a key and whatever it holds. Returns whether there was one.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let Some((key, value)) = self.keyspace.remove(key) else { return false };
        self.afterwards.removed.push(value);
        if self.shared.waiters.any() {
            self.touched.push(key);
        }
        true
    }

    /// Removes all keys.
    pub fn flush(&mut self) {
        self.afterwards.removed.extend(self.keyspace.take_all());
        self.flushed = true;
    }

    /// Whether there is such a key.
    pub fn exists(&self, key: &[u8]) -> bool {
        self.keyspace.get(key).is_some()
    }

    /// What a key holds.
    pub fn key_type(&self, key: &[u8]) -> Option<KeyType> {
        self.keyspace.get(key).map(Value::key_type)
    }

    /// How many keys there are.
    pub fn key_count(&self) -> usize {
        self.keyspace.len()
    }

    /// Shows all keys that match a glob (see [`glob_matches`](crate::glob_matches)), the oldest first.
    pub fn keys(&self, pattern: &[u8], mut visit: impl FnMut(&[u8])) {
        for (_, key) in self.keyspace.since(0) {
            if crate::glob_matches(pattern, key) {
                visit(key);
            }
        }
    }

    /// Shows the next `count` keys from a cursor on (0 at the beginning) and returns the cursor to go on with, 0 at
    /// the end. A key that exists from the first call to the last is shown exactly once.
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], KeyType)) -> u64 {
        for (shown, (age, key)) in self.keyspace.since(cursor).enumerate() {
            if shown == count {
                return age;
            }
            if let Some(value) = self.keyspace.get(key) {
                visit(key, value.key_type());
            }
        }
        0
    }

    /// How large blocks become.
    pub fn node_limits(&self) -> NodeLimits {
        self.keyspace.limits
    }

    /// How large blocks become, for entries that are added from now on.
    pub fn set_node_limits(&mut self, limits: NodeLimits) {
        self.keyspace.limits = limits;
    }

    /// Memory of all keys and values, what is reserved for more included.
    pub fn memory_bytes(&self) -> usize {
        self.keyspace.memory_bytes()
    }
}

impl std::fmt::Debug for Db<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("keys", &self.key_count()).finish_non_exhaustive()
    }
}
