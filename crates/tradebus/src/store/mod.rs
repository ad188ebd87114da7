//! The stream store: one contract, two engines.
//!
//! A store keeps streams of entries in the order in which they were appended. Publishers write through an [`Appender`], each
//! on a connection of its own; readers block on a [`StreamReader`], each on a connection of its own; everything that is
//! asked now and then goes through the [`StreamStore`] itself.

mod batch;
mod embedded;
mod error;
mod groups;
mod leases;
mod moves;
mod redis;
mod server_reply;
mod values;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tradebus_engine::EntryId;

pub use batch::{BatchBuilder, EntryRef, ReadBatch};
pub use embedded::EmbeddedStore;
pub use error::StoreError;
pub use groups::{
    Acks, Assign, Claim, ConsumerGroups, ConsumerInfo, GroupInfo, GroupReader, GroupStart, PendingEntry,
    PendingQuery,
};
pub use leases::{Lease, Leases};
pub use moves::{MovedEntry, TargetOf};
pub use redis::RedisStore;
pub use server_reply::ServerReply;
pub use values::Values;

use crate::config::Location;
use crate::{BusConfig, StreamKey};

/// A store of streams. All engines keep the same promises, and one suite of tests holds them to it.
#[async_trait]
pub trait StreamStore: Send + Sync + fmt::Debug {
    /// Opens a way to append; `role` names the connection for those who look at the server's list of clients.
    async fn appender(&self, role: &str) -> Result<Box<dyn Appender>, StoreError>;

    /// Opens a way to read that may block without holding anyone else up.
    async fn reader(&self, role: &str) -> Result<Box<dyn StreamReader>, StoreError>;

    /// Entries with ids from `query.start` to `query.end`, both included. A missing stream is an empty one.
    async fn range(&self, stream: &StreamKey, query: RangeQuery) -> Result<ReadBatch, StoreError>;

    /// Number of entries; 0 for a missing stream.
    async fn len(&self, stream: &StreamKey) -> Result<u64, StoreError>;

    /// The last id that each stream has given out, also when that entry is gone; [`EntryId::MIN`] for a missing stream.
    async fn last_ids(&self, streams: &[StreamKey]) -> Result<Vec<EntryId>, StoreError>;

    /// What a stream says about itself; `None` if there is no such stream.
    async fn info(&self, stream: &StreamKey) -> Result<Option<StreamInfo>, StoreError>;

    /// Removes single entries and tells how many there were. A missing stream has none.
    async fn delete_entries(&self, stream: &StreamKey, ids: &[EntryId]) -> Result<u64, StoreError>;

