//! Snapshots: the whole store in one file, as the records that make it.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use super::directory::Directory;
use super::frame::{self, FRAME_HEAD, FileKind, HEAD, Place, file_head};
use super::record::{Record, RecordWriter};
use super::segment::forget;
use crate::EntryId;
use crate::db::Captured;
use crate::stream::{Group, Stream};
use crate::value::Value;

/// A frame is closed when it has grown to this.
const FRAME_BYTES: usize = 1 << 20;
/// Texts of a list or a set, and entries that are pending, that share a record.
const ITEMS: usize = 1000;

/// Writes what was captured before the segment of this number began, and makes it count. Returns the size of the file.
pub(super) fn write(
    directory: &Directory,
    number: u64,
    captured: Vec<Captured>,
    cancelled: &AtomicBool,
) -> io::Result<u64> {
    let unfinished = directory.unfinished(FileKind::Snapshot);
    let written = write_file(&unfinished, number, captured, cancelled).and_then(|bytes| {
        fs::rename(&unfinished, directory.file(FileKind::Snapshot, number))?;
        directory.sync()?;
        Ok(bytes)
    });
    if written.is_err() {
        let _ = fs::remove_file(unfinished);
    }
    written
}

fn write_file(
    path: &std::path::Path,
    number: u64,
    captured: Vec<Captured>,
    cancelled: &AtomicBool,
) -> io::Result<u64> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(&file_head(FileKind::Snapshot, number))?;
    let mut frames = Frames {
        file,
        number,
        offset: HEAD as u64,
        frame: vec![0; FRAME_HEAD],
        records: RecordWriter::default(),
    };
    // One by one, so that what nobody else holds any more is freed as soon as it is written.
    for key in captured {
        if cancelled.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the store is being closed"));
        }
        frames.key(&key)?;
    }
    frames.end()
}

/// A file that records are written to.
struct Frames {
    file: File,
    number: u64,
    offset: u64,
    frame: Vec<u8>,
    records: RecordWriter,
}

impl Frames {
    fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.records.write(&mut self.frame, record);
        if self.frame.len() >= FRAME_BYTES { self.close_frame() } else { Ok(()) }
    }

    fn close_frame(&mut self) -> io::Result<()> {
        frame::close(&mut self.frame, Place { file: self.number, offset: self.offset });
        self.file.write_all(&self.frame)?;
        self.offset += self.frame.len() as u64;
        self.frame.truncate(FRAME_HEAD);
        self.records = RecordWriter::default();
        Ok(())
    }

    fn end(mut self) -> io::Result<u64> {
        self.close_frame()?;
        self.file.write_all(&frame::end(Place { file: self.number, offset: self.offset }))?;
        self.file.sync_all()?;
        forget(&self.file);
        Ok(self.offset + FRAME_HEAD as u64)
    }

    fn key(&mut self, captured: &Captured) -> io::Result<()> {
        let key = &*captured.key;
        match &captured.value {
            Value::Stream(stream) => self.stream(key, stream)?,
            Value::Text(text) => self.record(&Record::Text { key, text, expires: None })?,
            Value::List(list) => {
                // The record puts one text in front of the other.
                let texts: Vec<&[u8]> = list.iter().rev().map(|text| &**text).collect();
                for texts in texts.chunks(ITEMS) {
                    self.record(&Record::PushFront { key, texts: Cow::Borrowed(texts) })?;
                }
            }
            Value::Set(set) => {
                let members: Vec<&[u8]> = set.iter().map(|text| &**text).collect();
                for members in members.chunks(ITEMS) {
                    self.record(&Record::AddMembers { key, members: Cow::Borrowed(members) })?;
                }
            }
        }
        match captured.expires {
            Some(at) => self.record(&Record::Expire { key, at: Some(at) }),
            None => Ok(()),
        }
    }

    fn stream(&mut self, key: &[u8], stream: &Stream) -> io::Result<()> {
        let info = stream.info();
        let (last_id, entries_added, max_deleted_id) =
            (info.last_id, info.entries_added, info.max_deleted_id);
        self.record(&Record::Stream { key, last_id, entries_added, max_deleted_id })?;
        for block in stream.blocks() {
            self.record(&Record::Block(block.parts()))?;
        }
        for (name, group) in stream.groups() {
            self.group(key, name, group)?;
        }
        Ok(())
    }

    fn group(&mut self, key: &[u8], name: &[u8], group: &Group) -> io::Result<()> {
        let (last_delivered, entries_read) = (group.last_delivered(), group.entries_read());
        self.record(&Record::CreateGroup { key, group: name, last_delivered, entries_read })?;
        for (consumer, state) in group.consumers() {
            let pending: Vec<_> = group.pending_of(state, EntryId::MIN..=EntryId::MAX).collect();
            // A record has one time of delivery.
            for together in pending.chunk_by(|one, next| one.delivered_at == next.delivered_at) {
                for part in together.chunks(ITEMS) {
                    let entries: Vec<_> = part.iter().map(|it| (it.id, it.deliveries)).collect();
                    let (at, entries) = (part[0].delivered_at, entries.into());
                    self.record(&Record::Assign { key, group: name, consumer, at, entries })?;
                }
            }
            self.record(&Record::SeeConsumer { key, group: name, consumer, at: state.seen() })?;
        }
        Ok(())
    }
}
