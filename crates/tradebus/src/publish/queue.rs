//! The queue of one tier: bounded in messages and bytes, with water marks, already cut into batches.
//!
//! One short lock guards all of it. A lock-free queue would not do: the bounds, the marks, the dropping of the oldest and the
//! receipt's slot must change together with the queue, and the other side takes whole batches, so that the lock is all but
//! never contended.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::PublishError;
use super::queued::Queued;
use super::receipt::{Receipt, Receipts};
use crate::config::{BufferConfig, OnFull};
use crate::{Message, Priority};

/// Messages that will go to the store together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) messages: VecDeque<Queued>,
    pub(super) bytes: usize,
}

impl Batch {
    /// Takes so many messages, the oldest ones, from a batch that has more.
    fn split_front(&mut self, most: usize) -> Self {
        let messages: VecDeque<_> = self.messages.drain(..most).collect();
        let bytes = messages.iter().map(Queued::size).sum();
        self.bytes -= bytes;
        Self { messages, bytes }
    }
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
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fill {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) capacity: usize,
    pub(crate) capacity_bytes: usize,
    pub(crate) pushing_back: bool,
    pub(crate) dropped: u64,
}

impl TierQueue {
    pub(super) fn new(tier: Priority, limits: BufferConfig) -> Self {
        Self { tier, limits, state: Mutex::default(), work: Notify::new(), room: Notify::new() }
    }

    /// Offers a message; what happens when there is no room is the tier's policy.
    pub(super) fn offer(&self, message: Message) -> Result<Offer, PublishError> {
        self.offer_under(self.limits.on_full, message)
    }

    /// Offers a message for somebody who is told when there is no room: it is an [`Offer::Wait`] then, unless the policy makes room.
    pub(super) fn try_offer(&self, message: Message) -> Result<Offer, PublishError> {
        let policy = match self.limits.on_full {
            OnFull::DropOldest => OnFull::DropOldest,
            OnFull::Wait | OnFull::Error | OnFull::DropNewest => OnFull::Wait,
        };
        self.offer_under(policy, message)
    }

