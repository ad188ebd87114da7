//! Moving entries from one stream to others.

use tradebus_engine::EntryId;

use super::EntryRef;
use crate::StreamKey;

/// Says where an entry goes; `None` if it stays.
pub type TargetOf<'a> = dyn Fn(EntryRef<'_>) -> Option<StreamKey> + Sync + 'a;

/// An entry that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedEntry {
    /// The id that it had.
    pub was: EntryId,
    /// The stream in which it is.
    pub stream: StreamKey,
    /// Its id there.
    pub id: EntryId,
}
