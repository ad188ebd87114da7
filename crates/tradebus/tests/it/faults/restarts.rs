//! A server that goes away and comes back (N1, N3).

use tradebus::{Bus, HealthStatus, Refused};

use super::{Load, all, assert_nothing_lost};
use crate::support::{RedisServer, config, numbered, until, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_under_load() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let bus = Bus::connect(config(&server.url())).await.unwrap();
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    for _ in 0..3 {
        let confirmed = load.confirmed();
        until("messages go through", || load.confirmed() > confirmed).await;
        server.kill();
        until("the outage is noticed", || !bus.metrics().connected).await;
        let health = within("a health check", bus.health_check()).await;
        assert_eq!(health.status, HealthStatus::Unhealthy);
        server.restart();
    }
    let confirmed = load.confirmed();
    until("messages go through", || load.confirmed() > confirmed).await;
    let count = load.finish().await;
    assert_nothing_lost(&mut subscription, count).await;
    until("it is well again", || bus.metrics().connected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_continued_under_load() {
    let server = RedisServer::start(&[]);
    let mut config = config(&server.url());
    (config.command_timeout, config.connection_timeout, config.heartbeat_timeout) = (0.2, 0.2, 0.2);
    let bus = Bus::connect(config).await.unwrap();
    let mut subscription = all(&bus).await;
    let load = Load::start(&bus);
    for _ in 0..3 {
        let confirmed = load.confirmed();
        until("messages go through", || load.confirmed() > confirmed).await;
        server.pause();
        until("the outage is noticed", || !bus.metrics().connected).await;
        let health = within("a health check", bus.health_check()).await;
        assert_eq!(health.status, HealthStatus::Unhealthy);
        server.resume();
    }
    let count = load.finish().await;
    assert_nothing_lost(&mut subscription, count).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trying_is_refused_while_the_store_is_away() {
    let mut server = RedisServer::start(&[]);
    let bus = Bus::connect(config(&server.url())).await.unwrap();
    let queued = bus.try_publish(numbered("t", 0)).unwrap().unwrap();
    within("a receipt", queued).await.unwrap();
    server.kill();
    // Only who writes notices that nobody is there.
    let kept = bus.publish(numbered("t", 1)).await.unwrap();
    let refused = || bus.try_publish(numbered("t", 2)).unwrap().err();
    until("the outage is known", || refused() == Some(Refused::NotConnected)).await;
    server.restart();
    within("a receipt", kept).await.unwrap();
    until("it is taken again", || refused().is_none()).await;
}
