//! The contract of [`StreamStore`], held against every engine.

mod groups;
mod leases;
mod moves;
mod values;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rstest::rstest;
use tradebus::store::{Appender, NewEntry, Position, RangeQuery, ReadBatch, ServerReply, Trim};
use tradebus::{EmbeddedStore, EntryId, StoreError, StreamKey, StreamStore};
use tradebus_engine::{Engine, NewId};

use crate::support::{Backend, Fields, Kind, within};

type Owned = Vec<(Vec<u8>, Vec<u8>)>;

/// A read that is not meant to end by itself.
const LONG: Duration = Duration::from_secs(50);

fn key(name: impl AsRef<[u8]>) -> StreamKey {
    StreamKey::new(name)
}

fn after(stream: &StreamKey, after: EntryId) -> Position {
    Position { stream: stream.clone(), after }
}

/// Appends one entry with the field `n`.
async fn append(store: &dyn StreamStore, stream: &StreamKey, value: &[u8]) -> EntryId {
    let mut appender = store.appender("test").await.unwrap();
    let field = [(&b"n"[..], value)];
    appender.send(&[NewEntry { stream, fields: &field }]).await.unwrap();
    receipts(&mut *appender, 1).await.remove(0).unwrap()
}

async fn append_many(store: &dyn StreamStore, stream: &StreamKey, count: usize) -> Vec<EntryId> {
    let mut appender = store.appender("test").await.unwrap();
    let values: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    let fields: Vec<_> = values.iter().map(|value| [(&b"n"[..], value.as_bytes())]).collect();
    let batch: Vec<_> = fields.iter().map(|fields| NewEntry { stream, fields }).collect();
    appender.send(&batch).await.unwrap();
    receipts(&mut *appender, count).await.into_iter().map(Result::unwrap).collect()
}

async fn receipts(appender: &mut dyn Appender, count: usize) -> Vec<Result<EntryId, StoreError>> {
    let mut acks = Vec::new();
    while acks.len() < count {
        within("receipts", appender.receive(&mut acks)).await.unwrap();
    }
    assert_eq!(acks.len(), count);
    acks
}

fn flat(batch: &ReadBatch) -> Vec<(StreamKey, EntryId, Owned)> {
    let owned = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
    batch
        .entries()
        .map(|entry| (entry.stream().clone(), entry.id(), entry.fields().map(owned).collect()))
        .collect()
}

