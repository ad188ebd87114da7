//! A block: some consecutive entries of a stream in one buffer.
//!
//! ```text
//! entry  = flags u8, body length, body            flags: 1 = deleted, 2 = brings its own names
//! body   = ms, seq, names, value*                 ms: distance from the block's first id
//!                                                 seq: distance too when ms is 0, else as it is
//! names  = offset of a list in this block         or, with flag 2, such a list
//! list   = offset of the list before it (0: none), count, name*
//! name, value = length, bytes
//! ```
//! All numbers are varints. Entries mostly share their names, so that each list is stored once and entries point to it.

use super::fields::Fields;
use super::{NodeLimits, Pair, check, node_size};
use crate::EntryId;
use crate::varint::{self, Cursor};

pub(super) const DELETED: u8 = 1;
pub(super) const BRINGS_NAMES: u8 = 2;

/// How many name lists are compared with those of a new entry before its names are written out again.
const LISTS_COMPARED: usize = 8;

/// Entries in order of arrival.
#[derive(Clone)]
pub(crate) struct Block {
    first: EntryId,
    last: EntryId,
    data: Vec<u8>,
    live: u32,
    deleted: u32,
    /// Size of the node that Redis would have here, without its counters.
    node_bytes: usize,
    /// Where the names of the first entry are, and the list that was written last.
    first_names: u32,
    last_names: u32,
}

/// What a block is written from and made of again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockParts<'a> {
    pub(crate) first: EntryId,
    pub(crate) last: EntryId,
    pub(crate) node_bytes: u64,
    pub(crate) first_names: u32,
    pub(crate) last_names: u32,
    pub(crate) data: &'a [u8],
}

/// An entry where it lies.
pub(super) struct Entry<'a> {
    /// Offset in the block, for [`Block::mark_deleted`].
    pub(super) at: usize,
    pub(super) id: EntryId,
    pub(super) deleted: bool,
    pub(super) fields: Fields<'a>,
}

impl Block {
    /// A block that begins with this entry. `expected` is the size that it will probably reach.
    pub(super) fn new(id: EntryId, fields: &[Pair<'_>], expected: usize) -> Self {
        let mut block = Self {
            first: id,
            last: id,
            data: Vec::with_capacity(expected),
            live: 0,
            deleted: 0,
            node_bytes: node_size::node_head(fields),
            first_names: 0,
            last_names: 0,
        };
        block.push(id, fields);
        block.first_names = block.last_names;
        block
    }

    /// All of it, as it is.
    pub(crate) fn parts(&self) -> BlockParts<'_> {
        let Self { first, last, first_names, last_names, .. } = *self;
        BlockParts {
            first,
            last,
            node_bytes: self.node_bytes as u64,
            first_names,
            last_names,
            data: &self.data,
        }
    }

    /// A block as it was; `None` if it cannot have been one (see [`check`](super::check)).
    pub(crate) fn from_parts(parts: BlockParts<'_>) -> Option<Self> {
        let (live, deleted) = check::count_entries(parts)?;
        let BlockParts { first, last, node_bytes, first_names, last_names, data } = parts;
        let (data, node_bytes) = (data.to_vec(), usize::try_from(node_bytes).ok()?);
        Some(Self { first, last, data, live, deleted, node_bytes, first_names, last_names })
    }

    pub(super) const fn first(&self) -> EntryId {
        self.first
    }

    /// The id of the newest entry, deleted or not: no living one is above it.
    pub(super) const fn last(&self) -> EntryId {
        self.last
    }

    /// Takes the last living entry for the newest, since larger ids are free again.
    pub(super) fn set_back(&mut self) {
        let newest = self.entries().filter(|entry| !entry.deleted).last().map(|entry| entry.id);
        self.last = newest.unwrap_or(self.first);
    }

    pub(super) const fn live(&self) -> u32 {
        self.live
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.data.len()
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        self.data.capacity()
    }

    /// Whether Redis would put an entry of this many bytes of names and values into this node.
    pub(super) fn has_room(&self, bytes: usize, limits: NodeLimits) -> bool {
        let entries = self.live + self.deleted;
        let node = self.node_bytes + node_size::counters(self.live, self.deleted);
        node.saturating_add(bytes) < limits.bytes() && entries < limits.entries()
    }

    /// Gives back what the buffer does not use.
    pub(super) fn close(&mut self) {
        self.data.shrink_to_fit();
    }

