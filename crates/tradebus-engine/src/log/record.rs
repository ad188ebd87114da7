//! What happened, one change at a time: the entries of the log and of snapshots.
//!
//! Records say what a change did, not what was asked for: ids and times are those that were given, a trim is the number of
//! entries that went. So replaying them needs neither a clock nor the settings of that time.
//!
//! ```text
//! record = kind u8, fields in the order of `Record`   numbers are varints, texts stand behind their length
//! id     = ms, seq                                    bool = 0 or 1
//! option = 0, or 1 and the value                      list = count, item*
//! append = key, count, name*, id, value*
//! ```
//! An entry for the stream of the last one of the same frame, with the same field names, is written without them
//! (`APPEND_ALIKE`: id, value*).

use std::borrow::Cow;

use super::codec::{put_bool, put_id, put_ids, put_option, put_texts};
use crate::EntryId;
use crate::stream::{BlockParts, Pair};
use crate::varint::{Cursor, Reader, put, put_text};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// An entry was added to a stream, which was created if there was none.
    Append { key: &'a [u8], id: EntryId, fields: Cow<'a, [Pair<'a>]> },
    /// So many of the oldest entries went.
    Trim { key: &'a [u8], entries: u64 },
    /// Entries were deleted one by one.
    Delete { key: &'a [u8], ids: Cow<'a, [EntryId]> },
    /// The counters of a stream were set.
    SetId { key: &'a [u8], last_id: EntryId, entries_added: u64, max_deleted_id: EntryId },
    /// A key went.
    Remove { key: &'a [u8] },
    /// All keys went.
    Flush,
    /// A key got another name; what had that name went.
    Rename { from: &'a [u8], to: &'a [u8] },
    /// A value was copied to another key; what was there went.
    Copy { from: &'a [u8], to: &'a [u8] },
    /// A key expires at a time in milliseconds since 1970, or no longer expires.
    Expire { key: &'a [u8], at: Option<u64> },
    /// A key holds a string; what was there went.
    Text { key: &'a [u8], text: &'a [u8], expires: Option<u64> },
    /// A string grew.
    AppendText { key: &'a [u8], text: &'a [u8] },
    /// Strings were put in front of a list, one after the other; it was created if there was none.
    PushFront { key: &'a [u8], texts: Cow<'a, [&'a [u8]]> },
    /// Strings were put into a set, which was created if there was none.
    AddMembers { key: &'a [u8], members: Cow<'a, [&'a [u8]]> },
    /// A stream got a group; the stream was created if there was none.
    CreateGroup { key: &'a [u8], group: &'a [u8], last_delivered: EntryId, entries_read: Option<u64> },
    /// The place of a group was set.
    SetGroup { key: &'a [u8], group: &'a [u8], last_delivered: EntryId, entries_read: Option<u64> },
    /// A group went.
    DestroyGroup { key: &'a [u8], group: &'a [u8] },
    /// A group got a consumer, or saw it again.
    SeeConsumer { key: &'a [u8], group: &'a [u8], consumer: &'a [u8], at: u64 },
    /// A consumer went, with what was pending for it.
    RemoveConsumer { key: &'a [u8], group: &'a [u8], consumer: &'a [u8] },
    /// The next `entries` entries were delivered to a consumer.
    Deliver { key: &'a [u8], group: &'a [u8], consumer: &'a [u8], entries: u64, pending: bool, at: u64 },
    /// Entries are pending for a consumer, each delivered so often.
    Assign { key: &'a [u8], group: &'a [u8], consumer: &'a [u8], at: u64, entries: Cow<'a, [(EntryId, u64)]> },
    /// Entries are no longer pending.
    Settle { key: &'a [u8], group: &'a [u8], ids: Cow<'a, [EntryId]> },
    /// A key holds a stream without entries so far (snapshots only).
    Stream { key: &'a [u8], last_id: EntryId, entries_added: u64, max_deleted_id: EntryId },
    /// The stream of the last [`Record::Stream`] has a block more (snapshots only).
    Block(BlockParts<'a>),
}

/// The number by which a kind of record is known on disk. They are never used again for another kind.
mod kind {
    pub(super) const APPEND: u8 = 1;
    pub(super) const APPEND_ALIKE: u8 = 2;
    pub(super) const TRIM: u8 = 3;
    pub(super) const DELETE: u8 = 4;
    pub(super) const SET_ID: u8 = 5;
    pub(super) const REMOVE: u8 = 6;
    pub(super) const FLUSH: u8 = 7;
    pub(super) const RENAME: u8 = 8;
    pub(super) const COPY: u8 = 9;
    pub(super) const EXPIRE: u8 = 10;
    pub(super) const TEXT: u8 = 11;
    pub(super) const APPEND_TEXT: u8 = 12;
    pub(super) const PUSH_FRONT: u8 = 13;
    pub(super) const ADD_MEMBERS: u8 = 14;
    pub(super) const CREATE_GROUP: u8 = 15;
    pub(super) const SET_GROUP: u8 = 16;
    pub(super) const DESTROY_GROUP: u8 = 17;
    pub(super) const SEE_CONSUMER: u8 = 18;
    pub(super) const REMOVE_CONSUMER: u8 = 19;
    pub(super) const DELIVER: u8 = 20;
    pub(super) const ASSIGN: u8 = 21;
    pub(super) const SETTLE: u8 = 22;
    pub(super) const STREAM: u8 = 23;
    pub(super) const BLOCK: u8 = 24;
}

/// Writes the records of one frame.
#[derive(Debug, Default)]
pub(crate) struct RecordWriter {
    /// Where the key and the names of the last [`Record::Append`] stand that brought its own.
    last_append: Option<usize>,
}

impl RecordWriter {
    /// Appends a record to those of the frame, which `out` holds.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, record: &Record<'_>) {
        match *record {
            Record::Append { key, id, ref fields } => self.append(out, key, id, fields),
            Record::Trim { key, entries } => {
                head(out, kind::TRIM, key);
                put(out, entries);
            }
            Record::Delete { key, ref ids } => {
                head(out, kind::DELETE, key);
                put_ids(out, ids);
            }
            Record::SetId { key, last_id, entries_added, max_deleted_id } => {
                head(out, kind::SET_ID, key);
                put_counters(out, last_id, entries_added, max_deleted_id);
            }
            Record::Stream { key, last_id, entries_added, max_deleted_id } => {
                head(out, kind::STREAM, key);
                put_counters(out, last_id, entries_added, max_deleted_id);
            }
            Record::Block(ref parts) => put_block(out, parts),
            Record::Remove { .. }
            | Record::Flush
            | Record::Rename { .. }
            | Record::Copy { .. }
            | Record::Expire { .. } => write_key_record(out, record),
            Record::Text { .. }
            | Record::AppendText { .. }
            | Record::PushFront { .. }
            | Record::AddMembers { .. } => write_value_record(out, record),
            _ => write_group_record(out, record),
        }
    }

    fn append(&mut self, out: &mut Vec<u8>, key: &[u8], id: EntryId, fields: &[Pair<'_>]) {
        if self.is_alike(out, key, fields) {
            out.push(kind::APPEND_ALIKE);
        } else {
            out.push(kind::APPEND);
            self.last_append = Some(out.len());
            put_text(out, key);
            put(out, fields.len() as u64);
            for (name, _) in fields {
                put_text(out, name);
            }
        }
        put_id(out, id);
        for (_, value) in fields {
            put_text(out, value);
        }
    }

    fn is_alike(&self, out: &[u8], key: &[u8], fields: &[Pair<'_>]) -> bool {
        let Some(at) = self.last_append else { return false };
        let mut last = Cursor::new(out, at);
        last.text() == key
            && last.number() == fields.len() as u64
            && fields.iter().all(|(name, _)| last.text() == *name)
    }
}

fn head(out: &mut Vec<u8>, kind: u8, key: &[u8]) {
    out.push(kind);
    put_text(out, key);
}

fn group_head(out: &mut Vec<u8>, kind: u8, key: &[u8], group: &[u8]) {
    head(out, kind, key);
    put_text(out, group);
}

fn put_counters(out: &mut Vec<u8>, last_id: EntryId, entries_added: u64, max_deleted_id: EntryId) {
    put_id(out, last_id);
    put(out, entries_added);
    put_id(out, max_deleted_id);
}

fn put_block(out: &mut Vec<u8>, parts: &BlockParts<'_>) {
    out.push(kind::BLOCK);
    put_id(out, parts.first);
    put_id(out, parts.last);
    put(out, parts.node_bytes);
    put(out, u64::from(parts.first_names));
    put(out, u64::from(parts.last_names));
    put_text(out, parts.data);
}

fn write_key_record(out: &mut Vec<u8>, record: &Record<'_>) {
    match *record {
        Record::Remove { key } => head(out, kind::REMOVE, key),
        Record::Rename { from, to } => {
            head(out, kind::RENAME, from);
            put_text(out, to);
        }
        Record::Copy { from, to } => {
            head(out, kind::COPY, from);
            put_text(out, to);
        }
        Record::Expire { key, at } => {
            head(out, kind::EXPIRE, key);
            put_option(out, at);
        }
        _ => out.push(kind::FLUSH),
    }
}

fn write_value_record(out: &mut Vec<u8>, record: &Record<'_>) {
    match *record {
        Record::AppendText { key, text } => {
            head(out, kind::APPEND_TEXT, key);
            put_text(out, text);
        }
        Record::PushFront { key, ref texts } => {
            head(out, kind::PUSH_FRONT, key);
            put_texts(out, texts);
        }
        Record::AddMembers { key, ref members } => {
            head(out, kind::ADD_MEMBERS, key);
            put_texts(out, members);
        }
        Record::Text { key, text, expires } => {
            head(out, kind::TEXT, key);
            put_text(out, text);
            put_option(out, expires);
        }
        _ => unreachable!("records of strings, lists and sets come here"),
    }
}

fn write_group_record(out: &mut Vec<u8>, record: &Record<'_>) {
    match *record {
        Record::CreateGroup { key, group, last_delivered, entries_read } => {
            group_head(out, kind::CREATE_GROUP, key, group);
            put_id(out, last_delivered);
            put_option(out, entries_read);
        }
        Record::SetGroup { key, group, last_delivered, entries_read } => {
            group_head(out, kind::SET_GROUP, key, group);
            put_id(out, last_delivered);
            put_option(out, entries_read);
        }
        Record::DestroyGroup { key, group } => group_head(out, kind::DESTROY_GROUP, key, group),
        Record::SeeConsumer { key, group, consumer, at } => {
            group_head(out, kind::SEE_CONSUMER, key, group);
            put_text(out, consumer);
            put(out, at);
        }
        Record::RemoveConsumer { key, group, consumer } => {
            group_head(out, kind::REMOVE_CONSUMER, key, group);
            put_text(out, consumer);
        }
        Record::Deliver { key, group, consumer, entries, pending, at } => {
            group_head(out, kind::DELIVER, key, group);
            put_text(out, consumer);
            put(out, entries);
            put_bool(out, pending);
            put(out, at);
        }
        Record::Assign { key, group, consumer, at, ref entries } => {
            group_head(out, kind::ASSIGN, key, group);
            put_text(out, consumer);
            put(out, at);
            put(out, entries.len() as u64);
            for (id, deliveries) in entries.iter() {
                put_id(out, *id);
                put(out, *deliveries);
            }
        }
        Record::Settle { key, group, ref ids } => {
            group_head(out, kind::SETTLE, key, group);
            put_ids(out, ids);
        }
        _ => unreachable!("records of groups come here"),
    }
}

/// Reads the records of one frame.
#[derive(Debug)]
pub(crate) struct RecordReader<'a> {
    reader: Reader<'a>,
    /// Key and names of the last [`Record::Append`] that brought its own.
    last_append: Option<(&'a [u8], Vec<&'a [u8]>)>,
}

impl<'a> RecordReader<'a> {
    /// Of the records in these bytes.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), last_append: None }
    }

    /// How many bytes are not read yet.
    pub(crate) const fn left(&self) -> usize {
        self.reader.left()
    }

    /// The next record; `None` if there is none, or what stands there is none: then there are bytes left.
    pub(crate) fn read(&mut self) -> Option<Record<'a>> {
        let mut reader = self.reader.clone();
        let record = match reader.byte()? {
            kind::APPEND => {
                let key = reader.text()?;
                let names = reader.texts()?;
                self.last_append = Some((key, names));
                self.read_entry(&mut reader)
            }
            kind::APPEND_ALIKE => self.read_entry(&mut reader),
            kind @ (kind::TRIM..=kind::EXPIRE | kind::STREAM | kind::BLOCK) => {
                read_stream_or_key(kind, &mut reader)
            }
            kind @ kind::TEXT..=kind::ADD_MEMBERS => read_value(kind, &mut reader),
            kind @ kind::CREATE_GROUP..=kind::SETTLE => read_group(kind, &mut reader),
            _ => None,
        }?;
        self.reader = reader;
        Some(record)
    }

    fn read_entry(&self, reader: &mut Reader<'a>) -> Option<Record<'a>> {
        let (key, names) = self.last_append.as_ref()?;
        let id = reader.id()?;
        let fields = names.iter().map(|name| Some((*name, reader.text()?))).collect::<Option<Vec<_>>>()?;
        Some(Record::Append { key, id, fields: fields.into() })
    }
}

fn read_stream_or_key<'a>(kind: u8, reader: &mut Reader<'a>) -> Option<Record<'a>> {
    Some(match kind {
        kind::TRIM => Record::Trim { key: reader.text()?, entries: reader.number()? },
        kind::DELETE => Record::Delete { key: reader.text()?, ids: reader.ids()?.into() },
        kind::SET_ID => Record::SetId {
            key: reader.text()?,
            last_id: reader.id()?,
            entries_added: reader.number()?,
            max_deleted_id: reader.id()?,
        },
        kind::STREAM => Record::Stream {
            key: reader.text()?,
            last_id: reader.id()?,
            entries_added: reader.number()?,
            max_deleted_id: reader.id()?,
        },
        kind::BLOCK => Record::Block(BlockParts {
            first: reader.id()?,
            last: reader.id()?,
            node_bytes: reader.number()?,
            first_names: reader.number()?.try_into().ok()?,
            last_names: reader.number()?.try_into().ok()?,
            data: reader.text()?,
        }),
        kind::REMOVE => Record::Remove { key: reader.text()? },
        kind::FLUSH => Record::Flush,
        kind::RENAME => Record::Rename { from: reader.text()?, to: reader.text()? },
        kind::COPY => Record::Copy { from: reader.text()?, to: reader.text()? },
        kind::EXPIRE => Record::Expire { key: reader.text()?, at: reader.option()? },
        _ => return None,
    })
}

fn read_value<'a>(kind: u8, reader: &mut Reader<'a>) -> Option<Record<'a>> {
    let key = reader.text()?;
    Some(match kind {
        kind::TEXT => Record::Text { key, text: reader.text()?, expires: reader.option()? },
        kind::APPEND_TEXT => Record::AppendText { key, text: reader.text()? },
        kind::PUSH_FRONT => Record::PushFront { key, texts: reader.texts()?.into() },
        kind::ADD_MEMBERS => Record::AddMembers { key, members: reader.texts()?.into() },
        _ => return None,
    })
}

fn read_group<'a>(kind: u8, reader: &mut Reader<'a>) -> Option<Record<'a>> {
    let (key, group) = (reader.text()?, reader.text()?);
    Some(match kind {
        kind::CREATE_GROUP => {
            Record::CreateGroup { key, group, last_delivered: reader.id()?, entries_read: reader.option()? }
        }
        kind::SET_GROUP => {
            Record::SetGroup { key, group, last_delivered: reader.id()?, entries_read: reader.option()? }
        }
        kind::DESTROY_GROUP => Record::DestroyGroup { key, group },
        kind::SEE_CONSUMER => {
            Record::SeeConsumer { key, group, consumer: reader.text()?, at: reader.number()? }
        }
        kind::REMOVE_CONSUMER => Record::RemoveConsumer { key, group, consumer: reader.text()? },
        kind::DELIVER => Record::Deliver {
            key,
            group,
            consumer: reader.text()?,
            entries: reader.number()?,
            pending: reader.bool()?,
            at: reader.number()?,
        },
        kind::ASSIGN => {
            let (consumer, at) = (reader.text()?, reader.number()?);
            let entries = reader.list(|reader| Some((reader.id()?, reader.number()?)))?.into();
            Record::Assign { key, group, consumer, at, entries }
        }
        kind::SETTLE => Record::Settle { key, group, ids: reader.ids()?.into() },
        _ => return None,
    })
}
