//! One stream: blocks of entries in order of arrival, what is remembered about entries that are gone, and the groups
//! that share the work.

mod block;
mod check;
mod deliver;
mod fields;
mod group;
mod lag;
mod node_size;
mod range;
mod remove;

#[cfg(test)]
mod model_test;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub(crate) use block::{Block, BlockParts};
pub(crate) use deliver::PendingChanges;
pub use deliver::{AutoClaim, AutoClaimed, Claim};
pub use fields::Fields;
pub use group::{Consumer, Group, Pending};
pub use remove::Trim;

use crate::{DbError, EntryId};

/// A field to be added: name and value.
pub(crate) type Pair<'a> = (&'a [u8], &'a [u8]);

/// Names and values of one entry together, as in Redis.
const MAX_ENTRY_BYTES: usize = 1 << 30;

/// The id that a new entry shall get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewId {
    /// The time of the store and a sequence number; never below an id given before, even when the clock goes back.
    Auto,
    /// This millisecond and the next sequence number in it.
    AutoSeq(u64),
    /// Exactly this id, which must be above the last one.
    Exact(EntryId),
}

/// When a block of a stream is full: Redis' `stream-node-max-entries` and `stream-node-max-bytes`, with its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeLimits {
    /// Entries, deleted ones included; 0 is no limit.
    pub max_entries: u32,
    /// Bytes, as Redis would count them; 0 is no limit.
    pub max_bytes: usize,
}

impl Default for NodeLimits {
    fn default() -> Self {
        Self { max_entries: 100, max_bytes: 4096 }
    }
}

impl NodeLimits {
    fn entries(self) -> u32 {
        if self.max_entries == 0 { u32::MAX } else { self.max_entries }
    }

    fn bytes(self) -> usize {
        if self.max_bytes == 0 { MAX_ENTRY_BYTES } else { self.max_bytes.min(MAX_ENTRY_BYTES) }
    }
}

/// What a stream says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamInfo {
    /// Entries, without the deleted ones.
    pub len: u64,
    /// The oldest entry.
    pub first_entry: Option<EntryId>,
    /// The newest entry.
    pub last_entry: Option<EntryId>,
    /// The last id that was given; the entry may be gone.
    pub last_id: EntryId,
    /// Entries that were ever added.
    pub entries_added: u64,
    /// The largest id that was deleted one by one, not trimmed.
    pub max_deleted_id: EntryId,
    /// Memory of the stream, what is reserved for more included.
    pub memory_bytes: usize,
    /// Blocks that hold the entries.
    pub blocks: usize,
    /// Consumer groups.
    pub groups: usize,
}

/// What [`Db::set_id`](crate::Db::set_id) sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetId {
    /// The last id.
    pub last_id: EntryId,
    /// Entries that were ever added, if it shall change.
    pub entries_added: Option<u64>,
    /// The largest deleted id, if it shall change.
    pub max_deleted_id: Option<EntryId>,
}

/// A stream. It stays when its last entry goes: ids must not begin anew.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    /// A block can be without a living entry, when trimming met one whose newest entry had been deleted; as in Redis.
    /// Blocks are shared with the snapshot that is being written, and copied if they change meanwhile.
    blocks: VecDeque<Arc<Block>>,
    len: u64,
    last_id: EntryId,
    entries_added: u64,
    max_deleted_id: EntryId,
    allocated_bytes: usize,
    groups: BTreeMap<Box<[u8]>, Group>,
}

impl Stream {
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    pub(crate) const fn last_id(&self) -> EntryId {
        self.last_id
    }

