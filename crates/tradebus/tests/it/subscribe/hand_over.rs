//! From catching up to live and back, under a flood, with queues so small that it happens all the time.

use rstest::rstest;
use tradebus::{Bus, Priority, StartFrom, SubscribeOptions, Subscription};

use super::Spread;
use crate::support::{Arrivals, Backend, Kind, number_of, numbered, within};

const TOPICS: u64 = 4;
const EACH: u64 = 1_500;

async fn flood(bus: Bus) {
    for n in 0..EACH {
        for topic in 0..TOPICS {
            let tier = Priority::ALL[topic as usize];
            drop(bus.publish(numbered(&format!("t.{topic}"), n).priority(tier)).await.unwrap());
        }
        // In bursts: readers that have caught up block, and are behind a moment later.
        if n % 50 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(fastrand::u64(0..4))).await;
        }
    }
}

/// Takes everything, now in one go, now with pauses.
async fn drain(mut subscription: Subscription) -> Arrivals {
    let (mut arrivals, mut last) = (Arrivals::default(), 0);
    while last < TOPICS {
        let delivery = within("a message", subscription.next()).await.expect("an open bus");
        arrivals.note(&delivery);
        last += u64::from(number_of(&delivery) == EACH - 1);
        if fastrand::u8(..) < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(fastrand::u64(0..5))).await;
        }
    }
    arrivals
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_no_gap_and_doubles_nothing(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend
        .bus(|config| {
            spread.configure(config);
            config.default_stream_config.batch_size = 32;
        })
        .await;
    let flood = tokio::spawn(flood(bus.clone()));
    let mut drains = Vec::new();
    for round in 0..12 {
        let options = SubscribeOptions::default().from(StartFrom::Earliest).capacity(1 << (round % 6));
        let subscription = within("a subscription", bus.subscribe("*", options)).await.unwrap();
        drains.push(tokio::spawn(drain(subscription)));
        tokio::time::sleep(std::time::Duration::from_millis(fastrand::u64(0..20))).await;
    }
    within("the flood", flood).await.unwrap();
    for drain in drains {
        within("a subscriber", drain).await.unwrap().assert_exact(TOPICS as usize, EACH);
    }
}

/// One that starts now gets everything from some number on, in each topic.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_now_on_means_everything_from_now_on(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let mut subscriptions = Vec::new();
    for n in 0..300 {
        if n % 10 == 0 {
            let options = SubscribeOptions::default().capacity(8);
            subscriptions.push((n, bus.subscribe("t", options).await.unwrap()));
        }
        let receipt = bus.publish(numbered("t", n)).await.unwrap();
        if n % 7 == 0 {
            receipt.await.unwrap();
        }
    }
    for (first, subscription) in &mut subscriptions {
        let numbers = super::take(subscription, 300 - *first as usize);
        let numbers = within("the rest", numbers).await;
        // What was accepted before but not stored yet arrives too.
        let start = numbers[0];
        assert!(
            start <= *first,
            "{start} is the first, but {first} was published after the subscription was made"
        );
        assert!(numbers.is_sorted_by(|a, b| a + 1 == *b), "{numbers:?}");
    }
}