    /// Adds an entry, whose id is above all others.
    pub(super) fn push(&mut self, id: EntryId, fields: &[Pair<'_>]) {
        let (ms, seq) = self.distance(id);
        let known = self.find_names(fields);
        let names_len = match known {
            Some(offset) => varint::len(u64::from(offset)),
            None => self.names_len(fields),
        };
        let values_len: usize = fields.iter().map(|(_, value)| varint::text_len(value)).sum();
        let body_len = varint::len(ms) + varint::len(seq) + names_len + values_len;
        self.reserve(1 + varint::len(body_len as u64) + body_len);

        self.data.push(if known.is_some() { 0 } else { BRINGS_NAMES });
        varint::put(&mut self.data, body_len as u64);
        varint::put(&mut self.data, ms);
        varint::put(&mut self.data, seq);
        match known {
            Some(offset) => varint::put(&mut self.data, u64::from(offset)),
            None => self.put_names(fields),
        }
        for (_, value) in fields {
            varint::put_text(&mut self.data, value);
        }

        self.last = id;
        self.live += 1;
        let same_names = self.live + self.deleted == 1 || known == Some(self.first_names);
        let seq = id.seq.wrapping_sub(self.first.seq);
        self.node_bytes += node_size::entry(ms, seq, same_names, fields);
    }

    fn distance(&self, id: EntryId) -> (u64, u64) {
        if id.ms == self.first.ms { (0, id.seq - self.first.seq) } else { (id.ms - self.first.ms, id.seq) }
    }

    /// The capacity grows by halves: a block is small, and doubling would leave much of it unused.
    fn reserve(&mut self, additional: usize) {
        if self.data.capacity() - self.data.len() < additional {
            self.data.reserve_exact(additional.max(self.data.len() / 2));
        }
    }

    fn names_len(&self, fields: &[Pair<'_>]) -> usize {
        let names: usize = fields.iter().map(|(name, _)| varint::text_len(name)).sum();
        varint::len(u64::from(self.last_names)) + varint::len(fields.len() as u64) + names
    }

    fn put_names(&mut self, fields: &[Pair<'_>]) {
        let at = self.data.len() as u32;
        varint::put(&mut self.data, u64::from(self.last_names));
        varint::put(&mut self.data, fields.len() as u64);
        for (name, _) in fields {
            varint::put_text(&mut self.data, name);
        }
        self.last_names = at;
    }

    /// Where the block has these names already. The names of the first entry are tried first: they are the likeliest.
    fn find_names(&self, fields: &[Pair<'_>]) -> Option<u32> {
        if self.first_names != 0 && self.names_equal(self.first_names, fields) {
            return Some(self.first_names);
        }
        let mut at = self.last_names;
        for _ in 0..LISTS_COMPARED {
            if at == self.first_names || at == 0 {
                return None;
            }
            if self.names_equal(at, fields) {
                return Some(at);
            }
            at = Cursor::new(&self.data, at as usize).number() as u32;
        }
        None
    }

    fn names_equal(&self, at: u32, fields: &[Pair<'_>]) -> bool {
        let mut cursor = Cursor::new(&self.data, at as usize);
        cursor.number();
        cursor.number() == fields.len() as u64 && fields.iter().all(|(name, _)| cursor.text() == *name)
    }

    /// All entries, deleted ones too, the oldest first.
    pub(super) fn entries(&self) -> Entries<'_> {
        Entries { block: self, cursor: Cursor::new(&self.data, 0) }
    }

    /// The entry at an offset that [`Entry::at`] gave.
    pub(super) fn entry_at(&self, at: usize) -> Entry<'_> {
        self.read(at).0
    }

    /// The entry at an offset, and where the next one begins.
    #[inline]
    fn read(&self, at: usize) -> (Entry<'_>, usize) {
        let mut cursor = Cursor::new(&self.data, at);
        let flags = cursor.byte();
        let body_len = cursor.number() as usize;
        let next = cursor.position() + body_len;
        let (ms, seq) = (cursor.number(), cursor.number());
        let base = if ms == 0 { self.first.seq } else { 0 };
        let id = EntryId::new(self.first.ms.wrapping_add(ms), base.wrapping_add(seq));
        let fields = if flags & BRINGS_NAMES == 0 {
            let mut names = Cursor::new(&self.data, cursor.number() as usize);
            names.number();
            let count = names.number() as usize;
            Fields::new(names, cursor, count)
        } else {
            cursor.number();
            let count = cursor.number() as usize;
            let names = cursor;
            for _ in 0..count {
                cursor.text();
            }
            Fields::new(names, cursor, count)
        };
        (Entry { at, id, deleted: flags & DELETED != 0, fields }, next)
    }

    /// Marks a living entry as deleted; its bytes go when the block goes.
    pub(super) fn mark_deleted(&mut self, at: usize) {
        if let Some(flags) = self.data.get_mut(at).filter(|flags| **flags & DELETED == 0) {
            *flags |= DELETED;
            self.live -= 1;
            self.deleted += 1;
        }
    }
}

/// Iterator over the entries of a block.
pub(super) struct Entries<'a> {
    block: &'a Block,
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.cursor.is_at_end() {
            return None;
        }
        let (entry, next) = self.block.read(self.cursor.position());
        self.cursor = Cursor::new(&self.block.data, next);
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, EntryId};

    fn id(ms: u64, seq: u64) -> EntryId {
        EntryId::new(ms, seq)
    }

    #[test]
    fn names_are_written_once() {
        let names: [&[u8]; 3] = [b"topic-with-a-long-name", b"payload", b"type"];
        let entry = names.map(|name| (name, b"v".as_slice()));
        let other = [(b"another-name".as_slice(), b"v".as_slice())];
        let mut block = Block::new(id(5, 9), &entry, 64);
        let with_names = block.used_bytes();
        block.push(id(5, 10), &other);
        let before = block.used_bytes();
        block.push(id(6, 0), &entry);
        assert_eq!(block.used_bytes() - before, 1 + 1 + 2 + 1 + 6);
        assert!(with_names > 40);
        block.push(id(6, 1), &other);
        assert_eq!(block.used_bytes() - before, 11 + 7);
        let ids: Vec<_> = block.entries().map(|entry| entry.id).collect();
        assert_eq!(ids, [id(5, 9), id(5, 10), id(6, 0), id(6, 1)]);
        let last = block.entries().last().map(|entry| entry.fields.collect::<Vec<_>>());
        assert_eq!(last.as_deref(), Some(other.as_slice()));
    }

    #[test]
    fn closing_gives_memory_back() {
        let mut block = Block::new(id(1, 1), &[(b"a", b"b")], 4096);
        block.close();
        assert!(block.allocated_bytes() < 64);
    }
}
