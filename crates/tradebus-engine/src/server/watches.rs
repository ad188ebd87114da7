//! WATCH: an EXEC that is done only if certain keys are as they were.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashSet;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::keyspace::{Key, Touched};
use crate::listen::{Registration, Waiter};
use crate::{Db, Engine};

/// What the tables need for a key, about.
const TABLE_BYTES: usize = 128;

/// The keys that one client watches.
#[derive(Default)]
pub(super) struct Watches {
    watcher: Arc<Watcher>,
    keys: HashSet<Key>,
    registrations: Vec<Registration>,
    bytes: usize,
}

/// Is told of changes.
#[derive(Default)]
struct Watcher {
    has_changed: AtomicBool,
    /// Keys that ceased to exist just before they were watched, which it is told of all the same.
    were_gone: Mutex<HashSet<Key>>,
}

impl Waiter for Watcher {
    fn touched(&self, key: &[u8], how: Touched, _: &mut Db) -> Option<Arc<Notify>> {
        if how.changed && !self.were_gone.lock().remove(key) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        None
    }
}

impl Watches {
    /// Watches more keys, from now on.
    pub(super) fn add(&mut self, keys: &[&[u8]], db: &Db, engine: &Engine) {
        let new: Vec<Key> =
            keys.iter().map(|key| Key::from(*key)).filter(|key| self.keys.insert(Arc::clone(key))).collect();
        if new.is_empty() {
            return;
        }
        self.bytes += new.iter().map(|key| key.len() + TABLE_BYTES).sum::<usize>();
        let gone = db.touched_keys().filter(|key| self.keys.contains(*key)).cloned();
        self.watcher.were_gone.lock().extend(gone);
        let watcher: Arc<dyn Waiter> = Arc::clone(&self.watcher) as _;
        self.registrations.push(engine.register(new, watcher));
    }

    /// Whether a key was changed. Those that expired when the store was opened just now nobody was told of yet.
    pub(super) fn are_dirty(&self, db: &Db) -> bool {
        self.seem_dirty() || db.touched_keys().any(|key| self.keys.contains(key))
    }

    /// Whether a key was changed before the batch that is open.
    pub(super) fn seem_dirty(&self) -> bool {
        self.watcher.has_changed.load(Ordering::Relaxed)
    }

    /// What the keys take in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}
