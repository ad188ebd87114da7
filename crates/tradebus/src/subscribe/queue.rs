//! The queue of one subscription: bounded, by tier, with a policy for a subscriber that is too slow.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::config::SubscriptionPolicy;
use crate::{Delivery, Message, Priority, Topic};

/// Messages that are handed to the subscriber under one lock.
const CHUNK: usize = 64;
/// Out of seven turns, how many HIGH, NORMAL and LOW messages get while all of them wait. CRITICAL always goes first.
const SHARES: [(Priority, usize); 3] = [(Priority::High, 4), (Priority::Normal, 2), (Priority::Low, 1)];

/// Something that waits in a queue: a message, and what goes with it.
pub(super) trait Waiting {
    fn message(&self) -> &Message;
    fn message_mut(&mut self) -> &mut Message;
}

impl Waiting for Delivery {
    fn message(&self) -> &Message {
        &self.message
    }

    fn message_mut(&mut self) -> &mut Message {
        &mut self.message
    }
}

/// What waits for one subscriber.
#[derive(Debug)]
pub(super) struct Queue<T = Delivery> {
    policy: SubscriptionPolicy,
    /// Most messages a tier.
    capacity: usize,
    /// Most payload bytes a tier.
    max_bytes: usize,
    state: Mutex<State<T>>,
    /// A CRITICAL message waits: it overtakes a chunk that was taken already.
    critical: AtomicBool,
    closed: AtomicBool,
    /// A tier that was waited for has room again, or the queue was closed.
    room: Notify,
}

#[derive(Debug)]
struct State<T> {
    tiers: [Tier<T>; 4],
    waker: Option<Waker>,
    /// By number of the tier: somebody waits for room in it.
    room_wanted: [bool; 4],
    /// No more messages will come; those that wait can still be taken.
    ended: bool,
    dropped: u64,
}

#[derive(Debug)]
struct Tier<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    /// With `conflate`: where the message of each topic stands, counted from the first that ever waited here.
    places: HashMap<Topic, u64>,
    /// How many have left from the front.
    left: u64,
}

impl<T: Waiting> Queue<T> {
    pub(super) fn new(policy: SubscriptionPolicy, capacity: usize, max_bytes: usize) -> Self {
        Self {
            policy,
            capacity: capacity.max(1),
            max_bytes,
            state: Mutex::new(State::default()),
            critical: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            room: Notify::new(),
        }
    }

    /// Puts messages into the queue. With `wait`, stops at the first for which there is no room and leaves the rest; the
    /// other policies take all. Returns how many messages were dropped.
    pub(super) fn push(&self, deliveries: &mut VecDeque<T>) -> u64 {
        let mut state = self.state.lock();
        let before = state.dropped;
        while let Some(delivery) = deliveries.pop_front() {
            let tier = &mut state.tiers[delivery.message().priority.number()];
            let fits = tier.fits(&delivery, self.capacity, self.max_bytes);
            let dropped = match self.policy {
                SubscriptionPolicy::Wait if !fits => {
                    deliveries.push_front(delivery);
                    break;
                }
                SubscriptionPolicy::Wait => tier.push(delivery),
                SubscriptionPolicy::DropOldest => tier.push_within(delivery, self.capacity, self.max_bytes),
                SubscriptionPolicy::Conflate => tier.replace(delivery, self.capacity, self.max_bytes),
            };
            state.dropped += dropped;
        }
        if !state.tiers[Priority::Critical.number()].waiting.is_empty() {
            self.critical.store(true, Relaxed);
        }
        let dropped = state.dropped - before;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        dropped
    }

