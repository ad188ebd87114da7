//! With `mode = "basic"`: one write a message, which its publisher waits for.

mod failing;
mod waiting;

use std::collections::HashSet;
use std::time::Duration;

use rstest::rstest;
use tradebus::store::RangeQuery;
use tradebus::{
    Bus, BusConfig, EntryId, Message, Mode, Priority, PublishError, StartFrom, StreamKey, StreamStore,
    SubscribeOptions, Topic,
};

use super::{BASE, lane, payloads, stored};
use crate::support::{Backend, Kind, Spread, number_of, numbered, text, until, within};

async fn basic(backend: &Backend, configure: impl FnOnce(&mut BusConfig)) -> Bus {
    backend
        .bus(|config| {
            config.mode = Mode::Basic;
            configure(config);
        })
        .await
}

/// Publishes, and returns the id that the receipt holds by then.
async fn publish(bus: &Bus, message: Message) -> EntryId {
    let receipt = within("the store's answer", bus.publish(message)).await.unwrap();
    receipt.outcome().expect("the receipt is settled").unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_is_stored_when_publishing_returns(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |_| {}).await;
    let mut expected = vec![Vec::new(); 4];
    for n in 0..400 {
        let (topic, tier) = (format!("t.{}", n % 3), Priority::ALL[n as usize % 4]);
        let id = publish(&bus, numbered(&topic, n).priority(tier)).await;
        expected[tier.number()].push((id, topic, n.to_string()));
    }
    for tier in Priority::ALL {
        assert_eq!(stored(&*backend.store, &lane(tier)).await, expected[tier.number()], "{tier}");
    }
    let metrics = bus.metrics();
    let counted = [metrics.messages_accepted, metrics.messages_sent, metrics.buffer_flushes];
    assert_eq!((counted, metrics.messages_failed), ([400; 3], 0));
    let confirmed: u64 = metrics.tiers.iter().map(|tier| tier.publish_latency.count).sum();
    assert_eq!((confirmed, metrics.buffer_utilization), (400, 0.0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_gets_each_callers_messages_in_their_order(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |config| spread.configure(config)).await;
    let mut all = bus.subscribe("t.*", SubscribeOptions::default()).await.unwrap();
    let callers = (0..8).map(|caller| {
        let bus = bus.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                publish(&bus, numbered(&format!("t.{caller}"), n)).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        within("a caller", caller).await.unwrap();
    }
    let mut arrivals = crate::support::Arrivals::default();
    for _ in 0..400 {
        arrivals.note(&within("a message", all.next()).await.unwrap());
    }
    arrivals.assert_exact(8, 50);
}

/// Names and values of the fields of each entry of the NORMAL lane, without the time of publishing.
async fn records(store: &dyn StreamStore) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
    let batch = store.range(&lane(Priority::Normal), RangeQuery::default()).await.unwrap();
    let fields = |entry: tradebus::store::EntryRef<'_>| {
        let fields = entry.fields().map(|(name, value)| (name.to_vec(), value.to_vec()));
        fields.filter(|(name, _)| name != b"ts").collect()
    };
    batch.entries().map(fields).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_is_the_same_as_in_buffered_mode(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let compressing = |config: &mut BusConfig| config.default_buffer_config.enable_compression = true;
    let (buffered, basic) = (backend.bus(compressing).await, basic(&backend, compressing).await);
    let message = Message::new("t", b"quote ".repeat(1_000)).unwrap().type_name("Quote").header("desk", "fx");
    let message = message.correlation_id("c-1").reply_to(&Topic::new("replies").unwrap());
    let message = message.ttl(Duration::from_mins(1));
    buffered.publish(message.clone()).await.unwrap().await.unwrap();
    publish(&basic, message).await;
    let records = records(&*backend.store).await;
    assert_eq!(records[0], records[1]);
    assert!(records[1].iter().any(|(name, _)| name == b"zip"), "{:?}", records[1]);
}

#[tokio::test]
async fn a_message_that_is_wrong_is_refused_as_in_buffered_mode() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = basic(&backend, |config| {
        config.max_payload_bytes = 4;
        config.types_filter = vec!["Quote".to_owned()];
        config.layout = tradebus::Layout::Topic;
    })
    .await;
    let large = bus.publish(numbered("t", 12_345)).await;
    assert!(matches!(large, Err(PublishError::TooLarge { bytes: 5, limit: 4 })), "{large:?}");
    let filtered = bus.publish(numbered("t", 1).type_name("Quote")).await;
    assert!(matches!(filtered, Err(PublishError::Filtered { .. })), "{filtered:?}");
    let reserved = bus.publish(numbered("dead", 1)).await;
    assert!(matches!(reserved, Err(PublishError::Reserved { .. })), "{reserved:?}");
    assert_eq!(bus.metrics().messages_accepted, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delayed_message_is_delivered_by_the_scheduler(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |_| {}).await;
    let mut all = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    // Far enough away that the second message is there before it, also on a busy machine.
    let later = publish(&bus, numbered("t", 1).delay(Duration::from_secs(2))).await;
    let waiting = stored(&*backend.store, &StreamKey::new(format!("{BASE}:delayed"))).await;
    assert_eq!(waiting.iter().map(|entry| entry.0).collect::<Vec<_>>(), [later]);
    publish(&bus, numbered("t", 0)).await;
    for number in ["0", "1"] {
        assert_eq!(text(&within("a message", all.next()).await.unwrap()), number);
    }
    until("it is counted", || bus.metrics().delayed.delivered == 1).await;
}

/// Each connection counts by itself, since what two of them write has no order.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbered_records_have_no_gaps(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |config| config.sequence = true).await;
    let mut all = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    let callers = (0..8).map(|caller| {
        let bus = bus.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                publish(&bus, numbered("t", 50 * caller + n)).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        within("a caller", caller).await.unwrap();
    }
    let mut numbers = HashSet::new();
    for _ in 0..400 {
        numbers.insert(number_of(&within("a message", all.next()).await.unwrap()));
    }
    assert_eq!(numbers.len(), 400);
    let metrics = bus.metrics();
    assert_eq!((metrics.gaps, metrics.messages_late, metrics.duplicates), (0, 0, 0));
    let records = records(&*backend.store).await;
    assert!(records.iter().flatten().any(|(name, _)| name == b"seq"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_stays_as_long_as_it_may_be(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = basic(&backend, |config| config.default_stream_config.max_length = 100).await;
    for n in 0..1_000 {
        publish(&bus, numbered("t", n)).await;
    }
    let trimmed = async {
        // By a tenth longer, and by what the store keeps when it trims roughly.
        while backend.store.len(&lane(Priority::Normal)).await.unwrap() > 210 {
            tokio::task::yield_now().await;
        }
    };
    within("the stream to be trimmed", trimmed).await;
    assert!(payloads(&bus, Priority::Normal).await.ends_with(&["998".to_owned(), "999".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bus_says_of_itself_is_published_too() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = basic(&backend, |config| config.heartbeat_interval_secs = Some(86_400)).await;
    let from = SubscribeOptions::default().from(StartFrom::Earliest);
    let mut beats = bus.subscribe("health:heartbeat", from).await.unwrap();
    assert!(within("a heartbeat", beats.next()).await.is_some());
}
