//! What a bus says about itself when something goes wrong, and when it is well again.

use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tradebus::store::GroupStart;
use tradebus::{
    BreakerState, Bus, BusConfig, EntryId, Health, HealthStatus, StartFrom, StreamKey, SubscribeOptions,
    Subscription,
};

use crate::support::{Backend, Kind, RedisServer, config, numbered, text, until, within};

const LANE: &str = "trader-TRADER-001:stream:normal";

/// Checks as often as a test has patience for.
fn quick(config: &mut BusConfig) {
    config.health_check_interval = 0.02;
}

/// Asks until the answer is as wanted.
async fn until_health(bus: &Bus, what: &str, wanted: impl Fn(&Health) -> bool) -> Health {
    let asking = async {
        loop {
            let health = bus.health_check().await;
            if wanted(&health) {
                return health;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, asking).await
}

/// Waits until the monitor gives a reason with these words in it.
async fn reason(bus: &Bus, words: &[&str]) -> String {
    let is_it = |reason: &&String| words.iter().all(|word| reason.contains(word));
    let named = |health: &Health| health.state.reasons.iter().any(|reason| is_it(&reason));
    let health = until_health(bus, &format!("a reason with {words:?}"), named).await;
    assert_eq!((health.status, health.state.status), (HealthStatus::Degraded, HealthStatus::Degraded));
    health.state.reasons.iter().find(is_it).unwrap().clone()
}

async fn well(bus: &Bus) {
    let is_well = |health: &Health| health.state.status == HealthStatus::Healthy && health.reasons.is_empty();
    until_health(bus, "it is well", is_well).await;
}

async fn events(bus: &Bus) -> Subscription {
    bus.subscribe("system.health.*", SubscribeOptions::default()).await.unwrap()
}

async fn event(events: &mut Subscription) -> Value {
    let event = within("an event", events.next()).await.expect("the bus is open");
    assert_eq!((event.topic.as_str(), event.type_name.as_str()), ("system.health.tradebus", "HealthChanged"));
    assert_eq!(event.priority, tradebus::Priority::High);
    serde_json::from_str(text(&event)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_told_when_it_is_over() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let mut config = config(&server.url());
    quick(&mut config);
    let bus = Bus::connect(config).await.unwrap();
    let mut events = events(&bus).await;
    well(&bus).await;
    server.kill();
    let is_away = |health: &Health| health.state.status == HealthStatus::Unhealthy;
    let health = until_health(&bus, "it is unhealthy", is_away).await;
    assert!(!health.connected && health.state.failed_checks >= 3, "{health:?}");
    assert!(health.state.reasons[0].contains("127.0.0.1"), "{health:?}");
    assert!(health.state.previous == Some(HealthStatus::Degraded), "one failure is no outage: {health:?}");
    server.restart();

    let mut told = vec![event(&mut events).await];
    while told.last().unwrap()["state"] != "healthy" {
        told.push(event(&mut events).await);
    }
    well(&bus).await;
    assert_eq!((&told[0]["state"], &told[0]["previous"]), (&"degraded".into(), &"healthy".into()));
    assert_eq!((&told[1]["state"], &told[1]["previous"]), (&"unhealthy".into(), &"degraded".into()));
    for event in &told {
        let ns = |key: &str| event[key].as_u64().unwrap();
        assert!(ns("since_ns") <= ns("at_ns") && event["at"].as_str().unwrap().ends_with('Z'), "{event}");
        assert_eq!(event["instance"], told[0]["instance"]);
        assert_eq!(event["state"] == "healthy", event["reasons"].as_array().unwrap().is_empty());
    }
    assert_eq!(told[1]["since_ns"], told[0]["since_ns"], "the outage began with the first failed check");
    let metrics = bus.metrics();
    assert!(metrics.breaker == BreakerState::Closed && metrics.breaker_trips > 0, "{metrics:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_twice_for_a_server_that_is_stopped() {
    let server = RedisServer::start(&[]);
    let mut config = config(&server.url());
    (config.heartbeat_timeout, config.max_consecutive_failures) = (0.2, 1);
    let bus = Bus::connect(config).await.unwrap();
    server.pause();
    // It would take an hour until the connection itself gives up.
    let health = within("an answer", bus.health_check()).await;
    assert_eq!((health.status, health.stale), (HealthStatus::Unhealthy, false), "{health:?}");
    assert!(health.reasons[0].contains("200 ms"), "{health:?}");
    let again = bus.health_check().await;
    assert_eq!((again.status, again.stale), (HealthStatus::Unhealthy, true), "{again:?}");
    assert_eq!(again.reasons, health.reasons, "what was known then");
    assert_ne!(again.breaker, BreakerState::Closed);
    assert_eq!(bus.metrics().breaker_trips, 1);
    server.resume();
    until("the monitor asks again by itself", || bus.metrics().breaker == BreakerState::Closed).await;
    well(&bus).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_falls_behind_is_named(#[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let watching = |config: &mut BusConfig| {
        quick(config);
        config.lag_warn = 20;
    };
    let bus = backend.bus(watching).await;
    let mut events = events(&bus).await;
    let (lane, start) = (StreamKey::from(LANE), GroupStart::After(EntryId::MIN));
    backend.store.consumer_groups().create_group(&lane, "slow", start).await.unwrap();
    for n in 0..30 {
        bus.publish(numbered("t", n)).await.unwrap().await.unwrap();
    }
    let reason = reason(&bus, &["slow", LANE]).await;
    assert!(reason.contains("falls behind") && reason.contains("per second"), "{reason}");
    let told = event(&mut events).await;
    assert_eq!((&told["state"], &told["previous"]), (&"degraded".into(), &"healthy".into()));
    assert!(told["reasons"][0].as_str().unwrap().contains("slow"), "{told}");

    backend.store.consumer_groups().set_group(&lane, "slow", GroupStart::Latest).await.unwrap();
    well(&bus).await;
    assert_eq!(event(&mut events).await["state"], "healthy");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_loop_is_named(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let watching = |config: &mut BusConfig| {
        quick(config);
        (config.retry_min_ms, config.retry_max_ms) = (1, 2);
    };
    let bus = backend.bus(watching).await;
    let options = SubscribeOptions::group("risk").from(StartFrom::Earliest).max_deliveries(1_000_000);
    let mut member = bus.subscribe("t", options).await.unwrap();
    bus.publish(numbered("t", 1)).await.unwrap().await.unwrap();
    let failing = tokio::spawn(async move {
        while let Some(delivery) = member.next().await {
            delivery.nack(None);
        }
    });
    let entry = reason(&bus, &["poison loop", "risk", LANE]).await;
    assert!(entry.contains("1 of its 1 pending entries") && entry.contains("max_deliveries is 5"), "{entry}");
    reason(&bus, &["poison loop", "delivered again", "none was acknowledged"]).await;
    failing.abort();
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pending_for_too_long_is_named(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let watching = |config: &mut BusConfig| {
        quick(config);
        config.pending_age_warn = 0.05;
    };
    let bus = backend.bus(watching).await;
    let mut member = bus.subscribe("t", SubscribeOptions::group("risk")).await.unwrap();
    for n in 0..3 {
        bus.publish(numbered("t", n)).await.unwrap().await.unwrap();
    }
    let kept = within("a message", member.next()).await.unwrap();
    let reason = reason(&bus, &["risk", LANE, "are pending"]).await;
    assert!(reason.contains(&kept.id.to_string()), "{reason}");
    kept.ack();
    for _ in 0..2 {
        within("a message", member.next()).await.unwrap().ack();
    }
    well(&bus).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_nobody_reads_is_named(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let watching = |config: &mut BusConfig| {
        quick(config);
        config.unread_warn = 20;
    };
    let bus = backend.bus(watching).await;
    // It is empty when it is first seen.
    well(&bus).await;
    let growing = tokio::spawn({
        let bus = bus.clone();
        async move {
            for n in 0.. {
                bus.publish(numbered("t", n)).await.unwrap().await.unwrap();
            }
        }
    });
    reason(&bus, &[LANE, "neither a reader of this bus nor a group"]).await;
    let _reader = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    well(&bus).await;
    growing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_monitor_keeps_no_bus_alive() {
    let backend = Backend::start(Kind::Embedded).await;
    let before = std::sync::Arc::strong_count(&backend.store);
    let bus = backend.bus(quick).await;
    well(&bus).await;
    drop(bus);
    until("all of it is gone", || std::sync::Arc::strong_count(&backend.store) == before).await;
}
