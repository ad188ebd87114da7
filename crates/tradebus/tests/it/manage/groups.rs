//! Groups: made, moved, removed, and what is pending in them given to others.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::{Assign, Claim, PendingQuery};
use tradebus::{EntryId, ManageError, StartFrom, StreamKey};

use super::{Scene, flat, key};
use crate::support::Kind;

const HOUR: Duration = Duration::from_hours(1);

/// Reads as a consumer of the group `g`.
async fn read(scene: &Scene, stream: &StreamKey, consumer: &str, limit: usize) -> Vec<EntryId> {
    let groups = scene.backend.store.consumer_groups();
    let mut reader = groups.group_reader("g", consumer, "test").await.unwrap();
    let batch = reader.read(std::slice::from_ref(stream), limit, None).await.unwrap();
    flat(&batch).into_iter().map(|(id, _)| id).collect()
}

/// Makes pending entries as old as that.
async fn age(scene: &Scene, stream: &StreamKey, consumer: &str, ids: &[EntryId], idle: Duration) {
    let assign = Assign { ids, idle, deliveries: None };
    let groups = scene.backend.store.consumer_groups();
    assert_eq!(groups.assign(stream, "g", consumer, assign).await.unwrap().len(), ids.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_made_moved_and_removed(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    let ids = scene.add(&stream, 4).await;
    assert!(manager.groups(&stream).await.unwrap().is_empty());
    assert!(manager.create_group(&stream, "g", StartFrom::Latest).await.unwrap());
    assert!(!manager.create_group(&stream, "g", StartFrom::Earliest).await.unwrap(), "there already");
    assert!(read(&scene, &stream, "c", 10).await.is_empty());

    let starts = [
        (StartFrom::Earliest, 0),
        (StartFrom::After(ids[1]), 2),
        (StartFrom::Ago(HOUR), 0),
        (StartFrom::Ago(Duration::MAX), 0),
        (StartFrom::Latest, 4),
    ];
    for (start, first) in starts {
        manager.reset_group(&stream, "g", start).await.unwrap();
        assert_eq!(read(&scene, &stream, "c", 10).await, ids[first..], "{start:?}");
    }
    let group = manager.group(&stream, "g").await.unwrap();
    assert_eq!((group.pending, group.last_delivered), (4, ids[3]), "what is pending stays pending");
    assert_eq!(manager.consumers(&stream, "g").await.unwrap()[0].pending, 4);
    manager.destroy_group(&stream, "g").await.unwrap();
    assert!(manager.groups(&stream).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_named(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    manager.create_group(&stream, "risk", StartFrom::Latest).await.unwrap();
    for (stream, expected) in [
        (stream, "the stream `s` has no consumer group `g`; it has risk"),
        (key("missing"), "there is no stream `missing`"),
    ] {
        let one = Claim { ids: &[EntryId::new(1, 0)], min_idle: Duration::ZERO };
        let mut claiming = manager.claim_idle(&stream, "g", "c", Duration::ZERO, 1);
        let errors: [ManageError; 7] = [
            manager.group(&stream, "g").await.unwrap_err(),
            manager.reset_group(&stream, "g", StartFrom::Latest).await.unwrap_err(),
            manager.destroy_group(&stream, "g").await.unwrap_err(),
            manager.consumers(&stream, "g").await.unwrap_err(),
            manager.pending(&stream, "g", PendingQuery::default()).await.unwrap_err(),
            manager.claim(&stream, "g", "c", one).await.unwrap_err(),
            claiming.next().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.to_string(), expected);
        }
    }
    assert!(matches!(manager.groups(&key("missing")).await, Err(ManageError::NoStream { .. })));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_idle_is_given_to_another_consumer(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind).await;
    let (manager, stream) = (&scene.manager, key("s"));
    let ids = scene.add(&stream, 700).await;
    manager.create_group(&stream, "g", StartFrom::Earliest).await.unwrap();
    read(&scene, &stream, "gone", 600).await;
    read(&scene, &stream, "mine", 100).await;
    age(&scene, &stream, "gone", &ids[..500], 2 * HOUR).await;
    age(&scene, &stream, "mine", &ids[600..], 2 * HOUR).await;

    let mut claimed = Vec::new();
    let mut some = manager.claim_idle(&stream, "g", "mine", HOUR, 30);
    while let Some(step) = some.next().await.unwrap() {
        claimed.extend(step);
    }
    assert_eq!(claimed, ids[..30], "as many as were wanted, the oldest first");
    let mut all = manager.claim_idle(&stream, "g", "mine", HOUR, u64::MAX);
    while let Some(step) = all.next().await.unwrap() {
        claimed.extend(step);
    }
    assert_eq!(claimed, ids[..500], "neither what is not idle, nor what it has already");
    let deliveries = |pending: Vec<tradebus::store::PendingEntry>| -> Vec<u64> {
        pending.iter().map(|it| it.deliveries).collect()
    };
    let of_mine =
        PendingQuery { consumer: Some("mine"), ids: ids[499]..=ids[600], ..PendingQuery::default() };
    assert_eq!(deliveries(manager.pending(&stream, "g", of_mine).await.unwrap()), [2, 1]);
    let left: Vec<u64> = manager.consumers(&stream, "g").await.unwrap().iter().map(|it| it.pending).collect();
    assert_eq!(left, [100, 600]);

    let wanted = [ids[550], EntryId::new(1, 1), ids[551]];
    let claim = Claim { ids: &wanted, min_idle: Duration::ZERO };
    assert_eq!(manager.claim(&stream, "g", "other", claim).await.unwrap(), [ids[550], ids[551]]);
    let idle = Claim { ids: &ids[550..553], min_idle: HOUR };
    assert!(manager.claim(&stream, "g", "mine", idle).await.unwrap().is_empty(), "not idle for so long");
}
