//! A batch of entries as it was read: one buffer, and where in it everything lies.

use bytes::Bytes;
use tradebus_engine::EntryId;

use crate::StreamKey;

/// Entries read together. They share one buffer: values are given as slices of it, never copied.
#[derive(Debug, Default, Clone)]
pub struct ReadBatch {
    data: Bytes,
    /// Places of field names and values in `data`, in turn.
    spans: Vec<Span>,
    entries: Vec<EntryHead>,
    streams: Vec<StreamKey>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy)]
struct EntryHead {
    id: EntryId,
    stream: u32,
    /// Where the spans of this entry start; they end where those of the next one start.
    first_span: u32,
}

impl ReadBatch {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Size of the buffer, in bytes.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// The entries: stream by stream, in order of their ids within each.
    pub fn entries(&self) -> impl Iterator<Item = EntryRef<'_>> {
        (0..self.entries.len()).map(|index| EntryRef { batch: self, index })
    }
}

/// One entry of a batch.
#[derive(Debug, Clone, Copy)]
pub struct EntryRef<'a> {
    batch: &'a ReadBatch,
    index: usize,
}

impl<'a> EntryRef<'a> {
    /// Its id.
    pub fn id(self) -> EntryId {
        self.batch.entries[self.index].id
    }

    /// Its stream.
    pub fn stream(self) -> &'a StreamKey {
        &self.batch.streams[self.batch.entries[self.index].stream as usize]
    }

    /// Its fields, names and values, in the order in which they are stored.
    pub fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let batch = self.batch;
        let start = batch.entries[self.index].first_span as usize;
        let end =
            batch.entries.get(self.index + 1).map_or(batch.spans.len(), |next| next.first_span as usize);
        batch.spans[start..end]
            .chunks_exact(2)
            .map(move |pair| (batch.bytes_at(pair[0]), batch.bytes_at(pair[1])))
    }

    /// A value of this batch as bytes that may outlive it, without copying them.
    pub fn share(self, value: &'a [u8]) -> Bytes {
        self.batch.data.slice_ref(value)
    }
}

impl ReadBatch {
    fn bytes_at(&self, span: Span) -> &[u8] {
        &self.data[span.start as usize..span.end as usize]
    }
}

/// Puts a batch together, from values that lie in a buffer already or are copied into it.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    batch: ReadBatch,
    copied: Vec<u8>,
}

impl BatchBuilder {
    /// The entries that follow belong to this stream.
    pub fn stream(&mut self, stream: StreamKey) {
        self.batch.streams.push(stream);
    }

    /// Starts an entry of the last stream named.
    pub fn entry(&mut self, id: EntryId) {
        let stream = self.batch.streams.len().saturating_sub(1) as u32;
        self.batch.entries.push(EntryHead { id, stream, first_span: self.batch.spans.len() as u32 });
    }

    /// The next name or value lies at these offsets of the buffer given to [`finish_in`](Self::finish_in).
    pub fn at(&mut self, start: usize, end: usize) {
        self.batch.spans.push(Span { start: start as u32, end: end as u32 });
    }

    /// The next name or value, copied.
    pub fn copy(&mut self, value: &[u8]) {
        let start = self.copied.len();
        self.copied.extend_from_slice(value);
        self.at(start, self.copied.len());
    }

    /// Bytes copied so far.
    pub fn copied_bytes(&self) -> usize {
        self.copied.len()
    }

    /// The batch, over the buffer in which its values lie; it must be smaller than 4 GiB.
    pub fn finish_in(mut self, data: Bytes) -> ReadBatch {
        self.batch.data = data;
        self.batch
    }

    /// The batch, over what was copied.
    pub fn finish(mut self) -> ReadBatch {
        let copied = std::mem::take(&mut self.copied);
        self.finish_in(copied.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchBuilder, EntryRef};
    use crate::{EntryId, StreamKey};

    #[test]
    fn keeps_entries_apart() {
        let mut builder = BatchBuilder::default();
        builder.stream(StreamKey::from("a"));
        builder.entry(EntryId::new(1, 0));
        builder.copy(b"f");
        builder.copy(b"one");
        builder.stream(StreamKey::from("b"));
        builder.entry(EntryId::new(2, 0));
        builder.entry(EntryId::new(3, 0));
        builder.copy(b"");
        builder.copy(b"three");
        let batch = builder.finish();

        let seen: Vec<_> = batch
            .entries()
            .map(|e: EntryRef<'_>| (e.stream().to_string(), e.id().ms, e.fields().collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a".to_owned(), 1, vec![(&b"f"[..], &b"one"[..])]),
                ("b".to_owned(), 2, vec![]),
                ("b".to_owned(), 3, vec![(&b""[..], &b"three"[..])]),
            ]
        );
        let (_, value) = batch.entries().next().unwrap().fields().next().unwrap();
        assert_eq!(batch.entries().next().unwrap().share(value), "one");
    }
}
