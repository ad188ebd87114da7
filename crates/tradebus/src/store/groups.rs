//! Consumer groups: several consumers share the entries of a stream, each of which is pending until it is acknowledged.
//!
//! The commands and their meaning are those of Redis Streams (`XGROUP`, `XREADGROUP`, `XACK`, `XPENDING`, `XCLAIM`, `XINFO`).

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tradebus_engine::EntryId;

use super::{Interrupt, NewEntry, ReadBatch, StoreError};
use crate::StreamKey;

/// Consumer groups of a store's streams.
///
/// Unless it says otherwise, an operation on a stream or a group that is not there fails with [`StoreError::NoGroup`].
#[async_trait]
pub trait ConsumerGroups: Send + Sync {
    /// Opens a way to read as a consumer, which comes into being with its first read; `role` names the connection.
    async fn group_reader(
        &self,
        group: &str,
        consumer: &str,
        role: &str,
    ) -> Result<Box<dyn GroupReader>, StoreError>;

    /// Gives a stream a group, and tells whether it is new; one that was there stays as it was. A missing stream is created.
    async fn create_group(
        &self,
        stream: &StreamKey,
        group: &str,
        start: GroupStart,
    ) -> Result<bool, StoreError>;

    /// Sets how far a group has come. What is pending stays pending.
    async fn set_group(&self, stream: &StreamKey, group: &str, start: GroupStart) -> Result<(), StoreError>;

    /// Removes a group with everything that is pending in it, and tells whether there was one. A missing stream has none.
    async fn destroy_group(&self, stream: &StreamKey, group: &str) -> Result<bool, StoreError>;

    /// The groups of a stream, by name. A missing stream has none.
    async fn groups(&self, stream: &StreamKey) -> Result<Vec<GroupInfo>, StoreError>;

    /// The consumers of a group, by name.
    async fn consumers(&self, stream: &StreamKey, group: &str) -> Result<Vec<ConsumerInfo>, StoreError>;

    /// Removes a consumer, and tells how many entries were pending for it: nobody will get those any more.
    async fn remove_consumer(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
    ) -> Result<u64, StoreError>;

    /// Pending entries, the oldest id first.
    async fn pending(
        &self,
        stream: &StreamKey,
        group: &str,
        query: PendingQuery<'_>,
    ) -> Result<Vec<PendingEntry>, StoreError>;

    /// Gives pending entries to a consumer and returns those that it got. This counts as a delivery of each. Entries that are no
    /// longer in the stream are not returned, and (from Redis 7 on) no longer pending.
    async fn claim(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        claim: Claim<'_>,
    ) -> Result<ReadBatch, StoreError>;

    /// Gives pending entries to a consumer without reading them or counting a delivery, and returns those that it got.
    async fn assign(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        assign: Assign<'_>,
    ) -> Result<Vec<EntryId>, StoreError>;

    /// Entries have been dealt with: they are pending no longer. Returns how many were. Missing groups have nothing pending.
    async fn acknowledge(&self, group: &str, acks: &[Acks<'_>]) -> Result<u64, StoreError>;

    /// Appends an entry and acknowledges another one: both happen, or neither.
    async fn append_and_acknowledge(
        &self,
        entry: NewEntry<'_>,
        group: &str,
        ack: (&StreamKey, EntryId),
    ) -> Result<EntryId, StoreError>;
}

/// A way to read as a consumer of a group.
#[async_trait]
pub trait GroupReader: Send {
    /// Entries that are new to the group, at most `limit` of each stream; they are pending for this consumer from now on. With
    /// `block`, waits that long for the first; an empty batch means that none came.
    ///
    /// Not cancel safe: what was delivered to a read that nobody waits for is pending. Use [`interrupter`](Self::interrupter).
    ///
    /// # Errors
    ///
    /// [`StoreError::NoGroup`] when one of the streams or its group is not there; [`StoreError::WrongType`] names the stream that is none; anything
    /// else means that the connection is lost.
    async fn read(
        &mut self,
        streams: &[StreamKey],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError>;

    /// Ends a blocked read from outside.
    fn interrupter(&self) -> Arc<dyn Interrupt>;
}

/// Where a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupStart {
    /// Behind the last entry that the stream has when the group is made.
    Latest,
    /// Behind this entry; [`EntryId::MIN`] for everything that there is.
    After(EntryId),
}

/// A consumer group of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInfo {
    /// Its name.
    pub name: String,
    /// Number of consumers.
    pub consumers: u64,
    /// Number of entries that were delivered and not acknowledged.
    pub pending: u64,
    /// The last entry that was delivered as a new one.
    pub last_delivered: EntryId,
    /// Entries that were delivered since the beginning of the stream, where the store can tell.
    pub entries_read: Option<u64>,
    /// Entries that are still to be delivered, where the store can tell (Redis from 7.0 on).
    pub lag: Option<u64>,
}

/// A consumer of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerInfo {
    /// Its name.
    pub name: String,
    /// Number of entries that it got and did not acknowledge.
    pub pending: u64,
    /// Time since it last asked for something.
    pub idle: Duration,
}

/// An entry that was delivered and not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEntry {
    /// The entry, which may be gone from the stream.
    pub id: EntryId,
    /// Who got it.
    pub consumer: String,
    /// Time since it was last delivered.
    pub idle: Duration,
    /// How often it was delivered.
    pub deliveries: u64,
}

/// Which pending entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingQuery<'a> {
    /// Only those of this consumer.
    pub consumer: Option<&'a str>,
    /// Only these ids.
    pub ids: RangeInclusive<EntryId>,
    /// Only those that were last delivered so long ago.
    pub min_idle: Duration,
    /// Most entries wanted.
    pub limit: usize,
}

impl Default for PendingQuery<'_> {
    /// Everything that is pending, 1,000 entries at most.
    fn default() -> Self {
        Self { consumer: None, ids: EntryId::MIN..=EntryId::MAX, min_idle: Duration::ZERO, limit: 1000 }
    }
}

/// Pending entries that a consumer wants to have.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Which.
    pub ids: &'a [EntryId],
    /// Only those that were last delivered so long ago: of two consumers that claim the same, one gets it.
    pub min_idle: Duration,
}

/// Pending entries that change hands.
#[derive(Debug, Clone, Copy)]
pub struct Assign<'a> {
    /// Which.
    pub ids: &'a [EntryId],
    /// For how long they shall count as idle.
    pub idle: Duration,
    /// How often they shall count as delivered; `None` leaves it as it is.
    pub deliveries: Option<u64>,
}

/// Entries of one stream that have been dealt with.
#[derive(Debug, Clone, Copy)]
pub struct Acks<'a> {
    /// The stream.
    pub stream: &'a StreamKey,
    /// The entries.
    pub ids: &'a [EntryId],
}
