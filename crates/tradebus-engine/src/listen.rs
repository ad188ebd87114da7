//! Waiting for entries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::Db;
use crate::keyspace::{Key, Touched};

/// Somebody who waits for keys to change.
pub(crate) trait Waiter: Send + Sync {
    /// A key was touched. Called at the end of a batch while the store is locked, for one waiter after the other in the
    /// order in which they came. Returns whom to wake when the store is free again.
    fn touched(&self, key: &[u8], how: Touched, db: &mut Db) -> Option<Arc<Notify>>;
}

/// Who waits for which key. Its lock is taken while the keyspace is locked, never the other way round.
#[derive(Default)]
pub(crate) struct Waiters {
    by_key: Mutex<HashMap<Key, Vec<Arc<dyn Waiter>>>>,
    /// How many keys are waited for: without any, appending needs no marks.
    keys: AtomicUsize,
}

impl Waiters {
    pub(crate) fn any(&self) -> bool {
        self.keys.load(Ordering::Relaxed) > 0
    }

    /// Tells everyone who waits for this key.
    pub(crate) fn tell(&self, key: &[u8], how: Touched, db: &mut Db, wake: &mut Vec<Arc<Notify>>) {
        if let Some(waiting) = self.by_key.lock().get(key) {
            wake.extend(waiting.iter().filter_map(|waiter| waiter.touched(key, how, db)));
        }
    }

    pub(crate) fn add(&self, key: &Key, waiter: Arc<dyn Waiter>) {
        let mut by_key = self.by_key.lock();
        by_key.entry(Arc::clone(key)).or_default().push(waiter);
        self.keys.store(by_key.len(), Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, key: &[u8], waiter: &Arc<dyn Waiter>) {
        let mut by_key = self.by_key.lock();
        if let Some(waiting) = by_key.get_mut(key) {
            waiting.retain(|other| !Arc::ptr_eq(other, waiter));
            if waiting.is_empty() {
                by_key.remove(key);
            }
        }
        self.keys.store(by_key.len(), Ordering::Relaxed);
    }
}

/// A waiter and its keys; the waiter is forgotten when this is dropped.
pub(crate) struct Registration {
    waiters: Arc<Waiters>,
    keys: Vec<Key>,
    waiter: Arc<dyn Waiter>,
}

impl Registration {
    pub(crate) fn new(waiters: Arc<Waiters>, keys: Vec<Key>, waiter: Arc<dyn Waiter>) -> Self {
        for key in &keys {
            waiters.add(key, Arc::clone(&waiter));
        }
        Self { waiters, keys, waiter }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        for key in &self.keys {
            self.waiters.remove(key, &self.waiter);
        }
    }
}

/// Listens to some keys until it is dropped. See [`Engine::listen`](crate::Engine::listen).
pub struct Listener {
    registration: Registration,
    notify: Arc<Notify>,
}

struct Listening {
    notify: Arc<Notify>,
}

impl Waiter for Listening {
    fn touched(&self, _: &[u8], how: Touched, _: &mut Db) -> Option<Arc<Notify>> {
        how.ready.then(|| Arc::clone(&self.notify))
    }
}

impl Listener {
    pub(crate) fn new(waiters: Arc<Waiters>, keys: Vec<Key>) -> Self {
        let notify = Arc::new(Notify::new());
        let waiter = Arc::new(Listening { notify: Arc::clone(&notify) });
        Self { registration: Registration::new(waiters, keys, waiter), notify }
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

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("keys", &self.registration.keys.len()).finish_non_exhaustive()
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
