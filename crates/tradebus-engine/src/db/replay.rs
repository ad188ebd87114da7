//! Making the changes of a log or a snapshot again.

use std::ops::ControlFlow;

use super::Db;
use crate::log::Record;
use crate::stream::{Block, Group, Stream, Trim};
use crate::value::Value;
use crate::{DbError, NewId, SetExpiry, SetId, SetText};

/// A record that cannot have happened to this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Impossible;

impl From<DbError> for Impossible {
    fn from(_: DbError) -> Self {
        Self
    }
}

impl Db {
    /// Makes a change again. Nobody may have seen the store yet: there is no log, and nobody to be told.
    pub(crate) fn replay(&mut self, record: &Record<'_>) -> Result<(), Impossible> {
        match *record {
            Record::Append { key, id, ref fields } => {
                self.append(key, NewId::Exact(id), fields)?;
            }
            Record::Trim { key, entries } => {
                let keep = self.len(key)?.checked_sub(entries).ok_or(Impossible)?;
                self.trim(key, Trim::max_len(keep))?;
            }
            Record::Delete { key, ref ids } => {
                self.delete_entries(key, ids)?;
            }
            Record::SetId { key, last_id, entries_added, max_deleted_id } => {
                let max_deleted_id = Some(max_deleted_id);
                self.set_id(key, SetId { last_id, entries_added: Some(entries_added), max_deleted_id })?;
            }
            Record::Stream { key, last_id, entries_added, max_deleted_id } => {
                let stream = Stream::restored(last_id, entries_added, max_deleted_id);
                self.insert_new(key, Value::Stream(stream.into()))?;
            }
            Record::Block(parts) => self.restore_block(Block::from_parts(parts).ok_or(Impossible)?)?,
            Record::Remove { key } => {
                self.remove(key)?;
            }
            Record::Flush => self.flush()?,
            Record::Rename { from, to } => self.rename(from, to)?,
            Record::Copy { from, to } => {
                self.copy(from, to, true)?;
            }
            Record::Expire { key, at } => {
                self.keyspace.set_expiry(key, at);
            }
            _ => self.replay_value(record)?,
        }
        Ok(())
    }

    fn replay_value(&mut self, record: &Record<'_>) -> Result<(), Impossible> {
        match *record {
            Record::Text { key, text, expires } => {
                let expiry = expires.map_or(SetExpiry::Never, SetExpiry::At);
                self.set_text(key, text, SetText { expiry, ..SetText::default() })?;
            }
            Record::AppendText { key, text } => {
                self.append_text(key, text)?;
            }
            Record::PushFront { key, ref texts } => {
                self.push_front(key, texts)?;
            }
            Record::AddMembers { key, ref members } => {
                self.add_members(key, members)?;
            }
            _ => self.replay_group(record)?,
        }
        Ok(())
    }

    fn replay_group(&mut self, record: &Record<'_>) -> Result<(), Impossible> {
        match *record {
            Record::CreateGroup { key, group, last_delivered, entries_read } => {
                let start = super::GroupStart::After(last_delivered);
                self.create_group(key, group, start, entries_read, true)?;
            }
            Record::SetGroup { key, group, last_delivered, entries_read } => {
                self.replayed_group(key, group)?.set_position(last_delivered, entries_read);
            }
            Record::DestroyGroup { key, group } => {
                self.destroy_group(key, group)?;
            }
            Record::SeeConsumer { key, group, consumer, at } => {
                self.replayed_group(key, group)?.see_consumer(consumer, at);
            }
            Record::RemoveConsumer { key, group, consumer } => {
                self.replayed_group(key, group)?.remove_consumer(consumer);
            }
            Record::Deliver { key, group, consumer, entries, pending, at } => {
                let limit = usize::try_from(entries).map_err(|_| Impossible)?;
                let stream = self.stream_mut(key)?.ok_or(Impossible)?;
                let shown =
                    stream.deliver(group, consumer, limit, pending, at, |_, _| ControlFlow::Continue(()))?;
                return if shown == limit { Ok(()) } else { Err(Impossible) };
            }
            Record::Assign { key, group, consumer, at, ref entries } => {
                let group = self.replayed_group(key, group)?;
                let consumer = group.see_consumer(consumer, at);
                for (id, deliveries) in entries.iter() {
                    group.assign(*id, &consumer, at, *deliveries);
                }
            }
            Record::Settle { key, group, ref ids } => {
                let group = self.replayed_group(key, group)?;
                for id in ids.iter() {
                    group.settle(*id);
                }
            }
            _ => return Err(Impossible),
        }
        Ok(())
    }

    fn replayed_group(&mut self, key: &[u8], group: &[u8]) -> Result<&mut Group, Impossible> {
        Ok(self.stream_mut(key)?.ok_or(Impossible)?.group_mut(group)?)
    }

    fn insert_new(&mut self, key: &[u8], value: Value) -> Result<(), Impossible> {
        if self.exists(key) {
            return Err(Impossible);
        }
        self.keyspace.insert(key, value);
        Ok(())
    }

    /// Gives the youngest key, which must be a stream, one block more.
    fn restore_block(&mut self, block: Block) -> Result<(), Impossible> {
        let Some(Value::Stream(stream)) = self.keyspace.youngest_mut() else { return Err(Impossible) };
        if stream.restore_block(block) { Ok(()) } else { Err(Impossible) }
    }
}
