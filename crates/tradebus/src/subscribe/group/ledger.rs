//! What is in the hands of one member: entries that were delivered to it and are not settled, and what is to be done about those that are.

use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tradebus_engine::EntryId;

use super::Received;
use crate::StreamKey;

/// The books of one member.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
    /// Something was settled.
    pub(super) changed: Notify,
    /// Entries have left.
    pub(super) room: Notify,
}

#[derive(Debug, Default)]
struct State {
    streams: HashMap<StreamKey, StreamBook>,
    failed: Vec<Failed>,
    /// Entries in hand.
    held: usize,
}

#[derive(Debug, Default)]
struct StreamBook {
    held: HashMap<EntryId, Held>,
    acks: Vec<EntryId>,
}

/// An entry in hand.
#[derive(Debug, Clone, Copy)]
struct Held {
    deliveries: u64,
    /// When the store was last told that somebody cares for it.
    touched: Instant,
    /// The subscriber has it, or had it.
    begun: bool,
    /// From then on nobody cares for it: its handler hangs.
    cared_until: Option<Instant>,
}

impl Held {
    fn begun_deliveries(self) -> u64 {
        self.deliveries.saturating_sub((!self.begun).into())
    }
}

/// An entry that was not handled.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) stream: StreamKey,
    pub(super) id: EntryId,
    pub(super) deliveries: u64,
    pub(super) verdict: Verdict,
}

/// What shall become of an entry that was not handled.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is delivered again, after a time that may be given, unless it was delivered too often.
    Again { delay: Option<Duration>, error: String },
    /// It is given up.
    Dead { error: String },
}

/// What was settled since the last look.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) acks: Vec<(StreamKey, Vec<EntryId>)>,
    pub(super) failed: Vec<Failed>,
}

impl Ledger {
    /// Takes entries into the books, and keeps of the given those that were not in hand already.
    pub(super) fn admit(&self, received: &mut Vec<Received>) {
        let touched = Instant::now();
        let mut state = self.state.lock();
        let State { streams, held, .. } = &mut *state;
        let mut admit_to = |book: &mut StreamBook, it: &Received| {
            let entry = Held { deliveries: it.deliveries, touched, begun: false, cared_until: None };
            let is_new = book.held.insert(it.delivery.id, entry).is_none();
            *held += usize::from(is_new);
            is_new
        };
        // Most batches are of one stream, whose book is looked up once.
        match received.first().map(|first| first.delivery.stream.clone()) {
            Some(stream) if received.iter().all(|it| it.delivery.stream == stream) => {
                let book = streams.entry(stream).or_default();
                received.retain(|it| admit_to(book, it));
            }
            _ => received.retain(|it| admit_to(streams.entry_ref(&it.delivery.stream).or_default(), it)),
        }
    }

    /// Takes an entry into the books that is given up at once.
    pub(super) fn give_up(&self, failed: Failed) {
        self.state.lock().failed.push(failed);
        self.changed.notify_one();
    }

    /// Acknowledges entries that need not be handled.
    pub(super) fn pass_over(&self, stream: &StreamKey, ids: &[EntryId]) {
        self.state.lock().streams.entry_ref(stream).or_default().acks.extend_from_slice(ids);
        self.changed.notify_one();
    }

    /// The subscriber gets an entry, and has so long to settle it.
    pub(super) fn begin(&self, stream: &StreamKey, id: EntryId, limit: Option<Duration>) {
        let mut state = self.state.lock();
        if let Some(held) = state.streams.get_mut(stream).and_then(|book| book.held.get_mut(&id)) {
            held.begun = true;
            held.cared_until = limit.and_then(|limit| Instant::now().checked_add(limit));
        }
    }

    /// An entry was handled.
    pub(super) fn acknowledge(&self, stream: &StreamKey, id: EntryId) {
        let mut state = self.state.lock();
        let Some(book) = state.streams.get_mut(stream) else { return };
        // What is not in hand any more was handed back.
        if book.held.remove(&id).is_some() {
            book.acks.push(id);
            let is_first = book.acks.len() == 1;
            state.held -= 1;
            drop(state);
            if is_first {
                self.changed.notify_one();
            }
        }
    }

    /// An entry was not handled. It stays in hand.
    pub(super) fn fail(&self, stream: &StreamKey, id: EntryId, verdict: Verdict) {
        let mut state = self.state.lock();
        let Some(held) = state.streams.get(stream).and_then(|book| book.held.get(&id)) else { return };
        let deliveries = held.deliveries;
        state.failed.push(Failed { stream: stream.clone(), id, deliveries, verdict });
        drop(state);
        self.changed.notify_one();
    }

    /// An entry is no longer in hand: it is dead, or gone, or somebody else's.
    pub(super) fn forget(&self, stream: &StreamKey, id: EntryId) {
        let mut state = self.state.lock();
        if state.streams.get_mut(stream).is_some_and(|book| book.held.remove(&id).is_some()) {
            state.held -= 1;
        }
        drop(state);
        self.room.notify_waiters();
    }

    /// Takes what was settled.
    pub(super) fn take_settled(&self) -> Settled {
        let mut state = self.state.lock();
        let failed = std::mem::take(&mut state.failed);
        let acks = state
            .streams
            .iter_mut()
            .filter(|(_, book)| !book.acks.is_empty())
            .map(|(stream, book)| (stream.clone(), std::mem::take(&mut book.acks)))
            .collect();
        drop(state);
        self.room.notify_waiters();
        Settled { acks, failed }
    }

    /// Puts acknowledgements back that could not be sent.
    pub(super) fn put_back(&self, acks: Vec<(StreamKey, Vec<EntryId>)>) {
        let mut state = self.state.lock();
        for (stream, ids) in acks {
            state.streams.entry(stream).or_default().acks.extend(ids);
        }
    }

    /// Number of entries in hand.
    pub(super) fn held(&self) -> usize {
        self.state.lock().held
    }

    /// Whether an entry is in hand.
    pub(super) fn holds(&self, stream: &StreamKey, id: EntryId) -> bool {
        self.state.lock().streams.get(stream).is_some_and(|book| book.held.contains_key(&id))
    }

    /// The entries that the store has not heard of for so long; they count as touched now.
    pub(super) fn touch_older_than(&self, age: Duration) -> Vec<(StreamKey, Vec<EntryId>)> {
        let now = Instant::now();
        let mut old = Vec::new();
        for (stream, book) in &mut self.state.lock().streams {
            let is_cared_for = |held: &Held| held.cared_until.is_none_or(|until| now < until);
            let old_here =
                book.held.iter_mut().filter(|(_, held)| now - held.touched >= age && is_cared_for(held));
            let ids: Vec<EntryId> = old_here
                .map(|(id, held)| {
                    held.touched = now;
                    *id
                })
                .collect();
            if !ids.is_empty() {
                old.push((stream.clone(), ids));
            }
        }
        old
    }

    /// Takes everything that is in hand out of the books: id and number of deliveries that were begun, by stream.
    pub(super) fn take_held(&self) -> Vec<(StreamKey, Vec<(EntryId, u64)>)> {
        let mut state = self.state.lock();
        state.held = 0;
        state
            .streams
            .iter_mut()
            .filter(|(_, book)| !book.held.is_empty())
            .map(|(stream, book)| {
                (stream.clone(), book.held.drain().map(|(id, held)| (id, held.begun_deliveries())).collect())
            })
            .collect()
    }
}
