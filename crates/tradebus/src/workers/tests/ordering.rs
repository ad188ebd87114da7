//! Order: topics one message at a time, whatever the workers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use parking_lot::Mutex;
use proptest::prelude::*;
use tokio::sync::Semaphore;

use super::feed::{Feed, FeedIntake, critical, message, number};
use super::{seen, settings, until, within, workers};
use crate::config::HandlingOrder;
use crate::metrics::Meters;
use crate::otel::Consumer;
use crate::workers::contract::Job;
use crate::workers::order::MOST_PARKED;
use crate::workers::shared::{Membership, Next, Shared};
use crate::workers::{Pool, Settings};
use crate::{BusConfig, Delivery, Priority};

/// A worker by hand, so that any order of events can be tried.
struct Hand {
    membership: Membership<FeedIntake>,
    message: Option<Delivery>,
    gone: bool,
}

/// What happens next, to a worker of this number.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A message comes: its topic, and whether it is CRITICAL.
    Arrive(u8, bool),
    /// The worker goes on: takes, begins or ends.
    Go(usize),
    /// The worker's handler waits: it gives back the rest.
    GiveBack(usize),
    /// There should be so many workers.
    Resize(usize),
    /// Messages turn out to cost this much, in microseconds.
    Cost(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0u8..5, prop::bool::weighted(0.2)).prop_map(|(topic, critical)| Event::Arrive(topic, critical)),
        8 => (0usize..8).prop_map(Event::Go),
        1 => (0usize..8).prop_map(Event::GiveBack),
        1 => (1usize..8).prop_map(Event::Resize),
        1 => prop_oneof![Just(1u64), Just(10), Just(1_000)].prop_map(Event::Cost),
    ]
}

struct World {
    feed: Feed,
    shared: Arc<Shared<FeedIntake>>,
    hands: Vec<Hand>,
    handled: Vec<Delivery>,
    cost: Duration,
    ordered: bool,
}

impl World {
    fn new(order: HandlingOrder) -> Self {
        let feed = Feed::default();
        let settings = Settings::new(&workers(1)).for_pool("test", Consumer::default(), Some(order), None);
        let shared = Shared::new(feed.intake(), &settings);
        let (hands, handled, ordered) = (Vec::new(), Vec::new(), order == HandlingOrder::Topic);
        let mut world = Self { feed, shared, hands, handled, cost: Duration::ZERO, ordered };
        world.resize(3);
        world
    }

    fn resize(&mut self, target: usize) {
        let new = self.shared.resize(target).into_iter();
        self.hands.retain(|hand| !hand.gone);
        self.hands.extend(new.map(|membership| Hand { membership, message: None, gone: false }));
    }

    fn go(&mut self, which: usize) {
        let count = self.hands.len();
        let Some(hand) = self.hands.get_mut(which % count.max(1)).filter(|hand| !hand.gone) else { return };
        if let Some(handled) = hand.message.take() {
            self.handled.push(handled);
        } else if let Some(job) = hand.membership.taken.jobs.pop_front() {
            let (delivery, _ticket) = job.split().unwrap();
            let elsewhere = self.hands.iter().filter_map(|hand| hand.message.as_ref());
            let busy = elsewhere.filter(|other| other.topic == delivery.topic).count();
            assert!(!self.ordered || busy == 0, "one message of a topic at a time");
            let count = self.hands.len();
            self.hands[which % count].message = Some(delivery);
        } else if hand.membership.next(1, self.cost) == Next::Leave {
            hand.gone = true;
        }
    }

    fn happen(&mut self, event: Event, number: u64) {
        let count = self.hands.len().max(1);
        match event {
            Event::Arrive(topic, false) => self.feed.push([message(&format!("t{topic}"), number)]),
            Event::Arrive(topic, true) => self.feed.push([critical(&format!("t{topic}"), number)]),
            Event::Go(which) => self.go(which),
            Event::GiveBack(which) => {
                if let Some(hand) = self.hands.get_mut(which % count)
                    && let Some(at_hand) = &hand.message
                {
                    hand.membership.give_back(Some(&at_hand.message.topic));
                }
            }
            Event::Resize(target) => self.resize(target),
            Event::Cost(micros) => self.cost = Duration::from_micros(micros),
        }
    }

