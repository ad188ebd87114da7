//! The store as its users see it.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use tradebus_engine::{DbError, Engine, EntryId, KeyType, Listener, NewId, SetId};

/// Whether the listener has something to say right now.
fn is_woken(listener: &mut Listener) -> bool {
    let changed = pin!(listener.changed());
    changed.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

fn add(engine: &Engine, key: &[u8]) -> EntryId {
    engine.lock().append(key, NewId::Auto, &[(b"f", b"v")]).expect("appending")
}

fn ids_after(engine: &Engine, key: &[u8], after: EntryId) -> Vec<EntryId> {
    let mut ids = Vec::new();
    let shown = engine.lock().read_after(key, after, usize::MAX, |id, _| {
        ids.push(id);
        ControlFlow::Continue(())
    });
    assert_eq!(shown, Ok(ids.len()));
    ids
}

#[test]
fn reads_go_on_after_the_last_entry() {
    let engine = Engine::with_clock(|| 7);
    let ids: Vec<EntryId> = (0..250).map(|_| add(&engine, b"s")).collect();
    assert_eq!(ids_after(&engine, b"s", EntryId::MIN), ids);
    assert_eq!(ids_after(&engine, b"s", ids[200]), &ids[201..]);
    assert_eq!(ids_after(&engine, b"s", EntryId::MAX), &[]);
    assert_eq!(ids_after(&engine, b"other", EntryId::MIN), &[]);
}

#[test]
fn a_batch_has_one_time() {
    let clock = Arc::new(AtomicU64::new(5));
    let ticking = Arc::clone(&clock);
    let engine = Engine::with_clock(move || ticking.fetch_add(1, Ordering::Relaxed));
    let mut db = engine.lock();
    for seq in 0..3 {
        assert_eq!(db.append(b"s", NewId::Auto, &[(b"f", b"v")]), Ok(EntryId::new(5, seq)));
    }
    drop(db);
    assert_eq!(add(&engine, b"s"), EntryId::new(6, 0));
    assert_eq!(clock.load(Ordering::Relaxed), 7);
}

#[test]
fn a_refused_entry_creates_nothing() {
    let engine = Engine::new();
    let mut db = engine.lock();
    assert_eq!(db.append(b"s", NewId::Exact(EntryId::MIN), &[(b"f", b"v")]), Err(DbError::IdZero));
    assert_eq!(db.append_existing(b"s", NewId::Auto, &[(b"f", b"v")]), Ok(None));
    assert!(!db.exists(b"s"));
    assert_eq!(
        db.set_id(b"s", SetId { last_id: EntryId::MAX, entries_added: None, max_deleted_id: None }),
        Err(DbError::NoSuchKey)
    );
}

#[test]
fn an_emptied_stream_stays_until_it_is_removed() {
    let engine = Engine::with_clock(|| 1);
    let id = add(&engine, b"s");
    let mut db = engine.lock();
    assert_eq!(db.delete_entries(b"s", &[id, id]), Ok(1));
    assert_eq!((db.len(b"s"), db.key_type(b"s")), (Ok(0), Some(KeyType::Stream)));
    assert_eq!(db.append(b"s", NewId::Auto, &[(b"f", b"v")]), Ok(EntryId::new(1, 1)));
    assert_eq!((db.remove(b"s"), db.remove(b"s")), (Ok(true), Ok(false)));
    assert_eq!(db.append(b"s", NewId::Auto, &[(b"f", b"v")]), Ok(EntryId::new(1, 0)));
}

#[test]
fn set_id_keeps_what_is_known() {
    let engine = Engine::with_clock(|| 9);
    add(&engine, b"s");
    let mut db = engine.lock();
    let set = |last_id, entries_added, max_deleted_id| SetId { last_id, entries_added, max_deleted_id };
    let (five, nine, ten) = (EntryId::new(5, 0), EntryId::new(9, 0), EntryId::new(10, 0));
    assert_eq!(
        db.set_id(b"s", set(five, None, None)),
        Err(DbError::LastIdBelowEntry { id: five, newest: nine })
    );
    assert_eq!(
        db.set_id(b"s", set(nine, None, Some(ten))),
        Err(DbError::LastIdBelowDeleted { id: nine, max_deleted: ten })
    );
    let too_few = DbError::EntriesAddedBelowLength { entries_added: 0, length: 1 };
    assert_eq!(db.set_id(b"s", set(ten, Some(0), None)), Err(too_few));
    assert_eq!(db.set_id(b"s", set(ten, Some(7), Some(five))), Ok(()));
    let info = db.info(b"s").expect("a stream").expect("present");
    assert_eq!((info.last_id, info.entries_added, info.max_deleted_id), (ten, 7, five));
}

#[test]
fn listeners_are_woken_when_the_batch_is_done() {
    let engine = Engine::new();
    let mut listener = engine.listen(["a", "b"]);
    let mut other = engine.listen(["c"]);
    let mut db = engine.lock();
    db.append(b"a", NewId::Auto, &[(b"f", b"v")]).expect("appending");
    db.append(b"b", NewId::Auto, &[(b"f", b"v")]).expect("appending");
    db.append(b"b", NewId::Auto, &[(b"f", b"v")]).expect("appending");
    assert!(!is_woken(&mut listener));
    drop(db);
    assert!(is_woken(&mut listener));
    assert!(!is_woken(&mut listener), "woken once for a batch");
    assert!(!is_woken(&mut other));
}

#[test]
fn listeners_hear_of_later_batches_removals_and_flushes() {
    let engine = Engine::new();
    let mut listener = engine.listen(["a"]);
    for _ in 0..2 {
        add(&engine, b"a");
        assert!(is_woken(&mut listener));
    }
    engine.lock().remove(b"a").expect("removing");
    assert!(is_woken(&mut listener));
    engine.lock().flush().expect("flushing");
    assert!(!is_woken(&mut listener), "there was nothing left to lose");
    add(&engine, b"a");
    assert!(is_woken(&mut listener));
    engine.lock().flush().expect("flushing");
    assert!(is_woken(&mut listener));
    let waker = listener.waker();
    waker.wake();
    assert!(is_woken(&mut listener));
    assert!(!is_woken(&mut listener));
    drop(listener);
    add(&engine, b"a");
}

#[test]
fn a_scan_shows_every_key_that_stays_exactly_once() {
    let engine = Engine::new();
    let key = |number: usize| format!("key:{number}").into_bytes();
    for number in 0..100 {
        add(&engine, &key(number));
    }
    let (mut cursor, mut seen) = (0, Vec::new());
    loop {
        cursor = engine.lock().scan(cursor, 7, |key, _| seen.push(key.to_vec()));
        if cursor == 0 {
            break;
        }
        engine.lock().remove(&key(seen.len())).expect("removing");
        add(&engine, format!("late:{cursor}").as_bytes());
    }
    for number in (0..100).filter(|number| engine.lock().exists(&key(*number))) {
        assert_eq!(seen.iter().filter(|name| **name == key(number)).count(), 1, "{number}");
    }
    let mut matching = 0;
    engine.lock().keys(b"late:*", |_| matching += 1);
    assert!(matching > 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_between_reading_and_waiting() {
    const ENTRIES: usize = 5_000;
    let engine = Engine::new();
    let writer = {
        let engine = engine.clone();
        std::thread::spawn(move || (0..ENTRIES).map(|_| add(&engine, b"s")).collect::<Vec<_>>())
    };
    let mut listener = engine.listen(["s"]);
    let (mut after, mut seen) = (EntryId::MIN, Vec::new());
    while seen.len() < ENTRIES {
        let new = ids_after(&engine, b"s", after);
        if new.is_empty() {
            listener.changed().await;
        }
        after = new.last().copied().unwrap_or(after);
        seen.extend(new);
    }
    assert_eq!(seen, writer.join().expect("the writer"));
}
