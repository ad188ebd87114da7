//! Waiting for entries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::engine::Shared;
use crate::keyspace::Key;

/// Who waits for which key. Its lock is taken while the keyspace is locked, never the other way round.
#[derive(Default)]
pub(crate) struct Listeners {
    by_key: Mutex<HashMap<Key, Vec<Arc<Notify>>>>,
    /// How many keys are listened to: without any, appending needs no marks.
    keys: AtomicUsize,
}

impl Listeners {
    pub(crate) fn any(&self) -> bool {
        self.keys.load(Ordering::Relaxed) > 0
    }

    /// Adds everyone who waits for this key.
    pub(crate) fn of(&self, key: &[u8], found: &mut Vec<Arc<Notify>>) {
        if let Some(waiting) = self.by_key.lock().get(key) {
            found.extend_from_slice(waiting);
        }
    }

    /// Adds everyone.
    pub(crate) fn all(&self, found: &mut Vec<Arc<Notify>>) {
        found.extend(self.by_key.lock().values().flatten().cloned());
    }

    fn add(&self, key: &Key, notify: &Arc<Notify>) {
        let mut by_key = self.by_key.lock();
        by_key.entry(Arc::clone(key)).or_default().push(Arc::clone(notify));
        self.keys.store(by_key.len(), Ordering::Relaxed);
    }

    fn remove(&self, key: &[u8], notify: &Arc<Notify>) {
        let mut by_key = self.by_key.lock();
        if let Some(waiting) = by_key.get_mut(key) {
            waiting.retain(|other| !Arc::ptr_eq(other, notify));
            if waiting.is_empty() {
                by_key.remove(key);
            }
        }
        self.keys.store(by_key.len(), Ordering::Relaxed);
    }
}

/// Listens to some keys until it is dropped. See [`Engine::listen`](crate::Engine::listen).
pub struct Listener {
    shared: Arc<Shared>,
    keys: Vec<Key>,
    notify: Arc<Notify>,
}

impl Listener {
    pub(crate) fn new(shared: Arc<Shared>, keys: Vec<Key>) -> Self {
        let notify = Arc::new(Notify::new());
        for key in &keys {
            shared.listeners.add(key, &notify);
        }
        Self { shared, keys, notify }
    }

    /// Returns when one of the keys got entries, was removed or replaced, since the last return; at once if that
    /// happened before. It may also return without reason: read, and wait again.
    ///
    /// Cancel safe: a wake-up that a dropped future did not see is seen by the next one. Only one task may wait at a
    /// time.
    pub async fn changed(&mut self) {
        self.notify.notified().await;
    }

    /// A handle by which another task ends the wait.
    pub fn waker(&self) -> ListenerWaker {
        ListenerWaker { notify: Arc::clone(&self.notify) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for key in &self.keys {
            self.shared.listeners.remove(key, &self.notify);
        }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// Ends the wait of a [`Listener`].
#[derive(Debug, Clone)]
pub struct ListenerWaker {
    notify: Arc<Notify>,
}

impl ListenerWaker {
    /// Makes [`Listener::changed`] return, now or the next time it is called.
    pub fn wake(&self) {
        self.notify.notify_one();
    }
}
