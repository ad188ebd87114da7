//! What `close` promises, and what it says when it cannot keep it.

use rstest::rstest;
use tradebus::{Bus, Priority, PublishError, SubscribeError, SubscribeOptions};

use super::payloads;
use crate::support::{Backend, Kind, Proxy, RedisServer, config, numbered, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_accepted_is_stored(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.default_buffer_config.flush_interval_ms = 1_000).await;
    for n in 0..5_000 {
        let tier = if n % 2 == 0 { Priority::Low } else { Priority::Critical };
        drop(bus.publish(numbered("t", n).priority(tier)).await.unwrap());
    }
    assert_eq!(within("the bus to close", bus.close()).await.unconfirmed, 0);
    for tier in [Priority::Low, Priority::Critical] {
        assert_eq!(payloads(&bus, tier).await.len(), 2_500);
    }
    assert!(matches!(bus.publish(numbered("t", 0)).await, Err(PublishError::Closed)));
    assert!(matches!(bus.subscribe("*", SubscribeOptions::default()).await, Err(SubscribeError::Closed)));
    assert_eq!(bus.close().await.unconfirmed, 0, "closing again does nothing");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interval_mode_does_not_hold_up_closing(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.buffer_interval_ms = Some(1_000)).await;
    drop(bus.publish(numbered("t", 1)).await.unwrap());
    assert_eq!(bus.close().await.unconfirmed, 0);
    assert_eq!(payloads(&bus, Priority::Normal).await, ["1"]);
}

async fn impatient(url: &str) -> Bus {
    let mut config = config(url);
    config.shutdown_timeout = 0.2;
    config.command_timeout = 0.1;
    config.default_buffer_config.batch_size = 10;
    Bus::connect(config).await.unwrap()
}

async fn assert_given_up(bus: &Bus, payload: usize) {
    let message = |_| tradebus::Message::new("t", vec![b'x'; payload]).unwrap();
    let mut receipts = Vec::new();
    for message in (0..125).map(message) {
        receipts.push(bus.publish(message).await.unwrap());
    }
    let closed = within("the bus to give up", bus.close()).await;
    assert_eq!((closed.unconfirmed, bus.metrics().messages_failed), (125, 125));
    for receipt in receipts {
        assert!(matches!(within("a receipt", receipt).await, Err(PublishError::Unknown)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_gone_leaves_everything_unconfirmed() {
    let mut server = RedisServer::start(&[]);
    let bus = impatient(&server.url()).await;
    server.kill();
    assert_given_up(&bus, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_silent_leaves_everything_unconfirmed() {
    let server = RedisServer::start(&[]);
    let bus = impatient(&server.url()).await;
    bus.publish(numbered("t", 0)).await.unwrap().await.unwrap();
    server.pause();
    assert_given_up(&bus, 1).await;
    server.resume();
}

/// What does not fit into the buffers of the sockets is stuck while it is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_takes_nothing_leaves_everything_unconfirmed() {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::start(server.port()).await;
    let bus = impatient(&proxy.url()).await;
    bus.publish(numbered("t", 0)).await.unwrap().await.unwrap();
    proxy.set_silent(true);
    assert_given_up(&bus, 100_000).await;
}

#[tokio::test]
async fn dropping_the_last_handle_gives_up_what_was_not_stored() {
    let server = RedisServer::start(&[]);
    let bus = impatient(&server.url()).await;
    server.pause();
    let receipt = bus.publish(numbered("t", 0)).await.unwrap();
    drop(bus);
    assert!(matches!(within("a receipt", receipt).await, Err(PublishError::Unknown)));
    server.resume();
}
