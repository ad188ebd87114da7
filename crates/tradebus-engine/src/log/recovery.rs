//! Opening a directory: the last snapshot, and what was logged since.
//!
//! Three endings of the log are told apart. One that was closed ends with its mark. One that was cut off while it was written, by a
//! crash, ends with half a frame at most: that half was promised to nobody and goes. But a frame that is not as it was
//! written, with others behind it, is damage: the store is not opened unless a repair is asked for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use rustix::fs::{SeekFrom as SeekData, seek};
use rustix::io::Errno;

use super::directory::Directory;
use super::error::{Damage, OpenError};
use super::frame::{self, BadHead, FileKind, Found, HEAD, Place, VERSION, check_file_head};
use super::handle::Found as FoundLog;
use super::record::RecordReader;
use super::segment::seal;
use super::{LogOptions, snapshot};
use crate::Db;

/// What was found in the directory of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// Whether there was a snapshot.
    pub snapshot: bool,
    /// Changes that were logged since.
    pub records: u64,
    /// Bytes at the end of the log that were cut off: of a write that a crash did not let finish.
    pub cut_bytes: u64,
    /// Files that a repair has put aside, whole or as a copy of what was cut.
    pub put_aside: Vec<PathBuf>,
    /// Changes that a repair had to leave out because what they change is lost.
    pub skipped_records: u64,
    /// How long it took.
    pub took: Duration,
}

/// Reads a directory into an empty store.
pub(super) fn read(
    db: &mut Db,
    directory: &Directory,
    options: &LogOptions,
) -> Result<(Recovered, FoundLog), OpenError> {
    let started = Instant::now();
    let mut recovery =
        Recovery { db, directory, repair: options.repair, lenient: false, recovered: Recovered::default() };
    let found = recovery.run()?;
    let mut recovered = recovery.recovered;
    recovered.took = started.elapsed();
    Ok((recovered, found))
}

struct Recovery<'a> {
    db: &'a mut Db,
    directory: &'a Directory,
    repair: bool,
    /// Part of the snapshot is lost: changes of what was in it cannot be made.
    lenient: bool,
    recovered: Recovered,
}

/// How far a file is good.
struct Extent {
    /// Where the good part ends.
    end: u64,
    /// The end is marked as such.
    sealed: bool,
    /// It holds records.
    has_frames: bool,
    /// What is wrong behind the end, if that is more than half a write.
    damage: Option<String>,
    /// Bytes behind the end that are not zero.
    rest: u64,
}

