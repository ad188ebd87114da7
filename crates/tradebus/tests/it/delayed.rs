//! Messages that are delivered later.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rstest::rstest;
use tradebus::store::{Lease, NewEntry, RangeQuery};
use tradebus::{
    Bus, BusConfig, EntryId, Layout, Message, Priority, PublishError, StreamKey, StreamStore,
    SubscribeOptions, Subscription,
};

use crate::support::{Backend, Fields, Kind, RedisServer, numbered, text, until, within};

const BASE: &str = "trader-TRADER-001:stream";

fn delayed() -> StreamKey {
    StreamKey::new(format!("{BASE}:delayed"))
}

fn lease_key() -> StreamKey {
    StreamKey::new(format!("{BASE}:delayed:lease"))
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// Leases that tests have the patience for.
fn quick(config: &mut BusConfig) {
    config.lease_ttl_ms = 300;
}

async fn all_topics(bus: &Bus) -> Subscription {
    bus.subscribe("*", SubscribeOptions::default()).await.unwrap()
}

async fn publish(bus: &Bus, message: Message) -> EntryId {
    within("a receipt", bus.publish(message).await.unwrap()).await.unwrap()
}

/// The payloads of the next messages; none of them comes before its time.
async fn next(subscription: &mut Subscription, count: usize) -> Vec<String> {
    let mut payloads = Vec::new();
    for _ in 0..count {
        let message = within("a message", subscription.next()).await.expect("the bus is open");
        let due = message.headers.as_ref().and_then(|headers| headers.deliver_at);
        assert!(due.is_none_or(|due| due <= now_ns()), "{message:?} came too early");
        payloads.push(text(&message).to_owned());
    }
    payloads
}

async fn stored(store: &dyn StreamStore, stream: &str) -> Vec<EntryId> {
    let stream = StreamKey::new(format!("{BASE}:{stream}"));
    let entries = store.range(&stream, RangeQuery::default()).await.unwrap();
    entries.entries().map(tradebus::store::EntryRef::id).collect()
}

/// Puts an entry into the stream of delayed messages, behind the back of the buses.
async fn put(store: &dyn StreamStore, fields: Vec<(&[u8], &[u8])>) {
    let (stream, fields) = (delayed(), Fields(fields));
    let mut appender = store.appender("test").await.unwrap();
    appender.send(&[NewEntry { stream: &stream, fields: &fields }]).await.unwrap();
    let mut acks = Vec::new();
    while acks.is_empty() {
        within("an id", appender.receive(&mut acks)).await.unwrap();
    }
    acks.remove(0).unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_come_in_the_order_of_their_times(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(quick).await;
    let mut all = all_topics(&bus).await;
    let at = |ms: u64| now_ns() + ms * 1_000_000;
    for (n, ms) in [(3, 2_100), (1, 2_000), (4, 2_150), (2, 2_050)] {
        let id = publish(&bus, numbered(&format!("t.{n}"), n).deliver_at(at(ms))).await;
        assert!(stored(&*backend.store, "delayed").await.contains(&id), "it waits there");
    }
    publish(&bus, numbered("t.0", 0)).await;
    assert_eq!(next(&mut all, 5).await, ["0", "1", "2", "3", "4"]);
    assert_eq!(stored(&*backend.store, "delayed").await, []);
    assert_eq!(stored(&*backend.store, "normal").await.len(), 5);
    // They are counted when the store has answered, by then they may have arrived.
    until("all are counted", || bus.metrics().delayed.delivered == 4).await;
    until("it is seen that none waits", || bus.metrics().delayed.waiting == 0).await;
    let delayed = bus.metrics().delayed;
    assert_eq!((delayed.delivered, delayed.broken, delayed.active), (4, 0, true));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_keeps_all_that_it_has(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Layout::Lanes, Layout::Single, Layout::Topic)] layout: Layout,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.layout = layout).await;
    let mut all = all_topics(&bus).await;
    let message = numbered("a.b", 7).priority(Priority::Critical).type_name("Order").header("k", "v");
    let before = now_ns();
    publish(&bus, message.clone().delay(Duration::from_millis(50))).await;
    let after = now_ns();
    let got = within("the message", all.next()).await.unwrap();
    let due = got.headers.as_ref().unwrap().deliver_at.unwrap();
    assert!(due >= before + 50_000_000 && due <= now_ns());
    assert!((before..=after).contains(&got.ts), "the time of publishing");
    let expected = Message { ts: got.ts, ..message.deliver_at(due) };
    assert_eq!(got.message, expected);
    let stream = match layout {
        Layout::Lanes => format!("{BASE}:critical"),
        Layout::Single => BASE.to_owned(),
        Layout::Topic => format!("{BASE}:a.b"),
    };
    assert_eq!(got.stream.to_string(), stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_is_past_is_no_delay() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(quick).await;
    for message in [numbered("t", 1).deliver_at(now_ns() - 1), numbered("t", 2).deliver_at(0)] {
        publish(&bus, message).await;
    }
    assert_eq!(stored(&*backend.store, "normal").await.len(), 2);
    assert_eq!(stored(&*backend.store, "delayed").await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_when_it_is_due_is_not_handed_out(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(quick).await;
    let mut all = all_topics(&bus).await;
    let delay = Duration::from_millis(60);
    publish(&bus, numbered("t", 1).ttl(delay / 2).delay(delay)).await;
    publish(&bus, numbered("t", 2).ttl(Duration::from_hours(1)).delay(delay)).await;
    assert_eq!(next(&mut all, 1).await, ["2"]);
    assert_eq!(bus.metrics().messages_expired, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_due_at_the_same_moment(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    const MANY: u64 = 10_000;
    let backend = Backend::start(kind).await;
    let bus = backend.bus(quick).await;
    let mut all = all_topics(&bus).await;
    let at = now_ns() + 4_000_000_000;
    let mut receipts = Vec::new();
    for n in 0..MANY {
        receipts.push(bus.publish(numbered(&format!("t.{}", n % 10), n).deliver_at(at)).await.unwrap());
    }
    for receipt in receipts {
        within("a receipt", receipt).await.unwrap();
    }
    let expected: Vec<String> = (0..MANY).map(|n| n.to_string()).collect();
    assert_eq!(next(&mut all, MANY as usize).await, expected);
    until("all are counted", || bus.metrics().delayed.delivered == MANY).await;
    let delayed = bus.metrics().delayed;
    println!("{kind:?}: at most {} ms late, {} above 100 ms", delayed.max_lateness_ms, delayed.late);
    assert_eq!(stored(&*backend.store, "delayed").await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_bus_takes_over_from_one_that_is_killed(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let first = backend.bus(quick).await;
    // The first must be gone by then, on a busy machine too.
    let at = now_ns() + 6_000_000_000;
    for n in 0..100 {
        publish(&first, numbered("t", n).deliver_at(at + n)).await;
    }
    until("the first has the lease", || first.metrics().delayed.active).await;
    let second = backend.bus(quick).await;
    let mut all = all_topics(&second).await;
    // Not closed: its tasks are aborted, and the lease is left to expire.
    drop(first);
    let expected: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(next(&mut all, 100).await, expected);
    until("the second has counted them", || second.metrics().delayed.delivered == 100).await;
    assert_eq!(stored(&*backend.store, "normal").await.len(), 100);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_closes_leaves_the_lease_to_the_next(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let hour = |config: &mut BusConfig| config.lease_ttl_ms = 600_000;
    let first = backend.bus(hour).await;
    publish(&first, numbered("t", 1).delay(Duration::from_secs(2))).await;
    until("the first has the lease", || first.metrics().delayed.active).await;
    let second = backend.bus(hour).await;
    let mut all = all_topics(&second).await;
    assert_eq!(first.close().await.unconfirmed, 0);
    assert_eq!(next(&mut all, 1).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delayed_messages_survive_a_restart_of_the_embedded_store() {
    let directory = tempfile::tempdir().unwrap();
    let config = || {
        let url = format!("file:{}", directory.path().display());
        BusConfig { lease_ttl_ms: 300, ..crate::support::config(&url) }
    };
    let bus = Bus::connect(config()).await.unwrap();
    let at = now_ns() + 4_000_000_000;
    for n in [3, 1, 2] {
        publish(&bus, numbered("t", n).deliver_at(at + n)).await;
    }
    assert_eq!(bus.close().await.unconfirmed, 0);
    drop(bus);
    let bus = Bus::connect(config()).await.unwrap();
    let mut all = all_topics(&bus).await;
    assert_eq!(next(&mut all, 3).await, ["1", "2", "3"]);
    assert_eq!(stored(&**bus.store(), "normal").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delayed_messages_survive_a_restart_of_the_server_under_a_bus() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let bus = Bus::connect(crate::support::config(&server.url())).await.unwrap();
    let mut all = all_topics(&bus).await;
    let at = now_ns() + 3_000_000_000;
    for n in [3, 1, 2] {
        publish(&bus, numbered("t", n).deliver_at(at + n)).await;
    }
    server.kill();
    server.restart();
    assert_eq!(next(&mut all, 3).await, ["1", "2", "3"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_entries_are_passed_over(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let store = &*backend.store;
    put(store, vec![(b"n", b"1")]).await;
    put(store, vec![(b"topic", b"t"), (b"payload", b"no time")]).await;
    put(store, vec![(b"topic", b"t"), (b"payload", b"no time"), (b"due", b"soon")]).await;
    put(store, vec![(b"topic", b"\xff"), (b"payload", b"no topic"), (b"due", b"1")]).await;
    put(store, vec![(b"topic", b"t"), (b"payload", b"1"), (b"due", b"1")]).await;
    let bus = backend.bus(quick).await;
    let mut all = all_topics(&bus).await;
    publish(&bus, numbered("t", 2).delay(Duration::from_millis(20))).await;
    assert_eq!(next(&mut all, 2).await, ["1", "2"]);
    assert_eq!(stored(store, "delayed").await.len(), 4, "they stay");
    until("they are counted", || bus.metrics().delayed.broken == 4).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_for_a_key_that_is_no_stream_hold_up_no_others(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let name = StreamKey::new(format!("{BASE}:high"));
    let other = Lease { key: &name, holder: "somebody" };
    backend.store.leases().lease(other, Duration::from_hours(1)).await.unwrap().unwrap();
    let bus = backend.bus(quick).await;
    let mut all = bus
        .subscribe("t", SubscribeOptions::default().stream(format!("{BASE}:normal").as_str()))
        .await
        .unwrap();
    let at = now_ns() + 50_000_000;
    for (n, tier) in [(1, Priority::Normal), (2, Priority::High), (3, Priority::Normal)] {
        publish(&bus, numbered("t", n).priority(tier).deliver_at(at + n)).await;
    }
    assert_eq!(next(&mut all, 2).await, ["1", "3"]);
    // It is free: the message goes there.
    assert!(backend.store.leases().release(other).await.unwrap());
    until("it is delivered in the end", || bus.metrics().delayed.delivered == 3).await;
    assert_eq!(stored(&*backend.store, "high").await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_moved_twice_when_the_lease_is_lost(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
) {
    const MANY: u64 = 20_000;
    let backend = Backend::start(kind).await;
    let buses = [backend.bus(quick).await, backend.bus(quick).await];
    let at = now_ns() + 4_000_000_000;
    let mut receipts = Vec::new();
    for n in 0..MANY {
        let bus = &buses[n as usize % 2];
        receipts.push(bus.publish(numbered("t", n).deliver_at(at)).await.unwrap());
    }
    for receipt in receipts {
        within("a receipt", receipt).await.unwrap();
    }
    let delivered = || buses.iter().map(|bus| bus.metrics().delayed.delivered).sum::<u64>();
    // Somebody else takes the lease away while messages are being moved: each time as soon as some more were.
    let (key, leases) = (lease_key(), backend.store.leases());
    for losses in 1..=4 {
        until("some are delivered", || delivered() >= losses * MANY / 8).await;
        if let Some(holder) = holder_of(&backend, &key) {
            leases.release(Lease { key: &key, holder: &holder }).await.unwrap();
        }
    }
    until("all are delivered", || delivered() >= MANY).await;
    let mut entries = Vec::new();
    let stream = StreamKey::new(format!("{BASE}:normal"));
    let batch = backend.store.range(&stream, RangeQuery::default()).await.unwrap();
    for entry in batch.entries() {
        let payload = entry.fields().find(|(name, _)| *name == b"payload").unwrap().1;
        entries.push(std::str::from_utf8(payload).unwrap().parse::<u64>().unwrap());
    }
    entries.sort_unstable();
    assert!(entries.iter().copied().eq(0..MANY), "each once: {} entries", entries.len());
    assert_eq!(stored(&*backend.store, "delayed").await, []);
}

/// Who has a lease, asked behind the back of the store.
fn holder_of(backend: &Backend, key: &StreamKey) -> Option<String> {
    let name = key.to_string();
    if let Some(server) = &backend.server {
        return match server.ask(&["GET", &name]) {
            crate::support::Value::Bulk(holder) => String::from_utf8(holder).ok(),
            _ => None,
        };
    }
    let db = backend.engine().lock();
    let holder = db.text(name.as_bytes()).unwrap()?;
    String::from_utf8(holder.to_vec()).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_delayed_is_not_trimmed() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|config| config.default_stream_config.max_length = 100).await;
    for n in 0..1_000 {
        publish(&bus, numbered("t", n).delay(Duration::from_hours(1))).await;
    }
    for n in 0..1_000 {
        publish(&bus, numbered("t", n)).await;
    }
    until("the other stream is trimmed", || bus.metrics().entries_trimmed >= 500).await;
    assert_eq!(stored(&*backend.store, "delayed").await.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_only_delayed_messages_reach_are_trimmed() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|config| config.default_stream_config.max_length = 100).await;
    let at = now_ns() + 50_000_000;
    for n in 0..1_000 {
        publish(&bus, numbered("t", n).deliver_at(at)).await;
    }
    until("they are trimmed", || bus.metrics().entries_trimmed >= 500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_of_delayed_messages_is_no_topic() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|config| config.layout = Layout::Topic).await;
    let mut all = all_topics(&bus).await;
    let refused = bus.publish(numbered("delayed", 1)).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Reserved { topic } if topic.as_str() == "delayed"), "{refused}");
    publish(&bus, numbered("t", 1).delay(Duration::from_hours(1))).await;
    publish(&bus, numbered("t", 2)).await;
    assert_eq!(next(&mut all, 1).await, ["2"]);
    let listed = bus.streams().list().await.unwrap();
    assert!(listed.contains(&delayed()), "{listed:?}");
}