    /// Adds an entry. `now` is asked only if the id depends on it.
    pub(crate) fn append(
        &mut self,
        id: NewId,
        now: impl FnOnce() -> u64,
        fields: &[Pair<'_>],
        limits: NodeLimits,
    ) -> Result<EntryId, DbError> {
        let id = self.next_id(id, now)?;
        let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        // A field without a byte takes room all the same, so that their number must be bounded with them.
        if bytes.saturating_add(fields.len()) > MAX_ENTRY_BYTES {
            return Err(DbError::TooLarge { bytes, max: MAX_ENTRY_BYTES });
        }
        match self.blocks.back_mut() {
            Some(block) if block.has_room(bytes, limits) => {
                let block = Arc::make_mut(block);
                let before = block.allocated_bytes();
                block.push(id, fields);
                self.allocated_bytes += block.allocated_bytes() - before;
            }
            _ => self.open_block(id, fields),
        }
        self.len += 1;
        self.entries_added += 1;
        self.last_id = id;
        Ok(id)
    }

    /// The last block becomes as small as its entries; the new one probably grows to the same size.
    fn open_block(&mut self, id: EntryId, fields: &[Pair<'_>]) {
        let mut expected = 0;
        if let Some(block) = self.blocks.back_mut().map(Arc::make_mut) {
            let before = block.allocated_bytes();
            block.close();
            self.allocated_bytes = self.allocated_bytes + block.allocated_bytes() - before;
            // A single large entry says nothing about the next one.
            expected =
                if block.live() > 1 { block.used_bytes().min(NodeLimits::default().max_bytes) } else { 0 };
        }
        let block = Block::new(id, fields, expected);
        self.allocated_bytes += block.allocated_bytes();
        self.blocks.push_back(Arc::new(block));
    }

    fn next_id(&self, id: NewId, now: impl FnOnce() -> u64) -> Result<EntryId, DbError> {
        let last = self.last_id;
        if id == NewId::Exact(EntryId::MIN) {
            return Err(DbError::IdZero);
        }
        let following = last.next().ok_or(DbError::IdsExhausted)?;
        let id = match id {
            NewId::Auto => following.max(EntryId::new(now(), 0)),
            NewId::AutoSeq(ms) if ms == last.ms => {
                let seq = last.seq.checked_add(1).ok_or(DbError::SequenceExhausted { ms })?;
                EntryId::new(ms, seq)
            }
            NewId::AutoSeq(ms) => EntryId::new(ms, 0),
            NewId::Exact(id) => id,
        };
        if id <= last { Err(DbError::IdNotAboveLast { id, last }) } else { Ok(id) }
    }

    /// A stream of a snapshot, whose blocks and groups follow.
    pub(crate) fn restored(last_id: EntryId, entries_added: u64, max_deleted_id: EntryId) -> Self {
        Self { last_id, entries_added, max_deleted_id, ..Self::default() }
    }

    /// Adds a block of a snapshot. Returns whether it comes behind those that are there, and not beyond the last id.
    pub(crate) fn restore_block(&mut self, block: Block) -> bool {
        let follows = self.blocks.back().is_none_or(|last| last.last() < block.first());
        if !follows || block.last() > self.last_id || block.first() > block.last() {
            return false;
        }
        self.len += u64::from(block.live());
        self.allocated_bytes += block.allocated_bytes();
        self.blocks.push_back(Arc::new(block));
        true
    }

    /// The blocks, the oldest first.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(|block| &**block)
    }

    /// The state of the stream.
    pub(crate) fn info(&self) -> StreamInfo {
        StreamInfo {
            len: self.len,
            first_entry: self.first_entry(),
            last_entry: self.last_entry(),
            last_id: self.last_id,
            entries_added: self.entries_added,
            max_deleted_id: self.max_deleted_id,
            memory_bytes: self.memory_bytes(),
            blocks: self.blocks.len(),
            groups: self.groups.len(),
        }
    }

    /// What the stream takes in memory, itself included.
    pub(crate) fn memory_bytes(&self) -> usize {
        /// A block in an allocation of its own, with the two counters of its owners.
        const BLOCK: usize = size_of::<Arc<Block>>() + size_of::<Block>() + 2 * size_of::<usize>();
        let groups: usize = self.groups.iter().map(|(name, group)| name.len() + group.memory_bytes()).sum();
        size_of::<Self>() + self.blocks.capacity() * BLOCK + self.allocated_bytes + groups
    }

    fn first_entry(&self) -> Option<EntryId> {
        self.blocks
            .iter()
            .flat_map(|block| block.entries())
            .find(|entry| !entry.deleted)
            .map(|entry| entry.id)
    }

    fn last_entry(&self) -> Option<EntryId> {
        let last_living =
            |block: &Arc<Block>| block.entries().filter(|entry| !entry.deleted).last().map(|entry| entry.id);
        self.blocks.iter().rev().find_map(last_living)
    }

    /// Sets the last id and the counters, as a copy of a stream needs.
    pub(crate) fn set_id(&mut self, set: SetId) -> Result<(), DbError> {
        let id = set.last_id;
        if let Some(max_deleted) = set.max_deleted_id.filter(|max| id < *max) {
            return Err(DbError::LastIdBelowDeleted { id, max_deleted });
        }
        if let Some(newest) = self.last_entry().filter(|newest| id < *newest) {
            return Err(DbError::LastIdBelowEntry { id, newest });
        }
        if let Some(entries_added) = set.entries_added.filter(|added| *added < self.len) {
            return Err(DbError::EntriesAddedBelowLength { entries_added, length: self.len });
        }
        self.last_id = id;
        self.forget_above(id);
        self.entries_added = set.entries_added.unwrap_or(self.entries_added);
        self.max_deleted_id = set.max_deleted_id.unwrap_or(self.max_deleted_id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{NewId, NodeLimits, Stream, Trim};
    use crate::{DbError, EntryId};

    fn add(stream: &mut Stream, id: NewId, now: u64) -> Result<EntryId, DbError> {
        stream.append(id, || now, &[(b"f", b"v")], NodeLimits::default())
    }

    #[test]
    fn ids_rise_when_the_clock_goes_back() {
        let mut stream = Stream::default();
        assert_eq!(add(&mut stream, NewId::Auto, 10), Ok(EntryId::new(10, 0)));
        assert_eq!(add(&mut stream, NewId::Auto, 10), Ok(EntryId::new(10, 1)));
        assert_eq!(add(&mut stream, NewId::Auto, 7), Ok(EntryId::new(10, 2)));
        assert_eq!(add(&mut stream, NewId::Auto, 11), Ok(EntryId::new(11, 0)));
        assert_eq!(
            add(&mut stream, NewId::Exact(EntryId::new(12, u64::MAX)), 0),
            Ok(EntryId::new(12, u64::MAX))
        );
        assert_eq!(add(&mut stream, NewId::Auto, 12), Ok(EntryId::new(13, 0)));
    }

    #[test]
    fn sequence_within_a_given_millisecond() {
        let mut stream = Stream::default();
        assert_eq!(add(&mut stream, NewId::AutoSeq(0), 0), Ok(EntryId::new(0, 1)));
        assert_eq!(add(&mut stream, NewId::AutoSeq(5), 0), Ok(EntryId::new(5, 0)));
        assert_eq!(add(&mut stream, NewId::AutoSeq(5), 0), Ok(EntryId::new(5, 1)));
        let too_low = DbError::IdNotAboveLast { id: EntryId::new(4, 0), last: EntryId::new(5, 1) };
        assert_eq!(add(&mut stream, NewId::AutoSeq(4), 0), Err(too_low));
        add(&mut stream, NewId::Exact(EntryId::new(5, u64::MAX)), 0).expect("above the last");
        assert_eq!(add(&mut stream, NewId::AutoSeq(5), 0), Err(DbError::SequenceExhausted { ms: 5 }));
    }

    #[test]
    fn nothing_follows_the_last_id() {
        let mut stream = Stream::default();
        add(&mut stream, NewId::Exact(EntryId::MAX), 0).expect("the last id can be used");
        for id in [NewId::Auto, NewId::AutoSeq(u64::MAX), NewId::Exact(EntryId::MAX)] {
            assert_eq!(add(&mut stream, id, 0), Err(DbError::IdsExhausted));
        }
    }

    /// Figures observed on redis-server 7.0.15.
    #[test]
    fn approximate_trims_end_at_nodes() {
        let mut stream = Stream::default();
        for ms in 1..=1000 {
            add(&mut stream, NewId::Exact(EntryId::new(ms, 0)), 0).expect("rising");
        }
        let limits = NodeLimits::default();
        assert_eq!(stream.trim(Trim::max_len(555).approximate(None), limits), 400);
        assert_eq!(stream.trim(Trim::max_len(0).approximate(Some(250)), limits), 200);
        assert_eq!(stream.trim(Trim::min_id(EntryId::new(799, 0)).approximate(Some(0)), limits), 100);
        assert_eq!(stream.trim(Trim::max_len(1), limits), 299);
        assert_eq!(stream.trim(Trim::max_len(0), limits), 1);
        assert_eq!((stream.len(), stream.last_id(), stream.blocks.len()), (0, EntryId::new(1000, 0), 0));
    }
}