    /// Goes on until there is nothing more to do.
    fn finish(&mut self) {
        self.feed.end();
        self.resize(3);
        for _ in 0..100_000 {
            if self.hands.iter().all(|hand| hand.gone) {
                return;
            }
            (0..self.hands.len()).for_each(|which| self.go(which));
        }
        panic!("it never ends: {} handled", self.handled.len());
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_topics_keep_their_order(
        events in prop::collection::vec(event(), 0..400),
        by_topic in any::<bool>(),
    ) {
        let mut world = World::new(if by_topic { HandlingOrder::Topic } else { HandlingOrder::None });
        let arrivals = events.iter().filter(|event| matches!(event, Event::Arrive(..))).count();
        for (event, number) in events.into_iter().zip(0..) {
            world.happen(event, number);
        }
        world.finish();
        prop_assert_eq!(world.handled.len(), arrivals);
        for (topic, urgent) in (0..5).flat_map(|topic| [(topic, true), (topic, false)]) {
            let mut handled = world.handled.clone();
            handled.retain(|delivery| (delivery.priority == Priority::Critical) == urgent);
            let numbers = seen(&handled, &format!("t{topic}"));
            prop_assert!(!by_topic || numbers.is_sorted(), "t{}: {:?}", topic, numbers);
        }
    }
}

/// A topic whose handler hangs, more of its messages than may be parked, and then a CRITICAL message of another topic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_bounded_and_a_critical_message_passes_it() {
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let (gate, handled) = (Arc::new(Semaphore::new(0)), Arc::<Mutex<Vec<Delivery>>>::default());
    let handler = {
        let (gate, handled) = (gate.clone(), handled.clone());
        move |delivery: Delivery| {
            let (gate, handled) = (gate.clone(), handled.clone());
            async move {
                if delivery.topic.as_str() == "hot" && number(&delivery) == 0 {
                    drop(gate.acquire().await);
                }
                handled.lock().push(delivery);
                Ok::<(), String>(())
            }
        }
    };
    let mut pool = Pool::start(feed.intake(), settings(&workers(4)), meters, handler);
    let count = MOST_PARKED as u64 + 500;
    feed.push((0..count).map(|n| message("hot", n)));
    until("no more is taken", || feed.waiting() == 499).await;
    feed.push([message("cold", 0)]);
    feed.push([critical("alert", 0), critical("hot", 1_000_000)]);
    until("the alert is handled", || handled.lock().len() == 1).await;
    assert_eq!(handled.lock()[0].topic.as_str(), "alert");
    assert_eq!(feed.waiting(), 500, "there is no room for others");
    gate.add_permits(1);
    feed.end();
    within("the pool to finish", pool.finished()).await;
    let handled = handled.lock();
    assert_eq!(seen(&handled, "cold"), [0]);
    let hot = seen(&handled, "hot");
    assert_eq!(hot[..3], [0, 1_000_000, 1], "the CRITICAL one of the topic goes first");
    assert_eq!(hot[2..], (1..count).collect::<Vec<_>>());
}

/// Bytes are bounded too, and one large message always passes.
#[tokio::test]
async fn what_is_parked_is_bounded_in_bytes() {
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let (begun, gate) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
    let mut config = BusConfig { handler_timeout_ms: 0, ..workers(2) };
    config.default_buffer_config.max_bytes = 5;
    feed.push((100..120).map(|n| message("hot", n)));
    let mut pool = Pool::start(feed.intake(), settings(&config), meters, super::gated(&begun, &gate));
    until("no more is taken", || begun.load(SeqCst) == 1 && feed.waiting() == 17).await;
    gate.add_permits(20);
    feed.end();
    within("the pool to finish", pool.finished()).await;
    assert_eq!(feed.succeeded(), (100..120).collect::<Vec<_>>());
}

/// All messages of one topic are at hand at the same time.
#[tokio::test]
async fn without_order_a_topic_runs_free() {
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let (begun, gate) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
    let settings = settings(&BusConfig { ordering: HandlingOrder::None, ..workers(8) });
    let pool = Pool::start(feed.intake(), settings, meters, super::gated(&begun, &gate));
    feed.push((0..20).map(|n| message("t", n)));
    until("eight handlers run", || begun.load(SeqCst) == 8).await;
    gate.add_permits(20);
    until("all are handled", || feed.succeeded().len() == 20).await;
    within("the pool to stop", pool.stop()).await;
}