impl Recovery<'_> {
    fn run(&mut self) -> Result<FoundLog, OpenError> {
        let listing = self.directory.list()?;
        let snapshot = listing.snapshots.last().copied();
        let mut snapshot_bytes = 0;
        if let Some(number) = snapshot {
            snapshot_bytes = self.read_snapshot(number)?;
        }
        let first = snapshot.unwrap_or(1);
        let (older, segments): (Vec<u64>, Vec<u64>) =
            listing.segments.into_iter().partition(|number| *number < first && snapshot.is_some());
        for number in older {
            // They were on their way out when the process ended.
            self.remove(FileKind::Log, number)?;
        }
        for number in &listing.snapshots[..listing.snapshots.len().saturating_sub(1)] {
            self.remove(FileKind::Snapshot, *number)?;
        }
        let (next_segment, log_bytes) = self.read_segments(first, &segments)?;
        if self.lenient {
            return self.begin_anew(first, next_segment);
        }
        Ok(FoundLog { next_segment, log_bytes, snapshot_bytes })
    }

    /// What could be saved of a damaged snapshot and the log behind it becomes a snapshot that is whole; the files are kept.
    fn begin_anew(&mut self, damaged: u64, next_segment: u64) -> Result<FoundLog, OpenError> {
        let path = self.directory.path();
        let written =
            snapshot::write(self.directory, next_segment, self.db.capture(), &AtomicBool::new(false));
        let snapshot_bytes =
            written.map_err(OpenError::io(path, "write a snapshot in place of the damaged one"))?;
        self.put_aside(&(damaged..next_segment).collect::<Vec<_>>())?;
        self.recovered.put_aside.push(self.directory.put_aside(FileKind::Snapshot, damaged)?);
        Ok(FoundLog { next_segment, log_bytes: 0, snapshot_bytes })
    }

    fn remove(&self, kind: FileKind, number: u64) -> Result<(), OpenError> {
        let path = self.directory.file(kind, number);
        fs::remove_file(&path).map_err(OpenError::io(&path, "remove the file"))
    }

    fn read_snapshot(&mut self, number: u64) -> Result<u64, OpenError> {
        let path = self.directory.file(FileKind::Snapshot, number);
        let extent = self.read_file(&path, FileKind::Snapshot, number)?;
        if !extent.sealed {
            let what = extent.damage.unwrap_or_else(|| "it ends before its end mark".to_owned());
            self.may_repair(Damage { file: path, offset: extent.end, what })?;
            self.lenient = true;
        }
        self.recovered.snapshot = true;
        self.recovered.records = 0;
        Ok(extent.end)
    }

    /// Returns the number of the next segment, and the bytes of those that were read.
    fn read_segments(&mut self, first: u64, segments: &[u64]) -> Result<(u64, u64), OpenError> {
        let (mut expected, mut bytes) = (first, 0);
        for (nth, &number) in segments.iter().enumerate() {
            if number != expected {
                let file = self.directory.file(FileKind::Log, expected);
                self.may_repair(Damage { file, offset: 0, what: "the file is missing".to_owned() })?;
                self.put_aside(&segments[nth..])?;
                break;
            }
            let path = self.directory.file(FileKind::Log, number);
            let extent = self.read_file(&path, FileKind::Log, number)?;
            bytes += extent.end;
            if extent.sealed {
                expected += 1;
                continue;
            }
            self.end_log(number, &path, extent, &segments[nth + 1..])?;
            // What held nothing is gone, and its number is free.
            expected = number + u64::from(path.exists());
            break;
        }
        Ok((expected, bytes))
    }

    /// The log ends in this segment: it is closed as it should have been.
    fn end_log(&mut self, number: u64, path: &Path, extent: Extent, later: &[u64]) -> Result<(), OpenError> {
        let mut damage = extent.damage;
        for &number in later {
            let later_path = self.directory.file(FileKind::Log, number);
            if damage.is_none() && has_frames(&later_path, number)? {
                damage = Some(format!("it ends before its end mark, and {} goes on", later_path.display()));
            }
        }
        if let Some(what) = damage {
            self.may_repair(Damage { file: path.into(), offset: extent.end, what })?;
            self.recovered.put_aside.push(self.directory.copy_aside(FileKind::Log, number)?);
            self.put_aside(later)?;
        } else {
            self.recovered.cut_bytes += extent.rest;
            for number in later {
                self.remove(FileKind::Log, *number)?;
            }
        }
        if !extent.has_frames {
            return self.remove(FileKind::Log, number);
        }
        let file = OpenOptions::new().write(true).open(path);
        file.and_then(|file| seal(&file, number, extent.end))
            .map_err(OpenError::io(path, "close the segment"))
    }

    fn put_aside(&mut self, segments: &[u64]) -> Result<(), OpenError> {
        for number in segments {
            self.recovered.put_aside.push(self.directory.put_aside(FileKind::Log, *number)?);
        }
        Ok(())
    }

    /// Damage is an error unless a repair was asked for.
    fn may_repair(&self, damage: Damage) -> Result<(), OpenError> {
        if !self.repair {
            return Err(damage.into());
        }
        tracing::warn!(%damage, "repaired: what stands behind is cut off");
        Ok(())
    }

    /// Makes the changes of a file.
    fn read_file(&mut self, path: &Path, kind: FileKind, number: u64) -> Result<Extent, OpenError> {
        let file = File::open(path).map_err(OpenError::io(path, "open the file"))?;
        let length = file.metadata().map_err(OpenError::io(path, "read its size"))?.len();
        let mut input = BufReader::with_capacity(1 << 20, file);
        let cannot_read = || OpenError::io(path, "read");
        let mut head = Vec::with_capacity(HEAD);
        (&mut input).take(HEAD as u64).read_to_end(&mut head).map_err(cannot_read())?;
        match check_file_head(&head, kind, number) {
            Ok(()) => {}
            Err(BadHead::Version(version)) => {
                return Err(OpenError::Version { file: path.into(), version, known: VERSION });
            }
            Err(bad) => {
                let what =
                    (bad == BadHead::Damaged).then(|| "the head of the file is not as written".to_owned());
                return Self::extent_of_bad_end(
                    path,
                    &mut input,
                    Place { file: number, offset: 0 },
                    false,
                    what,
                );
            }
        }
        let (mut place, mut records, mut has_frames) =
            (Place { file: number, offset: HEAD as u64 }, Vec::new(), false);
        loop {
            let left = length.saturating_sub(place.offset);
            let what = match frame::read(&mut input, place, left, &mut records).map_err(cannot_read())? {
                Found::Records => match self.replay(&records) {
                    Ok(()) => {
                        has_frames = true;
                        place.offset += (frame::FRAME_HEAD + records.len()) as u64;
                        continue;
                    }
                    Err(what) => {
                        let damage = Some(what.to_owned());
                        return Ok(Extent {
                            end: place.offset,
                            sealed: false,
                            has_frames,
                            damage,
                            rest: left,
                        });
                    }
                },
                Found::End => {
                    let end = place.offset + frame::FRAME_HEAD as u64;
                    return Ok(Extent { end, sealed: true, has_frames, damage: None, rest: 0 });
                }
                Found::Nothing => None,
                Found::Bad => Some("a frame is not as it was written".to_owned()),
            };
            return Self::extent_of_bad_end(path, &mut input, place, has_frames, what);
        }
    }

    /// Looks at what stands where no frame was found.
    fn extent_of_bad_end(
        path: &Path,
        input: &mut BufReader<File>,
        place: Place,
        has_frames: bool,
        what: Option<String>,
    ) -> Result<Extent, OpenError> {
        let bytes = written_behind(input.get_mut(), place.offset).map_err(OpenError::io(path, "read"))?;
        let rest = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
        let damage = frame::find(&bytes, place).map(|at| {
            let what = what.unwrap_or_else(|| "nothing stands here".to_owned());
            format!("{what}, but a good one follows at byte {at}")
        });
        Ok(Extent { end: place.offset, sealed: false, has_frames, damage, rest })
    }

    fn replay(&mut self, records: &[u8]) -> Result<(), &'static str> {
        let mut reader = RecordReader::new(records);
        while let Some(record) = reader.read() {
            match self.db.replay(&record) {
                Ok(()) => self.recovered.records += 1,
                Err(_) if self.lenient => self.recovered.skipped_records += 1,
                Err(_) => return Err("a change does not fit to what came before it"),
            }
        }
        self.db.forget_removed();
        if reader.left() == 0 { Ok(()) } else { Err("a change cannot be read") }
    }
}

/// Whether a later segment was written to.
fn has_frames(path: &Path, number: u64) -> Result<bool, OpenError> {
    let file = File::open(path).and_then(|mut file| written_behind(&mut file, 0));
    let bytes = file.map_err(OpenError::io(path, "read"))?;
    Ok(frame::find(&bytes, Place { file: number, offset: 0 }).is_some())
}

/// The bytes of a file from a place on, without the room at its end that was allocated and never written.
fn written_behind(file: &mut File, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let end = end_of_data(file, from)?;
    file.seek(SeekFrom::Start(from))?;
    file.take(end.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the last byte is that was written, as far as the file system tells: at the end of the file at the latest.
fn end_of_data(file: &File, from: u64) -> io::Result<u64> {
    let mut end = from;
    loop {
        let hole = seek(file, SeekData::Data(end)).and_then(|data| seek(file, SeekData::Hole(data)));
        match hole {
            Ok(hole) => end = hole,
            Err(Errno::NXIO) => return Ok(end),
            Err(_) => return Ok(file.metadata()?.len()),
        }
    }
}
