//! Streams: listed, described, read, shortened, removed, watched.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::{Acks, RangeQuery};
use tradebus::{
    BusConfig, EntryId, ManageError, Message, Pages, StartFrom, StoreError, StreamKey, StreamManager, TrimTo,
};

use super::{BASE, Scene, fields, flat, key, of_bus};
use crate::support::Kind;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_streams_of_the_bus_are_listed_and_others_only_when_asked_for(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let manager = &scene.manager;
    assert!(manager.list().await.unwrap().is_empty());
    assert_eq!(manager.base(), BASE);
    let bytes = StreamKey::new([&b"trader-"[..], b"\xff\0*"].concat());
    let (high, base, other) = (of_bus("high"), key(BASE), key(&format!("{BASE}s:high")));
    for stream in [&high, &base, &other, &bytes, &key("a")] {
        scene.add(stream, 1).await;
    }
    assert_eq!(manager.list().await.unwrap(), [base.clone(), high.clone()]);
    let with_prefix = manager.list_with_prefix(b"trader-").await.unwrap();
    assert_eq!(with_prefix, [base, high, other, bytes]);
    assert_eq!(manager.list_with_prefix(b"").await.unwrap().len(), 5);
    assert!(manager.list_with_prefix(b"trader-?").await.unwrap().is_empty(), "no pattern");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_described(#[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    let ids = scene.add(&stream, 7).await;
    manager.create_group(&stream, "g", StartFrom::Latest).await.unwrap();
    let described = manager.describe(&stream).await.unwrap();
    let info = described.info;
    assert_eq!((info.len, info.groups, info.entries_added), (7, 1, Some(7)));
    assert_eq!((info.first, info.last, info.last_id), (Some(ids[0]), Some(ids[6]), ids[6]));
    assert!(info.memory_bytes.is_some_and(|bytes| bytes > 100), "{info:?}");
    assert!(described.first_age >= described.last_age && described.last_age.is_some());

    let missing = key("missing");
    let both = [missing.clone(), stream.clone()];
    assert_eq!(manager.describe_all(&both).await.unwrap().len(), 1, "what is missing is left out");
    let error = manager.describe(&missing).await.unwrap_err();
    assert!(matches!(&error, ManageError::NoStream { stream } if *stream == missing), "{error}");

    manager.trim(&stream, TrimTo::Length(0), true).await.unwrap().finish().await.unwrap();
    let empty = manager.describe(&stream).await.unwrap();
    assert_eq!((empty.info.first, empty.first_age, empty.rate_per_second), (None, None, None));
}

#[tokio::test]
async fn a_key_of_another_type_is_named() {
    let scene = Scene::new(Kind::Redis).await;
    scene.backend.server.as_ref().unwrap().tell("SET text x");
    let error = scene.manager.describe(&key("text")).await.unwrap_err();
    assert!(matches!(error, ManageError::Store(StoreError::WrongType { .. })), "{error}");
    let mut adder = scene.manager.adder(&key("text")).await.unwrap();
    let refused = adder.add(&[fields(&[("a", "1")])]).await.unwrap().remove(0).unwrap_err();
    assert!(matches!(refused, StoreError::WrongType { .. }), "{refused}");
}

/// The ids of everything in some pages.
async fn read(mut pages: Pages) -> Vec<EntryId> {
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert!(!page.is_empty() && page.len() <= 1000);
        ids.extend(flat(&page).into_iter().map(|(id, _)| id));
    }
    assert!(pages.next().await.unwrap().is_none(), "the end stays the end");
    ids
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_read_page_by_page(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    // Sizes that grow past what a page is meant to have.
    let large = "x".repeat(1 << 20);
    let mut ids = scene.add(&stream, 1500).await;
    for _ in 0..12 {
        ids.extend(scene.add_all(&stream, &[fields(&[("large", &large)])]).await);
    }
    assert_eq!(read(manager.read(&stream, RangeQuery::default())).await, ids);
    let backwards = RangeQuery { reverse: true, ..RangeQuery::default() };
    assert!(read(manager.read(&stream, backwards)).await.into_iter().rev().eq(ids.iter().copied()));
    let some = RangeQuery { start: ids[3], end: ids[1400], limit: 1200, reverse: false };
    assert_eq!(read(manager.read(&stream, some)).await, ids[3..1203]);
    for count in [0, 1, 16, 17, 1000, 5000] {
        let last = read(manager.read_last(&stream, count).await.unwrap()).await;
        assert_eq!(last, ids[ids.len().saturating_sub(count)..], "the last {count}");
    }
    let missing = key("missing");
    assert!(read(manager.read(&missing, RangeQuery::default())).await.is_empty());
    assert!(matches!(manager.read_last(&missing, 5).await, Err(ManageError::NoStream { .. })));
    assert!(manager.adder(&missing).await.unwrap().add(&[]).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_shortened_in_steps_and_removed(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.extend(scene.add(&stream, 30_000).await);
    }
    let mut trimming = manager.trim(&stream, TrimTo::Length(10_000), true).await.unwrap();
    assert_eq!(trimming.total(), Some(110_000));
    let mut steps = Vec::new();
    while let Some(removed) = trimming.next().await.unwrap() {
        steps.push(removed);
    }
    assert!(steps.len() > 1 && steps.iter().sum::<u64>() == 110_000, "{steps:?}");
    assert_eq!(manager.describe(&stream).await.unwrap().info.first, Some(ids[110_000]));

    let day = TrimTo::Age(Duration::from_hours(24));
    assert_eq!(
        manager.trim(&stream, day, true).await.unwrap().finish().await.unwrap(),
        0,
        "nothing is so old"
    );
    let ever = TrimTo::Age(Duration::MAX);
    assert_eq!(manager.trim(&stream, ever, false).await.unwrap().finish().await.unwrap(), 0);

    for _ in 0..2 {
        scene.add(&stream, 30_000).await;
    }
    manager.create_group(&stream, "g", StartFrom::Latest).await.unwrap();
    let removing = manager.remove(&stream).await.unwrap();
    assert_eq!(removing.total(), Some(70_000));
    assert_eq!(removing.finish().await.unwrap(), 70_000);
    assert!(matches!(manager.remove(&stream).await, Err(ManageError::NoStream { .. })), "it is gone");
    assert!(matches!(manager.trim(&stream, day, true).await, Err(ManageError::NoStream { .. })));
}

#[tokio::test]
async fn entries_are_trimmed_by_age() {
    let scene = Scene::new(Kind::Redis).await;
    let server = scene.backend.server.as_ref().unwrap();
    let now = scene.backend.store.now_ms().await.unwrap();
    for minutes in [90, 60, 31, 29, 1] {
        server.tell(&format!("XADD s {}-0 age {minutes}", now - minutes * 60_000));
    }
    let trimming = scene.manager.trim(&key("s"), TrimTo::Age(Duration::from_mins(30)), true).await.unwrap();
    assert_eq!(trimming.finish().await.unwrap(), 3);
    let left = scene.manager.describe(&key("s")).await.unwrap();
    assert_eq!(left.info.len, 2);
    assert!(left.first_age.unwrap() >= Duration::from_mins(29) && left.rate_per_second.unwrap() < 0.01);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_and_what_was_read_is_watched(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream, later) = (&scene.manager, of_bus("high"), of_bus("later"));
    scene.add(&stream, 5).await;
    manager.create_group(&stream, "g", StartFrom::Earliest).await.unwrap();
    let groups = scene.backend.store.consumer_groups();
    let mut reader = groups.group_reader("g", "c", "test").await.unwrap();
    let mut watch = manager.watch(None);
    let first = watch.sample().await.unwrap().remove(0).state.unwrap();
    assert_eq!((first.info.len, first.added, first.since, first.most_lag()), (5, None, None, Some(5)));

    reader.read(std::slice::from_ref(&stream), 4, None).await.unwrap();
    scene.add(&stream, 3).await;
    let second = watch.sample().await.unwrap().remove(0).state.unwrap();
    assert_eq!(second.added, Some(3));
    assert_eq!((second.most_lag(), second.groups[0].info.pending), (Some(4), 4));
    assert!(second.since.is_some());

    let more = reader.read(std::slice::from_ref(&stream), 3, None).await.unwrap();
    let ids: Vec<EntryId> = flat(&more).into_iter().map(|(id, _)| id).collect();
    groups.acknowledge("g", &[Acks { stream: &stream, ids: &ids }]).await.unwrap();
    let third = watch.sample().await.unwrap().remove(0).state.unwrap();
    assert_eq!((third.added, third.groups[0].read, third.groups[0].info.pending), (Some(0), Some(3), 4));
    assert_eq!(third.added_per_second(), Some(0.0));

    // Streams that appear later are found, and those that go are missed.
    scene.add(&later, 1).await;
    let found = async {
        loop {
            let samples = watch.sample().await.unwrap();
            if samples.len() == 2 {
                return samples;
            }
        }
    };
    let both = crate::support::within("the new stream", found).await;
    assert_eq!(both[1].stream, later);
    let mut one = manager.watch(Some(vec![later.clone()]));
    manager.remove(&later).await.unwrap().finish().await.unwrap();
    assert_eq!(one.sample().await.unwrap()[0].state, None);
}

#[tokio::test]
async fn a_manager_connects_by_itself_or_comes_from_a_bus() {
    let scene = Scene::new(Kind::Redis).await;
    let config = scene.backend.config();
    let bus = scene.backend.bus(|_| {}).await;
    bus.publish(Message::new("t", "x").unwrap()).await.unwrap().await.unwrap();
    let own = StreamManager::connect(&config).await.unwrap();
    let streams = own.list().await.unwrap();
    assert_eq!(streams, [of_bus("normal")]);
    assert_eq!(bus.streams().list().await.unwrap(), streams);
    own.close().await;
    let _ = bus.close().await;

    let invalid = BusConfig { max_workers: 0, ..config };
    let error = StreamManager::connect(&invalid).await.unwrap_err();
    assert!(matches!(error, ManageError::Config(_)), "{error}");
    let nowhere = BusConfig { store: Some("redis://127.0.0.1:1".into()), ..BusConfig::default() };
    let error = StreamManager::connect(&nowhere).await.unwrap_err();
    assert!(matches!(error, ManageError::Store(StoreError::Connect { .. })), "{error}");
}
