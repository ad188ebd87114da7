//! Ids, options and lists as the log writes them.

use crate::EntryId;
use crate::varint::{Reader, put, put_text};

pub(super) fn put_bool(out: &mut Vec<u8>, value: bool) {
    out.push(u8::from(value));
}

pub(super) fn put_id(out: &mut Vec<u8>, id: EntryId) {
    put(out, id.ms);
    put(out, id.seq);
}

pub(super) fn put_option(out: &mut Vec<u8>, value: Option<u64>) {
    put_bool(out, value.is_some());
    if let Some(value) = value {
        put(out, value);
    }
}

pub(super) fn put_ids(out: &mut Vec<u8>, ids: &[EntryId]) {
    put(out, ids.len() as u64);
    for id in ids {
        put_id(out, *id);
    }
}

pub(super) fn put_texts(out: &mut Vec<u8>, texts: &[&[u8]]) {
    put(out, texts.len() as u64);
    for text in texts {
        put_text(out, text);
    }
}

impl<'a> Reader<'a> {
    pub(super) fn bool(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    #[expect(clippy::option_option, reason = "the outer one says whether it stands there")]
    pub(super) fn option(&mut self) -> Option<Option<u64>> {
        Some(if self.bool()? { Some(self.number()?) } else { None })
    }

    pub(super) fn id(&mut self) -> Option<EntryId> {
        Some(EntryId::new(self.number()?, self.number()?))
    }

    /// A list, whose items take a byte at least: no count can ask for more memory than there are bytes.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok().filter(|count| *count <= self.left())?;
        (0..count).map(|_| item(self)).collect()
    }

    pub(super) fn ids(&mut self) -> Option<Vec<EntryId>> {
        self.list(Self::id)
    }

    pub(super) fn texts(&mut self) -> Option<Vec<&'a [u8]>> {
        self.list(Self::text)
    }
}
