//! Of which answers of an API the answer to a request is made. They are noted while it is made, wherever in the task that is.

use std::cell::RefCell;

use bytes::Bytes;

use crate::source::Got;

tokio::task_local! {
    static NOTED: RefCell<Noted>;
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) key: String,
    /// When it was fetched, and how large it is: the body itself is not kept for this.
    fetched: (u64, usize),
}

impl Part {
    /// Whether this is the same one: it was not fetched anew since.
    pub(crate) fn is(&self, at_ms: u64, body: &Bytes) -> bool {
        self.fetched == (at_ms, body.len())
    }
}

#[derive(Debug, Default)]
struct Noted {
    parts: Vec<Part>,
    /// One of them was older than it should have been, or was not to be had.
    unsure: bool,
}

/// Makes something, and notes the answers of the API that it is made of; `None` if it should not be given again.
pub(super) async fn noting<T>(make: impl Future<Output = T>) -> (T, Option<Vec<Part>>) {
    NOTED
        .scope(RefCell::default(), async {
            let made = make.await;
            let Noted { parts, unsure } = NOTED.with(RefCell::take);
            (made, (!unsure && !parts.is_empty()).then_some(parts))
        })
        .await
}

/// Notes an answer of the API, if somebody wants to know.
pub(crate) fn note(key: String, at_ms: u64, got: &Got) {
    // Outside of a request nobody does.
    let _ = NOTED.try_with(|noted| {
        let mut noted = noted.borrow_mut();
        noted.unsure |= got.stale;
        noted.parts.push(Part { key, fetched: (at_ms, got.body.len()) });
    });
}

/// Notes that an answer of the API was not to be had: next time it may be.
pub(crate) fn note_failure() {
    let _ = NOTED.try_with(|noted| noted.borrow_mut().unsure = true);
}
