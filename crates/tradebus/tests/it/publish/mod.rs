//! From `publish` to what lies in the store.

mod attempts;
mod basic;
mod buffers;
mod closing;
mod record;
mod trimming;

use rstest::rstest;
use tradebus::store::RangeQuery;
use tradebus::{Bus, EntryId, Flush, Priority, PublishError, StreamKey, StreamStore};

use crate::support::{Backend, Kind, numbered, within};

const BASE: &str = "trader-TRADER-001:stream";

fn lane(tier: Priority) -> StreamKey {
    StreamKey::new(format!("{BASE}:{tier}"))
}

/// Id, topic and payload of all entries of a stream.
async fn stored(store: &dyn StreamStore, stream: &StreamKey) -> Vec<(EntryId, String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let entries = store.range(stream, RangeQuery::default()).await.expect("a stream");
    let read = entries.entries().map(|entry| {
        let fields: Vec<_> = entry.fields().collect();
        (entry.id(), text(fields[0].1), text(fields[1].1))
    });
    read.collect()
}

async fn payloads(bus: &Bus, tier: Priority) -> Vec<String> {
    stored(&**bus.store(), &lane(tier)).await.into_iter().map(|(_, _, payload)| payload).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_receipt_names_its_entry_and_order_is_kept(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.default_buffer_config.batch_size = 7).await;
    let mut receipts = Vec::new();
    for n in 0..2_000 {
        let message = numbered(&format!("t.{}", n % 3), n).priority(Priority::ALL[n as usize % 4]);
        receipts.push(bus.publish(message).await.unwrap());
    }
    let mut expected = vec![Vec::new(); 4];
    for (n, receipt) in (0_u64..).zip(receipts) {
        let tier = Priority::ALL[n as usize % 4];
        let id = within("a receipt", receipt).await.unwrap();
        expected[tier.number()].push((id, format!("t.{}", n % 3), n.to_string()));
    }
    for tier in Priority::ALL {
        assert_eq!(stored(&*backend.store, &lane(tier)).await, expected[tier.number()], "{tier}");
    }
    assert_eq!(bus.metrics().messages_sent, 2_000);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_publishers_share_a_small_queue(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend
        .bus(|config| {
            let buffer = &mut config.default_buffer_config;
            (buffer.max_size, buffer.high_water_mark, buffer.low_water_mark) = (10, 8, 2);
            buffer.batch_size = 3;
        })
        .await;
    let publishers = (0..16).map(|publisher| {
        let bus = bus.clone();
        tokio::spawn(async move {
            for n in 0..200 {
                drop(bus.publish(numbered(&format!("p.{publisher}"), n)).await.unwrap());
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        within("a publisher to finish", publisher).await.unwrap();
    }
    assert_eq!(bus.close().await.unconfirmed, 0);
    let entries = stored(&*backend.store, &lane(Priority::Normal)).await;
    for publisher in 0..16 {
        let topic = format!("p.{publisher}");
        let mine: Vec<u64> =
            entries.iter().filter(|(_, of, _)| *of == topic).map(|(_, _, n)| n.parse().unwrap()).collect();
        assert_eq!(mine, (0..200).collect::<Vec<_>>(), "{topic}");
    }
}

#[tokio::test]
async fn a_payload_above_the_limit_is_refused() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|config| config.max_payload_bytes = 4).await;
    let refused = bus.publish(numbered("t", 12_345)).await.unwrap_err();
    assert!(matches!(refused, PublishError::TooLarge { bytes: 5, limit: 4 }), "{refused}");
    bus.publish(numbered("t", 1_234)).await.unwrap().await.unwrap();
    assert_eq!(payloads(&bus, Priority::Normal).await, ["1234"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interval_mode_gathers_what_comes_within_the_interval(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.buffer_interval_ms = Some(1_000)).await;
    let mut receipts = Vec::new();
    for n in 0..10 {
        receipts.push(bus.publish(numbered("t", n)).await.unwrap());
    }
    for receipt in receipts {
        within("the interval to be over", receipt).await.unwrap();
    }
    assert_eq!(bus.metrics().buffer_flushes, 1);
    assert_eq!(payloads(&bus, Priority::Normal).await, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_full_batch_does_not_wait_for_the_interval() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend
        .bus(|config| {
            let buffer = &mut config.default_buffer_config;
            (buffer.flush, buffer.flush_interval_ms, buffer.batch_size) = (Flush::Interval, 1_000, 5);
        })
        .await;
    // With a wait for each batch this would take longer than `within` allows.
    within("full batches to leave", async {
        for batch in 0..100 {
            let mut last = None;
            for n in 0..5 {
                last = Some(bus.publish(numbered("t", 5 * batch + n)).await.unwrap());
                // The lane sees the batch grow.
                tokio::task::yield_now().await;
            }
            last.unwrap().await.unwrap();
        }
    })
    .await;
}
