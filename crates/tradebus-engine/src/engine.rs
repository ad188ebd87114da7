//! The store as its users hold it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::db::{Clock, Locked};
use crate::keyspace::Key;
use crate::listen::{Listener, Registration, Waiter, Waiters};
use crate::log::{self, Fsync, LogHandle};
use crate::{Db, LogError, LogOptions, LogPosition, NodeLimits, OpenError, Recovered};

/// Changes that may wait for the writer of the log before publishers are asked to wait, in bytes.
const MOST_BACKLOG: u64 = 32 << 20;

/// What all handles share.
struct Shared {
    db: Arc<Mutex<Db>>,
    waiters: Arc<Waiters>,
    /// Its writer has the store too, so that everything is written before that goes.
    log: Option<LogHandle>,
}

/// An embedded store, in memory or durable on disk. Clones are handles to the same store, which lives as long as one of them.
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
/// # Ok::<(), tradebus_engine::DbError>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// An empty store in memory.
    pub fn new() -> Self {
        Self::with_clock(now_ms)
    }

    /// An empty store in memory whose clock (milliseconds since 1970) is given, for tests and for replays.
    pub fn with_clock(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let (db, waiters) = empty(Box::new(clock));
        Self { shared: Arc::new(Shared { db, waiters, log: None }) }
    }

    /// Opens a store on disk: everything that was logged in the directory is there again, and what is changed from now on is
    /// logged. Blocks while it reads.
    ///
    /// # Errors
    /// When the directory cannot be used, another process has it open, it is of a newer version, or something in it is damaged.
    pub fn open(options: &LogOptions) -> Result<(Self, Recovered), OpenError> {
        let (db, waiters) = empty(Box::new(now_ms));
        let (log, recovered) = log::open(&db, options)?;
        Ok((Self { shared: Arc::new(Shared { db, waiters, log: Some(log) }) }, recovered))
    }

    /// Opens the store for reading and writing; nobody else reads or writes until the guard is dropped. Keep it for a
    /// batch, not for longer.
    pub fn lock(&self) -> Locked<'_> {
        Locked::new(self.shared.db.lock())
    }

    /// Listens to some keys, which need not exist. Register first, then read, then wait: so nothing is missed.
    pub fn listen(&self, keys: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Listener {
        let keys = keys.into_iter().map(|key| key.as_ref().into()).collect();
        Listener::new(Arc::clone(&self.shared.waiters), keys)
    }

    /// How large blocks become, for entries that are added from now on.
    pub fn set_node_limits(&self, limits: NodeLimits) {
        self.lock().set_node_limits(limits);
    }

    /// When changes are forced to the disk; `None` for a store in memory.
    pub fn fsync(&self) -> Option<Fsync> {
        self.shared.log.as_ref().map(LogHandle::fsync)
    }

    /// Whether those who are told of changes have to wait until these are [settled](Self::settled).
    pub fn settles_late(&self) -> bool {
        self.fsync() == Some(Fsync::Always)
    }

    /// Returns when everything in front of a position of the log is as safe as its policy promises before anybody is told: with
    /// [`Fsync::Always`] when it is synced, otherwise at once. Cancel safe.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn settled(&self, position: LogPosition) -> Result<(), LogError> {
        let Some(log) = self.shared.log.as_ref().filter(|log| log.fsync() == Fsync::Always) else {
            return Ok(());
        };
        let mut progress = log.progress();
        let reached = progress.wait_for(|it| it.settled >= position || it.failure.is_some()).await;
        match reached {
            Ok(progress) if progress.settled >= position => Ok(()),
            Ok(progress) => progress.failure.clone().map_or(Ok(()), Err),
            // The writer has ended, and with it everything is written.
            Err(_) => Ok(()),
        }
    }

    /// Returns when the log has room in memory for more changes: who changes much at a time asks before each batch, so that a
    /// slow disk slows it down. Cancel safe.
    pub async fn has_room(&self) {
        let Some(log) = self.shared.log.as_ref() else { return };
        if log.backlog() <= MOST_BACKLOG {
            return;
        }
        let mut progress = log.progress();
        // It cannot fail: the sender lives as long as the log.
        let _ = progress.wait_for(|it| it.failure.is_some() || log.backlog() <= MOST_BACKLOG).await;
    }

    /// Why nothing can be changed, if that is so: the disk is full, or has failed.
    pub fn trouble(&self) -> Option<String> {
        let log = self.shared.log.as_ref()?;
        let failure = log.progress().borrow().failure.clone();
        match failure {
            Some(failure) => Some(failure.to_string()),
            None => log.is_full().then(|| "the disk has no room left for the log".to_owned()),
        }
    }

    /// Writes and syncs everything that was changed, and ends the log: from then on nothing can be changed. Blocks until that is
    /// done. A store in memory goes on. Dropping the last handle does the same.
    pub fn close(&self) {
        if let Some(log) = &self.shared.log {
            log.close();
        }
    }

    /// Registers somebody who is served at the end of the batches that change a key.
    pub(crate) fn register(&self, keys: Vec<Key>, waiter: Arc<dyn Waiter>) -> Registration {
        Registration::new(Arc::clone(&self.shared.waiters), keys, waiter)
    }
}

fn empty(clock: Clock) -> (Arc<Mutex<Db>>, Arc<Waiters>) {
    let waiters = Arc::<Waiters>::default();
    (Arc::new(Mutex::new(Db::new(clock, Arc::clone(&waiters)))), waiters)
}

fn now_ms() -> u64 {
    // Before 1970 the clock is certainly wrong; ids rise all the same.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("fsync", &self.fsync()).finish_non_exhaustive()
    }
}
