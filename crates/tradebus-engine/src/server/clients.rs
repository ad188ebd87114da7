//! Who is connected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::client::{Client, Origin};

/// All clients, the oldest first.
#[derive(Default)]
pub(super) struct Clients {
    shared: Arc<Registry>,
}

#[derive(Default)]
struct Registry {
    connected: Mutex<BTreeMap<u64, Arc<Client>>>,
    last_id: AtomicU64,
}

/// The place of a client, which is free again when this is dropped.
pub(super) struct Place {
    client: Arc<Client>,
    registry: Arc<Registry>,
}

impl Clients {
    /// A place for one more client, if there are less than `most`.
    pub(super) fn admit(&self, most: usize, origin: Origin, tick: u64) -> Option<Place> {
        let mut connected = self.shared.connected.lock();
        if connected.len() >= most {
            return None;
        }
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Arc::new(Client::new(id, origin, tick));
        connected.insert(id, Arc::clone(&client));
        Some(Place { client, registry: Arc::clone(&self.shared) })
    }

    /// Everybody but those who were told to go, the oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Client>> {
        let connected = self.shared.connected.lock();
        connected.values().filter(|client| client.ends().is_none()).cloned().collect()
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<Client>> {
        self.shared.connected.lock().get(&id).filter(|client| client.ends().is_none()).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.count_those(|_| true)
    }

    pub(super) fn count_waiting(&self) -> usize {
        self.count_those(Client::waits)
    }

    fn count_those(&self, wanted: impl Fn(&Client) -> bool) -> usize {
        let connected = self.shared.connected.lock();
        connected.values().filter(|client| client.ends().is_none() && wanted(client)).count()
    }
}

impl Place {
    pub(super) const fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.connected.lock().remove(&self.client.id);
    }
}
