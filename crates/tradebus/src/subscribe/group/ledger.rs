//! What is in the hands of one member: entries that were delivered to it and are not settled, and what is to be done about those that are.

use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tradebus_engine::EntryId;

use super::Received;
use crate::store::PendingEntry;
use crate::{Delivery, StreamKey};

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
    /// Settled entries that the store is being told of.
    on_their_way: Vec<EntryId>,
    /// Entries that others shall have, with the number of deliveries that were begun.
    returned: Vec<(EntryId, u64)>,
}

impl StreamBook {
    fn arrived(&mut self, ids: &[EntryId]) {
        // Mostly that is all there is.
        if self.on_their_way == ids {
            return self.on_their_way.clear();
        }
        let ids: HashSet<&EntryId> = ids.iter().collect();
        self.on_their_way.retain(|id| !ids.contains(id));
    }
}

/// An entry in hand.
#[derive(Debug, Clone, Copy)]
struct Held {
    deliveries: u64,
    /// Of the share under which it was delivered.
    token: Option<u64>,
    /// When the store was last told that somebody cares for it.
    touched: Instant,
    stage: Stage,
    /// From then on nobody cares for it: its handler hangs.
    cared_until: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It waits for the subscriber.
    Waiting,
    /// The subscriber has it, or has settled it and the store is not told yet.
    Begun,
    /// It waits to be delivered again.
    Retrying,
}

