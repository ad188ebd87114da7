//! What one member at a time may have: all of a group of which one is active, or a shard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use tradebus::config::HandlingOrder;
use tradebus::{Bus, BusConfig, Delivery, GroupDelivery, GroupSubscription};

use super::{Scene, next, quick, risk};
use crate::support::{Backend, Kind, Proxy, Spread, number_of, numbered, until, within};

const SHARDS: u64 = 5;

fn sharded(config: &mut BusConfig) {
    quick(config);
    config.shards = SHARDS as u32;
    (config.min_workers, config.max_workers) = (2, 4);
}

async fn stands_by(bus: &Bus, consumer: &str) -> GroupSubscription {
    bus.subscribe("*", risk(consumer).single_active()).await.unwrap()
}

async fn becomes_active(member: &GroupSubscription) -> u64 {
    let mut activity = member.activity();
    let token = within("the lease", activity.wait_for(Option::is_some)).await.unwrap();
    token.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_is_active_and_the_next_takes_over_when_it_leaves(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Topic)] spread: Spread,
) {
    let scene = Scene::with(kind, |config| spread.configure(config)).await;
    let mut first = stands_by(&scene.bus, "first").await;
    let token = becomes_active(&first).await;
    let configure = |config: &mut BusConfig| {
        quick(config);
        spread.configure(config);
    };
    let other = scene.backend.bus(configure).await;
    let mut second = stands_by(&other, "second").await;
    scene.publish("t", 0..10).await;
    for n in 0..5 {
        let delivery = next(&mut first).await;
        assert_eq!((number_of(&delivery), delivery.fencing_token), (n, Some(token)));
        delivery.ack();
    }
    assert!(first.is_active() && !second.is_active());
    assert_eq!((first.fencing_token(), second.fencing_token()), (Some(token), None));
    within("leaving", first.close()).await;
    for n in 5..10 {
        let delivery = next(&mut second).await;
        assert_eq!((number_of(&delivery), delivery.deliveries()), (n, 1), "it was not begun before");
        assert!(delivery.fencing_token > Some(token));
        delivery.ack();
    }
    scene.publish("t", 10..11).await;
    let delivery = next(&mut second).await;
    assert_eq!(number_of(&delivery), 10);
    delivery.ack();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_stops_before_another_begins() {
    let backend = Backend::start(Kind::Redis).await;
    let proxy = Proxy::start(backend.server.as_ref().unwrap().port()).await;
    let lease = |config: &mut BusConfig| {
        quick(config);
        config.lease_ttl_ms = 1_000;
    };
    let cut_off = Bus::connect(BusConfig { store: Some(proxy.url().into()), ..configured(&backend, lease) });
    let cut_off = cut_off.await.unwrap();
    let mut first = stands_by(&cut_off, "first").await;
    let token = becomes_active(&first).await;
    let scene = Scene { bus: backend.bus(lease).await, backend };
    let mut second = stands_by(&scene.bus, "second").await;
    scene.publish("t", 0..3).await;
    let begun = next(&mut first).await;
    until("it has the others too", || first.queued() == 2).await;

    proxy.set_silent(true);
    let taken_over = becomes_active(&second).await;
    assert!(taken_over > token);
    assert!(!first.is_active(), "it knows by its own clock");
    // What waited is not handed out any more, and what it had counts for nothing.
    begun.ack();
    for n in 0..3 {
        let delivery = next(&mut second).await;
        assert_eq!((number_of(&delivery), delivery.fencing_token), (n, Some(taken_over)));
        delivery.ack();
    }
    scene.settled().await;
    assert_eq!(cut_off.metrics().groups.shares_lost, 1);
    proxy.set_silent(false);
    // It is back, and stands by.
    within("leaving", second.close()).await;
    assert!(becomes_active(&first).await > taken_over);
    scene.publish("t", 3..4).await;
    let delivery = next(&mut first).await;
    assert_eq!(number_of(&delivery), 3);
    delivery.ack();
}

fn configured(backend: &Backend, configure: impl FnOnce(&mut BusConfig)) -> BusConfig {
    let mut config = backend.config();
    configure(&mut config);
    config
}

/// Which member handled what, in the order of handling.
type Handled = Arc<Mutex<Vec<(u64, String, u64)>>>;

fn noting(
    member: u64,
    handled: &Handled,
) -> impl Fn(Delivery) -> std::future::Ready<Result<(), String>> + use<> {
    let handled = handled.clone();
    move |delivery| {
        assert!(delivery.fencing_token.is_some());
        handled.lock().unwrap().push((member, delivery.topic.to_string(), number_of(&delivery)));
        std::future::ready(Ok(()))
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_keep_their_order_over_shards_while_members_come_and_go(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    const TOPICS: u64 = 20;
    const ROUNDS: u64 = 60;
    let backend = Backend::start(kind).await;
    let publisher = backend.bus(sharded).await;
    let handled = Handled::default();
    let mut members = Vec::new();
    for round in 0..ROUNDS {
        // Members join and leave in the middle of the flow.
        if round % 12 == 0 {
            let bus = backend.bus(sharded).await;
            let handler = noting(round, &handled);
            let task = bus.subscribe_with("*", risk(&round.to_string()), handler).await.unwrap();
            members.push((bus, task));
        } else if round % 17 == 0 {
            let (bus, task) = members.remove(0);
            within("leaving", task.stop()).await;
            assert_eq!(within("closing", bus.close()).await.unconfirmed, 0);
        }
        for n in round * 10..(round + 1) * 10 {
            for topic in 0..TOPICS {
                drop(publisher.publish(numbered(&format!("t.{topic}"), n)).await.unwrap());
            }
        }
        until("half of it is handled", || handled.lock().unwrap().len() as u64 >= round * 5 * TOPICS).await;
    }
    let total = (ROUNDS * 10 * TOPICS) as usize;
    until("everything is handled", || handled.lock().unwrap().len() >= total).await;
    let mut by_topic: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut busy = BTreeSet::new();
    for (member, topic, number) in handled.lock().unwrap().drain(..) {
        by_topic.entry(topic).or_default().push(number);
        busy.insert(member);
    }
    for (topic, numbers) in by_topic {
        assert!(numbers.iter().copied().eq(0..ROUNDS * 10), "{topic}: {numbers:?}");
    }
    assert!(busy.len() > 1, "one did all the work: {busy:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_are_evenly_shared(#[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let mut members = Vec::new();
    for n in 0..=SHARDS {
        let bus = backend.bus(sharded).await;
        let subscription = bus.subscribe("*", risk(&n.to_string())).await.unwrap();
        members.push((bus, subscription));
        let count = n + 1;
        until(&format!("{count} members share evenly"), || share_evenly(&members)).await;
    }
    let idle: Vec<_> = members.iter().filter(|(_, subscription)| !subscription.is_active()).collect();
    assert_eq!(idle.len(), 1, "there are more members than shards");
    while members.len() > 1 {
        let (_bus, subscription) = members.remove(0);
        within("leaving", subscription.close()).await;
        until(&format!("{} members share evenly", members.len()), || share_evenly(&members)).await;
    }
    assert!(members[0].1.fencing_token().is_none(), "a shard is not the group");
}

fn share_evenly(members: &[(Bus, GroupSubscription)]) -> bool {
    let shares: Vec<u64> = members.iter().map(|(bus, _)| bus.metrics().groups.shares).collect();
    let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
    shares.iter().sum::<u64>() == SHARDS && most - least <= 1
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_takes_along_what_is_pending_in_its_order(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let one_shard = |config: &mut BusConfig| {
        sharded(config);
        config.shards = 1;
        config.claim_idle_ms = 3_600_000;
        (config.retry_min_ms, config.retry_max_ms) = (3_600_000, 3_600_000);
    };
    let scene = Scene::with(kind, one_shard).await;
    let mut first = scene.join("first").await;
    scene.publish("t", 0..6).await;
    let mut held: Vec<GroupDelivery> = Vec::new();
    for _ in 0..4 {
        held.push(next(&mut first).await);
    }
    held.remove(2).ack();
    held.remove(0).nack(None);
    let bus = scene.backend.bus(one_shard).await;
    let mut second = bus.subscribe("*", risk("second")).await.unwrap();
    assert!(!second.is_active());
    let leaving = tokio::spawn(first.close());
    // Numbers 1 and 3 are in hand: it waits for them.
    held.pop().unwrap().ack();
    drop(held);
    within("leaving", leaving).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let delivery = next(&mut second).await;
        seen.push((number_of(&delivery), delivery.deliveries()));
        delivery.ack();
    }
    assert_eq!(seen, [(0, 2), (1, 2), (4, 1), (5, 1)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_order_to_keep_shards_are_nobodys_own(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::with(kind, sharded).await;
    let options = risk("a").ordering(HandlingOrder::None);
    let mut member = scene.bus.subscribe("*", options).await.unwrap();
    scene.publish("t", 0..1).await;
    let delivery = next(&mut member).await;
    assert_eq!((delivery.fencing_token, member.is_active()), (None, true));
    assert_eq!(scene.bus.metrics().groups.shares, 0);
    delivery.ack();
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_message_moves_on_with_its_count(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = stands_by(&scene.bus, "a").await;
    becomes_active(&member).await;
    drop(member);
    scene.publish("t", 0..2).await;
    for (consumer, deliveries) in [("b", 1), ("c", 2)] {
        let mut member = stands_by(&scene.bus, consumer).await;
        let delivery = next(&mut member).await;
        assert_eq!((number_of(&delivery), delivery.deliveries()), (0, deliveries));
        delivery.nack(Some(Duration::from_hours(1)));
        within("leaving", member.close()).await;
    }
    let mut last = stands_by(&scene.bus, "d").await;
    next(&mut last).await.reject("poison");
    assert_eq!(scene.a_dead_letter().await["dead_deliveries"], "3");
    let delivery = next(&mut last).await;
    assert_eq!((number_of(&delivery), delivery.deliveries()), (1, 1), "nobody had begun it");
    delivery.ack();
}
