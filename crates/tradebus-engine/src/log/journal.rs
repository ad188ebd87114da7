//! The changes that were made and not yet taken by the writer. It lies with the store, under the same lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

use super::LogError;
use super::frame::FRAME_HEAD;
use super::record::{Record, RecordWriter};
use super::segment::Spares;
use super::writer::WriterWaker;
use crate::DbError;

/// What is always kept free for what cannot be refused, such as keys that expire.
const RESERVE_BYTES: u64 = 16 * 1024;
/// A record without its texts: kind, lengths, ids, times.
const RECORD_BYTES: u64 = 128;
/// What is kept of a buffer that was large once.
const KEPT_BYTES: usize = 4 << 20;

/// A place in the log: everything that was changed before is in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPosition(pub(super) u64);

/// How far the writer has come, for those who wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// Taken out of the journal.
    pub(crate) taken: LogPosition,
    /// Synced, as far as the policy demands before anybody is told.
    pub(crate) settled: LogPosition,
    pub(crate) failure: Option<LogError>,
}

/// What the open store and the writer share.
#[derive(Debug)]
pub(super) struct JournalShared {
    /// Bytes of the largest frame that is sure to find room on the disk. Changed only while the store is locked.
    pub(super) room: AtomicU64,
    /// The writer sleeps, and is to be woken by who leaves something for it.
    pub(super) idle: AtomicBool,
    pub(super) failed: AtomicBool,
    /// The end of what was changed.
    pub(super) end: AtomicU64,
    pub(super) spares: Spares,
    pub(super) progress: watch::Sender<Progress>,
}

impl JournalShared {
    /// Nothing can be written any more.
    pub(super) fn fail(&self, error: std::io::Error) {
        self.failed.store(true, Ordering::Relaxed);
        let failure = LogError { source: Arc::new(error) };
        self.progress.send_modify(|progress| {
            progress.failure.get_or_insert(failure);
        });
    }

    /// Everything in front of a position is as safe as the policy promises.
    pub(super) fn settle(&self, position: LogPosition) {
        self.progress.send_modify(|progress| progress.settled = progress.settled.max(position));
    }
}

/// Changes on their way to the log; nothing, for a store in memory.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    active: Option<Active>,
}

#[derive(Debug)]
struct Active {
    /// The frame that gathers, with room for its head.
    frame: Vec<u8>,
    records: RecordWriter,
    end: u64,
    shared: Arc<JournalShared>,
    waker: WriterWaker,
}

/// What the writer takes at one time.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) frame: Vec<u8>,
    pub(super) end: LogPosition,
}

impl Journal {
    pub(super) fn new(shared: Arc<JournalShared>, waker: WriterWaker) -> Self {
        let (frame, records) = (vec![0; FRAME_HEAD], RecordWriter::default());
        Self { active: Some(Active { frame, records, end: 0, shared, waker }) }
    }

    /// Whether a change that takes so many bytes will find room on the disk.
    #[inline]
    pub(crate) fn admit(&mut self, bytes: usize) -> Result<(), DbError> {
        match &mut self.active {
            None => Ok(()),
            Some(active) => active.admit(bytes as u64 + RECORD_BYTES),
        }
    }

    /// Whether there is room for a change of so many bytes that cannot be refused, in what is kept free for such.
    pub(crate) fn has_reserve(&self, bytes: usize) -> bool {
        self.active.as_ref().is_none_or(|active| {
            !active.shared.failed.load(Ordering::Relaxed)
                && active.frame.len() as u64 + bytes as u64 + RECORD_BYTES
                    <= active.shared.room.load(Ordering::Relaxed)
        })
    }

    /// Writes a change down.
    #[inline]
    pub(crate) fn write(&mut self, record: &Record<'_>) {
        if let Some(active) = &mut self.active {
            active.write(record);
        }
    }

    pub(crate) fn position(&self) -> LogPosition {
        LogPosition(self.active.as_ref().map_or(0, |active| active.end))
    }

    /// The writer, if it sleeps and there is something for it.
    pub(crate) fn waker_if_needed(&self) -> Option<WriterWaker> {
        let active = self.active.as_ref()?;
        let wanted = active.frame.len() > FRAME_HEAD && active.shared.idle.swap(false, Ordering::Relaxed);
        wanted.then(|| active.waker.clone())
    }

    pub(super) fn has_changes(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.frame.len() > FRAME_HEAD)
    }

    /// Bytes of what has gathered, as a frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        self.active.as_ref().map_or(0, |active| active.frame.len() as u64)
    }

    /// Takes what has gathered and leaves an empty buffer, which may be one that was taken before.
    pub(super) fn take(&mut self, mut buffer: Vec<u8>) -> Option<Taken> {
        let active = self.active.as_mut()?;
        if active.frame.len() == FRAME_HEAD {
            return None;
        }
        buffer.clear();
        buffer.shrink_to(KEPT_BYTES);
        buffer.resize(FRAME_HEAD, 0);
        active.records = RecordWriter::default();
        Some(Taken { frame: std::mem::replace(&mut active.frame, buffer), end: LogPosition(active.end) })
    }
}

impl Active {
    fn admit(&mut self, bytes: u64) -> Result<(), DbError> {
        if self.shared.failed.load(Ordering::Relaxed) {
            return Err(DbError::LogFailed);
        }
        let needed = self.frame.len() as u64 + bytes + RESERVE_BYTES;
        if needed <= self.shared.room.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Only now and then: the writer sees to it that there is room.
        let room = self.shared.spares.make_room(needed).ok_or(DbError::DiskFull)?;
        self.shared.room.fetch_max(room, Ordering::Relaxed);
        Ok(())
    }

    fn write(&mut self, record: &Record<'_>) {
        let before = self.frame.len();
        self.records.write(&mut self.frame, record);
        self.end += (self.frame.len() - before) as u64;
        self.shared.end.store(self.end, Ordering::Relaxed);
    }
}
