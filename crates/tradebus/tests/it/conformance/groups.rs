//! Consumer groups.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::{
    Acks, Assign, Claim, ConsumerGroups, GroupReader, GroupStart, NewEntry, PendingQuery, RangeQuery,
};
use tradebus::{EntryId, StoreError, StreamKey};

use super::{LONG, append, append_many, flat, ids, key};
use crate::support::{Backend, Kind, within};

/// A stream with some entries and a group that has got none of them yet.
struct Scene {
    backend: Backend,
    stream: StreamKey,
    entries: Vec<EntryId>,
}

impl Scene {
    async fn new(kind: Kind, entries: usize) -> Self {
        let (backend, stream) = (Backend::start(kind).await, key("stream"));
        let entries = append_many(&*backend.store, &stream, entries).await;
        let start = GroupStart::After(EntryId::MIN);
        assert!(backend.store.consumer_groups().create_group(&stream, "g", start).await.unwrap());
        Self { backend, stream, entries }
    }

    fn groups(&self) -> &dyn ConsumerGroups {
        self.backend.store.consumer_groups()
    }

    async fn reader(&self, consumer: &str) -> Box<dyn GroupReader> {
        self.groups().group_reader("g", consumer, "test").await.unwrap()
    }

    async fn read(&self, consumer: &str, limit: usize) -> Vec<EntryId> {
        let mut reader = self.reader(consumer).await;
        ids(&reader.read(std::slice::from_ref(&self.stream), limit, None).await.unwrap())
    }

    async fn acknowledge(&self, ids: &[EntryId]) -> u64 {
        let acks = Acks { stream: &self.stream, ids };
        self.groups().acknowledge("g", &[acks]).await.unwrap()
    }

