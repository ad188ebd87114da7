//! What goes wrong between the bus and a real server.

mod connecting;
mod connections;
mod refusals;
mod restarts;
mod secure;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use tokio::task::JoinHandle;
use tradebus::{Bus, Receipt, SubscribeOptions, Subscription};

use crate::support::{Arrivals, numbered, within};

/// Topics that a load is spread over; each has numbers of its own.
const TOPICS: usize = 5;

fn topic(n: u64) -> String {
    format!("load.{}", n % TOPICS as u64)
}

/// Publishes until it is stopped, and never further ahead of the store than a few hundred messages.
struct Load {
    stop: Arc<AtomicBool>,
    published: Arc<AtomicU64>,
    task: JoinHandle<u64>,
}

impl Load {
    fn start(bus: &Bus) -> Self {
        let (stop, published) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn(publish(bus.clone(), stop.clone(), published.clone()));
        Self { stop, published, task }
    }

    /// Messages that the store has confirmed so far.
    fn confirmed(&self) -> u64 {
        self.published.load(SeqCst)
    }

    /// Stops, awaits the last receipts, and returns how many numbers each topic has got. Every receipt was given.
    async fn finish(self) -> u64 {
        self.stop.store(true, SeqCst);
        within("all receipts", self.task).await.expect("the load does not panic") / TOPICS as u64
    }
}

async fn publish(bus: Bus, stop: Arc<AtomicBool>, published: Arc<AtomicU64>) -> u64 {
    let mut count = 0;
    while !stop.load(SeqCst) {
        let mut receipts: Vec<Receipt> = Vec::new();
        for _ in 0..50 * TOPICS as u64 {
            receipts.push(
                bus.publish(numbered(&topic(count), count / TOPICS as u64)).await.expect("an open bus"),
            );
            count += 1;
        }
        for receipt in receipts {
            receipt.await.expect("a receipt");
        }
        published.store(count, SeqCst);
    }
    count
}

async fn all(bus: &Bus) -> Subscription {
    within("a subscription", bus.subscribe("load.*", SubscribeOptions::default())).await.unwrap()
}

/// Takes messages until every number of every topic has come, and returns how many came more than once.
async fn assert_nothing_lost(subscription: &mut Subscription, count: u64) -> u64 {
    let (mut arrivals, mut missing) = (Arrivals::default(), count * TOPICS as u64);
    let mut highest = [0; TOPICS];
    within("all messages", async {
        while missing > 0 {
            let delivery = subscription.next().await.expect("an open bus");
            arrivals.note(&delivery);
            let highest = &mut highest[delivery.topic.as_str()[5..].parse::<usize>().unwrap()];
            let number = crate::support::number_of(&delivery);
            let (topic, id) = (&delivery.topic, delivery.id);
            assert!(number <= *highest, "{topic}: {number} came at {id} where {highest} was still missing");
            if number == *highest {
                *highest += 1;
                missing -= 1;
            }
        }
    })
    .await;
    arrivals.assert_complete(TOPICS, count)
}
