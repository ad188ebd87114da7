//! How entries leave a stream: trimmed from its old end, or deleted one by one.

use std::sync::Arc;

use super::{NodeLimits, Stream};
use crate::EntryId;

/// Which old entries shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trim {
    pub(super) keep: Keep,
    pub(super) extent: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// At most so many entries.
    Newest(u64),
    /// Entries with this id or a larger one.
    From(EntryId),
}

/// How precisely, and how much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Exact,
    WholeBlocks { limit: Option<u64> },
}

impl Trim {
    /// Keeps the newest entries, at most `len`.
    pub const fn max_len(len: u64) -> Self {
        Self { keep: Keep::Newest(len), extent: Extent::Exact }
    }

    /// Keeps the entries from this id on.
    pub const fn min_id(id: EntryId) -> Self {
        Self { keep: Keep::From(id), extent: Extent::Exact }
    }

    /// Removes whole blocks only, which costs next to nothing and may leave some entries more than asked for; and not
    /// more than `limit` entries at once (`Some(0)`: no limit; `None`: a hundred full blocks).
    #[must_use]
    pub const fn approximate(mut self, limit: Option<u64>) -> Self {
        self.extent = Extent::WholeBlocks { limit };
        self
    }

    /// The most entries that may go.
    pub(super) fn limit(self, limits: NodeLimits) -> u64 {
        const MOST: u64 = 1_000_000;
        match self.extent {
            Extent::Exact | Extent::WholeBlocks { limit: Some(0) } => u64::MAX,
            Extent::WholeBlocks { limit: Some(limit) } => limit,
            Extent::WholeBlocks { limit: None } if limits.max_entries == 0 => 10_000,
            Extent::WholeBlocks { limit: None } => (u64::from(limits.max_entries) * 100).min(MOST),
        }
    }
}

impl Stream {
    /// Removes old entries and returns how many.
    pub(crate) fn trim(&mut self, trim: Trim, limits: NodeLimits) -> u64 {
        let limit = trim.limit(limits);
        let before = self.len;
        while let Some(block) = self.blocks.front() {
            let entries = u64::from(block.live());
            let (done, whole_block) = match trim.keep {
                Keep::Newest(len) => (self.len <= len, self.len - entries >= len),
                Keep::From(id) => (block.first() >= id, block.last() < id),
            };
            if done || (before - self.len).saturating_add(entries) > limit {
                break;
            }
            if whole_block {
                self.remove_block(0);
                continue;
            }
            if trim.extent == Extent::Exact {
                self.trim_first_block(trim.keep);
            }
            break;
        }
        before - self.len
    }

    /// Marks the oldest entries of the first block as deleted, until what is to be kept begins.
    fn trim_first_block(&mut self, keep: Keep) {
        let Some(block) = self.blocks.front_mut() else { return };
        let excess = match keep {
            Keep::Newest(len) => (self.len - len) as usize,
            Keep::From(_) => usize::MAX,
        };
        let going = block
            .entries()
            .filter(|entry| !entry.deleted)
            .take_while(|entry| !matches!(keep, Keep::From(id) if entry.id >= id))
            .take(excess);
        let offsets: Vec<usize> = going.map(|entry| entry.at).collect();
        let block = Arc::make_mut(block);
        for at in &offsets {
            block.mark_deleted(*at);
        }
        self.len -= offsets.len() as u64;
    }

    fn remove_block(&mut self, index: usize) {
        if let Some(block) = self.blocks.remove(index) {
            self.len -= u64::from(block.live());
            self.allocated_bytes -= block.allocated_bytes();
        }
    }

    /// Forgets ids above the last one: of deleted entries, when the last id was set back. So the ids of blocks go on
    /// rising.
    pub(super) fn forget_above(&mut self, last_id: EntryId) {
        while let Some(block) = self.blocks.back_mut().filter(|block| block.last() > last_id) {
            if block.live() > 0 {
                return Arc::make_mut(block).set_back();
            }
            self.remove_block(self.blocks.len() - 1);
        }
    }

    /// Deletes the entries with these ids and returns how many there were.
    pub(crate) fn delete(&mut self, ids: &[EntryId]) -> u64 {
        let before = self.len;
        for id in ids {
            if self.delete_one(*id) {
                self.max_deleted_id = self.max_deleted_id.max(*id);
            }
        }
        before - self.len
    }

    fn delete_one(&mut self, id: EntryId) -> bool {
        let index = self.blocks.partition_point(|block| block.last() < id);
        let Some(block) = self.blocks.get_mut(index).filter(|block| block.first() <= id) else {
            return false;
        };
        let Some(entry) = block.entries().find(|entry| !entry.deleted && entry.id >= id) else {
            return false;
        };
        if entry.id != id {
            return false;
        }
        if block.live() == 1 {
            self.remove_block(index);
        } else {
            let at = entry.at;
            Arc::make_mut(block).mark_deleted(at);
            self.len -= 1;
        }
        true
    }
}