    /// Puts messages into the queue whether there is room or not.
    pub(super) fn push_all(&self, deliveries: impl IntoIterator<Item = T>) {
        let mut state = self.state.lock();
        for delivery in deliveries {
            state.tiers[delivery.message().priority.number()].push(delivery);
        }
        if !state.tiers[Priority::Critical.number()].waiting.is_empty() {
            self.critical.store(true, Relaxed);
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// How many more messages of a tier find room.
    pub(super) fn free(&self, tier: Priority) -> usize {
        self.free_in(&self.state.lock(), tier)
    }

    fn free_in(&self, state: &State<T>, tier: Priority) -> usize {
        let tier = &state.tiers[tier.number()];
        if tier.bytes >= self.max_bytes { 0 } else { self.capacity.saturating_sub(tier.waiting.len()) }
    }

    /// Whether a tier has enough room to be worth a read: half of it.
    pub(super) fn has_room(&self, tier: Priority) -> bool {
        self.has_room_in(&self.state.lock(), tier)
    }

    fn has_room_in(&self, state: &State<T>, tier: Priority) -> bool {
        self.free_in(state, tier) >= self.capacity.div_ceil(2)
    }

    /// Whether a message finds room now.
    pub(super) fn takes(&self, delivery: &T) -> bool {
        let state = self.state.lock();
        self.policy != SubscriptionPolicy::Wait
            || state.tiers[delivery.message().priority.number()].fits(delivery, self.capacity, self.max_bytes)
    }

    /// Returns when one of these tiers has got room so that `enough` holds, or when the queue is closed. Cancel safe.
    pub(super) async fn room_until(&self, tiers: &[Priority], enough: impl Fn(&Self) -> bool) {
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            self.want_room_in(tiers);
            if self.is_closed() || enough(self) {
                return;
            }
            room.await;
        }
    }

    fn want_room_in(&self, tiers: &[Priority]) {
        let mut state = self.state.lock();
        for tier in tiers {
            state.room_wanted[tier.number()] = true;
        }
    }

    /// Messages were taken: wakes those who wait for room in a tier that has some now.
    fn tell_room(&self, mut state: MutexGuard<'_, State<T>>) {
        let wanted = |tier: &Priority| state.room_wanted[tier.number()] && self.has_room_in(&state, *tier);
        if Priority::ALL.iter().any(wanted) {
            state.room_wanted = [false; 4];
            drop(state);
            self.room.notify_waiters();
        }
    }

    /// Takes the next messages for the subscriber: CRITICAL ones first, the other tiers by their shares.
    /// `None` when nothing will come any more.
    pub(super) fn poll_take(&self, chunk: &mut VecDeque<T>, cx: &Context<'_>) -> Poll<Option<()>> {
        let mut state = self.state.lock();
        state.take(chunk);
        let more_critical = !state.tiers[Priority::Critical.number()].waiting.is_empty();
        self.critical.store(more_critical, Relaxed);
        if chunk.is_empty() {
            if state.ended || self.is_closed() {
                return Poll::Ready(None);
            }
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        self.tell_room(state);
        Poll::Ready(Some(()))
    }

    /// Puts CRITICAL messages that have come since the last look in front of a chunk that was taken before, unless it starts with such
    /// messages anyway, and returns how many.
    pub(super) fn take_critical(&self, chunk: &mut VecDeque<T>) -> usize {
        let starts_critical =
            chunk.front().is_some_and(|first| first.message().priority == Priority::Critical);
        if starts_critical || !self.critical.swap(false, Relaxed) {
            return 0;
        }
        let mut state = self.state.lock();
        let critical = &mut state.tiers[Priority::Critical.number()];
        let count = critical.waiting.len().min(CHUNK);
        for place in 0..count {
            let Some(delivery) = critical.pop() else { break };
            chunk.insert(place, delivery);
        }
        self.critical.store(!critical.waiting.is_empty(), Relaxed);
        self.tell_room(state);
        count
    }

    /// As [`take_critical`](Self::take_critical); pending where there are none.
    pub(super) fn poll_take_critical(&self, chunk: &mut VecDeque<T>, cx: &Context<'_>) -> Poll<usize> {
        let mut taken = self.take_critical(chunk);
        if taken == 0 {
            // Kept before the second look, so that none comes unnoticed in between.
            self.state.lock().waker = Some(cx.waker().clone());
            taken = self.take_critical(chunk);
        }
        if taken == 0 { Poll::Pending } else { Poll::Ready(taken) }
    }

    /// Nothing more will be pushed.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        state.ended = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// The subscriber is gone.
    pub(super) fn close(&self) {
        drop(self.drain());
    }

    /// The subscriber is gone; returns what it did not take.
    pub(super) fn drain(&self) -> impl Iterator<Item = T> + use<T> {
        self.closed.store(true, Relaxed);
        let mut state = self.state.lock();
        let tiers = std::mem::take(&mut state.tiers);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        drop(state);
        self.room.notify_waiters();
        tiers.into_iter().flat_map(|tier| tier.waiting)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// How full the fullest tier is, in messages or bytes, 0 to 1.
    pub(super) fn fill(&self) -> f64 {
        let part = |held: usize, most: usize| (held as f64 / most.max(1) as f64).min(1.0);
        let state = self.state.lock();
        let fills = state
            .tiers
            .iter()
            .map(|tier| part(tier.waiting.len(), self.capacity).max(part(tier.bytes, self.max_bytes)));
        fills.fold(0.0, f64::max)
    }

    /// Messages that wait.
    pub(super) fn len(&self) -> usize {
        self.state.lock().tiers.iter().map(|tier| tier.waiting.len()).sum()
    }

    /// Messages that were dropped because the subscriber was too slow.
    pub(super) fn dropped(&self) -> u64 {
        self.state.lock().dropped
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { tiers: Default::default(), waker: None, room_wanted: [false; 4], ended: false, dropped: 0 }
    }
}

impl<T> Default for Tier<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, places: HashMap::new(), left: 0 }
    }
}

