//! The log of an open store, as the engine holds it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::directory::Directory;
use super::journal::{Journal, JournalShared, Progress};
use super::segment::Spares;
use super::snapshots::Snapshots;
use super::syncer::Syncer;
use super::writer::{State, Writer, WriterWaker};
use super::{Fsync, LogOptions, OpenError, Recovered, recovery};
use crate::Db;

/// A log that is being written. When it is closed or dropped, everything is written and synced.
#[derive(Debug)]
pub(crate) struct LogHandle {
    fsync: Fsync,
    shared: Arc<JournalShared>,
    waker: WriterWaker,
    closing: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What was there when the store was opened.
pub(super) struct Found {
    /// The segment to begin with.
    pub(super) next_segment: u64,
    /// Bytes of the log behind the last snapshot, and of that snapshot.
    pub(super) log_bytes: u64,
    pub(super) snapshot_bytes: u64,
}

/// Reads what a directory holds into an empty store, and logs what is changed from then on.
pub(crate) fn open(db: &Arc<Mutex<Db>>, options: &LogOptions) -> Result<(LogHandle, Recovered), OpenError> {
    let directory = Directory::open(&options.directory)?;
    let (recovered, found) = recovery::read(&mut db.lock(), &directory, options)?;
    let cannot_begin = OpenError::io(&options.directory, "begin a log");
    let log = LogHandle::start(db, directory, options, &found).map_err(cannot_begin)?;
    Ok((log, recovered))
}

impl LogHandle {
    /// Begins to log the changes of a store.
    fn start(
        db: &Arc<Mutex<Db>>,
        directory: Directory,
        options: &LogOptions,
        found: &Found,
    ) -> io::Result<Self> {
        let directory = Arc::new(directory);
        let segment_bytes = options.segment_bytes.max(64 << 10);
        let spares = Spares::new(Arc::clone(&directory), segment_bytes, found.next_segment);
        let no_room = || io::Error::new(io::ErrorKind::StorageFull, "there is no room for the log");
        spares.make_room(segment_bytes).ok_or_else(no_room)?;
        let current = spares.take().ok_or_else(no_room)?;
        // Without a second one, changes are refused when the first is full.
        spares.make_room(segment_bytes);
        let shared = Arc::new(JournalShared {
            room: AtomicU64::new(current.room().max(spares.room())),
            idle: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            end: AtomicU64::new(0),
            spares,
            progress: watch::Sender::new(Progress::default()),
        });
        let (waker, closing) = (WriterWaker::default(), Arc::new(AtomicBool::new(false)));
        let writer = Writer {
            db: Arc::clone(db),
            shared: Arc::clone(&shared),
            waker: waker.clone(),
            closing: Arc::clone(&closing),
            fsync: options.fsync,
            segment_bytes,
            current,
            syncer: Syncer::start(Arc::clone(&shared))?,
            snapshots: Snapshots::new(
                directory,
                options.snapshot_after_bytes,
                found.log_bytes,
                found.snapshot_bytes,
            ),
            state: State::default(),
        };
        *db.lock().journal() = Journal::new(Arc::clone(&shared), waker.clone());
        let thread = std::thread::Builder::new().name("tradebus-log".into()).spawn(|| writer.run())?;
        Ok(Self { fsync: options.fsync, shared, waker, closing, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) const fn fsync(&self) -> Fsync {
        self.fsync
    }

    /// Whether changes are refused because the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        self.shared.spares.is_full()
    }

    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// Bytes of changes that the writer has not taken yet.
    pub(crate) fn backlog(&self) -> u64 {
        let taken = self.shared.progress.borrow().taken;
        self.shared.end.load(Ordering::Relaxed).saturating_sub(taken.0)
    }

    /// Writes and syncs everything; later changes are refused.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.waker.wake();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the log broke: what was changed last may not be written");
        }
    }
}

impl Drop for LogHandle {
    fn drop(&mut self) {
        self.close();
    }
}
