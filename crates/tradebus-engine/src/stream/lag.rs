//! How far a group is behind: counters that Redis keeps, and what it estimates where it cannot count.

use super::{Group, Stream};
use crate::EntryId;

/// What counting a group's progress needs to know of its stream. It does not change while entries are delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    len: u64,
    entries_added: u64,
    last_id: EntryId,
    /// [`EntryId::MIN`] without entries, as in Redis.
    first: EntryId,
    max_deleted: EntryId,
}

impl Stream {
    pub(super) fn progress(&self) -> Progress {
        Progress {
            len: self.len,
            entries_added: self.entries_added,
            last_id: self.last_id,
            // Only what was deleted one by one makes this worth a look.
            first: self.first_entry().unwrap_or(EntryId::MIN),
            max_deleted: self.max_deleted_id,
        }
    }

    /// How many entries a group has not got yet, if that can be told. It is negative where somebody has told Redis that more
    /// were read than there are.
    pub(crate) fn lag(&self, group: &Group) -> Option<i64> {
        let progress = self.progress();
        if progress.entries_added == 0 {
            return Some(0);
        }
        let counted = group.entries_read().filter(|_| !progress.is_fragmented_from(group.last_delivered()));
        let read = counted.or_else(|| progress.estimate(group.last_delivered()))?;
        Some(progress.entries_added.wrapping_sub(read).cast_signed())
    }
}

impl Progress {
    /// The counter of a group that gets the entry with this id as the next one.
    pub(super) fn after(&self, counter: Option<u64>, id: EntryId) -> Option<u64> {
        match counter {
            Some(read) if !self.is_fragmented_from(id) => Some(read + 1),
            // Redis keeps what it had where nothing was ever added, which cannot be here.
            _ => self.estimate(id),
        }
    }

    /// Whether an entry was deleted out of the middle at this id or behind it.
    fn is_fragmented_from(&self, id: EntryId) -> bool {
        self.len > 0
            && self.max_deleted != EntryId::MIN
            && self.first <= self.max_deleted
            && id <= self.max_deleted
    }

    /// How many entries were added up to an id and with it, where that follows from the counters of the stream.
    fn estimate(&self, id: EntryId) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if (self.len == 0 && id <= self.last_id) || id == self.last_id {
            return Some(self.entries_added);
        }
        let unfragmented = self.max_deleted == EntryId::MIN || self.max_deleted < self.first;
        if id > self.last_id || !unfragmented {
            return None;
        }
        match id.cmp(&self.first) {
            std::cmp::Ordering::Less => Some(self.entries_added - self.len),
            std::cmp::Ordering::Equal => Some(self.entries_added - self.len + 1),
            std::cmp::Ordering::Greater => None,
        }
    }
}
