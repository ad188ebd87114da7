//! A store that fails is an error for who publishes, at once, and nothing is kept for later.

use tradebus::{Bus, BusConfig, Mode, Priority, PublishError, StoreError, SubscribeOptions};

use super::{basic, lane, payloads, publish};
use crate::support::{Backend, Kind, Proxy, RedisServer, Value, config, numbered, within};

/// A bus whose connections live long enough to be cut.
async fn connect(url: &str, configure: impl FnOnce(&mut BusConfig)) -> Bus {
    let mut config = config(url);
    config.mode = Mode::Basic;
    configure(&mut config);
    within("a bus", Bus::connect(config)).await.unwrap()
}

async fn error(bus: &Bus, number: u64) -> PublishError {
    within("an error", bus.publish(numbered("t", number))).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_gone_is_told_and_nothing_is_kept() {
    let mut server = RedisServer::start(&[]);
    let bus = connect(&server.url(), |_| {}).await;
    publish(&bus, numbered("t", 0)).await;
    server.kill();
    // The first finds the connection dead, and cannot know what the server has done; the next finds nobody to send to.
    let unconfirmed = error(&bus, 1).await;
    assert!(matches!(&unconfirmed, PublishError::Unconfirmed(_)), "{unconfirmed}");
    let not_sent = error(&bus, 2).await;
    match &not_sent {
        PublishError::NotSent(cause) => assert!(matches!(**cause, StoreError::Connect { .. }), "{cause}"),
        other => panic!("{other}"),
    }
    for told in [unconfirmed, not_sent] {
        assert!(told.to_string().contains(&server.port().to_string()), "the place is named: {told}");
    }
    let metrics = bus.metrics();
    let counted = (metrics.messages_accepted, metrics.messages_sent, metrics.messages_failed);
    assert_eq!((counted, metrics.messages_retried), ((3, 1, 2), 0));

    server.restart();
    publish(&bus, numbered("t", 3)).await;
    assert_eq!(within("the bus to close", bus.close()).await.unconfirmed, 0);
    assert_eq!(server.tell(&format!("XLEN {}", lane(Priority::Normal))), Value::Integer(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_costs_one_message_however_many_connections_there_are() {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::start(server.port()).await;
    let bus = connect(&proxy.url(), |_| {}).await;
    let callers = (0..8).map(|n| {
        let bus = bus.clone();
        tokio::spawn(async move { publish(&bus, numbered("t", n)).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        within("a caller", caller).await.unwrap();
    }
    proxy.cut();
    let cut = error(&bus, 8).await;
    assert!(matches!(cut, PublishError::Unconfirmed(_)), "{cut}");
    publish(&bus, numbered("t", 9)).await;
    let metrics = bus.metrics();
    assert_eq!((metrics.messages_sent, metrics.messages_failed), (9, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_silent_is_waited_for_as_long_as_a_command_may_take() {
    let server = RedisServer::start(&[]);
    let proxy = Proxy::start(server.port()).await;
    let bus = connect(&proxy.url(), |config| config.command_timeout = 0.1).await;
    publish(&bus, numbered("t", 0)).await;
    proxy.set_silent(true);
    match error(&bus, 1).await {
        PublishError::Unconfirmed(cause) => {
            assert!(matches!(*cause, StoreError::TimedOut { .. }), "{cause}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_told_and_leaves_no_gap_in_the_numbers() {
    let server = RedisServer::start(&[]);
    let bus = connect(&server.url(), |config| config.sequence = true).await;
    let mut all = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    publish(&bus, numbered("t", 0)).await;
    server.tell("CONFIG SET maxmemory 1");
    match error(&bus, 1).await {
        PublishError::Store(cause) => {
            assert!(matches!(*cause, StoreError::Unavailable { .. }), "{cause}");
            assert!(cause.to_string().contains("OOM"), "{cause}");
        }
        other => panic!("{other}"),
    }
    server.tell("CONFIG SET maxmemory 0");
    publish(&bus, numbered("t", 2)).await;
    for number in [0, 2] {
        let delivery = within("a message", all.next()).await.unwrap();
        assert_eq!(crate::support::number_of(&delivery), number);
    }
    let metrics = bus.metrics();
    assert_eq!((metrics.messages_sent, metrics.messages_failed, metrics.gaps), (2, 1, 0));
}

#[rstest::rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_no_stream_is_named(#[values(Kind::Port, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |_| {}).await;
    let lease = tradebus::store::Lease { key: &lane(Priority::Normal), holder: "a string" };
    backend.store.leases().lease(lease, std::time::Duration::from_mins(1)).await.unwrap().unwrap();
    match error(&bus, 0).await {
        PublishError::Store(cause) => assert!(matches!(*cause, StoreError::WrongType { .. }), "{cause}"),
        other => panic!("{other}"),
    }
    backend.store.leases().release(lease).await.unwrap();
    publish(&bus, numbered("t", 1)).await;
    assert_eq!(payloads(&bus, Priority::Normal).await, ["1"]);
}
