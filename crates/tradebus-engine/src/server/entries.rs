//! Entries as replies.

use std::ops::ControlFlow;

use tradebus_resp::ReplyEncoder;

use crate::{EntryId, Fields};

/// Writes an id as a string.
pub(super) fn write_id(out: &mut ReplyEncoder<'_>, id: EntryId) {
    let mut text = smallvec::SmallVec::<[u8; 64]>::new();
    let mut digits = itoa::Buffer::new();
    text.extend_from_slice(digits.format(id.ms).as_bytes());
    text.push(b'-');
    text.extend_from_slice(digits.format(id.seq).as_bytes());
    out.bulk(text);
}

/// Writes an entry: its id and the list of its fields.
pub(super) fn write_entry(out: &mut ReplyEncoder<'_>, id: EntryId, fields: Fields<'_>) {
    out.list(2);
    write_id(out, id);
    out.list(fields.len() * 2);
    for (name, value) in fields {
        out.bulk(name);
        out.bulk(value);
    }
}

/// A visitor that writes entries. It stops when the reply is larger than any client may let wait: the connection is
/// closed then, and what it was to get need not be gathered.
pub(super) fn writer<'o, 'w>(
    out: &'o mut ReplyEncoder<'w>,
    max_bytes: usize,
) -> impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()> + use<'o, 'w> {
    move |id, fields| {
        write_entry(out, id, fields);
        if out.len() > max_bytes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A visitor that only counts.
pub(super) fn skip(_: EntryId, _: Fields<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
