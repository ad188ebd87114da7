//! Consumers that die, and groups and streams that somebody removes.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::{Assign, EntryRef, GroupStart};
use tradebus::{Bus, EntryId, SubscribeOptions};

use super::{Scene, lane, next, quick, risk};
use crate::support::{Kind, RedisServer, config, number_of, numbered, until, within};

/// A consumer that takes everything there is and is never heard of again. The group is made for it.
async fn die_over_everything(scene: &Scene, consumer: &str) -> Vec<EntryId> {
    let groups = scene.backend.store.consumer_groups();
    groups.create_group(&lane(), "risk", GroupStart::After(EntryId::MIN)).await.unwrap();
    let mut reader = groups.group_reader("risk", consumer, "test").await.unwrap();
    let batch = reader.read(&[lane()], 100_000, None).await.unwrap();
    batch.entries().map(EntryRef::id).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_consumer_had_is_taken_over(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    scene.publish("t", 0..50).await;
    assert_eq!(die_over_everything(&scene, "dead").await.len(), 50);
    let mut members = [scene.join("a").await, scene.join("b").await];
    let mut seen = [false; 50];
    for _ in 0..50 {
        let [a, b] = &mut members;
        let delivery = tokio::select! {
            delivery = next(a) => delivery,
            delivery = next(b) => delivery,
        };
        assert_eq!(delivery.deliveries(), 2);
        assert!(!std::mem::replace(&mut seen[number_of(&delivery) as usize], true));
        delivery.ack();
    }
    scene.settled().await;
    assert_eq!(scene.bus.metrics().groups.claimed, 50);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kills_its_consumers_becomes_a_dead_letter(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    scene.publish("t", 0..2).await;
    let ids = die_over_everything(&scene, "dead").await;
    let spent = Assign { ids: &ids[..1], idle: Duration::from_hours(1), deliveries: Some(5) };
    let groups = scene.backend.store.consumer_groups();
    groups.assign(&lane(), "risk", "dead", spent).await.unwrap();
    let mut member = scene.join("a").await;
    let delivery = next(&mut member).await;
    assert_eq!(number_of(&delivery), 1);
    delivery.ack();
    let letter = scene.a_dead_letter().await;
    assert_eq!((&letter["payload"][..], &letter["dead_deliveries"][..]), ("0", "5"));
    assert!(letter["dead_error"].contains("delivered 5 times"), "{letter:?}");
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_comes_back_goes_on_with_what_it_had(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
) {
    // Long before anybody may take it over.
    let scene = Scene::with(kind, |config| config.claim_idle_ms = 3_600_000).await;
    scene.publish("t", 0..3).await;
    die_over_everything(&scene, "a").await;
    let mut member = scene.join("a").await;
    for n in 0..3 {
        let delivery = next(&mut member).await;
        assert_eq!((number_of(&delivery), delivery.deliveries()), (n, 2));
        delivery.ack();
    }
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_hand_is_not_taken_over(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let mut slow = scene.join("slow").await;
    scene.publish("t", 0..1).await;
    let delivery = next(&mut slow).await;
    let other = scene.backend.bus(quick).await;
    let _idle = other.subscribe("*", risk("idle")).await.unwrap();
    // Twice, the store learns that somebody cares for it before it has been idle for too long.
    for _ in 0..2 {
        let touched = async {
            let mut longest = Duration::ZERO;
            loop {
                let idle = scene.pending().await[0].idle;
                if idle < longest {
                    return;
                }
                longest = idle;
                tokio::task::yield_now().await;
            }
        };
        within("a sign of life", touched).await;
    }
    let pending = scene.pending().await;
    assert_eq!((&pending[0].consumer[..], pending[0].deliveries), ("slow", 1));
    delivery.ack();
    scene.settled().await;
}

#[derive(Debug, Clone, Copy)]
enum Loss {
    Group,
    Stream,
    Everything,
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_removed_is_made_again(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(Loss::Group, Loss::Stream, Loss::Everything)] loss: Loss,
) {
    let scene = Scene::new(kind).await;
    let store = &scene.backend.store;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..1).await;
    // A stream that has nothing from an earlier millisecond could be another one.
    let first = store.now_ms().await.unwrap();
    while store.now_ms().await.unwrap() == first {}
    scene.publish("t", 1..10).await;
    for _ in 0..10 {
        next(&mut member).await.ack();
    }
    scene.settled().await;
    match loss {
        Loss::Group => {
            assert!(store.consumer_groups().destroy_group(&lane(), "risk").await.unwrap());
        }
        Loss::Stream => assert!(store.remove(&lane()).await.unwrap()),
        Loss::Everything => match &scene.backend.server {
            Some(server) => drop(server.ask(&["FLUSHALL"])),
            None => scene.backend.engine().lock().flush().unwrap(),
        },
    }
    until("the group is there again", || scene.bus.metrics().groups.remade >= 1).await;
    scene.publish("t", 10..20).await;
    for n in 10..20 {
        let delivery = next(&mut member).await;
        assert_eq!(number_of(&delivery), n, "nothing is missing, and nothing comes twice");
        delivery.ack();
    }
    scene.settled().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_before_its_group_was_removed_is_delivered_again(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let mut member = scene.join("a").await;
    scene.publish("t", 0..1).await;
    let delivery = next(&mut member).await;
    let groups = scene.backend.store.consumer_groups();
    assert!(groups.destroy_group(&lane(), "risk").await.unwrap());
    until("the group is there again", || scene.bus.metrics().groups.remade == 1).await;
    delivery.nack(None);
    let again = next(&mut member).await;
    assert_eq!((number_of(&again), again.deliveries()), (0, 2));
    again.ack();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_costs_no_message() {
    const MESSAGES: u64 = 3000;
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let mut configuration = config(&server.url());
    quick(&mut configuration);
    let bus = Bus::connect(configuration).await.unwrap();
    let mut member = bus.subscribe("*", SubscribeOptions::group("risk")).await.unwrap();
    let publisher = bus.clone();
    let publishing = tokio::spawn(async move {
        for n in 0..MESSAGES {
            publisher.publish(numbered("t", n)).await.unwrap().await.unwrap();
        }
    });
    let mut seen = vec![false; MESSAGES as usize];
    for at_least in [MESSAGES / 4, MESSAGES / 2, MESSAGES] {
        while (seen.iter().filter(|seen| **seen).count() as u64) < at_least {
            let delivery = next(&mut member).await;
            seen[number_of(&delivery) as usize] = true;
            delivery.ack();
        }
        if at_least < MESSAGES {
            server.kill();
            server.restart();
        }
    }
    publishing.await.unwrap();
}
