//! The receiving side: what arrived, how late, and what did not.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::time::{sleep, timeout};
use tradebus::{Bus, Delivery, HandlerTask, Priority, SubscribeOptions, Subscription};

use super::load::{self, Plan, now_ns};
use crate::failure::Outcome;

/// Nothing arriving for so long means that what is missing is lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often acknowledgements are counted: the end of a run is noticed so much later at most.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Longest latency that is told apart, in nanoseconds: one minute.
const LONGEST_NS: u64 = 60_000_000_000;

/// How messages are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiving {
    /// Not at all.
    None,
    /// By a subscription.
    Subscription,
    /// By handlers of a consumer group, which acknowledge them.
    Group,
}

impl Receiving {
    /// What a run with it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "publish",
            Self::Subscription => "publish and receive",
            Self::Group => "publish, handle and ack",
        }
    }
}

/// Everything that arrived.
pub(super) struct Received {
    /// By number of the message: whether it arrived.
    seen: Vec<bool>,
    pub(super) count: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
    /// By topic and tier: one more than the highest number that arrived.
    latest: Vec<[u64; 4]>,
    /// By number of the tier.
    pub(super) latencies: [Histogram<u64>; 4],
}

impl Received {
    pub(super) fn of(messages: u64, topics: usize) -> Self {
        Self {
            seen: vec![false; messages as usize],
            count: 0,
            duplicates: 0,
            reordered: 0,
            latest: vec![[0; 4]; topics],
            latencies: std::array::from_fn(|_| histogram()),
        }
    }

    /// The latencies of all tiers together.
    pub(super) fn latency(&self) -> Histogram<u64> {
        let mut all = histogram();
        for tier in &self.latencies {
            all.add(tier).expect("all have the same bounds");
        }
        all
    }

    pub(super) fn note(&mut self, delivery: &Delivery) {
        let Some((number, meant_at)) = load::read(&delivery.payload) else { return };
        let Some(seen) = self.seen.get_mut(number as usize) else { return };
        let latency = now_ns().saturating_sub(meant_at).clamp(1, LONGEST_NS);
        self.latencies[delivery.priority.number()].saturating_record(latency);
        if std::mem::replace(seen, true) {
            self.duplicates += 1;
            return;
        }
        self.count += 1;
        self.note_order(number, delivery.priority);
    }

    /// The plan takes the topics in turn, so the number tells the topic.
    fn note_order(&mut self, number: u64, tier: Priority) {
        let topic = (number % self.latest.len() as u64) as usize;
        let latest = &mut self.latest[topic][tier.number()];
        self.reordered += u64::from(*latest > number);
        *latest = (number + 1).max(*latest);
    }

    /// Whether everything has arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.count == self.seen.len() as u64
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("the bounds are valid")
}

/// What receives in a run.
pub(super) enum Receiver {
    None(Received),
    Subscription { subscription: Subscription, received: Received },
    Group { task: HandlerTask, received: Arc<Mutex<Received>> },
}

impl Receiver {
    /// Begins to receive what a plan publishes; `arrived` says how much has come.
    pub(super) async fn start(
        bus: &Bus,
        plan: &Plan,
        receiving: Receiving,
        arrived: &Arc<AtomicU64>,
    ) -> Outcome<Self> {
        let topics = plan.topics.len();
        Ok(match receiving {
            Receiving::None => Self::None(Received::of(0, topics)),
            Receiving::Subscription => {
                let subscription = bus.subscribe("data.*", SubscribeOptions::default()).await?;
                Self::Subscription { subscription, received: Received::of(plan.messages, topics) }
            }
            Receiving::Group => {
                let received = Arc::new(Mutex::new(Received::of(plan.messages, topics)));
                let (noted, arrived) = (received.clone(), arrived.clone());
                let handler = move |delivery: Delivery| {
                    if let Ok(mut received) = noted.lock() {
                        received.note(&delivery);
                        arrived.store(received.count, Relaxed);
                    }
                    std::future::ready(Ok::<(), Infallible>(()))
                };
                let task = bus.subscribe_with("data.*", SubscribeOptions::group("bench"), handler).await?;
                Self::Group { task, received }
            }
        })
    }

    /// Returns when all has come, or nothing does any more.
    pub(super) async fn finish(self, bus: &Bus, arrived: &AtomicU64) -> Received {
        match self {
            Self::None(received) => received,
            Self::Subscription { mut subscription, mut received } => {
                while !received.is_complete() {
                    let Ok(Some(delivery)) = timeout(PATIENCE, subscription.next()).await else { break };
                    received.note(&delivery);
                    arrived.store(received.count, Relaxed);
                }
                received
            }
            Self::Group { task, received } => {
                let messages = received.lock().map_or(0, |received| received.seen.len() as u64);
                let mut last = (0, Instant::now());
                while last.0 < messages && last.1.elapsed() < PATIENCE {
                    sleep(LOOK_EVERY).await;
                    let acked = bus.metrics().groups.acked;
                    if acked > last.0 {
                        last = (acked, Instant::now());
                    }
                }
                task.stop().await;
                let empty = Received::of(0, 1);
                received
                    .lock()
                    .map_or(empty, |mut received| std::mem::replace(&mut *received, Received::of(0, 1)))
            }
        }
    }
}
