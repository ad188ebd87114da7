//! Who is connected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::blocking::BlockedRead;

/// All clients, by number.
#[derive(Default)]
pub(super) struct Clients {
    shared: Arc<Registry>,
}

#[derive(Default)]
struct Registry {
    /// What each client waits for, if it does.
    connected: Mutex<HashMap<u64, Option<Arc<BlockedRead>>>>,
    last_id: AtomicU64,
}

/// The place of a client, which leaves it when this is dropped.
pub(super) struct Client {
    id: u64,
    registry: Arc<Registry>,
}

impl Clients {
    /// A place for one more client, if there are less than `most`.
    pub(super) fn admit(&self, most: usize) -> Option<Client> {
        let mut connected = self.shared.connected.lock();
        if connected.len() >= most {
            return None;
        }
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        connected.insert(id, None);
        Some(Client { id, registry: Arc::clone(&self.shared) })
    }

    pub(super) fn count(&self) -> usize {
        self.shared.connected.lock().len()
    }

    pub(super) fn count_blocked(&self) -> usize {
        self.shared.connected.lock().values().flatten().count()
    }

    /// What a client waits for.
    pub(super) fn blocked(&self, id: u64) -> Option<Arc<BlockedRead>> {
        self.shared.connected.lock().get(&id).cloned().flatten()
    }
}

impl Client {
    /// Numbers rise and are never used again.
    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// Shows to others what it waits for.
    pub(super) fn set_blocked(&self, blocked: Option<Arc<BlockedRead>>) {
        self.registry.connected.lock().insert(self.id, blocked);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.registry.connected.lock().remove(&self.id);
    }
}
