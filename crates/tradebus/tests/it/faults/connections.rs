//! Connections that break, stall or crawl (N2, N5, N6, N7 of the fault battery).

use std::time::Duration;

use tradebus::{Bus, BusConfig, HealthStatus};

use super::{Load, all, assert_nothing_lost};
use crate::support::{Budget, Proxy, RedisServer, config, numbered, until, within};

async fn through_proxy(configure: impl FnOnce(&mut BusConfig)) -> (RedisServer, Proxy, Bus) {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::start(server.port()).await;
    let mut config = config(&proxy.url());
    config.default_buffer_config.batch_size = 20;
    config.sequence = true;
    configure(&mut config);
    let bus = within("a bus", Bus::connect(config)).await.unwrap();
    (server, proxy, bus)
}

/// Every connection dies after some kilobytes: a login takes about six of them.
async fn cut_hundreds_of_times(budget: Budget) {
    let (_server, proxy, bus) = through_proxy(|_| {}).await;
    let mut subscription = all(&bus).await;
    proxy.set_budget(budget);
    proxy.cut();
    let load = Load::start(&bus);
    until("300 connections were cut", || proxy.cuts() >= 300).await;
    proxy.set_budget(Budget::Unlimited);
    proxy.cut();
    let count = load.finish().await;
    let repeats = assert_nothing_lost(&mut subscription, count).await;
    let retried = bus.metrics().messages_retried;
    assert!(retried > 0 && repeats <= retried, "{repeats} repeats, {retried} retried");
    // By the numbers of the records, nothing is missing either, and what came twice is known.
    assert_eq!(subscription.gaps(), []);
    let duplicates = subscription.duplicates();
    assert!((repeats..=retried).contains(&duplicates), "{repeats} repeats, {duplicates} by their numbers");
    until("the bus is well again", || bus.metrics().connected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_in_the_middle_of_commands() {
    cut_hundreds_of_times(Budget::FromClient(500, 8_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_between_writes_and_their_replies() {
    cut_hundreds_of_times(Budget::FromServer(1_000, 16_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_by_the_server_again_and_again() {
    let server = RedisServer::start(&[]);
    let bus = Bus::connect(config(&server.url())).await.unwrap();
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    until("messages go through", || load.confirmed() > 0).await;
    for _ in 0..50 {
        let confirmed = load.confirmed();
        server.tell("CLIENT KILL TYPE normal");
        until("messages go through again", || load.confirmed() > confirmed).await;
    }
    // Not one for each: a connection that is only being made cannot be killed.
    until("reconnections are counted", || bus.metrics().reconnects >= 10).await;
    let count = load.finish().await;
    assert_nothing_lost(&mut subscription, count).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_under_load_says_that_it_is_well_again() {
    let (_server, proxy, bus) = through_proxy(|_| {}).await;
    let flood = tokio::spawn({
        let bus = bus.clone();
        // Never waits for the store, so the lane always has more to send.
        async move {
            for n in 0.. {
                drop(bus.publish(numbered("t", n)).await.unwrap());
            }
        }
    });
    until("the flood is on", || bus.metrics().messages_sent > 1_000).await;
    proxy.cut();
    until("the cut is noticed", || bus.metrics().messages_retried > 0).await;
    until("it says so", || bus.metrics().connected && bus.metrics().reconnects > 0).await;
    flood.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_connection_is_replaced() {
    let (_server, proxy, bus) = through_proxy(|config| {
        (config.command_timeout, config.connection_timeout) = (0.2, 0.2);
        config.heartbeat_timeout = 0.2;
    })
    .await;
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    until("the load is on", || load.confirmed() > 0).await;
    proxy.set_silent(true);
    until("the silence is noticed", || !bus.metrics().connected).await;
    let health = within("a health check", bus.health_check()).await;
    assert_eq!(health.status, HealthStatus::Unhealthy, "{:?}", health.reasons);
    let confirmed = load.confirmed();
    proxy.set_silent(false);
    until("messages go through again", || load.confirmed() > confirmed).await;
    let count = load.finish().await;
    assert_nothing_lost(&mut subscription, count).await;
}

/// The other end takes nothing, so that the buffers of the sockets fill and sending itself is stuck.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_takes_nothing_is_replaced() {
    let (_server, proxy, bus) = through_proxy(|config| {
        (config.command_timeout, config.connection_timeout) = (0.2, 0.2);
    })
    .await;
    bus.publish(numbered("t", 0)).await.unwrap().await.unwrap();
    proxy.set_silent(true);
    let large = |_| tradebus::Message::new("t", vec![b'x'; 1 << 20]).unwrap();
    let mut receipts = Vec::new();
    for message in (0..30).map(large) {
        receipts.push(bus.publish(message).await.unwrap());
    }
    until("the silence is noticed", || !bus.metrics().connected).await;
    // Only new connections are carried: the one that is stuck must be given up.
    proxy.set_silent(false);
    for receipt in receipts {
        within("a receipt", receipt).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_byte_at_a_time_is_slow_and_right() {
    let (_server, proxy, bus) = through_proxy(|_| {}).await;
    let mut subscription = all(&bus).await;
    proxy.set_one_byte_at_a_time();
    let load = Load::start(&bus);
    until("some messages went through", || load.confirmed() >= 500).await;
    let count = load.finish().await;
    assert_eq!(assert_nothing_lost(&mut subscription, count).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_is_no_broken_line() {
    let (_server, proxy, bus) = through_proxy(|_| {}).await;
    let mut subscription = all(&bus).await;
    proxy.set_delay(Duration::from_millis(100));
    let load = Load::start(&bus);
    until("some messages went through", || load.confirmed() >= 500).await;
    let count = load.finish().await;
    assert_eq!(assert_nothing_lost(&mut subscription, count).await, 0);
    assert_eq!(bus.metrics().reconnects, 0);
}
