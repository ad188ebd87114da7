//! Handlers that work for a group.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use rstest::rstest;
use tokio::sync::Semaphore;

use super::{Scene, risk};
use crate::support::{Kind, number_of, numbered, until, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_handler_has_done_is_acknowledged_in_the_order_of_each_topic(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    const TOPICS: u64 = 7;
    const EACH: u64 = 300;
    let scene = Scene::with(kind, |config| (config.min_workers, config.max_workers) = (4, 8)).await;
    let seen: Arc<Mutex<HashMap<String, Vec<u64>>>> = Arc::default();
    let noted = seen.clone();
    let handler = move |delivery: tradebus::Delivery| {
        noted.lock().unwrap().entry(delivery.topic.to_string()).or_default().push(number_of(&delivery));
        async {
            tokio::task::yield_now().await;
            Ok::<(), String>(())
        }
    };
    let task = scene.bus.subscribe_with("*", risk("a"), handler).await.unwrap();
    for n in 0..EACH {
        for topic in 0..TOPICS {
            drop(scene.bus.publish(numbered(&format!("t.{topic}"), n)).await.unwrap());
        }
    }
    until("everything is acknowledged", || scene.bus.metrics().groups.acked == TOPICS * EACH).await;
    scene.settled().await;
    task.stop().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len() as u64, TOPICS);
    assert!(seen.values().all(|numbers| numbers.iter().copied().eq(0..EACH)), "{seen:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_fails_panics_or_hangs_ends_in_dead_letters(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let options = risk("a").max_deliveries(2).handler_timeout(Duration::from_millis(50));
    let handled = Arc::new(AtomicU64::new(0));
    let counter = handled.clone();
    let handler = move |delivery: tradebus::Delivery| {
        let counter = counter.clone();
        async move {
            match &delivery.topic[..] {
                "fails" => return Err("no such account"),
                "panics" => panic!("index out of bounds"),
                "hangs" => std::future::pending().await,
                _ => counter.fetch_add(1, Relaxed),
            };
            Ok(())
        }
    };
    let task = scene.bus.subscribe_with("*", options, handler).await.unwrap();
    for topic in ["fails", "panics", "hangs", "works"] {
        scene.publish(topic, 0..3).await;
    }
    until("all are dead or done", || {
        let groups = scene.bus.metrics().groups;
        (groups.dead_lettered, groups.acked) == (9, 3)
    })
    .await;
    scene.settled().await;
    assert_eq!(handled.load(Relaxed), 3);
    let dead = scene.dead().await;
    let mut errors: Vec<&str> = dead.iter().map(|letter| &letter["dead_error"][..]).collect();
    errors.sort_unstable();
    errors.dedup();
    assert_eq!(
        errors,
        [
            "no such account",
            "the handler panicked: index out of bounds",
            "the handler took longer than 50 ms"
        ]
    );
    assert!(dead.iter().all(|letter| letter["dead_deliveries"] == "2"), "{dead:?}");
    task.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_is_stopped_finishes_what_it_has_and_hands_back_the_rest(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::with(kind, |config| config.claim_idle_ms = 3_600_000).await;
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let (waits, counts) = (gate.clone(), begun.clone());
    let handler = move |_: tradebus::Delivery| {
        let (gate, begun) = (waits.clone(), counts.clone());
        async move {
            begun.fetch_add(1, Relaxed);
            gate.acquire().await.map(tokio::sync::SemaphorePermit::forget)
        }
    };
    let task = scene.bus.subscribe_with("*", risk("a"), handler).await.unwrap();
    scene.publish("t", 0..50).await;
    within("everything to be delivered to it", async {
        while scene.pending().await.len() < 50 || begun.load(Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut stopping = pin!(task.stop());
    assert!((&mut stopping).now_or_never().is_none(), "stopped, though a handler is at work");
    gate.add_permits(50);
    within("stopping", stopping).await;
    let done = begun.load(Relaxed);
    assert!(done < 50, "it went on");
    let mut other = scene.join("b").await;
    for n in done..50 {
        let delivery = super::next(&mut other).await;
        assert_eq!((number_of(&delivery), delivery.deliveries()), (n, 1));
        delivery.ack();
    }
    scene.settled().await;
}
