//! Handlers that fail, panic, hang and block, and a ticket that breaks its worker.

use std::future::pending;
use std::panic::panic_any;
use std::sync::Arc;
use std::time::Duration;

use super::feed::{Feed, message, number};
use super::{settings, until, within, workers};
use crate::metrics::Meters;
use crate::workers::{Outcome, Pool};
use crate::{BusConfig, Delivery};

/// Panics when it is dropped, armed or not, unless a panic is under way.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "on purpose: dropped");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what handlers are given")]
fn handler(delivery: Delivery) -> impl Future<Output = Result<(), String>> {
    let number = number(&delivery);
    assert!(number != 1, "on purpose: {number}");
    async move {
        match number {
            2 => Err("on purpose".to_owned()),
            3 => {
                tokio::task::yield_now().await;
                panic!("on purpose")
            }
            4 => pending().await,
            5 => panic_any(5),
            6 => {
                let _grenade = Grenade;
                pending().await
            }
            _ => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ticket_is_told_what_went_wrong_and_the_worker_goes_on() {
    let limit = Duration::from_millis(20);
    let config = BusConfig { handler_timeout_ms: 20, ..workers(1) };
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let mut pool = Pool::start(feed.intake(), settings(&config), meters.clone(), handler);
    feed.push((0..10).map(|n| message("t", n)));
    feed.end();
    within("the pool to finish", pool.finished()).await;
    let panicked = |text: &str| Outcome::Panicked(text.to_owned());
    let wrong = [
        (1, panicked("on purpose: 1")),
        (2, Outcome::Failed("on purpose".to_owned())),
        (3, panicked("on purpose")),
        (4, Outcome::TimedOut(limit)),
        (5, panicked("a panic without a text")),
        (6, Outcome::TimedOut(limit)),
    ];
    let right = [0, 7, 8, 9].map(|number| (number, Outcome::Succeeded));
    let mut told = feed.told();
    assert!(told.is_sorted_by_key(|(number, _)| *number), "in order");
    told.retain(|told| !right.contains(told));
    assert_eq!(told, wrong);
    assert_eq!(feed.succeeded(), [0, 7, 8, 9]);
    assert_eq!((meters.handler_errors.get(), meters.handler_timeouts.get()), (6, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_is_counted_and_the_others_go_on() {
    let config = BusConfig { handler_timeout_ms: 1, ..workers(2) };
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    let (unblock, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = parking_lot::Mutex::new(blocked);
    let handler = move |delivery: Delivery| {
        if number(&delivery) == 0 {
            // What a handler must not do.
            blocked.lock().recv().unwrap();
        }
        async { Ok::<(), String>(()) }
    };
    let mut pool = Pool::start(feed.intake(), settings(&config), meters.clone(), handler);
    feed.push([message("blocks", 0)]);
    until("it is noticed while it blocks", || meters.handlers_blocked.get() == 1).await;
    feed.push((1..100).map(|n| message("t", n)));
    until("the others are handled", || feed.succeeded().len() == 99).await;
    unblock.send(()).unwrap();
    feed.end();
    within("the pool to finish", pool.finished()).await;
    assert_eq!(feed.succeeded().last(), Some(&0), "what it did is done");
    assert_eq!(meters.handlers_blocked.get(), 1);
}

#[tokio::test]
async fn a_worker_that_breaks_is_replaced() {
    let (feed, meters) = (Feed::default(), Arc::<Meters>::default());
    feed.curse(3);
    let handler = |_| async { Ok::<(), String>(()) };
    let mut pool = Pool::start(feed.intake(), settings(&workers(1)), meters.clone(), handler);
    feed.push((0..10).map(|n| message("t", n)));
    feed.end();
    within("the pool to finish", pool.finished()).await;
    assert_eq!(feed.succeeded(), (0..10).collect::<Vec<_>>(), "what it had not begun is not lost");
    assert_eq!(feed.given_back(), [0; 0]);
}