    /// Id, consumer and deliveries of everything pending.
    async fn pending(&self) -> Vec<(EntryId, String, u64)> {
        let pending = self.groups().pending(&self.stream, "g", PendingQuery::default()).await.unwrap();
        pending.into_iter().map(|it| (it.id, it.consumer, it.deliveries)).collect()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_share_the_entries_until_they_are_acknowledged(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 5).await;
    let entries = &scene.entries;
    assert_eq!(scene.read("a", 2).await, entries[..2]);
    assert_eq!(scene.read("b", 2).await, entries[2..4]);
    assert_eq!(scene.pending().await.len(), 4);

    let group = scene.groups().groups(&scene.stream).await.unwrap().remove(0);
    assert_eq!((&group.name[..], group.consumers, group.pending), ("g", 2, 4));
    assert_eq!((group.last_delivered, group.entries_read, group.lag), (entries[3], Some(4), Some(1)));

    assert_eq!(scene.acknowledge(&entries[..3]).await, 3);
    assert_eq!(scene.acknowledge(&entries[..3]).await, 0, "acknowledged already");
    assert_eq!(scene.pending().await, [(entries[3], "b".to_owned(), 1)]);
    let consumers = scene.groups().consumers(&scene.stream, "g").await.unwrap();
    let pending: Vec<_> = consumers.iter().map(|it| (&it.name[..], it.pending)).collect();
    assert_eq!(pending, [("a", 0), ("b", 1)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_begins_where_it_is_told(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 3).await;
    let groups = scene.groups();
    assert!(!groups.create_group(&scene.stream, "g", GroupStart::Latest).await.unwrap(), "there already");
    groups.set_group(&scene.stream, "g", GroupStart::After(scene.entries[1])).await.unwrap();
    assert_eq!(scene.read("a", 10).await, scene.entries[2..]);
    groups.set_group(&scene.stream, "g", GroupStart::Latest).await.unwrap();
    assert!(scene.read("a", 10).await.is_empty());

    // A stream that is made for the group.
    let other = key("other");
    assert!(groups.create_group(&other, "g", GroupStart::Latest).await.unwrap());
    let first = append(&*scene.backend.store, &other, b"1").await;
    let batch = scene.reader("a").await.read(&[scene.stream.clone(), other.clone()], 10, None).await.unwrap();
    assert_eq!(flat(&batch), [(other, first, vec![(b"n".to_vec(), b"1".to_vec())])]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_entries_are_found_and_change_hands(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 4).await;
    let (groups, stream, entries) = (scene.groups(), &scene.stream, &scene.entries);
    scene.read("gone", 10).await;
    let hour = Duration::from_hours(1);

    // Nothing has been idle for so long, unless it is said to have been.
    let idle = Claim { ids: entries, min_idle: hour };
    assert!(groups.claim(stream, "g", "a", idle).await.unwrap().is_empty());
    let aged = Assign { ids: &entries[..2], idle: 2 * hour, deliveries: Some(7) };
    assert_eq!(groups.assign(stream, "g", "gone", aged).await.unwrap(), entries[..2]);
    let query = PendingQuery { min_idle: hour, consumer: Some("gone"), ..PendingQuery::default() };
    let found = groups.pending(stream, "g", query.clone()).await.unwrap();
    assert_eq!(
        found.iter().map(|it| (it.id, it.deliveries)).collect::<Vec<_>>(),
        [(entries[0], 7), (entries[1], 7)]
    );
    assert!(found[0].idle >= 2 * hour);
    let one = PendingQuery { limit: 1, ids: entries[1]..=EntryId::MAX, ..query.clone() };
    assert_eq!(groups.pending(stream, "g", one).await.unwrap()[0].id, entries[1]);
    let others = PendingQuery { consumer: Some("a"), ..query };
    assert!(groups.pending(stream, "g", others).await.unwrap().is_empty());

    let claimed = groups.claim(stream, "g", "a", idle).await.unwrap();
    assert_eq!(flat(&claimed)[1].2, [(b"n".to_vec(), b"1".to_vec())]);
    assert_eq!(ids(&claimed), entries[..2]);
    assert!(groups.claim(stream, "g", "b", idle).await.unwrap().is_empty(), "somebody else was first");
    let of = |n: usize, name: &str, deliveries| (entries[n], name.to_owned(), deliveries);
    assert_eq!(scene.pending().await, [of(0, "a", 8), of(1, "a", 8), of(2, "gone", 1), of(3, "gone", 1)]);

    assert_eq!(groups.remove_consumer(stream, "g", "gone").await.unwrap(), 2);
    assert_eq!(groups.remove_consumer(stream, "g", "gone").await.unwrap(), 0);
    assert_eq!(scene.pending().await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_returns_no_entry_that_is_gone(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 2).await;
    scene.read("a", 10).await;
    let store = &scene.backend.store;
    assert_eq!(store.delete_entries(&scene.stream, &scene.entries[..1]).await.unwrap(), 1);
    assert_eq!(store.delete_entries(&scene.stream, &scene.entries[..1]).await.unwrap(), 0);
    let claim = Claim { ids: &scene.entries, min_idle: Duration::ZERO };
    let claimed = scene.groups().claim(&scene.stream, "g", "b", claim).await.unwrap();
    assert_eq!(ids(&claimed), scene.entries[1..]);
    assert_eq!(scene.pending().await, [(scene.entries[1], "b".to_owned(), 2)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_wakes_a_consumer(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 0).await;
    let mut reader = scene.reader("a").await;
    let stream = scene.stream.clone();
    let read = tokio::spawn(async move { reader.read(&[stream], 10, Some(LONG)).await });
    let entry = append(&*scene.backend.store, &scene.stream, b"1").await;
    assert_eq!(ids(&within("the entry", read).await.unwrap().unwrap()), [entry]);

    // And an interruption, which may have to be repeated.
    let mut reader = scene.reader("a").await;
    let (stream, interrupt) = (scene.stream.clone(), reader.interrupter());
    let mut read = tokio::spawn(async move { reader.read(&[stream], 10, Some(LONG)).await });
    let ended = async {
        loop {
            interrupt.interrupt().await;
            if let Ok(ended) = tokio::time::timeout(Duration::from_millis(5), &mut read).await {
                return ended.unwrap();
            }
        }
    };
    assert!(within("the interruption", ended).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_learns_that_its_group_is_gone(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(true, false)] with_its_stream: bool,
) {
    let scene = Scene::new(kind, 0).await;
    let mut reader = scene.reader("a").await;
    let stream = scene.stream.clone();
    let read = tokio::spawn(async move { reader.read(&[stream], 10, Some(LONG)).await });
    // Whether it blocks already or comes too late: it must learn of it.
    scene.groups().groups(&scene.stream).await.unwrap();
    if with_its_stream {
        assert!(scene.backend.store.remove(&scene.stream).await.unwrap());
    } else {
        assert!(scene.groups().destroy_group(&scene.stream, "g").await.unwrap());
    }
    match within("the end of the read", read).await.unwrap() {
        Err(StoreError::NoGroup { stream, group }) => assert_eq!((stream, &group[..]), (scene.stream, "g")),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_or_no_stream_is_named(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 1).await;
    let (groups, stream, missing) = (scene.groups(), &scene.stream, key("missing"));
    for (stream, group) in [(stream, "none"), (&missing, "g")] {
        let is_missing = |error: StoreError| match error {
            StoreError::NoGroup { stream: named, group: of } => (&named, &of[..]) == (stream, group),
            _ => false,
        };
        let claim = Claim { ids: &scene.entries, min_idle: Duration::ZERO };
        let assign = Assign { ids: &scene.entries, idle: Duration::ZERO, deliveries: None };
        let streams = std::slice::from_ref(stream);
        let mut reader = groups.group_reader(group, "a", "test").await.unwrap();
        assert!(is_missing(reader.read(streams, 1, None).await.unwrap_err()));
        assert!(is_missing(groups.set_group(stream, group, GroupStart::Latest).await.unwrap_err()));
        assert!(is_missing(groups.consumers(stream, group).await.unwrap_err()));
        assert!(is_missing(groups.remove_consumer(stream, group, "a").await.unwrap_err()));
        assert!(is_missing(groups.pending(stream, group, PendingQuery::default()).await.unwrap_err()));
        assert!(is_missing(groups.claim(stream, group, "a", claim).await.unwrap_err()));
        assert!(is_missing(groups.assign(stream, group, "a", assign).await.unwrap_err()));
        assert!(!groups.destroy_group(stream, group).await.unwrap());
        let acks = Acks { stream, ids: &scene.entries };
        assert_eq!(groups.acknowledge(group, &[acks]).await.unwrap(), 0);
    }
    assert!(groups.groups(&missing).await.unwrap().is_empty());
    assert_eq!(scene.backend.store.info(&missing).await.unwrap(), None);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_moves_once(#[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind) {
    let scene = Scene::new(kind, 2).await;
    let (store, target) = (&scene.backend.store, key("target"));
    let field = [(&b"moved"[..], &b"yes"[..])];
    let entry = NewEntry { stream: &target, fields: &field };
    let id = scene.entries[0];
    let moves = (0..4).map(|_| store.move_entry(&scene.stream, id, entry));
    let moved: Vec<_> = futures_util::future::join_all(moves).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(moved.iter().flatten().count(), 1, "{moved:?}");
    assert_eq!(store.len(&scene.stream).await.unwrap(), 1);
    let there = store.range(&target, RangeQuery::default()).await.unwrap();
    assert_eq!(ids(&there), moved.into_iter().flatten().collect::<Vec<_>>());
    assert_eq!(store.move_entry(&key("missing"), id, entry).await.unwrap(), None);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_and_acknowledges_at_once(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 2).await;
    scene.read("a", 10).await;
    let target = key("dead");
    let field = [(&b"why"[..], &b"broken"[..])];
    let entry = NewEntry { stream: &target, fields: &field };
    let ack = (&scene.stream, scene.entries[0]);
    let id = scene.groups().append_and_acknowledge(entry, "g", ack).await.unwrap();
    let there = scene.backend.store.range(&target, RangeQuery::default()).await.unwrap();
    assert_eq!(flat(&there), [(target, id, vec![(b"why".to_vec(), b"broken".to_vec())])]);
    assert_eq!(scene.pending().await, [(scene.entries[1], "a".to_owned(), 1)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_describes_itself(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let scene = Scene::new(kind, 3).await;
    let info = scene.backend.store.info(&scene.stream).await.unwrap().unwrap();
    let (first, last) = (scene.entries[0], scene.entries[2]);
    assert_eq!((info.len, info.first, info.last, info.last_id), (3, Some(first), Some(last), last));
    assert_eq!((info.entries_added, info.groups), (Some(3), 1));
    assert!(info.memory_bytes.is_some_and(|bytes| bytes > 100));
}