fn ids(batch: &ReadBatch) -> Vec<EntryId> {
    batch.entries().map(tradebus::store::EntryRef::id).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_come_in_order_with_several_batches_under_way(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (one, two) = (key("one"), key("two"));
    let mut appender = backend.store.appender("test").await.unwrap();
    for round in 0..20_u8 {
        let value = [round];
        let field = [(&b"n"[..], &value[..])];
        let entry = |stream| NewEntry { stream, fields: &field };
        appender.send(&[entry(&one), entry(&two), entry(&one)]).await.unwrap();
    }
    let acks: Vec<EntryId> = receipts(&mut *appender, 60).await.into_iter().map(Result::unwrap).collect();
    let stored = backend.store.range(&one, RangeQuery::default()).await.unwrap();
    let of_one: Vec<EntryId> = acks.chunks(3).flat_map(|batch| [batch[0], batch[2]]).collect();
    assert_eq!(ids(&stored), of_one);
    let rounds: Vec<u8> = stored.entries().map(|entry| entry.fields().next().unwrap().1[0]).collect();
    assert_eq!(rounds, (0..20).flat_map(|round| [round, round]).collect::<Vec<_>>());
    let of_two: Vec<EntryId> = acks.chunks(3).map(|batch| batch[1]).collect();
    assert_eq!(ids(&backend.store.range(&two, RangeQuery::default()).await.unwrap()), of_two);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_several_streams_from_their_places(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let store = &*backend.store;
    let (one, two, missing) = (key("one"), key("two"), key("missing"));
    let (in_one, in_two) = (append_many(store, &one, 10).await, append_many(store, &two, 5).await);
    let mut reader = store.reader("test").await.unwrap();

    let places = [after(&one, in_one[3]), after(&missing, EntryId::MIN), after(&two, EntryId::MIN)];
    let batch = reader.read(&places, 4, None).await.unwrap();
    let seen: Vec<_> = flat(&batch).into_iter().map(|(stream, id, _)| (stream, id)).collect();
    let of =
        |stream: &StreamKey, ids: &[EntryId]| ids.iter().map(|&id| (stream.clone(), id)).collect::<Vec<_>>();
    assert_eq!(seen, [of(&one, &in_one[4..8]), of(&two, &in_two[..4])].concat(), "at most 4 of each");

    let ends = [after(&one, in_one[9]), after(&two, in_two[4]), after(&missing, EntryId::MIN)];
    assert!(reader.read(&ends, 100, None).await.unwrap().is_empty(), "nothing is behind the last");
    assert!(
        reader.read(&ends, 100, Some(Duration::from_millis(1))).await.unwrap().is_empty(),
        "and none came"
    );
    let beyond = [after(&one, EntryId::MAX)];
    assert!(reader.read(&beyond, 100, None).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_wakes_a_blocked_read(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (quiet, later) = (key("quiet"), key("later"));
    let mut reader = backend.store.reader("test").await.unwrap();
    let places = [after(&quiet, EntryId::MIN), after(&later, EntryId::MIN)];
    for _ in 0..20 {
        let (read, id) = within("the read to end", async {
            tokio::join!(reader.read(&places, 10, Some(LONG)), append(&*backend.store, &later, b"x"))
        })
        .await;
        assert_eq!(ids(&read.unwrap()), [id]);
        assert!(backend.store.remove(&later).await.unwrap());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_read_can_be_ended(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let mut reader = backend.store.reader("test").await.unwrap();
    // Other streams each time: what ends the read must not depend on which streams are read.
    for round in 0..5 {
        let places = [after(&key(format!("s{round}")), EntryId::MIN)];
        let interrupter = reader.interrupter();
        let mut read = reader.read(&places, 10, Some(LONG));
        // One call may come before the read has begun to block, so it is made again.
        let read = within("the read to end", async {
            loop {
                tokio::select! {
                    read = &mut read => break read,
                    () = tokio::time::sleep(Duration::from_millis(5)) => interrupter.interrupt().await,
                }
            }
        });
        let began = tokio::time::Instant::now();
        assert!(read.await.unwrap().is_empty());
        assert!(began.elapsed() < LONG / 2, "the block was over before the interruption was heard");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_have_bounds_limits_and_two_directions(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, stream) = (&*backend.store, key("s"));
    let all = append_many(store, &stream, 10).await;
    let range = async |query| ids(&store.range(&stream, query).await.unwrap());
    let reversed: Vec<EntryId> = all.iter().rev().copied().collect();

    assert_eq!(range(RangeQuery::default()).await, all);
    assert_eq!(range(RangeQuery { reverse: true, ..RangeQuery::default() }).await, reversed);
    let part = RangeQuery { start: all[2], end: all[6], limit: 3, reverse: false };
    assert_eq!(range(part).await, all[2..5]);
    assert_eq!(range(RangeQuery { reverse: true, ..part }).await, reversed[3..6]);
    assert_eq!(range(RangeQuery { start: all[4], end: all[4], ..part }).await, [all[4]]);
    assert_eq!(range(RangeQuery { limit: 0, ..part }).await, []);
    assert_eq!(range(RangeQuery { start: all[6], end: all[2], ..part }).await, []);
    let missing = store.range(&key("missing"), RangeQuery::default()).await.unwrap();
    assert!(missing.is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trims_by_length_and_by_id(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, stream) = (&*backend.store, key("s"));
    let all = append_many(store, &stream, 1_000).await;
    let left = async || ids(&store.range(&stream, RangeQuery::default()).await.unwrap());

    assert_eq!(store.trim(&stream, Trim::ToLength { keep: 990, approximate: false }).await.unwrap(), 10);
    assert_eq!(store.trim(&stream, Trim::FromId { first: all[20], approximate: false }).await.unwrap(), 10);
    assert_eq!(left().await, all[20..]);
    assert_eq!(store.trim(&stream, Trim::FromId { first: all[0], approximate: false }).await.unwrap(), 0);
    assert_eq!(store.trim(&stream, Trim::ToLength { keep: 5_000, approximate: false }).await.unwrap(), 0);

    let removed = store.trim(&stream, Trim::ToLength { keep: 500, approximate: true }).await.unwrap();
    assert!((300..=480).contains(&removed), "{removed}: whole nodes go, and never too much");
    assert_eq!(left().await, all[20 + removed as usize..]);
    let more = store.trim(&stream, Trim::FromId { first: all[900], approximate: true }).await.unwrap();
    let first = 20 + (removed + more) as usize;
    assert!((700..=900).contains(&first), "{first}");
    assert_eq!(left().await, all[first..]);

    store.trim(&stream, Trim::ToLength { keep: 0, approximate: false }).await.unwrap();
    assert_eq!((left().await, store.len(&stream).await.unwrap()), (Vec::new(), 0));
    assert_eq!(
        store.last_ids(std::slice::from_ref(&stream)).await.unwrap(),
        [all[999]],
        "which is remembered"
    );
    assert!(append(store, &stream, b"").await > all[999]);
    assert_eq!(store.trim(&key("missing"), Trim::ToLength { keep: 0, approximate: false }).await.unwrap(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_removes_and_remembers_last_ids(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, one, two, missing) = (&*backend.store, key("one"), key("two"), key("missing"));
    let (in_one, in_two) = (append_many(store, &one, 3).await, append_many(store, &two, 7).await);
    let streams = [missing.clone(), two.clone(), one.clone(), two.clone()];
    assert_eq!(store.last_ids(&streams).await.unwrap(), [EntryId::MIN, in_two[6], in_one[2], in_two[6]]);
    assert_eq!(store.last_ids(&[]).await.unwrap(), []);
    assert_eq!((store.len(&two).await.unwrap(), store.len(&missing).await.unwrap()), (7, 0));
    assert!(store.remove(&two).await.unwrap());
    assert!(!store.remove(&two).await.unwrap());
    assert_eq!(store.last_ids(&[two, one]).await.unwrap(), [EntryId::MIN, in_one[2]]);
    assert!(store.now_ms().await.unwrap() >= in_one[2].ms);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_streams_by_prefix_and_takes_no_sign_for_a_glob(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let store = &*backend.store;
    let signs: [&[u8]; 8] = [b"a*", b"a?", b"a[b]", b"a\\", b"a^", b"a-", b"a\xff\x00", b"a"];
    let keys = signs.map(|sign| key([sign, b":x"].concat()));
    for stream in &keys {
        append(store, stream, b"").await;
    }
    for (sign, stream) in signs.iter().zip(&keys) {
        let prefix = [sign, &b":"[..]].concat();
        assert_eq!(store.streams(&prefix).await.unwrap(), std::slice::from_ref(stream), "{stream}");
    }
    let sorted = |mut found: Vec<StreamKey>| {
        found.sort();
        found
    };
    assert_eq!(sorted(store.streams(b"").await.unwrap()), sorted(keys.to_vec()));
    assert_eq!(store.streams(b"b").await.unwrap(), []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_fields_as_they_are(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let store = &*backend.store;
    let stream = key(b"\x00\xff\r\n* k");
    let bytes: Vec<u8> = (0..=255).collect();
    let entries: Vec<Owned> = vec![
        vec![(b"n".to_vec(), Vec::new())],
        vec![(Vec::new(), bytes.clone()), (bytes.clone(), Vec::new()), (bytes.clone(), b"again".to_vec())],
        (0..100).map(|n| (format!("field {n}").into_bytes(), vec![n; n as usize])).collect(),
        vec![(b"large".to_vec(), vec![7; 1 << 20]), (b"larger".to_vec(), bytes.repeat(8_192))],
        vec![(b"100".to_vec(), b"-17".to_vec()), (b"9223372036854775808".to_vec(), b"007".to_vec())],
    ];
    let mut appender = store.appender("test").await.unwrap();
    for fields in &entries {
        let pairs: Vec<(&[u8], &[u8])> = fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let pairs = Fields(pairs);
        appender.send(&[NewEntry { stream: &stream, fields: &pairs }]).await.unwrap();
    }
    receipts(&mut *appender, entries.len()).await;

    let ranged = store.range(&stream, RangeQuery::default()).await.unwrap();
    let read =
        store.reader("test").await.unwrap().read(&[after(&stream, EntryId::MIN)], 100, None).await.unwrap();
    for batch in [ranged, read] {
        let seen: Vec<Owned> = flat(&batch).into_iter().map(|(_, _, fields)| fields).collect();
        assert!(seen == entries, "fields differ");
        let shared = batch.entries().nth(3).map(|entry| entry.share(entry.fields().next().unwrap().1));
        assert_eq!(shared.unwrap(), vec![7; 1 << 20]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_refused_does_not_shift_the_receipts(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (good, bad) = (key("good"), key("bad"));
    // The largest id there is: no other can follow.
    put(&backend, &bad, EntryId::MAX);
    let mut appender = backend.store.appender("test").await.unwrap();
    let field = [(&b"n"[..], &b"x"[..])];
    let entry = |stream| NewEntry { stream, fields: &field };
    appender.send(&[entry(&good), entry(&bad), entry(&good)]).await.unwrap();
    let acks = receipts(&mut *appender, 3).await;
    assert!(matches!(acks[1], Err(StoreError::Refused { .. })), "{:?}", acks[1]);
    let stored = ids(&backend.store.range(&good, RangeQuery::default()).await.unwrap());
    assert_eq!([acks[0].as_ref().unwrap(), acks[2].as_ref().unwrap()], [&stored[0], &stored[1]]);
}

/// Puts an entry with an id of the test's choice.
fn put(backend: &Backend, stream: &StreamKey, id: EntryId) {
    match &backend.server {
        Some(server) => {
            let id = id.to_string();
            let words: [&[u8]; 5] = [b"XADD", stream.as_bytes(), id.as_bytes(), b"n", b""];
            assert_eq!(server.ask(&words).text(), id);
        }
        None => {
            backend.engine().lock().append(stream.as_bytes(), NewId::Exact(id), &[(b"n", b"")]).unwrap();
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_rise_behind_one_in_the_future(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, stream) = (&*backend.store, key("s"));
    let future = EntryId::new(store.now_ms().await.unwrap() + 3_600_000, 5);
    put(&backend, &stream, future);
    let all = append_many(store, &stream, 3).await;
    assert!(all[0] > future && all.is_sorted_by(|a, b| a < b), "{all:?}");
    let read = store.reader("test").await.unwrap().read(&[after(&stream, future)], 10, None).await.unwrap();
    assert_eq!(ids(&read), all);
}

#[tokio::test]
async fn embedded_ids_rise_when_the_clock_is_set_back() {
    let clock = Arc::new(AtomicU64::new(5_000));
    let now = clock.clone();
    let engine = Engine::with_clock(move || now.load(Relaxed));
    let (store, stream) = (EmbeddedStore::over(engine.clone()), key("s"));
    let mut all = append_many(&store, &stream, 2).await;
    clock.store(1_000, Relaxed);
    all.extend(append_many(&store, &stream, 2).await);
    clock.store(9_000, Relaxed);
    all.extend(append_many(&store, &stream, 1).await);
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    assert_eq!(all[4], EntryId::new(9_000, 0));
    let mut in_engine = Vec::new();
    let visit = |id, _: tradebus_engine::Fields<'_>| {
        in_engine.push(id);
        ControlFlow::Continue(())
    };
    engine.lock().read_after(stream.as_bytes(), EntryId::MIN, 10, visit).unwrap();
    assert_eq!(in_engine, all, "the store and its engine show the same");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_answers_in_its_own_language_and_a_store_of_this_process_does_not(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let info = backend.store.ask_server(&["INFO", "server"]).await.unwrap();
    if matches!(kind, Kind::Embedded | Kind::Durable) {
        assert_eq!(info, None);
        return;
    }
    let info = info.unwrap();
    assert!(info.text().is_some_and(|text| text.contains("redis_version:")), "{info:?}");
    let policy = backend.store.ask_server(&["CONFIG", "GET", "maxmemory-policy"]).await.unwrap();
    let text = |text: &str| ServerReply::Text(text.to_owned());
    assert_eq!(policy, Some(ServerReply::List(vec![text("maxmemory-policy"), text("noeviction")])));
    let refused = backend.store.ask_server(&["NO-SUCH-COMMAND"]).await.unwrap();
    assert!(
        matches!(&refused, Some(ServerReply::Refused(words)) if words.starts_with("ERR unknown command"))
    );
    // The connection is as good as before.
    assert_eq!(backend.store.len(&key("none")).await.unwrap(), 0);
}