    fn offer_under(&self, on_full: OnFull, message: Message) -> Result<Offer, PublishError> {
        let size = message.payload.len() + message.topic.len();
        let mut state = self.state.lock();
        if state.closed {
            return Err(PublishError::Closed);
        }
        if self.is_full(&state, size) {
            state.pushing_back = true;
            match on_full {
                OnFull::Wait => return Ok(Offer::Wait(message)),
                OnFull::Error => {
                    return Err(PublishError::BufferFull { tier: self.tier, messages: state.messages });
                }
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
        let wake = self.push(&mut state, Queued::new(message, promise), size);
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
        state.pushing_back |=
            state.messages >= self.limits.high_water_mark || state.bytes >= self.limits.max_bytes;
        // The other side waits for the first message, or for a batch to be full.
        !open || full
    }

    fn drop_oldest(&self, state: &mut State, size: usize) {
        while state.messages >= self.limits.high_water_mark
            || (state.messages > 0 && state.bytes + size > self.limits.max_bytes)
        {
            let Some(batch) = state.batches.front_mut() else { return };
            if let Some(oldest) = batch.messages.pop_front() {
                let freed = oldest.size();
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

    /// The next batch: a full one, or with `any` whatever there is; of at most so many messages.
    pub(super) fn take(&self, any: bool, most: usize) -> Option<Batch> {
        let mut state = self.state.lock();
        while state.batches.front().is_some_and(|batch| batch.messages.is_empty()) {
            state.batches.pop_front();
        }
        let full = state.batches.len() > 1
            || state.batches.front().is_some_and(|batch| batch.messages.len() >= self.limits.batch_size);
        if !any && !full {
            return None;
        }
        let front = state.batches.front_mut()?;
        let batch =
            if front.messages.len() > most { front.split_front(most) } else { state.batches.pop_front()? };
        state.messages -= batch.messages.len();
        state.bytes -= batch.bytes;
        if state.pushing_back
            && state.messages <= self.limits.low_water_mark
            && state.bytes <= self.low_bytes()
        {
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

    /// Whether nothing is left and nothing more can come.
    pub(super) fn is_drained(&self) -> bool {
        let state = self.state.lock();
        state.closed && state.messages == 0
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
            capacity_bytes: self.limits.max_bytes,
            pushing_back: state.pushing_back,
            dropped: state.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Offer, PublishError, TierQueue};
    use crate::config::{BufferConfig, OnFull};
    use crate::{Message, Priority};
    use proptest::prelude::*;

    fn queue(on_full: OnFull) -> TierQueue {
        let limits = BufferConfig {
            max_size: 10,
            high_water_mark: 8,
            low_water_mark: 2,
            batch_size: 3,
            on_full,
            ..BufferConfig::default()
        };
        TierQueue::new(Priority::Low, limits)
    }

    fn message(number: usize) -> Message {
        Message::new("t", number.to_string()).unwrap()
    }

    fn fill(queue: &TierQueue, numbers: std::ops::Range<usize>) {
        for number in numbers {
            assert!(matches!(queue.offer(message(number)), Ok(Offer::Queued(_))), "{number}");
        }
    }

    /// Numbers of the messages in the next batch.
    fn take(queue: &TierQueue, any: bool) -> Vec<usize> {
        let batch = queue.take(any, usize::MAX).map(|batch| batch.messages).unwrap_or_default();
        batch
            .iter()
            .map(|queued| std::str::from_utf8(&queued.message.payload).unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn batches_are_cut_while_queueing() {
        let queue = queue(OnFull::Wait);
        fill(&queue, 0..2);
        assert_eq!(take(&queue, false), [0; 0], "not full yet");
        fill(&queue, 2..5);
        assert_eq!(take(&queue, false), [0, 1, 2]);
        assert_eq!(take(&queue, false), [0; 0]);
        assert_eq!(take(&queue, true), [3, 4]);
    }

    #[test]
    fn a_batch_can_be_taken_in_steps() {
        let queue = queue(OnFull::Wait);
        fill(&queue, 0..5);
        let step = || queue.take(true, 2).map_or(0, |batch| batch.messages.len());
        assert_eq!([step(), step(), step(), step()], [2, 1, 2, 0]);
        assert_eq!((queue.fill().messages, queue.fill().bytes), (0, 0));
    }

    #[test]
    fn pushes_back_from_the_high_mark_to_the_low_mark() {
        let queue = queue(OnFull::Error);
        fill(&queue, 0..8);
        let refused =
            || matches!(queue.offer(message(9)), Err(PublishError::BufferFull { tier: Priority::Low, .. }));
        assert!(refused());
        assert_eq!(take(&queue, true).len(), 3);
        assert!(refused(), "5 messages are above the low mark");
        assert_eq!(take(&queue, true).len(), 3);
        fill(&queue, 8..10);
    }

    #[tokio::test]
    async fn room_comes_when_it_has_drained_or_closes() {
        let queue = queue(OnFull::Wait);
        fill(&queue, 0..8);
        assert!(matches!(queue.offer(message(8)), Ok(Offer::Wait(_))));
        let drain = async {
            while !take(&queue, true).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(queue.room(), drain);
        fill(&queue, 0..8);
        assert!(matches!(queue.offer(message(8)), Ok(Offer::Wait(_))));
        tokio::join!(queue.room(), async { queue.close() });
        assert!(matches!(queue.offer(message(9)), Err(PublishError::Closed)));
        assert!(!queue.is_drained(), "what is queued can still be taken");
    }

    #[tokio::test]
    async fn dropping_is_counted_and_told() {
        let oldest = queue(OnFull::DropOldest);
        let Ok(Offer::Queued(receipt)) = oldest.offer(message(0)) else { panic!("there is room") };
        fill(&oldest, 1..20);
        assert!(matches!(receipt.await, Err(PublishError::Dropped { tier: Priority::Low })));
        assert_eq!((oldest.fill().dropped, oldest.fill().messages), (12, 8));
        let kept: Vec<_> =
            std::iter::from_fn(|| Some(take(&oldest, true)).filter(|it| !it.is_empty())).flatten().collect();
        assert_eq!(kept, (12..20).collect::<Vec<_>>());

        let newest = queue(OnFull::DropNewest);
        fill(&newest, 0..8);
        let Ok(Offer::Queued(receipt)) = newest.offer(message(8)) else {
            panic!("it is dropped, not refused")
        };
        assert!(matches!(receipt.await, Err(PublishError::Dropped { .. })));
        assert_eq!(take(&newest, true), [0, 1, 2]);
    }

    #[test]
    fn bytes_are_bounded_but_one_message_always_fits() {
        let limits = BufferConfig { max_bytes: 1024, on_full: OnFull::Error, ..BufferConfig::default() };
        let queue = TierQueue::new(Priority::High, limits);
        let big = || Message::new("t", vec![0; 4096]).unwrap();
        assert!(queue.offer(big()).is_ok());
        assert!(queue.offer(big()).is_err());
        assert_eq!(queue.take(true, usize::MAX).unwrap().messages.len(), 1);
        assert!(queue.offer(big()).is_ok());
    }

    proptest! {
        /// Whatever is offered and taken: no message is lost, doubled or reordered, and the bounds hold.
        #[test]
        fn keeps_every_message_once_and_in_order(steps in prop::collection::vec((any::<bool>(), any::<bool>()), 1..200)) {
            let queue = queue(OnFull::Error);
            let (mut accepted, mut taken) = (Vec::new(), Vec::new());
            for (number, (offers, any)) in steps.into_iter().enumerate() {
                if offers {
                    if queue.offer(message(number)).is_ok() {
                        accepted.push(number);
                    }
                } else {
                    let batch = take(&queue, any);
                    prop_assert!(batch.len() <= 3);
                    taken.extend(batch);
                }
                prop_assert!(queue.fill().messages <= 8);
                prop_assert_eq!(queue.fill().messages, accepted.len() - taken.len());
            }
            while queue.fill().messages > 0 {
                taken.extend(take(&queue, true));
            }
            prop_assert_eq!(taken, accepted);
        }
    }
}
