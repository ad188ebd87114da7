//! Replaying what the streams still have.

use std::time::Duration;

use futures_util::TryStreamExt;
use rstest::rstest;
use tradebus::store::NewEntry;
use tradebus::{
    Bus, Delivery, EntryId, Priority, Replay, ReplayBound, ReplayError, ReplayOptions, ReplaySpeed,
};

use crate::support::{Backend, Fields, Kind, Spread, number_of, numbered, text, within};

async fn replayed(replay: Replay) -> Vec<Delivery> {
    within("the end of the replay", replay.into_stream().try_collect()).await.unwrap()
}

async fn numbers(bus: &Bus, pattern: &str, options: ReplayOptions) -> Vec<u64> {
    replayed(bus.replay(pattern, options).await.unwrap()).await.iter().map(number_of).collect()
}

/// Publishes numbers over all tiers and three topics, and returns the ids.
async fn publish(bus: &Bus, numbers: std::ops::Range<u64>) -> Vec<EntryId> {
    let mut ids = Vec::new();
    for n in numbers {
        let message = numbered(&format!("t.{}", n % 3), n).priority(Priority::ALL[n as usize % 4]);
        ids.push(bus.publish(message).await.unwrap().await.unwrap());
    }
    ids
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_merged_as_they_were_published(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    publish(&bus, 0..100).await;
    let options = ReplayOptions::default;
    assert_eq!(numbers(&bus, "*", options()).await, (0..100).collect::<Vec<_>>());
    let thirds: Vec<u64> = (0..100).filter(|n| n % 3 == 1).collect();
    assert_eq!(numbers(&bus, "t.1", options()).await, thirds);
    let both: Vec<u64> = (0..100).filter(|n| n % 3 != 1).collect();
    assert_eq!(numbers(&bus, "t.0", options().also("t.2".parse().unwrap())).await, both);
    assert_eq!(numbers(&bus, "none", options()).await, [0; 0]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_begins_and_ends_where_it_is_told_to(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| Spread::Single.configure(config)).await;
    let ids = publish(&bus, 0..20).await;
    let between = ReplayOptions::default().from(ReplayBound::Id(ids[5])).to(ReplayBound::Id(ids[8]));
    assert_eq!(numbers(&bus, "*", between).await, [5, 6, 7, 8]);
    let hour = ReplayBound::Ago(Duration::from_hours(1));
    assert_eq!(numbers(&bus, "*", ReplayOptions::default().from(hour)).await.len(), 20);
    assert_eq!(numbers(&bus, "*", ReplayOptions::default().to(hour)).await, [0; 0]);
    let reversed = ReplayOptions::default().from(ReplayBound::Id(ids[8])).to(ReplayBound::Id(ids[5]));
    let refused = bus.replay("*", reversed).await.unwrap_err();
    assert!(
        matches!(refused, ReplayError::Reversed { from, to } if (from, to) == (ids[8], ids[5])),
        "{refused}"
    );
    // What is published after it began is not part of it.
    let mut replay = bus.replay("*", ReplayOptions::default()).await.unwrap();
    publish(&bus, 20..25).await;
    let mut count = 0;
    while replay.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 20);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_streams_can_be_replayed_and_what_is_no_message_is_passed(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut appender = backend.store.appender("test").await.unwrap();
    // Stored in this order; `b` says that its first was published before all others.
    let entries: [(&str, &[u8], &[u8]); 5] = [
        ("a", b"1", b"2000"),
        ("b", b"0", b"1000"),
        ("a", b"2", b"3000"),
        ("b", b"", b""),
        ("b", b"3", b"4000"),
    ];
    for (stream, number, ts) in entries {
        let mut fields: Vec<(&[u8], &[u8])> = vec![(b"payload", number), (b"ts", ts)];
        if !number.is_empty() {
            fields.push((b"topic", b"t"));
        }
        appender.send(&[NewEntry { stream: &stream.into(), fields: &Fields(fields) }]).await.unwrap();
        appender.receive(&mut Vec::new()).await.unwrap();
    }
    let options = ReplayOptions::default().stream("a").stream("b").stream("b").stream("missing");
    let replay = bus.replay("*", options.speed(ReplaySpeed::Times(1e6))).await.unwrap();
    let texts: Vec<String> = replayed(replay).await.iter().map(|it| text(it).to_owned()).collect();
    assert_eq!(texts, ["0", "1", "2", "3"]);
    assert_eq!(bus.metrics().malformed.iter().map(|(_, count)| count).sum::<u64>(), 1);
}

#[tokio::test]
async fn more_than_a_page_of_each_stream() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|_| {}).await;
    let mut last = None;
    for n in 0..5_000 {
        last = Some(bus.publish(numbered("t", n).priority(Priority::ALL[n as usize % 2])).await.unwrap());
    }
    last.unwrap().await.unwrap();
    assert_eq!(bus.close().await.unconfirmed, 0);
    let bus = backend.bus(|_| {}).await;
    let replayed = replayed(bus.replay("*", ReplayOptions::default()).await.unwrap()).await;
    assert_eq!(replayed.len(), 5_000);
    assert!(replayed.is_sorted_by_key(|delivery| delivery.ts));
}
