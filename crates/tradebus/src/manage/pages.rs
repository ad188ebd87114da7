//! Reading a stream page by page.

use std::sync::Arc;

use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::StreamKey;
use crate::store::{EntryRef, RangeQuery, ReadBatch, StreamStore};

/// Most entries of a page.
const MOST_ENTRIES: usize = 1000;
/// Bytes that a page is meant to have, as far as the sizes of the entries before tell.
const PAGE_BYTES: usize = 4 << 20;
/// Entries of the first page, when nothing is known of their size.
const FIRST_ENTRIES: usize = 16;

/// The entries of a range, page by page. However long the range is, only one page is held.
#[derive(Debug)]
pub struct Pages {
    store: Arc<dyn StreamStore>,
    stream: StreamKey,
    /// What is still to be read; `None` once all was.
    rest: Option<RangeQuery>,
    page: usize,
    /// Bytes that a page is meant to have.
    bytes: usize,
}

impl Pages {
    pub(super) fn new(store: Arc<dyn StreamStore>, stream: StreamKey, query: RangeQuery) -> Self {
        Self { store, stream, rest: Some(query), page: FIRST_ENTRIES, bytes: PAGE_BYTES }
    }

    /// The same with smaller pages, of so many bytes where that is less.
    pub(crate) fn of_bytes(self, bytes: usize) -> Self {
        Self { bytes: self.bytes.min(bytes), ..self }
    }

    /// The next entries, some megabytes at most unless a few are that large; `None` when all were read.
    ///
    /// # Errors
    ///
    /// When the store cannot be used. The same entries can be asked for again.
    pub async fn next(&mut self) -> Result<Option<ReadBatch>, ManageError> {
        let Some(rest) = self.rest else { return Ok(None) };
        let page = RangeQuery { limit: rest.limit.min(self.page), ..rest };
        let batch = self.store.range(&self.stream, page).await?;
        let last = batch.entries().last().map(EntryRef::id);
        self.rest = last.and_then(|last| behind(rest, last, batch.len()));
        if batch.is_empty() {
            return Ok(None);
        }
        self.page = (self.bytes / (batch.bytes() / batch.len()).max(1)).clamp(1, MOST_ENTRIES);
        Ok(Some(batch))
    }
}

/// What is left of a range when so many entries were read of it; `None` if nothing is.
fn behind(query: RangeQuery, last: EntryId, read: usize) -> Option<RangeQuery> {
    let rest = if query.reverse {
        RangeQuery { end: last.previous()?, ..query }
    } else {
        RangeQuery { start: last.next()?, ..query }
    };
    let limit = query.limit.saturating_sub(read);
    (limit > 0 && rest.start <= rest.end).then_some(RangeQuery { limit, ..rest })
}

impl StreamManager {
    /// The entries of a range, page by page. A missing stream has none.
    pub fn read(&self, stream: &StreamKey, query: RangeQuery) -> Pages {
        Pages::new(self.store.clone(), stream.clone(), query)
    }

    /// The newest entries, at most so many, oldest first, page by page.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the store cannot be used.
    pub async fn read_last(&self, stream: &StreamKey, entries: usize) -> Result<Pages, ManageError> {
        let end = self.info(stream).await?.last_id;
        let newest = RangeQuery { end, limit: entries, reverse: true, ..RangeQuery::default() };
        // Ids would do to find the beginning, but only whole entries can be asked for: they are read twice, and never held.
        let (mut pages, mut start) = (self.read(stream, newest), None);
        while entries > 0
            && let Some(batch) = pages.next().await?
        {
            start = batch.entries().last().map(EntryRef::id);
        }
        let limit = if start.is_some() { entries } else { 0 };
        let query = RangeQuery { start: start.unwrap_or(end), end, limit, reverse: false };
        let mut pages = self.read(stream, query);
        if limit == 0 {
            pages.rest = None;
        }
        Ok(pages)
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, RangeQuery, behind};

    #[test]
    fn what_is_left_of_a_range() {
        let id = |ms| EntryId::new(ms, 0);
        let query = RangeQuery { start: id(1), end: id(9), limit: 5, reverse: false };
        let rest = behind(query, id(3), 2).unwrap();
        assert_eq!((rest.start, rest.end, rest.limit), (EntryId::new(3, 1), id(9), 3));
        assert_eq!(behind(query, id(3), 5), None, "as many as were wanted");
        assert_eq!(behind(query, id(9), 1), None, "the end was reached");
        let backwards = behind(RangeQuery { reverse: true, ..query }, id(3), 2).unwrap();
        assert_eq!((backwards.start, backwards.end), (id(1), EntryId::new(2, u64::MAX)));
        let everything = RangeQuery::default();
        assert_eq!(behind(everything, EntryId::MAX, 1), None, "nothing is behind the last id");
    }
}
