//! The queue of one tier: bounded in messages and bytes, with water marks, already cut into batches.
//!
//! One short lock guards all of it. A lock-free queue would not do: the bounds, the marks, the dropping of the oldest and the
//! receipt's slot must change together with the queue, and the other side takes whole batches, so that the lock is all but
//! never contended.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::receipt::{Promise, Receipt, Receipts};
use super::PublishError;
use crate::config::{BufferConfig, OnFull};
use crate::{Message, Priority};

/// A message that was accepted and is on its way to the store.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) message: Message,
    /// Whether the payload has been compressed for the wire.
    pub(super) compressed: bool,
    pub(super) promise: Promise,
}

/// Messages that will go to the store together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) messages: VecDeque<Queued>,
    pub(super) bytes: usize,
}

/// What became of a message that was offered.
#[derive(Debug)]
pub(super) enum Offer {
    /// It waits for its turn.
    Queued(Receipt),
    /// There is no room; the policy is to wait for it.
    Wait(Message),
}

/// The queue of one tier.
#[derive(Debug)]
pub(super) struct TierQueue {
    tier: Priority,
    limits: BufferConfig,
    state: Mutex<State>,
    /// Somebody should look at the queue: it is no longer empty, a batch is full, or it was closed.
    pub(super) work: Notify,
    /// The queue has drained to its low-water mark, or was closed.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    messages: usize,
    bytes: usize,
    /// From the high-water mark until the low-water mark.
    pushing_back: bool,
    closed: bool,
    dropped: u64,
    receipts: Receipts,
}

/// How full a tier is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) capacity: usize,
    pub(crate) pushing_back: bool,
    pub(crate) dropped: u64,
}

impl TierQueue {
    pub(super) fn new(tier: Priority, limits: BufferConfig) -> Self {
        Self { tier, limits, state: Mutex::default(), work: Notify::new(), room: Notify::new() }
    }

    /// Offers a message; what happens when there is no room is the tier's policy.
    pub(super) fn offer(&self, message: Message) -> Result<Offer, PublishError> {
        let size = message.payload.len() + message.topic.len();
        let mut state = self.state.lock();
        if state.closed {
            return Err(PublishError::Closed);
        }
        if self.is_full(&state, size) {
            state.pushing_back = true;
            match self.limits.on_full {
                OnFull::Wait => return Ok(Offer::Wait(message)),
                OnFull::Error => return Err(PublishError::BufferFull { tier: self.tier, messages: state.messages }),
                OnFull::DropNewest => {
                    state.dropped += 1;
                    let (promise, receipt) = state.receipts.issue();
                    promise.failed(Arc::new(PublishError::Dropped { tier: self.tier }));
                    return Ok(Offer::Queued(receipt));
                }
                OnFull::DropOldest => self.drop_oldest(&mut state, size),
            }
        }
        let (promise, receipt) = state.receipts.issue();
        let wake = self.push(&mut state, Queued { message, compressed: false, promise }, size);
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(Offer::Queued(receipt))
    }

    /// Returns when the tier stops pushing back; ask again then.
    pub(super) async fn room(&self) {
        let mut room = std::pin::pin!(self.room.notified());
        room.as_mut().enable();
        if self.is_pushing_back() {
            room.await;
        }
    }

    fn is_pushing_back(&self) -> bool {
        let state = self.state.lock();
        !state.closed && self.is_full(&state, 0)
    }

    /// Dropping the oldest needs no hysteresis: nothing is gained by dropping more than there is no room for.
    fn is_full(&self, state: &State, size: usize) -> bool {
        let over = state.messages >= self.limits.high_water_mark
            || (state.messages > 0 && state.bytes + size > self.limits.max_bytes);
        over || (state.pushing_back && self.limits.on_full != OnFull::DropOldest)
    }

    fn push(&self, state: &mut State, queued: Queued, size: usize) -> bool {
        let open = state.batches.back().is_some_and(|batch| {
            batch.messages.len() < self.limits.batch_size && batch.bytes + size <= self.limits.batch_bytes
        });
        if !open {
            state.batches.push_back(Batch::default());
        }
        let batch = state.batches.back_mut().expect("a batch is open");
        batch.messages.push_back(queued);
        batch.bytes += size;
        let full = batch.messages.len() >= self.limits.batch_size;
        state.messages += 1;
        state.bytes += size;
        state.pushing_back |= state.messages >= self.limits.high_water_mark || state.bytes >= self.limits.max_bytes;
        // The other side waits for the first message, or for a batch to be full.
        !open || full
    }

    fn drop_oldest(&self, state: &mut State, size: usize) {
        while state.messages >= self.limits.high_water_mark
            || (state.messages > 0 && state.bytes + size > self.limits.max_bytes)
        {
            let Some(batch) = state.batches.front_mut() else { return };
            if let Some(oldest) = batch.messages.pop_front() {
                let freed = oldest.message.payload.len() + oldest.message.topic.len();
                batch.bytes -= freed;
                state.bytes -= freed;
                state.messages -= 1;
                state.dropped += 1;
                oldest.promise.failed(Arc::new(PublishError::Dropped { tier: self.tier }));
            } else {
                state.batches.pop_front();
            }
        }
    }

    /// The next batch: a full one, or with `any` whatever there is.
    pub(super) fn take(&self, any: bool) -> Option<Batch> {
        let mut state = self.state.lock();
        while state.batches.front().is_some_and(|batch| batch.messages.is_empty()) {
            state.batches.pop_front();
        }
        let full = state.batches.len() > 1
            || state.batches.front().is_some_and(|batch| batch.messages.len() >= self.limits.batch_size);
        if !any && !full {
            return None;
        }
        let batch = state.batches.pop_front()?;
        state.messages -= batch.messages.len();
        state.bytes -= batch.bytes;
        if state.pushing_back && state.messages <= self.limits.low_water_mark && state.bytes <= self.low_bytes() {
            state.pushing_back = false;
            drop(state);
            self.room.notify_waiters();
        }
        Some(batch)
    }

    /// The low-water mark in bytes: the same share of the bound as the mark is of the size.
    fn low_bytes(&self) -> usize {
        let share = self.limits.low_water_mark as f64 / self.limits.max_size.max(1) as f64;
        (self.limits.max_bytes as f64 * share) as usize
    }

    /// When the oldest message was published, in nanoseconds since 1970.
    pub(super) fn oldest(&self) -> Option<u64> {
        let state = self.state.lock();
        state.batches.iter().find_map(|batch| batch.messages.front()).map(|queued| queued.message.ts)
    }

    /// No more messages are accepted; what is queued can still be taken.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.room.notify_waiters();
        self.work.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    pub(super) fn fill(&self) -> Fill {
        let state = self.state.lock();
        Fill {
            messages: state.messages,
            bytes: state.bytes,
            capacity: self.limits.max_size,
            pushing_back: state.pushing_back,
            dropped: state.dropped,
        }
    }
}
