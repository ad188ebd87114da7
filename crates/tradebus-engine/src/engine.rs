//! The store as its users hold it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::keyspace::{Key, Keyspace};
use crate::listen::{Listener, Registration, Waiter, Waiters};
use crate::{Db, NodeLimits};

/// What all handles share.
pub(crate) struct Shared {
    pub(crate) keyspace: Mutex<Keyspace>,
    pub(crate) waiters: Waiters,
    pub(crate) clock: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// An embedded store of streams. Clones are handles to the same store, which lives as long as one of them.
///
/// ```
/// use std::ops::ControlFlow;
/// use tradebus_engine::{Engine, EntryId, NewId};
///
/// let engine = Engine::new();
/// let id = engine.lock().append(b"quotes", NewId::Auto, &[(b"topic", b"data.quotes.BINANCE.BTCUSDT")])?;
/// engine.lock().read_after(b"quotes", EntryId::MIN, 100, |entry, mut fields| {
///     assert_eq!(entry, id);
///     assert_eq!(fields.next(), Some((b"topic".as_slice(), b"data.quotes.BINANCE.BTCUSDT".as_slice())));
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), tradebus_engine::StreamError>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// An empty store in memory.
    pub fn new() -> Self {
        Self::with_clock(|| {
            // Before 1970 the clock is certainly wrong; ids rise all the same.
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
        })
    }

    /// An empty store whose clock (milliseconds since 1970) is given, for tests and for replays.
    pub fn with_clock(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let shared =
            Shared { keyspace: Mutex::default(), waiters: Waiters::default(), clock: Box::new(clock) };
        Self { shared: Arc::new(shared) }
    }

    /// Opens the store for reading and writing; nobody else reads or writes until the guard is dropped. Keep it for a
    /// batch, not for longer.
    pub fn lock(&self) -> Db<'_> {
        Db::new(&self.shared)
    }

    /// Listens to some keys, which need not exist. Register first, then read, then wait: so nothing is missed.
    pub fn listen(&self, keys: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Listener {
        let keys = keys.into_iter().map(|key| key.as_ref().into()).collect();
        Listener::new(Arc::clone(&self.shared), keys)
    }

    /// How large blocks become, for entries that are added from now on.
    pub fn set_node_limits(&self, limits: NodeLimits) {
        self.lock().set_node_limits(limits);
    }

    /// Registers somebody who is served at the end of the batches that change a key.
    pub(crate) fn register(&self, keys: Vec<Key>, waiter: Arc<dyn Waiter>) -> Registration {
        Registration::new(Arc::clone(&self.shared), keys, waiter)
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
