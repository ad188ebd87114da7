//! A server that answers, but not with what was asked for (N4, N9).

use tradebus::{Bus, BusConfig, HealthStatus, PublishError, StoreError, SubscribeOptions};

use super::{Load, all, assert_nothing_lost};
use crate::support::{Arrivals, RedisServer, config, numbered, until, within};

async fn server_and_bus() -> (RedisServer, Bus) {
    let server = RedisServer::start(&[]);
    let mut config: BusConfig = config(&server.url());
    // A message that is refused must not need a timeout to be sent again.
    config.command_timeout = 600.0;
    let bus = Bus::connect(config).await.unwrap();
    (server, bus)
}

/// While `refuse` holds messages wait, and the health names `word`; after `allow` all of them arrive.
async fn assert_waits(refuse: &[&str], word: &str, allow: &[&str]) {
    let (server, bus) = server_and_bus().await;
    let mut subscription = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    bus.publish(numbered("t", 0)).await.unwrap().await.unwrap();
    for line in refuse {
        server.tell(line);
    }
    let mut receipts = Vec::new();
    for n in 1..100 {
        receipts.push(bus.publish(numbered("t", n)).await.unwrap());
    }
    until("messages were sent again", || bus.metrics().messages_retried > 200).await;
    let health = within("a health check", bus.health_check()).await;
    assert_eq!(health.status, HealthStatus::Unhealthy);
    assert!(health.reasons.iter().any(|reason| reason.contains(word)), "{:?}", health.reasons);
    assert!(receipts.iter().all(|receipt| receipt.outcome().is_none()));

    for line in allow {
        server.tell(line);
    }
    let mut arrivals = Arrivals::default();
    for receipt in receipts {
        within("a receipt", receipt).await.unwrap();
    }
    for _ in 0..100 {
        arrivals.note(&within("a message", subscription.next()).await.unwrap());
    }
    // Neither lost nor doubled, and each receipt for its own message: refused means not stored.
    arrivals.assert_complete(1, 100);
    until("it is well again", || bus.metrics().connected).await;
    assert_eq!(within("the bus to close", bus.close()).await.unconfirmed, 0);
    assert!(subscription.next().await.is_none(), "there were repeats");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory() {
    assert_waits(&["CONFIG SET maxmemory 1"], "OOM", &["CONFIG SET maxmemory 0"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory_under_load_loses_nothing() {
    let (server, bus) = server_and_bus().await;
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    for _ in 0..10 {
        let (confirmed, retried) = (load.confirmed(), bus.metrics().messages_retried);
        server.tell("CONFIG SET maxmemory 1");
        until("messages are refused", || bus.metrics().messages_retried > retried).await;
        server.tell("CONFIG SET maxmemory 0");
        until("messages go through again", || load.confirmed() > confirmed).await;
    }
    let count = load.finish().await;
    within("the bus to close", async { assert_eq!(bus.close().await.unconfirmed, 0) }).await;
    let mut received = 0;
    while subscription.next().await.is_some() {
        received += 1;
    }
    // The bus was closed right behind the last receipt: what was not read by then is not there, but nothing comes twice.
    assert!(received <= count * super::TOPICS as u64, "{received} of {count}");
    let stored = server.tell("XLEN trader-TRADER-001:stream:normal");
    assert_eq!(stored, crate::support::Value::Integer((count * super::TOPICS as u64).cast_signed()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_while_it_follows_a_master() {
    let nobody = crate::support::free_port();
    let follow = format!("REPLICAOF 127.0.0.1 {nobody}");
    assert_waits(&[&follow], "READONLY", &["REPLICAOF NO ONE"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn master_down() {
    let nobody = crate::support::free_port();
    let follow = format!("REPLICAOF 127.0.0.1 {nobody}");
    // Without stale data it does not even read.
    let refuse = ["CONFIG SET replica-serve-stale-data no", &follow];
    assert_waits(&refuse, "MASTERDOWN", &["REPLICAOF NO ONE"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_on_pause_wait_and_reads_go_on() {
    let (server, bus) = server_and_bus().await;
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    until("the load is on", || load.confirmed() > 0).await;
    server.tell("CLIENT PAUSE 600000 WRITE");
    let health = within("a health check", bus.health_check()).await;
    assert!(health.connected, "{:?}", health.reasons);
    let mut late =
        within("a subscription", bus.subscribe("load.0", SubscribeOptions::default())).await.unwrap();
    server.tell("CLIENT UNPAUSE");
    assert!(within("a message", late.next()).await.is_some());
    let count = load.finish().await;
    assert_eq!(assert_nothing_lost(&mut subscription, count).await, 0);
    assert_eq!(bus.metrics().messages_retried, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_never_allowed_fails_for_good() {
    let (server, bus) = server_and_bus().await;
    server.tell("SET trader-TRADER-001:stream:normal text");
    let refused = bus.publish(numbered("t", 0)).await.unwrap().await.unwrap_err();
    match &refused {
        PublishError::Store(error) => assert!(matches!(**error, StoreError::WrongType { .. }), "{error}"),
        other => panic!("{other}"),
    }
    assert!(refused.to_string().contains("trader-TRADER-001:stream:normal"), "{refused}");
    let urgent = numbered("t", 1).priority(tradebus::Priority::High);
    bus.publish(urgent).await.unwrap().await.unwrap();
    server.tell("DEL trader-TRADER-001:stream:normal");
    bus.publish(numbered("t", 2)).await.unwrap().await.unwrap();
    assert_eq!((bus.metrics().messages_failed, bus.metrics().messages_sent), (1, 2));
}
