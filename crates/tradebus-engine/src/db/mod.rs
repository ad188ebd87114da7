//! The state of the store, and every way to change it.
//!
//! A change is first allowed by the [journal](crate::log::Journal), then made, then written down as a
//! [record](crate::log::Record) of what it did: [`replay`] makes the same changes from the records again.

mod groups;
mod keys;
mod replay;
mod streams;
mod values;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use parking_lot::MutexGuard;
use smallvec::SmallVec;
use tokio::sync::Notify;

pub use groups::{GroupStart, Member};
pub(crate) use keys::Captured;
pub use keys::{ExpiryCondition, Lifetime, Moves};
pub use values::{SetCondition, SetExpiry, SetText};

use crate::DbError;
use crate::keyspace::{Key, Keyspace, Touched};
use crate::listen::Waiters;
use crate::log::{Journal, LogPosition, Record};
use crate::stream::{NodeLimits, Stream};
use crate::value::Value;

/// Milliseconds since 1970.
pub(crate) type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// The store, to be read and changed. It is reached through [`Engine::lock`](crate::Engine::lock).
pub struct Db {
    keyspace: Keyspace,
    limits: NodeLimits,
    clock: Clock,
    /// The time of the batch: its entries arrive at once, and asking the clock costs as much as half an append.
    now: Option<u64>,
    waiters: Arc<Waiters>,
    /// Keys that were touched, for those who wait for them.
    touched: SmallVec<[(Key, Touched); 2]>,
    /// Freeing a large stream takes time that others need not wait for.
    removed: Vec<Value>,
    expired: u64,
    journal: Journal,
}

impl Db {
    pub(crate) fn new(clock: Clock, waiters: Arc<Waiters>) -> Self {
        Self {
            keyspace: Keyspace::default(),
            limits: NodeLimits::default(),
            clock,
            now: None,
            waiters,
            touched: SmallVec::new(),
            removed: Vec::new(),
            expired: 0,
            journal: Journal::default(),
        }
    }

    /// The time of this batch, in milliseconds since 1970.
    pub fn now(&mut self) -> u64 {
        *self.now.get_or_insert_with(&self.clock)
    }

    /// How large blocks become.
    pub const fn node_limits(&self) -> NodeLimits {
        self.limits
    }

    /// How large blocks become, for entries that are added from now on.
    pub const fn set_node_limits(&mut self, limits: NodeLimits) {
        self.limits = limits;
    }

    /// Memory of all keys and values, what is reserved for more included.
    pub fn memory_bytes(&self) -> usize {
        self.keyspace.memory_bytes()
    }

    /// How many keys have expired since the store was opened.
    pub const fn expired_keys(&self) -> u64 {
        self.expired
    }

    /// Where the log ends, with all that was changed so far; see [`Engine::settled`](crate::Engine::settled).
    pub fn log_position(&self) -> LogPosition {
        self.journal.position()
    }

    /// The keys that were changed in the batch that is open; only while somebody waits for keys.
    pub(crate) fn touched_keys(&self) -> impl Iterator<Item = &Key> {
        self.touched.iter().filter(|(_, how)| how.changed).map(|(key, _)| key)
    }

    pub(crate) const fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Frees what was removed, where nobody waits for the store.
    pub(crate) fn forget_removed(&mut self) {
        self.removed.clear();
    }

    /// Removes the keys whose time has come. Called before anything else is done with the store, so that nobody ever sees one.
    pub(crate) fn expire_due(&mut self) {
        while let Some((at, key)) = self.keyspace.next_expiry() {
            let key = Arc::clone(key);
            // What cannot be written down is not done: the keys go when the disk has room again.
            if at > self.now() || !self.journal.has_reserve(key.len()) {
                return;
            }
            self.expired += 1;
            self.take_out(&key);
            self.write(&Record::Remove { key: &key });
        }
    }

    /// Whether a change that takes so many bytes in the log can be made.
    fn admit(&mut self, bytes: usize) -> Result<(), DbError> {
        self.journal.admit(bytes)
    }

