//! What waits for its time: a time and an id for each, the earliest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;
use tradebus_engine::EntryId;

/// An entry and its time, in nanoseconds since 1970 UTC. Of those with one time, the older entry is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: u64,
    pub(super) id: EntryId,
}

/// Entries of one move, at most.
const BATCH_ENTRIES: usize = 500;
/// Bytes of one move, at most, unless it is a single entry.
const BATCH_BYTES: usize = 8 << 20;
/// An entry up to this size counts as one of this size; the size of larger ones is remembered.
const SMALL_BYTES: usize = BATCH_BYTES / BATCH_ENTRIES;

/// So many entries at most, by time.
#[derive(Debug)]
pub(super) struct Waiting {
    heap: BinaryHeap<Reverse<Due>>,
    large: HashMap<EntryId, usize>,
    most: usize,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Self {
        Self { heap: BinaryHeap::new(), large: HashMap::new(), most }
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// How many more there may be.
    pub(super) fn room(&self) -> usize {
        self.most.saturating_sub(self.heap.len())
    }

    /// An entry of so many bytes waits.
    pub(super) fn push(&mut self, due: Due, bytes: usize) {
        if bytes > SMALL_BYTES {
            self.large.insert(due.id, bytes);
        }
        self.heap.push(Reverse(due));
    }

    /// Entries that were taken wait again.
    pub(super) fn put_back(&mut self, entries: impl IntoIterator<Item = Due>) {
        self.heap.extend(entries.into_iter().map(Reverse));
    }

    /// Entries that were taken do not come back.
    pub(super) fn forget<'a>(&mut self, entries: impl Iterator<Item = &'a Due>) {
        if !self.large.is_empty() {
            for due in entries {
                self.large.remove(&due.id);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.large.clear();
    }

    /// The earliest time.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(due)| due.at)
    }

    /// Takes those whose time has come, in order, as many as are moved at one time.
    pub(super) fn take_due(&mut self, now: u64) -> Vec<Due> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(&Reverse(due)) = self.heap.peek() {
            bytes += self.large.get(&due.id).copied().unwrap_or(SMALL_BYTES);
            let full = taken.len() == BATCH_ENTRIES || bytes > BATCH_BYTES;
            if due.at > now || (full && !taken.is_empty()) {
                break;
            }
            self.heap.pop();
            taken.push(due);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH_ENTRIES, Due, EntryId, Waiting};

    fn due(at: u64, id: u64) -> Due {
        Due { at, id: EntryId::new(id, 0) }
    }

    #[test]
    fn the_earliest_is_first_and_of_one_time_the_oldest() {
        let mut waiting = Waiting::new(10);
        for (at, id) in [(5, 1), (3, 2), (5, 3), (3, 4), (9, 5)] {
            waiting.push(due(at, id), 100);
        }
        assert_eq!((waiting.room(), waiting.next_at()), (5, Some(3)));
        assert_eq!(waiting.take_due(2), []);
        let taken = waiting.take_due(5);
        assert_eq!(taken, [due(3, 2), due(3, 4), due(5, 1), due(5, 3)]);
        waiting.put_back(taken[1..].iter().copied());
        assert_eq!(waiting.take_due(4), [due(3, 4)]);
        assert_eq!(waiting.len(), 3);
    }

    #[test]
    fn one_move_is_bounded_by_entries_and_bytes() {
        let mut waiting = Waiting::new(10_000);
        for id in 0..1_000 {
            waiting.push(due(1, id), 10);
        }
        assert_eq!(waiting.take_due(1).len(), BATCH_ENTRIES);
        assert_eq!(waiting.take_due(1).len(), 500);
        for id in 0..4 {
            waiting.push(due(1, id), 3 << 20);
        }
        waiting.push(due(0, 9), 100 << 20);
        let first = waiting.take_due(1);
        assert_eq!(first, [due(0, 9)], "however large: alone");
        waiting.forget(first.iter());
        assert_eq!(waiting.take_due(1), [due(1, 0), due(1, 1)]);
        assert_eq!(size_of::<Due>(), 24);
    }
}
