//! Consumer groups.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::Db;
use crate::keyspace::Touched;
use crate::log::Record;
use crate::stream::{AutoClaim, AutoClaimed, Claim, Consumer, Group, PendingChanges, Stream};
use crate::value::Value;
use crate::{DbError, EntryId, Fields};

/// Where a consumer group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupStart {
    /// Behind the last entry: only what comes from now on is delivered.
    Latest,
    /// Behind this entry; [`EntryId::MIN`] for all there is.
    After(EntryId),
}

/// A consumer of a group of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key of the stream.
    pub key: &'a [u8],
    /// The name of the group.
    pub group: &'a [u8],
    /// The name of the consumer.
    pub consumer: &'a [u8],
}

impl Member<'_> {
    const fn bytes(&self) -> usize {
        self.key.len() + self.group.len() + self.consumer.len()
    }
}

impl Db {
    /// One group of a stream.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn group(&self, key: &[u8], group: &[u8]) -> Result<Option<&Group>, DbError> {
        Ok(self.stream(key)?.and_then(|stream| stream.group(group)))
    }

    /// All groups of a stream by name, each with its lag (see [`lag`](Self::lag)).
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn groups(
        &self,
        key: &[u8],
    ) -> Result<impl Iterator<Item = (&[u8], &Group, Option<i64>)> + use<'_>, DbError> {
        let stream = self.stream(key)?.into_iter();
        Ok(stream.flat_map(|stream| stream.groups().map(|(name, group)| (name, group, stream.lag(group)))))
    }

    /// How many entries of a stream a group has not got yet, as far as that can be told from counters.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn lag(&self, key: &[u8], group: &[u8]) -> Result<Option<i64>, DbError> {
        let stream = self.stream(key)?;
        Ok(stream.and_then(|stream| stream.lag(stream.group(group)?)))
    }

    /// Gives a stream a group. With `make_stream`, a missing stream is created.
    ///
    /// # Errors
    /// When there is no such stream or such a group already, the key holds something else, or the log cannot take it.
    pub fn create_group(
        &mut self,
        key: &[u8],
        group: &[u8],
        start: GroupStart,
        entries_read: Option<u64>,
        make_stream: bool,
    ) -> Result<(), DbError> {
        self.admit(key.len() + group.len())?;
        let is_new = self.stream(key)?.is_none();
        if is_new && !make_stream {
            return Err(DbError::NoSuchKey);
        }
        if is_new {
            self.keyspace.insert(key, Value::Stream(Box::default()));
            self.touch(key, Touched::READY);
        }
        let stream = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?;
        let last_delivered = start.after(stream);
        stream.create_group(group, Group::new(last_delivered, entries_read))?;
        self.write(&Record::CreateGroup { key, group, last_delivered, entries_read });
        Ok(())
    }

    /// Sets how far a group has come.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn set_group(
        &mut self,
        key: &[u8],
        group: &[u8],
        start: GroupStart,
        entries_read: Option<u64>,
    ) -> Result<(), DbError> {
        self.admit(key.len() + group.len())?;
        let stream = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?;
        let last_delivered = start.after(stream);
        stream.group_mut(group)?.set_position(last_delivered, entries_read);
        self.write(&Record::SetGroup { key, group, last_delivered, entries_read });
        Ok(())
    }

    /// Removes a group with all that is pending in it. Returns whether there was one.
    ///
    /// # Errors
    /// When there is no such stream, the key holds something else, or the log cannot take it.
    pub fn destroy_group(&mut self, key: &[u8], group: &[u8]) -> Result<bool, DbError> {
        self.admit(key.len() + group.len())?;
        let there_was = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?.destroy_group(group);
        if there_was {
            self.touch(key, Touched::WOKEN);
            self.write(&Record::DestroyGroup { key, group });
        }
        Ok(there_was)
    }

    /// Gives a group a consumer. Returns whether it is a new one.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn create_consumer(&mut self, member: Member<'_>) -> Result<bool, DbError> {
        let is_new = self.group_of(member)?.consumer(member.consumer).is_none();
        if is_new {
            self.see_consumer(member)?;
        }
        Ok(is_new)
    }

    /// Removes a consumer from a group. Returns how many entries were pending for it: they no longer are.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn remove_consumer(&mut self, member: Member<'_>) -> Result<usize, DbError> {
        self.admit(member.bytes())?;
        let pending = self.group_mut(member)?.remove_consumer(member.consumer);
        if pending.is_some() {
            let Member { key, group, consumer } = member;
            self.write(&Record::RemoveConsumer { key, group, consumer });
        }
        Ok(pending.unwrap_or(0))
    }

    /// How many entries [`deliver`](Self::deliver) would deliver.
    ///
    /// # Errors
    /// When there is no such stream or group, or the key holds something else.
    pub fn deliverable(&self, key: &[u8], group: &[u8], limit: usize) -> Result<usize, DbError> {
        let stream = self.stream(key)?.ok_or(DbError::NoSuchKey)?;
        let after = stream.group(group).ok_or(DbError::NoSuchGroup)?.last_delivered();
        let Some(start) = after.next() else { return Ok(0) };
        Ok(stream.range(start, EntryId::MAX, limit, |_, _| ControlFlow::Continue(())))
    }

    /// Delivers up to `limit` entries that are new to the group, and shows them until `visit` breaks off; those that were
    /// shown are delivered. With `pending`, they have to be acknowledged. Returns how many they are.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn deliver(
        &mut self,
        member: Member<'_>,
        limit: usize,
        pending: bool,
        visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> Result<usize, DbError> {
        self.admit(member.bytes())?;
        let at = self.now();
        let Member { key, group, consumer } = member;
        let stream = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?;
        let delivered = stream.deliver(group, consumer, limit, pending, at, visit)?;
        self.write(&Record::Deliver { key, group, consumer, entries: delivered as u64, pending, at });
        Ok(delivered)
    }

    /// Shows what is pending for a consumer behind an id, up to `limit` entries, each with its fields, or with none if it is no
    /// longer in the stream. Those that are there count as delivered once more. Returns how many it showed.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn deliver_again(
        &mut self,
        member: Member<'_>,
        after: EntryId,
        limit: usize,
        mut visit: impl FnMut(EntryId, Option<Fields<'_>>),
    ) -> Result<usize, DbError> {
        let pending = self.group_of(member)?.consumer(member.consumer).map_or(0, Consumer::pending_len);
        self.admit(member.bytes() + pending.min(limit) * size_of::<(EntryId, u64)>())?;
        self.see_consumer(member)?;
        let now = self.now();
        let Member { key, group, consumer } = member;
        let stream = self.stream_mut(key)?.ok_or(DbError::NoSuchKey)?;
        let mut shown = 0;
        let changes = stream.deliver_again(group, consumer, after, limit, now, |id, fields| {
            shown += 1;
            visit(id, fields);
        })?;
        self.write_changes(member, now, &changes);
        Ok(shown)
    }

    /// Entries have been dealt with. Returns how many of them were pending.
    ///
    /// # Errors
    /// When the key holds something else, or the log cannot take it. A missing stream or group has nothing pending.
    pub fn acknowledge(&mut self, key: &[u8], group: &[u8], ids: &[EntryId]) -> Result<u64, DbError> {
        self.admit(key.len() + group.len() + size_of_val(ids))?;
        let Some(Ok(found)) = self.stream_mut(key)?.map(|stream| stream.group_mut(group)) else {
            return Ok(0);
        };
        let settled = ids.iter().filter(|id| found.settle(**id)).count() as u64;
        if settled > 0 {
            self.write(&Record::Settle { key, group, ids: Cow::Borrowed(ids) });
        }
        Ok(settled)
    }

    /// Gives pending entries to another consumer, and returns which they are. Entries that are no longer in the stream are no
    /// longer pending.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn claim(&mut self, member: Member<'_>, claim: Claim<'_>) -> Result<Vec<EntryId>, DbError> {
        self.admit(member.bytes() + 2 * size_of_val(claim.ids))?;
        let now = self.now();
        let stream = self.stream_mut(member.key)?.ok_or(DbError::NoSuchKey)?;
        let changes = stream.claim(member.group, member.consumer, claim, now)?;
        let at = claim.delivered_at.unwrap_or(now);
        self.write_changes(member, at, &changes);
        if at != now && !changes.assigned.is_empty() {
            // It was seen now, whatever is said about the delivery.
            let Member { key, group, consumer } = member;
            self.write(&Record::SeeConsumer { key, group, consumer, at: now });
        }
        Ok(changes.assigned.into_iter().map(|(id, _)| id).collect())
    }

    /// Gives pending entries that have been idle for some time to another consumer, whichever they are.
    ///
    /// # Errors
    /// When there is no such stream or group, the key holds something else, or the log cannot take it.
    pub fn auto_claim(&mut self, member: Member<'_>, claim: AutoClaim) -> Result<AutoClaimed, DbError> {
        let pending = self.group_of(member)?.pending_len();
        self.admit(member.bytes() + 2 * pending.min(claim.count) * size_of::<EntryId>())?;
        let now = self.now();
        let stream = self.stream_mut(member.key)?.ok_or(DbError::NoSuchKey)?;
        let (changes, next) = stream.auto_claim(member.group, member.consumer, claim, now)?;
        self.write_changes(member, now, &changes);
        let claimed = changes.assigned.into_iter().map(|(id, _)| id).collect();
        Ok(AutoClaimed { next, claimed, gone: changes.settled })
    }

    fn see_consumer(&mut self, member: Member<'_>) -> Result<(), DbError> {
        self.admit(member.bytes())?;
        let at = self.now();
        self.group_mut(member)?.see_consumer(member.consumer, at);
        let Member { key, group, consumer } = member;
        self.write(&Record::SeeConsumer { key, group, consumer, at });
        Ok(())
    }

    fn write_changes(&mut self, member: Member<'_>, at: u64, changes: &PendingChanges) {
        let Member { key, group, consumer } = member;
        if !changes.assigned.is_empty() {
            let entries = Cow::Borrowed(&changes.assigned[..]);
            self.write(&Record::Assign { key, group, consumer, at, entries });
        }
        if !changes.settled.is_empty() {
            self.write(&Record::Settle { key, group, ids: Cow::Borrowed(&changes.settled) });
        }
    }

    fn group_of(&self, member: Member<'_>) -> Result<&Group, DbError> {
        let stream = self.stream(member.key)?.ok_or(DbError::NoSuchKey)?;
        stream.group(member.group).ok_or(DbError::NoSuchGroup)
    }

    fn group_mut(&mut self, member: Member<'_>) -> Result<&mut Group, DbError> {
        self.stream_mut(member.key)?.ok_or(DbError::NoSuchKey)?.group_mut(member.group)
    }
}

impl GroupStart {
    fn after(self, stream: &Stream) -> EntryId {
        match self {
            Self::Latest => stream.last_id(),
            Self::After(id) => id,
        }
    }
}
