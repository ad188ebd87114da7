//! Reading entries in order, in both directions.

use std::ops::ControlFlow;

use smallvec::SmallVec;

use super::{Fields, Stream};
use crate::EntryId;

/// Entries of a block, for walking it backwards: with room for a block of the default size.
type Offsets = SmallVec<[usize; 128]>;

impl Stream {
    /// Shows up to `limit` entries from `start` to `end` (both included), the oldest first. Returns how many it
    /// showed.
    pub(crate) fn range(
        &self,
        start: EntryId,
        end: EntryId,
        limit: usize,
        mut visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> usize {
        let mut shown = 0;
        if limit == 0 {
            return shown;
        }
        let from = self.blocks.partition_point(|block| block.last() < start);
        for block in self.blocks.range(from..).take_while(|block| block.first() <= end) {
            for entry in block.entries() {
                // Deleted entries are passed over first: their ids need not rise (see `set_id`).
                if entry.deleted || entry.id < start {
                    continue;
                }
                if entry.id > end {
                    return shown;
                }
                shown += 1;
                if visit(entry.id, entry.fields).is_break() || shown == limit {
                    return shown;
                }
            }
        }
        shown
    }

    /// Like [`Stream::range`], the newest first.
    pub(crate) fn range_reverse(
        &self,
        start: EntryId,
        end: EntryId,
        limit: usize,
        mut visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> usize {
        let mut shown = 0;
        if limit == 0 {
            return shown;
        }
        let until = self.blocks.partition_point(|block| block.first() <= end);
        for block in self.blocks.range(..until).rev().take_while(|block| block.last() >= start) {
            let wanted =
                block.entries().filter(|entry| !entry.deleted && entry.id >= start && entry.id <= end);
            let offsets: Offsets = wanted.map(|entry| entry.at).collect();
            for at in offsets.into_iter().rev() {
                let entry = block.entry_at(at);
                shown += 1;
                if visit(entry.id, entry.fields).is_break() || shown == limit {
                    return shown;
                }
            }
        }
        shown
    }
}
