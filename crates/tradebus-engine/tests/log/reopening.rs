//! A store that is opened again is the one that was closed.

use std::fs;

use tradebus_engine::{Fsync, NewId, OpenError};

use super::change::Changes;
use super::describe::{assert_is, describe};
use super::{open, options, refusal};

#[test]
fn everything_is_there_again() {
    for seed in 0..8 {
        let place = tempfile::tempdir().expect("a directory");
        let options = options(place.path());
        let mut changes = Changes::with_seed(seed);
        let mut before = String::new();
        for round in 0..4 {
            let (engine, recovered) = open(&options);
            assert_is(&engine, &before, format_args!("seed {seed}, round {round}"));
            assert_eq!((recovered.cut_bytes, recovered.put_aside.len()), (0, 0));
            changes.make(&engine, 400);
            before = describe(&engine);
            drop(engine);
        }
    }
}

#[test]
fn a_snapshot_stands_for_the_log_before_it() {
    for seed in 0..5 {
        let place = tempfile::tempdir().expect("a directory");
        let mut options = options(place.path());
        options.snapshot_after_bytes = 100_000;
        let mut changes = Changes::with_seed(seed);
        let (engine, _) = open(&options);
        while !has_snapshot(place.path()) {
            changes.make(&engine, 200);
        }
        changes.make(&engine, 200);
        let before = describe(&engine);
        drop(engine);
        let (engine, recovered) = open(&options);
        assert!(recovered.snapshot);
        assert_is(&engine, &before, format_args!("seed {seed}"));
    }
}

fn has_snapshot(directory: &std::path::Path) -> bool {
    let mut files = fs::read_dir(directory).expect("it is there");
    files.any(|file| file.expect("a file").path().extension().is_some_and(|it| it == "snapshot"))
}

#[test]
fn segments_go_when_a_snapshot_has_what_they_held() {
    let place = tempfile::tempdir().expect("a directory");
    let mut options = options(place.path());
    (options.segment_bytes, options.snapshot_after_bytes) = (1 << 20, 2 << 20);
    let (engine, _) = open(&options);
    let payload = [b'x'; 1000];
    let bytes_on_disk = || -> u64 {
        let files = fs::read_dir(place.path()).expect("it is there");
        // A file may go while it is looked at.
        files.filter_map(|file| file.ok()?.metadata().ok()).map(|it| it.len()).sum()
    };
    let mut most = 0;
    for number in 0..20_000 {
        let mut db = engine.lock();
        db.append(b"s", NewId::Auto, &[(b"payload", &payload)]).expect("room");
        db.trim(b"s", tradebus_engine::Trim::max_len(100)).expect("room");
        drop(db);
        if number % 100 == 0 {
            most = most.max(bytes_on_disk());
            // The writer keeps up: what waits for it is bounded for those who ask.
            futures_executor(engine.has_room());
        }
    }
    drop(engine);
    assert!(most < 20_000_000 / 2, "{most} bytes of 20,000,000");
    let (engine, recovered) = open(&options);
    assert_eq!(engine.lock().len(b"s"), Ok(100));
    assert!(recovered.snapshot);
}

fn futures_executor<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn what_is_settled_is_on_the_disk() {
    let place = tempfile::tempdir().expect("a directory");
    let mut options = options(place.path());
    options.fsync = Fsync::Always;
    let (engine, _) = open(&options);
    let copy = tempfile::tempdir().expect("a directory");
    for number in 0..50_u64 {
        let mut db = engine.lock();
        db.append(b"s", NewId::Auto, &[(b"n", &number.to_le_bytes())]).expect("room");
        let position = db.log_position();
        drop(db);
        futures_executor(engine.settled(position)).expect("a disk that works");
        // What another process would find if this one ended here.
        for file in fs::read_dir(place.path()).expect("it is there") {
            let path = file.expect("a file").path();
            fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("a copy");
        }
        let (other, _) = open(&super::options(copy.path()));
        assert_eq!(other.lock().len(b"s"), Ok(number + 1));
        drop(other);
        for file in fs::read_dir(copy.path()).expect("it is there") {
            fs::remove_file(file.expect("a file").path()).expect("removed");
        }
    }
}

#[test]
fn a_change_larger_than_a_segment_gets_one_of_its_own() {
    let place = tempfile::tempdir().expect("a directory");
    let options = options(place.path());
    let (engine, _) = open(&options);
    for size in [10, 64 << 10, 1 << 20, 10, 5 << 20] {
        engine.lock().append(b"s", NewId::Auto, &[(b"payload", &vec![7; size])]).expect("room");
    }
    let before = describe(&engine);
    drop(engine);
    assert_is(&open(&options).0, &before, "opened again");
}

#[test]
fn keys_that_expired_meanwhile_are_gone() {
    let place = tempfile::tempdir().expect("a directory");
    let options = options(place.path());
    let (engine, _) = open(&options);
    let mut db = engine.lock();
    let soon = db.now() + 1;
    for (key, at) in [(b"soon", soon), (b"late", soon + 1_000_000)] {
        let set =
            tradebus_engine::SetText { expiry: tradebus_engine::SetExpiry::At(at), ..Default::default() };
        db.set_text(key, b"v", set).expect("room");
    }
    drop(db);
    drop(engine);
    let (engine, _) = open(&options);
    while engine.lock().now() < soon {
        std::thread::yield_now();
    }
    let db = engine.lock();
    assert_eq!([db.exists(b"soon"), db.exists(b"late")], [false, true]);
}

#[test]
fn one_process_at_a_time_and_closing_gives_it_back() {
    let place = tempfile::tempdir().expect("a directory");
    let options = options(place.path());
    let (engine, _) = open(&options);
    let message = refusal(&options).to_string();
    let (path, pid) = (place.path().display(), std::process::id());
    assert_eq!(message, format!("{path} is in use by process {pid}: one process at a time can have it open"));
    engine.close();
    assert!(engine.lock().append(b"s", NewId::Auto, &[(b"f", b"v")]).is_err(), "it is closed");
    open(&options);
}

#[test]
fn a_place_that_cannot_be_a_store_is_named() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("file");
    fs::write(&file, "").expect("a file");
    for path in [file.clone(), file.join("below"), "/proc/nothing/here".into()] {
        let error = refusal(&options(&path));
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    }
}
