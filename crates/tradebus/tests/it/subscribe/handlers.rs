//! Handlers, and those that fail.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use futures_util::FutureExt;
use parking_lot::Mutex;
use rstest::rstest;
use tokio::sync::Semaphore;
use tradebus::{Delivery, SubscribeOptions};

use super::publish;
use crate::support::{Backend, Kind, number_of, until, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_fails_or_panics_goes_on(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = {
        let seen = seen.clone();
        move |delivery: Delivery| {
            let number = number_of(&delivery);
            // Before the future is made, which is no less a panic of the handler.
            assert!(number % 10 != 7, "on purpose: {number}");
            let seen = seen.clone();
            async move {
                seen.lock().push(number);
                match number % 10 {
                    3 => Err("on purpose"),
                    5 => panic!("on purpose: {number}"),
                    _ => Ok(()),
                }
            }
        }
    };
    let mut task = bus.subscribe_with("t", SubscribeOptions::default(), handler).await.unwrap();
    until("the handler is counted", || bus.metrics().worker_count == 1).await;
    publish(&bus, "t", 0..100).await;
    until("all are handled", || seen.lock().last() == Some(&99)).await;
    assert_eq!(*seen.lock(), (0..100).filter(|n| n % 10 != 7).collect::<Vec<_>>());
    assert_eq!(bus.metrics().handler_errors, 30);
    let _ = bus.close().await;
    within("the handler to finish", task.finished()).await;
    assert_eq!(bus.metrics().worker_count, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_finishes_the_message_at_hand_and_takes_no_other() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|_| {}).await;
    let (gate, begun, finished) =
        (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)), Arc::new(AtomicBool::new(false)));
    let handler = {
        let (gate, begun, finished) = (gate.clone(), begun.clone(), finished.clone());
        move |_| {
            let (gate, begun, finished) = (gate.clone(), begun.clone(), finished.clone());
            async move {
                begun.add_permits(1);
                drop(gate.acquire().await);
                finished.store(true, SeqCst);
                Ok::<(), String>(())
            }
        }
    };
    let task = bus.subscribe_with("t", SubscribeOptions::default(), handler).await.unwrap();
    publish(&bus, "t", 0..10).await;
    drop(within("the handler to begin", begun.acquire()).await.unwrap());
    let mut stopping = pin!(task.stop());
    assert!(stopping.as_mut().now_or_never().is_none(), "the message at hand is not finished");
    gate.add_permits(1);
    within("the handler to stop", stopping).await;
    assert!(finished.load(SeqCst));
    assert_eq!(begun.available_permits(), 1, "only one message was begun");
}
