//! The writer: a thread that takes what has gathered in the journal to the disk.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::Fsync;
use super::frame::FRAME_HEAD;
use super::journal::{JournalShared, LogPosition, Taken};
use super::segment::Segment;
use super::snapshots::Snapshots;
use super::syncer::Syncer;
use crate::Db;

/// How long changes gather unless somebody waits for them to be synced.
const GATHER: Duration = Duration::from_millis(1);
/// A sync is not put off longer than until so many bytes wait for it: closing a segment would take long.
const SYNC_BYTES: usize = 8 << 20;
/// Between two syncs with [`Fsync::EverySecond`]; also how often a sleeping writer looks around.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Wakes the writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriterWaker(Arc<(Mutex<bool>, Condvar)>);

impl WriterWaker {
    pub(crate) fn wake(&self) {
        *self.0.0.lock() = true;
        self.0.1.notify_one();
    }

    /// Returns whether it was woken; at once if that happened before.
    fn sleep(&self, longest: Duration) -> bool {
        let mut woken = self.0.0.lock();
        if !*woken {
            self.0.1.wait_for(&mut woken, longest);
        }
        std::mem::take(&mut woken)
    }
}

/// What the thread works with.
pub(super) struct Writer {
    pub(super) db: Arc<Mutex<Db>>,
    pub(super) shared: Arc<JournalShared>,
    pub(super) waker: WriterWaker,
    pub(super) closing: Arc<AtomicBool>,
    pub(super) fsync: Fsync,
    pub(super) segment_bytes: u64,
    pub(super) current: Segment,
    pub(super) syncer: Syncer,
    pub(super) snapshots: Snapshots,
    pub(super) state: State,
}

/// What the thread remembers.
pub(super) struct State {
    /// Of the last frame, to be filled again.
    buffer: Vec<u8>,
    last_take: Instant,
    last_sync: Instant,
    written: LogPosition,
    /// Bytes since the last sync was asked for.
    unsynced: usize,
    /// Nothing behind the last frame tells yet that it was complete.
    unmarked: bool,
}

impl Default for State {
    fn default() -> Self {
        let now = Instant::now();
        let written = LogPosition::default();
        Self { buffer: Vec::new(), last_take: now, last_sync: now, written, unsynced: 0, unmarked: false }
    }
}

/// What was taken, and where it belongs if not into the segment at hand.
struct Load {
    taken: Taken,
    next: Option<Segment>,
}

impl Writer {
    /// Works until the store is closed and everything is written and synced, or until the disk fails.
    pub(super) fn run(mut self) {
        if let Err(error) = self.work() {
            tracing::error!(%error, "the log cannot be written any more: changes are refused");
            self.shared.fail(error);
        }
        self.snapshots.end();
    }

    fn work(&mut self) -> io::Result<()> {
        while !self.closing.load(Ordering::Relaxed) {
            self.gather();
            match self.take() {
                Some(load) => self.append(load)?,
                None => self.rest()?,
            }
            self.sync_if_due()?;
            self.prepare_next();
            if self.snapshots.is_due() {
                self.begin_snapshot()?;
            }
        }
        self.finish()
    }

    fn gather(&self) {
        if self.fsync != Fsync::Always {
            std::thread::sleep(GATHER.saturating_sub(self.state.last_take.elapsed()));
        }
    }

    fn take(&mut self) -> Option<Load> {
        self.state.last_take = Instant::now();
        let buffer = std::mem::take(&mut self.state.buffer);
        let mut db = self.db.lock();
        let taken = db.journal().take(buffer)?;
        Some(self.place(taken))
    }

    /// Decides where a frame goes, while nobody can add to the next one.
    fn place(&self, taken: Taken) -> Load {
        let bytes = taken.frame.len() as u64;
        let next = if bytes > self.current.room() { self.shared.spares.take() } else { None };
        let left = next.as_ref().unwrap_or(&self.current).room().saturating_sub(bytes);
        self.shared.room.store(left.max(self.shared.spares.room()), Ordering::Relaxed);
        self.shared.progress.send_modify(|progress| progress.taken = taken.end);
        Load { taken, next }
    }

    fn append(&mut self, load: Load) -> io::Result<()> {
        if let Some(next) = load.next {
            self.roll(next)?;
        }
        let Taken { mut frame, end } = load.taken;
        self.current.append(&mut frame)?;
        self.snapshots.logged(frame.len() as u64);
        self.state.unsynced += frame.len();
        (self.state.buffer, self.state.written, self.state.unmarked) = (frame, end, true);
        Ok(())
    }

