//! Segments: the files of the log. Each is allocated whole before anything is accepted that is meant for it, so that a full
//! disk is noticed when something can still be refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::fs::{Advice, FallocateFlags, fadvise, fallocate};
use rustix::io::Errno;

use super::directory::Directory;
use super::frame::{self, FRAME_HEAD, FileKind, HEAD, Place, file_head};

/// How long a full disk is believed to stay full.
const FULL_FOR: Duration = Duration::from_millis(100);

/// A file of the log that frames are written to.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    number: u64,
    file: Arc<File>,
    offset: u64,
    capacity: u64,
}

impl Segment {
    /// Makes a segment with room for a frame of so many bytes. One of the same number is replaced when this one is complete.
    fn create(directory: &Directory, number: u64, bytes: u64) -> io::Result<Self> {
        let unfinished = directory.unfinished(FileKind::Log);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&unfinished)?;
        let capacity = bytes + (HEAD + FRAME_HEAD) as u64;
        let path = directory.file(FileKind::Log, number);
        let made = allocate(&mut file, capacity)
            .and_then(|()| file.write_all(&file_head(FileKind::Log, number)))
            .and_then(|()| fs::rename(&unfinished, &path))
            .and_then(|()| directory.sync());
        if let Err(error) = made {
            // Half a segment would only take room on a disk that is full.
            let _ = fs::remove_file(unfinished);
            return Err(error);
        }
        Ok(Self { path, number, file: Arc::new(file), offset: HEAD as u64, capacity })
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// For syncing it from another thread.
    pub(super) const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Bytes of the largest frame that still fits.
    pub(super) const fn room(&self) -> u64 {
        self.capacity.saturating_sub(self.offset + FRAME_HEAD as u64)
    }

    /// Appends a frame, whose head is filled in.
    pub(super) fn append(&mut self, frame: &mut [u8]) -> io::Result<()> {
        frame::close(frame, Place { file: self.number, offset: self.offset });
        (&*self.file).write_all(frame)?;
        self.offset += frame.len() as u64;
        Ok(())
    }

    /// The log ends here: one that nothing was written to goes.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.offset > HEAD as u64 { self.seal() } else { fs::remove_file(&self.path) }
    }

    /// Nothing more comes: ends the file behind the last frame, on the disk too.
    pub(super) fn seal(&mut self) -> io::Result<()> {
        seal(&self.file, self.number, self.offset)
    }
}

/// Ends a segment at this place.
pub(super) fn seal(mut file: &File, number: u64, offset: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&frame::end(Place { file: number, offset }))?;
    file.set_len(offset + FRAME_HEAD as u64)?;
    file.sync_all()?;
    forget(file);
    Ok(())
}

/// What is on the disk will hardly be read again: its pages in memory are worth more to the next segment.
pub(super) fn forget(file: &File) {
    // Only a hint, which not every file system takes.
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}

/// Takes the room on the disk.
fn allocate(file: &mut File, bytes: u64) -> io::Result<()> {
    loop {
        match fallocate(&*file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return write_zeros(file, bytes),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The same where the file system does not know how.
fn write_zeros(file: &mut File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(zeros.len() as u64);
        file.write_all(&zeros[..part as usize])?;
        left -= part;
    }
    file.rewind()
}

/// The segment that comes next, made in advance by the writer or, in need, by who has a change to make.
#[derive(Debug)]
pub(super) struct Spares {
    directory: Arc<Directory>,
    segment_bytes: u64,
    state: Mutex<SpareState>,
}

#[derive(Debug)]
struct SpareState {
    spare: Option<Segment>,
    next_number: u64,
    full_since: Option<Instant>,
}

impl Spares {
    /// Segments from this number on.
    pub(super) fn new(directory: Arc<Directory>, segment_bytes: u64, next_number: u64) -> Self {
        let state = SpareState { spare: None, next_number, full_since: None };
        Self { directory, segment_bytes, state: Mutex::new(state) }
    }

    /// Sees to it that the next segment can take a frame of so many bytes. Returns how many it can take, or `None` if the disk
    /// is full.
    pub(super) fn make_room(&self, bytes: u64) -> Option<u64> {
        let mut state = self.state.lock();
        if let Some(spare) = state.spare.as_ref().filter(|spare| spare.room() >= bytes) {
            return Some(spare.room());
        }
        if state.full_since.is_some_and(|since| since.elapsed() < FULL_FOR) {
            return None;
        }
        match self.create(&mut state, bytes) {
            Ok(spare) => {
                let room = spare.room();
                if state.full_since.take().is_some() {
                    tracing::info!("there is room on the disk again: changes are accepted");
                }
                state.spare = Some(spare);
                Some(room)
            }
            Err(error) => {
                if state.full_since.replace(Instant::now()).is_none() {
                    tracing::error!(%error, directory = %self.directory.path().display(), "no room for the log: changes are refused until there is");
                }
                None
            }
        }
    }

    /// A spare that is too small is made anew under the same number.
    fn create(&self, state: &mut SpareState, bytes: u64) -> io::Result<Segment> {
        let number = state.spare.as_ref().map_or(state.next_number, Segment::number);
        let spare = Segment::create(&self.directory, number, bytes.max(self.segment_bytes))?;
        state.next_number = number + 1;
        Ok(spare)
    }

    /// What the spare can take.
    pub(super) fn room(&self) -> u64 {
        self.state.lock().spare.as_ref().map_or(0, Segment::room)
    }

    /// Whether the last attempt found the disk full.
    pub(super) fn is_full(&self) -> bool {
        self.state.lock().full_since.is_some()
    }

    pub(super) fn take(&self) -> Option<Segment> {
        self.state.lock().spare.take()
    }

    /// The spare is not needed any more.
    pub(super) fn discard(&self) {
        if let Some(spare) = self.take() {
            let _ = fs::remove_file(spare.path);
        }
    }
}
