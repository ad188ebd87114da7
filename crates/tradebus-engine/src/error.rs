//! What an operation on the store can be refused for.

use crate::EntryId;

/// Why an operation was refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// `0-0` stands for "before every entry" and cannot be the id of one.
    #[error("0-0 cannot be the id of an entry: ids begin at 0-1")]
    IdZero,
    /// Ids of a stream only rise.
    #[error("id {id} is not above {last}, the last id of the stream")]
    IdNotAboveLast {
        /// The id that was asked for.
        id: EntryId,
        /// The last id of the stream.
        last: EntryId,
    },
    /// The stream was given the largest possible id, so that no entry can follow.
    #[error("the stream has used the last possible id; nothing can be added to it")]
    IdsExhausted,
    /// The next sequence number of the given millisecond would be beyond 64 bits.
    #[error("millisecond {ms} of the stream has no sequence number left")]
    SequenceExhausted {
        /// The millisecond that was asked for.
        ms: u64,
    },
    /// Field names and values of one entry may together take 1 GiB.
    #[error("the entry takes {bytes} bytes; {max} are allowed")]
    TooLarge {
        /// Bytes of all names and values.
        bytes: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// The operation needs an existing key.
    #[error("there is no such key")]
    NoSuchKey,
    /// The stream has no consumer group of this name.
    #[error("there is no such consumer group")]
    NoSuchGroup,
    /// The stream has a consumer group of this name already.
    #[error("there is a consumer group of this name already")]
    GroupExists,
    /// The key holds a value of another kind than the operation works on.
    #[error("the key holds another kind of value")]
    WrongType,
    /// The text at the key is no whole number of 64 bits.
    #[error("the value is no whole number from -9223372036854775808 to 9223372036854775807")]
    NotAnInteger,
    /// The sum would be beyond 64 bits.
    #[error("the sum is beyond -9223372036854775808 to 9223372036854775807")]
    Overflow,
    /// [`Db::set_id`](crate::Db::set_id) may not go below an existing entry.
    #[error("last id {id} would be below the newest entry {newest}")]
    LastIdBelowEntry {
        /// The id that was asked for.
        id: EntryId,
        /// The newest entry of the stream.
        newest: EntryId,
    },
    /// [`Db::set_id`](crate::Db::set_id): a stream cannot hold more entries than were ever added.
    #[error("entries_added {entries_added} would be below the {length} entries that the stream holds")]
    EntriesAddedBelowLength {
        /// The count that was asked for.
        entries_added: u64,
        /// The entries that the stream holds.
        length: u64,
    },
    /// [`Db::set_id`](crate::Db::set_id): what was deleted was added before.
    #[error("last id {id} would be below the largest deleted id {max_deleted}")]
    LastIdBelowDeleted {
        /// The id that was asked for.
        id: EntryId,
        /// The largest deleted id that was given.
        max_deleted: EntryId,
    },
    /// The disk has no room for the change. It may be made again when there is room.
    #[error("the disk has no room left for the log")]
    DiskFull,
    /// The disk failed, and what is in the log is not certain any more: nothing can be changed until the store is opened anew.
    #[error("the log cannot be written any more")]
    LogFailed,
}
