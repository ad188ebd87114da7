//! Pools over an intake that a test holds in its hands.

mod feed;
mod going_wrong;
mod ordering;
mod stopping;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use self::feed::{Feed, message, number};
use super::{Pool, Settings};
use crate::metrics::Meters;
use crate::otel::Consumer;
use crate::{BusConfig, Delivery};

/// Longer than anything takes that works, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn within<F: Future>(what: &str, happens: F) -> F::Output {
    tokio::time::timeout(PATIENCE, happens).await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}

/// So many workers, neither more nor fewer.
fn workers(count: usize) -> BusConfig {
    BusConfig { auto_scale_enabled: false, min_workers: count, max_workers: count, ..BusConfig::default() }
}

fn settings(config: &BusConfig) -> Settings {
    Settings::new(config).for_pool("test", Consumer::default(), None, None)
}

/// A handler that counts itself in, and ends only when it is let.
fn gated(begun: &Arc<AtomicUsize>, gate: &Arc<Semaphore>) -> impl super::Handler {
    let (begun, gate) = (begun.clone(), gate.clone());
    move |_: Delivery| {
        let (begun, gate) = (begun.clone(), gate.clone());
        async move {
            begun.fetch_add(1, SeqCst);
            gate.acquire().await.map(tokio::sync::SemaphorePermit::forget)
        }
    }
}

/// Two pools may run three handlers between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pools_of_a_bus_share_the_handlers_that_may_run() {
    let config = BusConfig { max_concurrent_handlers: 3, ..workers(4) };
    let (meters, settings) = (Arc::<Meters>::default(), settings(&config));
    let (begun, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
    let feeds = [Feed::default(), Feed::default()];
    let mut pools: Vec<_> = feeds
        .iter()
        .map(|feed| Pool::start(feed.intake(), settings.clone(), meters.clone(), gated(&begun, &gate)))
        .collect();
    for n in 0..20 {
        for feed in &feeds {
            feed.push([message(&format!("t{n}"), n)]);
        }
    }
    for round in 1..=37 {
        until("three more handlers run", || begun.load(SeqCst) == round + 2).await;
        assert_eq!(settings.handlers.available_permits(), 0);
        gate.add_permits(1);
    }
    gate.add_permits(3);
    feeds.iter().for_each(Feed::end);
    for pool in &mut pools {
        within("the pool to finish", pool.finished()).await;
    }
    assert_eq!(feeds.iter().map(|feed| feed.succeeded().len()).sum::<usize>(), 40);
}

#[tokio::test]
async fn without_auto_scaling_the_workers_stay_as_many_as_they_are() {
    let meters = Arc::<Meters>::default();
    let (begun, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
    let feed = Feed::default();
    let config = BusConfig { max_workers: 9, ..workers(2) };
    let pool = Pool::start(feed.intake(), settings(&config), meters.clone(), gated(&begun, &gate));
    feed.push((0..100).map(|n| message(&format!("t{n}"), n)));
    feed.set_fill(1.0);
    until("the pool is seen to be busy", || meters.utilization.highest() > 0.99).await;
    assert_eq!((begun.load(SeqCst), meters.scale_ups.get()), (2, 0));
    gate.add_permits(100);
    within("the pool to stop", pool.stop()).await;
    assert_eq!(meters.workers.load(SeqCst), 0);
}

/// The numbers that were handled, topic by topic.
fn seen(deliveries: &[Delivery], topic: &str) -> Vec<u64> {
    deliveries.iter().filter(|delivery| delivery.topic.as_str() == topic).map(number).collect()
}
