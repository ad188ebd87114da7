//! When snapshots are written, and what goes when one is complete.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::directory::Directory;
use super::frame::FileKind;
use super::snapshot;
use crate::db::Captured;

/// After one that failed or could not begin.
const PAUSE: Duration = Duration::from_secs(10);

/// The snapshots of a store, of which one is written at a time, on a thread of its own.
pub(super) struct Snapshots {
    directory: Arc<Directory>,
    after_bytes: u64,
    /// Of the log since the last snapshot.
    log_bytes: u64,
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
    not_before: Instant,
}

#[derive(Default)]
struct Shared {
    /// Size of the last one.
    last_bytes: AtomicU64,
    failed: AtomicBool,
    /// Of the log that a snapshot which failed should have stood for.
    uncovered: AtomicU64,
    cancelled: AtomicBool,
}

impl Snapshots {
    /// For a log of this size since a snapshot of that size.
    pub(super) fn new(directory: Arc<Directory>, after_bytes: u64, log_bytes: u64, last_bytes: u64) -> Self {
        let shared = Shared { last_bytes: last_bytes.into(), ..Shared::default() };
        let not_before = Instant::now();
        Self { directory, after_bytes, log_bytes, shared: shared.into(), running: None, not_before }
    }

    /// So much more is in the log.
    pub(super) const fn logged(&mut self, bytes: u64) {
        self.log_bytes += bytes;
    }

    pub(super) fn is_due(&mut self) -> bool {
        if self.shared.failed.swap(false, Ordering::Acquire) {
            self.log_bytes += self.shared.uncovered.swap(0, Ordering::Relaxed);
            self.postpone();
        }
        let enough = self.after_bytes.max(2 * self.shared.last_bytes.load(Ordering::Relaxed));
        if self.log_bytes < enough || Instant::now() < self.not_before {
            return false;
        }
        if self.running.as_ref().is_some_and(|running| !running.is_finished()) {
            return false;
        }
        self.running = None;
        true
    }

    pub(super) fn postpone(&mut self) {
        self.not_before = Instant::now() + PAUSE;
    }

    /// Writes what was captured before the segment of this number began; then everything older goes.
    pub(super) fn begin(&mut self, number: u64, captured: Vec<Captured>) -> io::Result<()> {
        let (directory, shared) = (Arc::clone(&self.directory), Arc::clone(&self.shared));
        let covered = std::mem::take(&mut self.log_bytes);
        let work = move || match snapshot::write(&directory, number, captured, &shared.cancelled) {
            Ok(bytes) => {
                shared.last_bytes.store(bytes, Ordering::Relaxed);
                tracing::debug!(number, bytes, covered, "a snapshot was written");
                remove_older(&directory, number);
            }
            Err(_) if shared.cancelled.load(Ordering::Relaxed) => {}
            Err(error) => {
                tracing::warn!(%error, "a snapshot could not be written: the log grows on");
                shared.uncovered.store(covered, Ordering::Relaxed);
                shared.failed.store(true, Ordering::Release);
            }
        };
        self.running = Some(std::thread::Builder::new().name("tradebus-snapshot".into()).spawn(work)?);
        Ok(())
    }

    /// Ends one that is being written, since the log holds all of it, and gives the directory back.
    pub(super) fn end(&mut self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
        self.directory.release();
    }
}

/// What was logged before a snapshot is in it.
fn remove_older(directory: &Directory, number: u64) {
    let Ok(listing) = directory.list() else { return };
    let older = |kind, numbers: Vec<u64>| {
        numbers.into_iter().filter(move |it| *it < number).map(move |it| (kind, it))
    };
    let segments = older(FileKind::Log, listing.segments);
    for (kind, older) in segments.chain(older(FileKind::Snapshot, listing.snapshots)) {
        let path = directory.file(kind, older);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "an old file of the log could not be removed");
        }
    }
}
