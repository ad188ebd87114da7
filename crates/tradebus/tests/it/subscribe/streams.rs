//! Streams that appear, vanish, or are none.

use rstest::rstest;
use tradebus::{StartFrom, StoreError, SubscribeError, SubscribeOptions};

use super::{Spread, publish, take};
use crate::support::{Backend, Kind, until};

const BASE: &str = "trader-TRADER-001:stream";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_found_as_they_appear(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| Spread::Topic.configure(config)).await;
    let mut some = bus.subscribe("new.*", SubscribeOptions::default().from(from)).await.unwrap();
    let mut all = bus.subscribe("*", SubscribeOptions::default().from(from)).await.unwrap();
    for round in 0..10 {
        for topic in ["new.a", "new.*[x]", "old.a"] {
            publish(&bus, &format!("{}{round}", topic.replace(['*', '[', ']'], "-")), 0..5).await;
        }
        assert_eq!(sorted(take(&mut some, 10).await), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
        assert_eq!(take(&mut all, 15).await.iter().sum::<u64>(), 30);
    }
}

fn sorted(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_type_is_named_when_subscribing() {
    let backend = Backend::start(Kind::Redis).await;
    let bus = backend.bus(|_| {}).await;
    backend.server.as_ref().unwrap().tell(&format!("SET {BASE}:high text"));
    for from in [StartFrom::Latest, StartFrom::Earliest] {
        let error = bus.subscribe("*", SubscribeOptions::default().from(from)).await.unwrap_err();
        let SubscribeError::Store(StoreError::WrongType { stream }) = &error else { panic!("{error}") };
        assert_eq!(stream.to_string(), format!("{BASE}:high"));
    }
}

/// A stream becomes a string and then a stream again, while others go on and a newcomer joins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_type_is_left_alone_until_it_is_a_stream_again() {
    let backend = Backend::start(Kind::Redis).await;
    let server = backend.server.as_ref().unwrap();
    let bus = backend.bus(|config| Spread::Topic.configure(config)).await;
    let mut first = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "bad", 0..1).await;
    publish(&bus, "good", 0..1).await;
    take(&mut first, 2).await;

    server.tell(&format!("DEL {BASE}:bad"));
    server.tell(&format!("SET {BASE}:bad text"));
    for n in 1..20 {
        publish(&bus, "good", n..n + 1).await;
        assert_eq!(take(&mut first, 1).await, [n], "the others go on");
    }
    server.tell(&format!("DEL {BASE}:bad"));
    publish(&bus, "bad", 1..2).await;
    let mut second = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "bad", 2..10).await;
    assert_eq!(take(&mut second, 8).await, (2..10).collect::<Vec<_>>());
    assert_eq!(take(&mut first, 9).await, (1..10).collect::<Vec<_>>());

    // By now the key has been looked at again. It must not be read twice, nor again and again.
    let before = reads(server);
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let calls = reads(server) - before;
    assert!(calls < 500, "{calls} reads although nothing was published for 6 seconds");
    publish(&bus, "bad", 10..20).await;
    for subscription in [&mut first, &mut second] {
        assert_eq!(take(subscription, 10).await, (10..20).collect::<Vec<_>>());
        assert_eq!(subscription.queued(), 0);
    }
}

fn reads(server: &crate::support::RedisServer) -> u64 {
    let stats = server.tell("INFO commandstats").text();
    let line =
        stats.lines().find(|line| line.starts_with("cmdstat_xread:")).unwrap_or("cmdstat_xread:calls=0,");
    line.split(['=', ',']).nth(1).unwrap().parse().unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_emptied_is_read_on(
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(Kind::Redis).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let mut live = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let mut slow = bus.subscribe("*", SubscribeOptions::default().capacity(2)).await.unwrap();
    for n in 0..20 {
        // An id tells nothing within the millisecond in which the stream before it was removed.
        let now = backend.store.now_ms().await.unwrap();
        while backend.store.now_ms().await.unwrap() == now {
            tokio::task::yield_now().await;
        }
        publish(&bus, "t", n..n + 1).await;
        assert_eq!(take(&mut live, 1).await, [n]);
        assert_eq!(take(&mut slow, 1).await, [n]);
        backend.server.as_ref().unwrap().tell("FLUSHALL");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removed_streams_do_not_keep_a_reader_busy() {
    let backend = Backend::start(Kind::Redis).await;
    let server = backend.server.as_ref().unwrap();
    let bus = backend.bus(|config| Spread::Topic.configure(config)).await;
    let mut live = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "t", 0..1).await;
    take(&mut live, 1).await;
    for _ in 0..100 {
        server.tell(&format!("DEL {BASE}:t"));
        publish(&bus, "u", 0..1).await;
        take(&mut live, 1).await;
    }
    until("the reader blocks", || server.tell("INFO clients").text().contains("blocked_clients:1")).await;
}