impl<T: Waiting> State<T> {
    fn take(&mut self, chunk: &mut VecDeque<T>) {
        self.move_up_to(Priority::Critical, CHUNK, chunk);
        let room = CHUNK - chunk.len();
        let turns: usize = SHARES.iter().map(|(_, share)| share).sum();
        for (tier, share) in SHARES {
            self.move_up_to(tier, (room * share).div_ceil(turns), chunk);
        }
        // What one tier leaves, the others may use.
        for (tier, _) in SHARES {
            self.move_up_to(tier, CHUNK, chunk);
        }
    }

    fn move_up_to(&mut self, tier: Priority, most: usize, chunk: &mut VecDeque<T>) {
        for _ in 0..most.min(CHUNK - chunk.len()) {
            let Some(delivery) = self.tiers[tier.number()].pop() else { return };
            chunk.push_back(delivery);
        }
    }
}

impl<T: Waiting> Tier<T> {
    /// An empty tier takes anything, or a message above the bound could never pass.
    fn fits(&self, delivery: &T, capacity: usize, max_bytes: usize) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < capacity && self.bytes + delivery.message().payload.len() <= max_bytes)
    }

    fn push(&mut self, delivery: T) -> u64 {
        self.bytes += delivery.message().payload.len();
        self.waiting.push_back(delivery);
        0
    }

    fn push_within(&mut self, delivery: T, capacity: usize, max_bytes: usize) -> u64 {
        let mut dropped = 0;
        while !self.fits(&delivery, capacity, max_bytes) && self.pop().is_some() {
            dropped += 1;
        }
        self.push(delivery);
        dropped
    }

    /// The newest message of a topic takes the place of the one that waits.
    fn replace(&mut self, mut delivery: T, capacity: usize, max_bytes: usize) -> u64 {
        // A message may wait here for long: it must not keep the whole buffer of its read alive.
        delivery.message_mut().payload = Bytes::copy_from_slice(&delivery.message().payload);
        if let Some(&place) = self.places.get(&delivery.message().topic) {
            let waiting = &mut self.waiting[(place - self.left) as usize];
            self.bytes = self.bytes - waiting.message().payload.len() + delivery.message().payload.len();
            *waiting = delivery;
            return 0;
        }
        let topic = delivery.message().topic.clone();
        let dropped = self.push_within(delivery, capacity, max_bytes);
        self.places.insert(topic, self.left + self.waiting.len() as u64 - 1);
        dropped
    }

    fn pop(&mut self) -> Option<T> {
        let delivery = self.waiting.pop_front()?;
        self.left += 1;
        self.bytes -= delivery.message().payload.len();
        if !self.places.is_empty() {
            self.places.remove(&delivery.message().topic);
        }
        Some(delivery)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::task::{Context, Poll, Waker};

    use super::{CHUNK, Queue};
    use crate::config::SubscriptionPolicy;
    use crate::{Delivery, EntryId, Message, Priority, StreamKey};

    fn delivery(topic: &str, tier: Priority, payload: u32) -> Delivery {
        let message = Message::new(topic, payload.to_string()).unwrap().priority(tier);
        Delivery::new(EntryId::new(u64::from(payload), 0), StreamKey::from("s"), message)
    }

    fn take(queue: &Queue) -> Vec<(String, u32)> {
        let mut chunk = VecDeque::new();
        let Poll::Ready(Some(())) = queue.poll_take(&mut chunk, &Context::from_waker(Waker::noop())) else {
            return Vec::new();
        };
        chunk
            .iter()
            .map(|d| (d.topic.to_string(), std::str::from_utf8(&d.payload).unwrap().parse().unwrap()))
            .collect()
    }

    /// How many were left, and how many dropped.
    fn push(queue: &Queue, deliveries: impl IntoIterator<Item = Delivery>) -> (usize, u64) {
        let mut all: VecDeque<_> = deliveries.into_iter().collect();
        let dropped = queue.push(&mut all);
        (all.len(), dropped)
    }

    #[test]
    fn waiting_leaves_what_has_no_room() {
        let queue = Queue::new(SubscriptionPolicy::Wait, 3, usize::MAX);
        assert_eq!(push(&queue, (0..5).map(|n| delivery("t", Priority::Low, n))), (2, 0));
        assert_eq!(
            push(&queue, [delivery("c", Priority::Critical, 9)]),
            (0, 0),
            "tiers do not share their room"
        );
        assert_eq!(take(&queue).iter().map(|(_, n)| *n).collect::<Vec<_>>(), [9, 0, 1, 2]);
    }

    #[test]
    fn dropping_keeps_the_newest() {
        let queue = Queue::new(SubscriptionPolicy::DropOldest, 3, usize::MAX);
        assert_eq!(push(&queue, (0..10).map(|n| delivery("t", Priority::Low, n))), (0, 7));
        assert_eq!(take(&queue).iter().map(|(_, n)| *n).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(queue.dropped(), 7);
    }

    #[test]
    fn conflation_keeps_the_newest_of_each_topic_in_its_place() {
        let queue = Queue::new(SubscriptionPolicy::Conflate, 3, usize::MAX);
        let quotes = [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)];
        assert_eq!(push(&queue, quotes.map(|(topic, n)| delivery(topic, Priority::Normal, n))), (0, 0));
        assert_eq!(
            push(&queue, [delivery("d", Priority::Normal, 6)]),
            (0, 1),
            "a fourth topic drops the first"
        );
        let taken: Vec<_> = take(&queue);
        assert_eq!(taken, [("b".to_owned(), 5), ("c".to_owned(), 4), ("d".to_owned(), 6)]);
        assert_eq!(push(&queue, [delivery("b", Priority::Normal, 7)]), (0, 0));
        assert_eq!(take(&queue), [("b".to_owned(), 7)], "a topic that was taken starts over");
    }

    #[test]
    fn bytes_are_bounded_too_but_one_message_always_fits() {
        let queue = Queue::new(SubscriptionPolicy::Wait, 100, 2);
        let big = |n| delivery("t", Priority::Normal, n);
        assert_eq!(push(&queue, [big(1000), big(2000)]), (1, 0));
        assert_eq!(take(&queue).len(), 1);
    }

    #[test]
    fn no_tier_starves() {
        let queue = Queue::new(SubscriptionPolicy::Wait, 1000, usize::MAX);
        for (tier, name) in [(Priority::High, "h"), (Priority::Normal, "n"), (Priority::Low, "l")] {
            push(&queue, (0..500).map(|n| delivery(name, tier, n)));
        }
        let taken = take(&queue);
        let count = |name: &str| taken.iter().filter(|(topic, _)| topic == name).count();
        assert_eq!(taken.len(), CHUNK);
        assert!(count("h") > count("n") && count("n") > count("l") && count("l") > 0, "{taken:?}");
    }

    #[test]
    fn critical_overtakes_what_was_taken_already() {
        let queue = Queue::new(SubscriptionPolicy::Wait, 1000, usize::MAX);
        push(&queue, (0..10).map(|n| delivery("l", Priority::Low, n)));
        let mut chunk = VecDeque::new();
        assert!(queue.poll_take(&mut chunk, &Context::from_waker(Waker::noop())).is_ready());
        push(&queue, [delivery("c", Priority::Critical, 1), delivery("c", Priority::Critical, 2)]);
        assert_eq!(queue.take_critical(&mut chunk), 2);
        let topics: String = chunk.iter().map(|d| d.topic.as_str()).collect();
        assert_eq!(topics, "ccllllllllll");
    }

    #[test]
    fn a_slow_subscriber_bounds_critical_too() {
        let queue = Queue::new(SubscriptionPolicy::Wait, 1000, usize::MAX);
        let mut chunk = VecDeque::from([delivery("l", Priority::Low, 0)]);
        push(&queue, (0..1000).map(|n| delivery("c", Priority::Critical, n)));
        assert_eq!(queue.take_critical(&mut chunk), CHUNK);
        assert_eq!(queue.take_critical(&mut chunk), 0, "these go first anyway");
        assert_eq!((chunk.len(), queue.free(Priority::Critical)), (CHUNK + 1, CHUNK));
        chunk.drain(..CHUNK);
        assert_eq!(queue.take_critical(&mut chunk), CHUNK, "the next ones overtake as well");
    }
}
