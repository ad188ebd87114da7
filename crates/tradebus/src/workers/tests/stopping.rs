//! The ends of a pool.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::FutureExt;
use tokio::sync::Semaphore;

use super::feed::{Feed, message};
use super::{gated, settings, until, within, workers};
use crate::metrics::Meters;
use crate::workers::Pool;

/// A pool of two workers, both with a message at hand, and others parked and waiting.
async fn busy_pool() -> (Feed, Pool, Arc<Semaphore>, Arc<Meters>) {
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let (begun, gate) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
    feed.push((0..10).map(|n| message(if n == 5 { "u" } else { "t" }, n)));
    let pool = Pool::start(feed.intake(), settings(&workers(2)), meters.clone(), gated(&begun, &gate));
    until("both have begun", || begun.load(SeqCst) == 2).await;
    (feed, pool, gate, meters)
}

#[tokio::test]
async fn stopping_gives_back_what_is_not_begun_and_finishes_what_is() {
    let (feed, pool, gate, meters) = busy_pool().await;
    let mut stopping = pin!(pool.stop());
    assert!(stopping.as_mut().now_or_never().is_none(), "two handlers run");
    until("the rest is given back meanwhile", || feed.is_dropped()).await;
    let (rest, waiting) = (feed.given_back(), feed.waiting());
    assert_eq!(feed.told(), []);
    assert_eq!(rest.len() + waiting, 8, "all but those at hand");
    gate.add_permits(10);
    within("the pool to stop", stopping).await;
    let mut succeeded = feed.succeeded();
    succeeded.sort_unstable();
    assert_eq!(succeeded, [0, 5]);
    assert_eq!(meters.workers.load(SeqCst), 0);
}

#[tokio::test]
async fn stopping_goes_on_when_nobody_waits_for_it() {
    let (feed, pool, gate, _) = busy_pool().await;
    assert!(pool.stop().now_or_never().is_none());
    gate.add_permits(10);
    until("those at hand are finished", || feed.succeeded().len() == 2).await;
}

#[tokio::test]
async fn dropping_ends_at_once() {
    let (feed, pool, _gate, meters) = busy_pool().await;
    drop(pool);
    until("the workers are gone", || meters.workers.load(SeqCst) == 0).await;
    assert!(feed.is_dropped());
    assert_eq!((feed.told(), feed.given_back().len() + feed.waiting()), (vec![], 8));
}

#[tokio::test]
async fn finishing_handles_all_there_is() {
    let (feed, mut pool, gate, _) = busy_pool().await;
    feed.end();
    assert!(pool.finished().now_or_never().is_none());
    gate.add_permits(10);
    within("the pool to finish", pool.finished()).await;
    within("a finished pool is finished", pool.finished()).await;
    assert_eq!((feed.succeeded().len(), feed.given_back().len(), feed.is_dropped()), (10, 0, true));
}