    /// Goes on with the next segment.
    fn roll(&mut self, next: Segment) -> io::Result<()> {
        self.current.seal()?;
        self.state.unsynced = 0;
        self.shared.settle(self.state.written);
        self.current = next;
        Ok(())
    }

    /// Nothing is there to be written: sleeps until there is.
    fn rest(&mut self) -> io::Result<()> {
        self.shared.idle.store(true, Ordering::Relaxed);
        let has_changes = self.db.lock().journal().has_changes();
        let woken = has_changes || self.waker.sleep(SYNC_INTERVAL);
        self.shared.idle.store(false, Ordering::Relaxed);
        if woken { Ok(()) } else { self.mark() }
    }

    /// Writes an empty frame behind the last one when that is synced: from then on, damage to it is told from a write that was
    /// not finished.
    fn mark(&mut self) -> io::Result<()> {
        let settled =
            self.fsync == Fsync::Never || self.shared.progress.borrow().settled == self.state.written;
        if !self.state.unmarked || !settled || !self.take_room_for_mark() {
            return Ok(());
        }
        self.state.unmarked = false;
        self.current.append(&mut [0; FRAME_HEAD])
    }

    fn take_room_for_mark(&self) -> bool {
        let mut db = self.db.lock();
        let (mark, spare) = (FRAME_HEAD as u64, self.shared.spares.room());
        if db.journal().has_changes() || spare == 0 || self.current.room() < mark {
            return false;
        }
        self.shared.room.store(spare.max(self.current.room() - mark), Ordering::Relaxed);
        true
    }

    fn sync_if_due(&mut self) -> io::Result<()> {
        let written = self.state.written;
        let due = match self.fsync {
            Fsync::Always => self.state.unsynced > 0,
            Fsync::EverySecond => self.state.unsynced > 0 && self.state.last_sync.elapsed() >= SYNC_INTERVAL,
            Fsync::Never => false,
        };
        if due && self.fsync == Fsync::Always {
            self.current.file().sync_data()?;
            self.shared.settle(written);
        } else if !due && self.state.unsynced < SYNC_BYTES
            || !self.syncer.request(self.current.file(), written)?
        {
            return Ok(());
        }
        (self.state.unsynced, self.state.last_sync) = (0, Instant::now());
        Ok(())
    }

    /// Has a segment ready before it is needed.
    fn prepare_next(&self) {
        let room = self.shared.spares.make_room(self.segment_bytes).unwrap_or(0);
        if room > self.shared.room.load(Ordering::Relaxed) {
            let _nobody_counts_on_it_meanwhile = self.db.lock();
            self.shared.room.fetch_max(room, Ordering::Relaxed);
        }
    }

    /// Begins a snapshot of the store as it is before the next segment.
    fn begin_snapshot(&mut self) -> io::Result<()> {
        let (load, captured) = {
            let mut db = self.db.lock();
            let last = db.journal().take(Vec::new());
            (last.map(|taken| self.place(taken)), db.capture())
        };
        if let Some(load) = load {
            self.append(load)?;
        }
        // Nothing is taken out of the journal before the next segment begins: what is there comes after the snapshot.
        let Some(next) = self.take_next_segment() else {
            self.snapshots.postpone();
            return Ok(());
        };
        let number = next.number();
        self.roll(next)?;
        self.snapshots.begin(number, captured)
    }

    /// The next segment, although the one at hand has room; `None` if the disk is full.
    fn take_next_segment(&self) -> Option<Segment> {
        self.shared.spares.make_room(self.segment_bytes)?;
        let mut db = self.db.lock();
        // What was let in because the segment at hand has room must find it in the next one.
        if db.journal().frame_bytes() > self.shared.spares.room() {
            return None;
        }
        let next = self.shared.spares.take()?;
        self.shared.room.store(next.room(), Ordering::Relaxed);
        Some(next)
    }

    /// The store is being closed: whatever is left is written, and the log ends for good.
    fn finish(&mut self) -> io::Result<()> {
        let last = {
            let mut db = self.db.lock();
            let last = db.journal().take(Vec::new());
            self.shared.failed.store(true, Ordering::Relaxed);
            last.map(|taken| self.place(taken))
        };
        if let Some(load) = last {
            self.append(load)?;
        }
        self.current.finish()?;
        self.shared.spares.discard();
        self.shared.settle(self.state.written);
        Ok(())
    }
}