    /// Removes an entry and appends another one in its place, elsewhere: both happen, or neither. Returns the id of the new one, or
    /// `None` if the old one was not there (any more), so that of several that move the same, one does.
    async fn move_entry(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError>;

    /// Moves entries to other streams as they are, with all of their fields: appended there and removed here, all of them or none.
    /// Returns those that were moved, in the order of `ids`; those that are not there (any more), or that stay, are passed over.
    ///
    /// With a `guard` it happens only while that lease is held; `None` if it is not. Then this is safe only if all who move, or remove,
    /// entries of this stream do so under that lease; others may append to it at any time. Without one, an entry that several move is
    /// moved by one of them. A disk that is full may let some of the embedded engine's entries move and keep the others.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongType`] names the stream, or target, that is none. Nothing was moved then.
    async fn move_entries(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError>;

    /// Removes old entries and tells how many.
    async fn trim(&self, stream: &StreamKey, trim: Trim) -> Result<u64, StoreError>;

    /// Removes a stream with all that belongs to it; tells whether there was one.
    async fn remove(&self, stream: &StreamKey) -> Result<bool, StoreError>;

    /// The streams whose key starts with `prefix`, in no order.
    async fn streams(&self, prefix: &[u8]) -> Result<Vec<StreamKey>, StoreError>;

    /// The consumer groups of the streams.
    fn consumer_groups(&self) -> &dyn ConsumerGroups;

    /// The leases.
    fn leases(&self) -> &dyn Leases;

    /// The values that expire.
    fn values(&self) -> &dyn Values;

    /// The store's clock, in milliseconds since 1970 UTC: the one that makes the ids.
    async fn now_ms(&self) -> Result<u64, StoreError>;

    /// Asks the server in its own language, for what this contract has no question for: `INFO`, `CONFIG GET`, `ACL`. It goes over the connection
    /// that everything else is asked on, so it must neither block nor change that connection; a refusal is an answer like any other
    /// ([`ServerReply::Refused`]). `None` where there is no server: a store of this process.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or does not answer in time.
    async fn ask_server(&self, words: &[&str]) -> Result<Option<ServerReply>, StoreError> {
        let _ = words;
        Ok(None)
    }

    /// What the store is and where, without secrets.
    fn describe(&self) -> String;

    /// Name of the messaging system, as traces have it: `redis`, or `tradebus` for stores of this process.
    fn system(&self) -> &'static str {
        "tradebus"
    }

    /// Why nothing can be written though the store answers, if that is so and it tells.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Makes everything that was appended as safe as the store can, and lets go of what only one process may have. A store on
    /// disk of this process takes nothing more afterwards; others go on.
    async fn close(&self) {}
}

/// A way to append. Batches are sent one behind the other; acknowledgements come in the order of the entries, any number
/// of batches may be under way, and the entries of one stream keep their order.
#[async_trait]
pub trait Appender: Send + fmt::Debug {
    /// Sends a batch. Returns when it is on its way.
    ///
    /// # Errors
    ///
    /// When the connection is lost. Entries that are not acknowledged may have been stored or not.
    async fn send(&mut self, batch: &[NewEntry<'_>]) -> Result<(), StoreError>;

    /// Waits for at least one acknowledgement, and takes all that have arrived. Cancel safe.
    ///
    /// # Errors
    ///
    /// When the connection is lost; acknowledgements that were put into `acks` before hold.
    async fn receive(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>) -> Result<(), StoreError>;
}

/// A way to read several streams at once.
#[async_trait]
pub trait StreamReader: Send {
    /// Entries behind the given positions, at most `limit` of each stream. With `block`, waits that long for the first;
    /// an empty batch means that none came. Missing streams are empty ones.
    ///
    /// Not cancel safe: use [`interrupter`](Self::interrupter) to end a blocked read early.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongType`] names the stream that is none; anything else means that the connection is lost.
    async fn read(
        &mut self,
        positions: &[Position],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError>;

    /// Ends a blocked read from outside.
    fn interrupter(&self) -> Arc<dyn Interrupt>;
}

/// Ends a blocked read of the reader it came from.
#[async_trait]
pub trait Interrupt: Send + Sync {
    /// The read returns with what there is, at once or when asked again: a read that is only about to block may miss one call.
    async fn interrupt(&self);
}

/// A place in a stream: everything up to `after` is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The stream.
    pub stream: StreamKey,
    /// The last entry known.
    pub after: EntryId,
}

/// An entry to append. It tells its fields when asked, so that no list of them has to be kept.
#[derive(Clone, Copy)]
pub struct NewEntry<'a> {
    /// The stream; created where missing.
    pub stream: &'a StreamKey,
    /// What the entry holds.
    pub fields: &'a dyn EntryFields,
}

/// The fields of an entry: names and values, in order; names may repeat.
pub trait EntryFields: Sync {
    /// Calls `use_fields` once with all fields.
    fn with(&self, use_fields: &mut UseFields<'_>);
}

/// What is done with the names and values of an entry.
pub type UseFields<'a> = dyn FnMut(&[(&[u8], &[u8])]) + 'a;

impl EntryFields for [(&[u8], &[u8])] {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        use_fields(self);
    }
}

impl<const N: usize> EntryFields for [(&[u8], &[u8]); N] {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        use_fields(self);
    }
}

/// Which entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeQuery {
    /// First id wanted.
    pub start: EntryId,
    /// Last id wanted.
    pub end: EntryId,
    /// Most entries wanted.
    pub limit: usize,
    /// Newest first.
    pub reverse: bool,
}

impl Default for RangeQuery {
    /// Everything, oldest first.
    fn default() -> Self {
        Self { start: EntryId::MIN, end: EntryId::MAX, limit: usize::MAX, reverse: false }
    }
}

/// What a stream says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamInfo {
    /// Number of entries.
    pub len: u64,
    /// The oldest entry.
    pub first: Option<EntryId>,
    /// The newest entry.
    pub last: Option<EntryId>,
    /// The last id that was given out; that entry may be gone.
    pub last_id: EntryId,
    /// Entries that were ever added, where the store can tell (Redis from 7.0 on).
    pub entries_added: Option<u64>,
    /// Number of consumer groups.
    pub groups: u64,
    /// Memory that the stream takes, where the store tells.
    pub memory_bytes: Option<u64>,
}

/// How to shorten a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// To so many entries, the newest ones.
    ToLength {
        /// Entries to keep.
        keep: u64,
        /// May keep a few more (whole nodes go), which costs the store far less.
        approximate: bool,
    },
    /// To the entries from this id on.
    FromId {
        /// First id to keep.
        first: EntryId,
        /// May keep a few more.
        approximate: bool,
    },
}

/// Opens the store that a configuration names.
///
/// # Errors
///
/// When the URL is none, or the store cannot be reached or used: the message names the place and what is wrong.
pub async fn open(config: &BusConfig) -> Result<Arc<dyn StreamStore>, StoreError> {
    match Location::parse(config.store_url().expose())? {
        Location::Memory => Ok(Arc::new(EmbeddedStore::in_memory())),
        Location::Directory(directory) => {
            Ok(Arc::new(EmbeddedStore::open(config.log_options(directory)).await?))
        }
        Location::Redis(server) => Ok(Arc::new(RedisStore::connect(server, config).await?)),
    }
}
