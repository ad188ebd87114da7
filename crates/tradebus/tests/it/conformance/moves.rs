//! Entries that move, several at a time, and only while a lease is held.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::{EntryRef, Lease, MovedEntry, RangeQuery};
use tradebus::{EntryId, StoreError, StreamKey, StreamStore};

use super::{append, append_many, flat, ids, key};
use crate::support::{Backend, Kind, within};

const HOUR: Duration = Duration::from_hours(1);

/// Even numbers go to one stream, odd ones to the other, and 5 stays.
fn by_parity(entry: EntryRef<'_>) -> Option<StreamKey> {
    let (_, value) = entry.fields().next()?;
    let number: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    match number {
        5 => None,
        even if even % 2 == 0 => Some(key("even")),
        _ => Some(key("odd")),
    }
}

async fn values(store: &dyn StreamStore, stream: &str) -> Vec<String> {
    let entries = store.range(&key(stream), RangeQuery::default()).await.unwrap();
    let value = |entry: EntryRef<'_>| String::from_utf8_lossy(entry.fields().next().unwrap().1).into_owned();
    entries.entries().map(value).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_move_in_the_order_that_is_asked_for(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(true, false)] guarded: bool,
) {
    let backend = Backend::start(kind).await;
    let (store, from, name) = (&*backend.store, key("from"), key("a lease"));
    let lease = Lease { key: &name, holder: "a" };
    let guard = guarded.then_some(lease);
    store.leases().lease(lease, HOUR).await.unwrap().unwrap();
    let entries = append_many(store, &from, 8).await;
    let missing = entries[0].previous().unwrap();
    let wanted = [entries[4], entries[2], missing, entries[5], entries[3], entries[0]];
    let moved = store.move_entries(&from, &wanted, &by_parity, guard).await.unwrap().unwrap();

    assert_eq!(values(store, "even").await, ["4", "2", "0"]);
    assert_eq!(values(store, "odd").await, ["3"]);
    assert_eq!(values(store, "from").await, ["1", "5", "6", "7"]);
    let was: Vec<EntryId> = moved.iter().map(|moved| moved.was).collect();
    assert_eq!(was, [entries[4], entries[2], entries[3], entries[0]]);
    let of = |stream: &StreamKey| -> Vec<EntryId> {
        moved.iter().filter(|moved| moved.stream == *stream).map(|moved| moved.id).collect()
    };
    for stream in [key("even"), key("odd")] {
        assert_eq!(ids(&store.range(&stream, RangeQuery::default()).await.unwrap()), of(&stream));
    }
    let again = store.move_entries(&from, &wanted, &by_parity, guard).await.unwrap();
    assert_eq!(again, Some(Vec::new()), "they are gone, or stay");
    assert_eq!(store.move_entries(&key("missing"), &wanted, &by_parity, guard).await.unwrap(), again);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_far_apart_move_too(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, from) = (&*backend.store, key("from"));
    let entries = append_many(store, &from, 40).await;
    let wanted: Vec<EntryId> = [38, 2, 12, 22, 32].map(|n| entries[n]).to_vec();
    let moved = store.move_entries(&from, &wanted, &by_parity, None).await.unwrap().unwrap();
    assert!(moved.iter().map(|moved| moved.was).eq(wanted));
    assert_eq!(values(store, "even").await, ["38", "2", "12", "22", "32"]);
    assert_eq!(store.len(&from).await.unwrap(), 35);
    assert_eq!(store.move_entries(&from, &[], &by_parity, None).await.unwrap(), Some(Vec::new()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_moves_without_the_lease(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, from, name) = (&*backend.store, key("from"), key("a lease"));
    let [a, b] = ["a", "b"].map(|holder| Lease { key: &name, holder });
    let entries = append_many(store, &from, 4).await;
    let move_one = async |n: usize, lease| {
        store.move_entries(&from, &entries[n..=n], &by_parity, Some(lease)).await.unwrap()
    };
    assert_eq!(move_one(0, a).await, None, "nobody has it");
    store.leases().lease(a, HOUR).await.unwrap().unwrap();
    assert_eq!(move_one(0, a).await.unwrap().len(), 1);
    assert_eq!(move_one(1, b).await, None, "somebody else has it");

    // It expires.
    store.leases().lease(a, Duration::from_millis(1)).await.unwrap().unwrap();
    let expiry = async {
        while store.leases().lease(b, HOUR).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within("the expiry", expiry).await;
    assert_eq!(move_one(1, a).await, None);
    assert_eq!(move_one(1, b).await.unwrap().len(), 1);
    assert_eq!(values(store, "from").await, ["2", "3"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_move_the_same_one_does_while_others_append(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(true, false)] guarded: bool,
) {
    let backend = Backend::start(kind).await;
    let (from, name) = (key("from"), key("a lease"));
    let mut last = append_many(&*backend.store, &from, 200).await;
    let lease = Lease { key: &name, holder: "n" };
    backend.store.leases().lease(lease, HOUR).await.unwrap().unwrap();
    let movers = (0..if guarded { 1 } else { 4 }).map(|_| {
        let (store, from, name, all) = (backend.store.clone(), from.clone(), name.clone(), last.clone());
        tokio::spawn(async move {
            let guard = guarded.then_some(Lease { key: &name, holder: "n" });
            let to = |_: EntryRef<'_>| Some(key("to"));
            let mut moved: Vec<MovedEntry> = Vec::new();
            for ids in all.chunks(20) {
                moved.extend(store.move_entries(&from, ids, &to, guard).await.unwrap().unwrap());
            }
            moved.len()
        })
    });
    let movers: Vec<_> = movers.collect();
    for n in 0..50_u32 {
        last.push(append(&*backend.store, &from, n.to_string().as_bytes()).await);
    }
    let mut moved = 0;
    for mover in movers {
        moved += within("the moves", mover).await.unwrap();
    }
    assert_eq!(moved, 200);
    assert_eq!(backend.store.len(&key("to")).await.unwrap(), 200);
    let left = backend.store.range(&from, RangeQuery::default()).await.unwrap();
    assert_eq!(ids(&left), last[200..]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_stream_is_named_and_nothing_moves(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, from, name) = (&*backend.store, key("from"), key("odd"));
    let entries = append_many(store, &from, 3).await;
    let lease = Lease { key: &name, holder: "a" };
    store.leases().lease(lease, HOUR).await.unwrap().unwrap();
    let error = store.move_entries(&from, &entries, &by_parity, None).await.unwrap_err();
    assert!(matches!(&error, StoreError::WrongType { stream } if *stream == name), "{error}");
    assert_eq!(flat(&store.range(&from, RangeQuery::default()).await.unwrap()).len(), 3);
    assert_eq!(store.len(&key("even")).await.unwrap(), 0);
    let error = store.move_entries(&name, &entries, &by_parity, None).await.unwrap_err();
    assert!(matches!(&error, StoreError::WrongType { stream } if *stream == name), "{error}");
}
