//! Sharing messages, and acknowledging them.

use std::collections::BTreeMap;

use rstest::rstest;
use tradebus::{Priority, StartFrom, SubscribeError, SubscribeOptions};

use super::{Scene, lane, next, quick, risk};
use crate::support::{Backend, Kind, Spread, number_of, numbered, until, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_goes_to_one_member_of_each_group(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    const EACH: u64 = 200;
    let backend = Backend::start(kind).await;
    let mut members = Vec::new();
    for (group, consumer) in [("one", "a"), ("one", "b"), ("two", "a")] {
        let bus = backend.bus(|config| spread.configure(config)).await;
        let options = SubscribeOptions::group(group).consumer(consumer).from(StartFrom::Earliest);
        members.push((group, bus.subscribe("*", options).await.unwrap(), bus));
    }
    let publisher = backend.bus(|config| spread.configure(config)).await;
    let topics = ["a", "b.c", "d"];
    for n in 0..EACH {
        for (topic, tier) in topics.iter().zip(Priority::ALL.iter().cycle()) {
            drop(publisher.publish(numbered(topic, n).priority(*tier)).await.unwrap());
        }
    }
    assert_eq!(publisher.close().await.unconfirmed, 0);
    let total = EACH as usize * topics.len();
    let (send, mut seen) = tokio::sync::mpsc::channel(16);
    for (group, mut member, bus) in members {
        let send = send.clone();
        tokio::spawn(async move {
            while let Some(delivery) = member.next().await {
                assert_eq!(delivery.deliveries(), 1);
                let what = (group, delivery.topic.to_string(), number_of(&delivery));
                delivery.ack();
                if send.send((what, bus.clone())).await.is_err() {
                    return;
                }
            }
        });
    }
    let mut all: BTreeMap<(&str, String, u64), usize> = BTreeMap::new();
    for _ in 0..2 * total {
        let (what, _) = within("a message", seen.recv()).await.unwrap();
        *all.entry(what).or_default() += 1;
    }
    assert_eq!(all.len(), 2 * total);
    assert!(all.values().all(|count| *count == 1), "{all:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_pending_no_longer(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..20).await;
    let mut held = Vec::new();
    for n in 0..20 {
        let delivery = next(&mut member).await;
        assert_eq!(number_of(&delivery), n);
        held.push(delivery);
    }
    assert_eq!((member.pending(), scene.pending().await.len()), (20, 20));
    let kept = held.pop().unwrap();
    for delivery in held {
        delivery.ack();
    }
    within("the acknowledgements", async {
        while scene.pending().await.len() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(scene.pending().await[0].id, kept.id);
    kept.ack();
    scene.settled().await;
    until("they are counted", || scene.bus.metrics().groups.acked == 20).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_pattern_does_not_want_is_acknowledged_and_counted(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.bus.subscribe("data.*", risk("a")).await.unwrap();
    scene.publish("other", 0..10).await;
    scene.publish("data.x", 0..1).await;
    let delivery = next(&mut member).await;
    assert_eq!(delivery.topic.as_str(), "data.x");
    delivery.ack();
    scene.settled().await;
    let counted = || {
        let groups = scene.bus.metrics().groups;
        (groups.filtered, groups.acked) == (10, 11)
    };
    until("they are counted", counted).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_begins_where_it_is_told_and_goes_on_where_it_was(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    scene.publish("t", 0..3).await;
    let latest = SubscribeOptions::group("latest").consumer("a");
    let mut member = scene.bus.subscribe("*", latest.clone()).await.unwrap();
    scene.publish("t", 3..4).await;
    let first = next(&mut member).await;
    assert_eq!(number_of(&first), 3);
    first.ack();
    within("leaving", member.close()).await;
    scene.publish("t", 4..5).await;
    // The group is there: where it begins is no question any more.
    let mut member = scene.bus.subscribe("*", latest.from(StartFrom::Earliest)).await.unwrap();
    let second = next(&mut member).await;
    assert_eq!(number_of(&second), 4);
    second.ack();
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_hands_back_what_was_not_begun(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::with(kind, |config| config.claim_idle_ms = 3_600_000).await;
    let mut leaving = scene.join("leaving").await;
    scene.publish("t", 0..100).await;
    until("it has everything", || leaving.pending() == 100).await;
    let begun = next(&mut leaving).await;
    let other = scene.backend.bus(quick).await;
    let mut staying = other.subscribe("*", risk("staying")).await.unwrap();
    begun.ack();
    within("leaving", leaving.close()).await;
    let mut numbers = Vec::new();
    for _ in 1..100 {
        let delivery = next(&mut staying).await;
        assert_eq!(delivery.deliveries(), 1, "it was not begun");
        numbers.push(number_of(&delivery));
        delivery.ack();
    }
    assert_eq!(numbers, (1..100).collect::<Vec<_>>());
    scene.settled().await;
    let consumers = scene.backend.store.consumer_groups().consumers(&lane(), "risk").await.unwrap();
    assert!(consumers.iter().all(|consumer| consumer.name != "leaving"), "{consumers:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_the_bus_waits_for_what_is_in_hand(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..1).await;
    let delivery = next(&mut member).await;
    let bus = scene.bus.clone();
    let mut closing = tokio::spawn(async move { bus.close().await });
    tokio::select! {
        biased;
        _ = &mut closing => panic!("it did not wait"),
        ended = within("the end", member.next()) => assert!(ended.is_none()),
    }
    delivery.ack();
    assert_eq!(within("closing", closing).await.unwrap().unconfirmed, 0);
    assert!(scene.pending().await.is_empty());
    let late = scene.bus.subscribe("*", risk("late")).await;
    assert!(matches!(late, Err(SubscribeError::Closed)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_subscription_ends_with_the_last_handle_of_its_bus(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    drop(scene.bus);
    assert!(within("the end", member.next()).await.is_none());
    within("leaving", member.close()).await;
}

#[rstest]
#[case("", "a", "group")]
#[case("g", "tradebus:handed-back", "consumer")]
#[case("g\n", "a", "group")]
#[tokio::test]
async fn a_name_that_cannot_be_is_refused(#[case] group: &str, #[case] consumer: &str, #[case] wrong: &str) {
    let scene = Scene::new(Kind::Embedded).await;
    let options = SubscribeOptions::group(group).consumer(consumer);
    let refused = scene.bus.subscribe("*", options).await.unwrap_err();
    assert!(refused.to_string().contains(&format!("cannot be the name of a {wrong}")), "{refused}");
}