impl Held {
    fn begun_deliveries(self) -> u64 {
        self.deliveries.saturating_sub((self.stage == Stage::Waiting).into())
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
    /// For others, with the number of deliveries that were begun.
    pub(super) returned: Vec<(StreamKey, Vec<(EntryId, u64)>)>,
}

impl Ledger {
    /// Takes entries into the books, and keeps of the given those that were not in hand already. Those that are not `current`, because their
    /// share was given up meanwhile, go back at once.
    pub(super) fn admit(&self, received: &mut Vec<Received>, current: impl Fn(&Delivery) -> bool) {
        let touched = Instant::now();
        let mut state = self.state.lock();
        let State { streams, held, .. } = &mut *state;
        let mut stale = false;
        let mut admit_to = |book: &mut StreamBook, it: &Received| {
            if !current(&it.delivery) {
                stale = true;
                book.returned.push((it.delivery.id, it.deliveries.saturating_sub(1)));
                return false;
            }
            let entry = Held {
                deliveries: it.deliveries,
                token: it.delivery.fencing_token,
                touched,
                stage: Stage::Waiting,
                cared_until: None,
            };
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
        drop(state);
        if stale {
            self.changed.notify_one();
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

    /// The subscriber gets an entry, and has so long to settle it. `false` if it must not have it: it was handed back meanwhile, or its
    /// share was lost.
    pub(super) fn begin(&self, delivery: &Delivery, limit: Option<Duration>) -> bool {
        let mut state = self.state.lock();
        let held = state.streams.get_mut(&delivery.stream).and_then(|book| book.held.get_mut(&delivery.id));
        let Some(held) = held else { return false };
        if held.stage != Stage::Waiting || held.token != delivery.fencing_token {
            return false;
        }
        held.stage = Stage::Begun;
        held.cared_until = limit.and_then(|limit| Instant::now().checked_add(limit));
        true
    }

    /// An entry is delivered again after a while.
    pub(super) fn wait_for_retry(&self, stream: &StreamKey, id: EntryId) {
        let mut state = self.state.lock();
        if let Some(held) = state.streams.get_mut(stream).and_then(|book| book.held.get_mut(&id)) {
            held.stage = Stage::Retrying;
        }
    }

    /// Whether an entry still waits for that.
    pub(super) fn waits_for_retry(&self, stream: &StreamKey, id: EntryId) -> bool {
        let state = self.state.lock();
        let held = state.streams.get(stream).and_then(|book| book.held.get(&id));
        held.is_some_and(|held| held.stage == Stage::Retrying)
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

    /// Others shall have an entry at once. It counts as delivered, or as if it had not been.
    pub(super) fn give_back(&self, stream: &StreamKey, id: EntryId, counts: bool) {
        let mut state = self.state.lock();
        let State { streams, held, .. } = &mut *state;
        let Some(book) = streams.get_mut(stream) else { return };
        let Some(entry) = book.held.remove(&id) else { return };
        *held -= 1;
        book.returned.push((id, entry.deliveries.saturating_sub((!counts).into())));
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

    /// Takes what was settled. All of it counts as on its way until it has [arrived](Self::arrived), or is put back.
    pub(super) fn take_settled(&self) -> Settled {
        let mut state = self.state.lock();
        let failed = std::mem::take(&mut state.failed);
        for failed in &failed {
            state.streams.entry_ref(&failed.stream).or_default().on_their_way.push(failed.id);
        }
        let mut settled = Settled { failed, ..Settled::default() };
        for (stream, book) in &mut state.streams {
            book.on_their_way.extend_from_slice(&book.acks);
            book.on_their_way.extend(book.returned.iter().map(|(id, _)| *id));
            if !book.acks.is_empty() {
                settled.acks.push((stream.clone(), std::mem::take(&mut book.acks)));
            }
            if !book.returned.is_empty() {
                settled.returned.push((stream.clone(), std::mem::take(&mut book.returned)));
            }
        }
        drop(state);
        self.room.notify_waiters();
        settled
    }

    /// The store knows about these of what was settled.
    pub(super) fn arrived(&self, stream: &StreamKey, ids: &[EntryId]) {
        if let Some(book) = self.state.lock().streams.get_mut(stream) {
            book.arrived(ids);
        }
    }

    /// Puts acknowledgements back that could not be sent.
    pub(super) fn put_back(&self, acks: Vec<(StreamKey, Vec<EntryId>)>) {
        let mut state = self.state.lock();
        for (stream, ids) in acks {
            let book = state.streams.entry(stream).or_default();
            book.arrived(&ids);
            book.acks.extend(ids);
        }
    }

    /// Puts entries back that could not be handed back.
    pub(super) fn put_back_returned(&self, returned: Vec<(StreamKey, Vec<(EntryId, u64)>)>) {
        let mut state = self.state.lock();
        for (stream, entries) in returned {
            let book = state.streams.entry(stream).or_default();
            let ids: Vec<EntryId> = entries.iter().map(|(id, _)| *id).collect();
            book.arrived(&ids);
            book.returned.extend(entries);
        }
    }

    /// Number of entries in hand.
    pub(super) fn held(&self) -> usize {
        self.state.lock().held
    }

    /// Keeps of the given entries those that it does not know of: they are neither in hand, nor settled without the store knowing it yet.
    pub(super) fn retain_unknown(&self, stream: &StreamKey, entries: &mut Vec<PendingEntry>) {
        let state = self.state.lock();
        let Some(book) = state.streams.get(stream).filter(|_| !entries.is_empty()) else { return };
        let failed = state.failed.iter().filter(|failed| failed.stream == *stream).map(|failed| failed.id);
        let settled = book.acks.iter().chain(&book.on_their_way).copied().chain(failed);
        let settled: HashSet<EntryId> = settled.chain(book.returned.iter().map(|(id, _)| *id)).collect();
        entries.retain(|entry| !book.held.contains_key(&entry.id) && !settled.contains(&entry.id));
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

    /// Others shall have what is in hand of these streams, except what the subscriber has.
    pub(super) fn return_unbegun(&self, of: impl Fn(&StreamKey) -> bool) {
        self.return_held(of, |held| held.stage != Stage::Begun);
    }

    /// Others shall have all that is in hand of these streams.
    pub(super) fn return_all(&self, of: impl Fn(&StreamKey) -> bool) {
        self.return_held(of, |_| true);
    }

    fn return_held(&self, of: impl Fn(&StreamKey) -> bool, wanted: impl Fn(&Held) -> bool) {
        let mut state = self.state.lock();
        let State { streams, held, .. } = &mut *state;
        let mut changed = false;
        for (_, StreamBook { held: entries, returned, .. }) in
            streams.iter_mut().filter(|(stream, _)| of(stream))
        {
            let before = returned.len();
            returned.extend(
                entries.extract_if(|_, held| wanted(held)).map(|(id, held)| (id, held.begun_deliveries())),
            );
            *held -= returned.len() - before;
            changed |= !returned.is_empty();
        }
        drop(state);
        if changed {
            self.changed.notify_one();
        }
    }

    /// Whether nothing of these streams is in hand, and the store knows all about what was.
    pub(super) fn is_clear(&self, of: impl Fn(&StreamKey) -> bool) -> bool {
        let state = self.state.lock();
        let is_clear = |book: &StreamBook| {
            book.held.is_empty()
                && book.acks.is_empty()
                && book.returned.is_empty()
                && book.on_their_way.is_empty()
        };
        !state.failed.iter().any(|failed| of(&failed.stream))
            && state.streams.iter().all(|(stream, book)| !of(stream) || is_clear(book))
    }

    /// What is in hand of these streams is somebody else's.
    pub(super) fn forget_all(&self, of: impl Fn(&StreamKey) -> bool) {
        let mut state = self.state.lock();
        let State { streams, held, failed } = &mut *state;
        failed.retain(|failed| !of(&failed.stream));
        for (_, book) in streams.iter_mut().filter(|(stream, _)| of(stream)) {
            *held -= book.held.len();
            book.held.clear();
            book.returned.clear();
        }
        drop(state);
        self.room.notify_waiters();
    }
}
