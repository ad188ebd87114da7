//! Whether bytes are a [block](super::block). What a block does with its own bytes takes them as they are; those of a file are
//! looked at once, before.

use super::BlockParts;
use super::block::{BRINGS_NAMES, DELETED};
use crate::EntryId;
use crate::varint::Reader;

/// Where lists of names stand, and how many each holds.
type Lists = Vec<(u64, u64)>;

/// How many living and deleted entries there are; `None` if the bytes are no block.
pub(super) fn count_entries(parts: BlockParts<'_>) -> Option<(u32, u32)> {
    let (mut live, mut deleted) = (0_u32, 0_u32);
    let mut reader = Reader::new(parts.data);
    let mut lists = Lists::new();
    let mut last = None;
    while reader.left() > 0 {
        let flags = reader.byte().filter(|flags| flags & !(DELETED | BRINGS_NAMES) == 0)?;
        let body = reader.text()?;
        let body_at = (parts.data.len() - reader.left() - body.len()) as u64;
        let id = entry(parts.first, body, body_at, flags, &mut lists)?;
        if flags & DELETED != 0 {
            deleted = deleted.checked_add(1)?;
            continue;
        }
        live = live.checked_add(1)?;
        let rises = last.is_none_or(|last| last < id) && (parts.first..=parts.last).contains(&id);
        last = rises.then_some(id);
        last?;
    }
    let known = |at: u32| lists.iter().any(|(list, _)| *list == u64::from(at));
    (live + deleted > 0 && known(parts.first_names) && known(parts.last_names)).then_some((live, deleted))
}

/// Reads the body of an entry to its end, and returns the id.
fn entry(first: EntryId, body: &[u8], at: u64, flags: u8, lists: &mut Lists) -> Option<EntryId> {
    let mut reader = Reader::new(body);
    let (ms, seq) = (reader.number()?, reader.number()?);
    let base = if ms == 0 { first.seq } else { 0 };
    let id = EntryId::new(first.ms.checked_add(ms)?, base.checked_add(seq)?);
    let values = if flags & BRINGS_NAMES == 0 {
        let list = reader.number()?;
        lists.iter().find(|(at, _)| *at == list)?.1
    } else {
        let list = at + (body.len() - reader.left()) as u64;
        let before = reader.number()?;
        if before != lists.last().map_or(0, |(at, _)| *at) {
            return None;
        }
        let count = reader.number()?;
        for _ in 0..count {
            reader.text()?;
        }
        lists.push((list, count));
        count
    };
    for _ in 0..values {
        reader.text()?;
    }
    (reader.left() == 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::count_entries;
    use crate::EntryId;
    use crate::stream::{Block, BlockParts};

    fn block() -> Block {
        let id = |ms| EntryId::new(ms, 3);
        let mut block = Block::new(id(5), &[(b"topic", b"a"), (b"payload", b"b")], 0);
        block.push(id(6), &[(b"other", b"c")]);
        block.push(id(7), &[(b"topic", b"d"), (b"payload", b"e")]);
        block.push(id(9), &[]);
        block
    }

    #[test]
    fn what_is_a_block_is_taken() {
        let mut block = block();
        assert_eq!(count_entries(block.parts()), Some((4, 0)));
        let second = block.entries().nth(1).map(|entry| entry.at);
        block.mark_deleted(second.expect("there are four"));
        assert_eq!(count_entries(block.parts()), Some((3, 1)));
        assert!(Block::from_parts(block.parts()).is_some_and(|copy| copy.parts() == block.parts()));
    }

    #[test]
    fn what_is_none_is_refused() {
        let block = block();
        let parts = block.parts();
        for len in 0..parts.data.len() {
            assert_eq!(count_entries(BlockParts { data: &parts.data[..len], ..parts }), None, "{len} bytes");
        }
        assert_eq!(count_entries(BlockParts { last_names: 3, ..parts }), None);
        assert_eq!(count_entries(BlockParts { last: EntryId::new(8, 0), ..parts }), None);
        assert_eq!(count_entries(BlockParts { first: EntryId::MAX, ..parts }), None);
        // Other numbers in the same bytes must not lead astray, whatever they are taken for.
        for at in 0..parts.data.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut data = parts.data.to_vec();
                data[at] = value;
                if let Some(block) = Block::from_parts(BlockParts { data: &data, ..parts }) {
                    assert!(block.entries().map(|entry| entry.fields.count()).sum::<usize>() < 100);
                }
            }
        }
    }
}