    fn write(&mut self, record: &Record<'_>) {
        self.journal.write(record);
    }

    /// Tells those who wait for a key, when the batch is over.
    fn touch(&mut self, key: &[u8], how: Touched) {
        if !self.waiters.any() {
            return;
        }
        match self.keyspace.slot_mut(key) {
            Some((_, slot)) if slot.touched.and(how) == slot.touched => {}
            Some((key, slot)) => {
                slot.touched = slot.touched.and(how);
                self.touched.push((Arc::clone(key), how));
            }
            None => self.touched.push((key.into(), how)),
        }
    }

    fn changed(&mut self, key: &[u8]) {
        self.touch(key, Touched::CHANGED);
    }

    /// Removes a key, which is freed when the store is free again. Returns whether there was one.
    fn take_out(&mut self, key: &[u8]) -> bool {
        let Some((key, value)) = self.keyspace.remove(key) else { return false };
        self.gone(&key, value);
        true
    }

    fn gone(&mut self, key: &Key, value: Value) {
        let how = if matches!(value, Value::Stream(_)) { Touched::READY } else { Touched::CHANGED };
        self.removed.push(value);
        self.touch(key, how);
    }

    fn stream(&self, key: &[u8]) -> Result<Option<&Stream>, DbError> {
        match self.keyspace.get(key) {
            None => Ok(None),
            Some(Value::Stream(stream)) => Ok(Some(stream)),
            Some(_) => Err(DbError::WrongType),
        }
    }

    fn stream_mut(&mut self, key: &[u8]) -> Result<Option<&mut Stream>, DbError> {
        match self.keyspace.slot_mut(key).map(|(_, slot)| &mut slot.value) {
            None => Ok(None),
            Some(Value::Stream(stream)) => Ok(Some(stream)),
            Some(_) => Err(DbError::WrongType),
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("keys", &self.key_count()).finish_non_exhaustive()
    }
}

/// The [store](Db), open for one batch of reads and changes. See [`Engine::lock`](crate::Engine::lock).
///
/// When it is dropped, those who listen to the keys that changed are woken, once each, after the store is free again.
pub struct Locked<'a> {
    db: MutexGuard<'a, Db>,
    /// Fields are dropped in order: these come after the lock.
    afterwards: Afterwards,
}

/// What is done when the store is free again.
#[derive(Default)]
struct Afterwards {
    wake: Vec<Arc<Notify>>,
    removed: Vec<Value>,
    log: Option<crate::log::WriterWaker>,
}

impl Drop for Afterwards {
    fn drop(&mut self) {
        if let Some(writer) = self.log.take() {
            writer.wake();
        }
        for notify in &self.wake {
            notify.notify_one();
        }
    }
}

impl<'a> Locked<'a> {
    pub(crate) fn new(mut db: MutexGuard<'a, Db>) -> Self {
        if db.keyspace.next_expiry().is_some() {
            db.expire_due();
        }
        Self { db, afterwards: Afterwards::default() }
    }
}

impl Deref for Locked<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.db
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let db = &mut *self.db;
        let wake = &mut self.afterwards.wake;
        if !db.touched.is_empty() {
            for (key, how) in std::mem::take(&mut db.touched) {
                // A key that was first changed and then became ready is here twice: who waits for several keys gets the one that
                // became ready first.
                if let Some((_, slot)) = db.keyspace.slot_mut(&key) {
                    slot.touched = Touched::NOT;
                }
                Arc::clone(&db.waiters).tell(&key, how, db, wake);
            }
            wake.sort_unstable_by_key(Arc::as_ptr);
            wake.dedup_by(|one, other| Arc::ptr_eq(one, other));
        }
        db.now = None;
        self.afterwards.removed = std::mem::take(&mut db.removed);
        self.afterwards.log = db.journal.waker_if_needed();
    }
}

impl std::fmt::Debug for Locked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, f)
    }
}
