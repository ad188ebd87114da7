//! Files that are not as they were written.

use std::fs;
use std::path::{Path, PathBuf};

use tradebus_engine::{Engine, EntryId, NewId, OpenError};

use super::change::Changes;
use super::describe::{assert_is, describe};
use super::{open, options, refusal};

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("it is there").map(|file| file.expect("a file").path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    files.sort();
    files
}

/// Writes so many entries as so many frames, and takes a copy of the files as a crash would leave them.
fn crashed(entries: u64) -> tempfile::TempDir {
    let (place, copy) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let mut options = options(place.path());
    options.fsync = tradebus_engine::Fsync::Always;
    let (engine, _) = open(&options);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for number in 0..entries {
        let mut db = engine.lock();
        db.append(b"s", NewId::Exact(EntryId::new(number + 1, 0)), &[(b"payload", &[b'x'; 500])])
            .expect("room");
        let position = db.log_position();
        drop(db);
        runtime.block_on(engine.settled(position)).expect("a disk that works");
    }
    for file in files(place.path(), "log") {
        fs::copy(&file, copy.path().join(file.file_name().expect("a name"))).expect("a copy");
    }
    copy
}

fn len(engine: &Engine) -> u64 {
    engine.lock().len(b"s").expect("a stream")
}

fn change_file(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("a file");
    change(&mut bytes);
    fs::write(path, bytes).expect("a file");
}

/// Where the last byte of a segment is that is not zero.
fn used(path: &Path) -> usize {
    fs::read(path).expect("a file").iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[test]
fn a_write_that_was_not_finished_is_cut_off() {
    let original = crashed(20);
    let log = files(original.path(), "log");
    let used = used(&log[0]);
    for missing in [1, 7, 100, 530, 531, 600] {
        let place = tempfile::tempdir().expect("a directory");
        for file in &log {
            fs::copy(file, place.path().join(file.file_name().expect("a name"))).expect("a copy");
        }
        let first = files(place.path(), "log").remove(0);
        // As if the rest had not reached the disk: zeros, or nothing.
        change_file(&first, |bytes| bytes[used - missing..].fill(0));
        if missing % 2 == 0 {
            change_file(&first, |bytes| bytes.truncate(used - missing));
        }
        let (engine, recovered) = open(&options(place.path()));
        let lost = missing.div_ceil(used / 20) as u64;
        assert!((20 - lost - 1..20).contains(&len(&engine)), "{missing}: {}", len(&engine));
        assert!(recovered.cut_bytes < 600, "{recovered:?}");
        // The log goes on behind the cut.
        engine.lock().append(b"s", NewId::Exact(EntryId::new(99, 0)), &[(b"f", b"v")]).expect("room");
        let before = describe(&engine);
        drop(engine);
        assert_is(&open(&options(place.path())).0, &before, "opened again");
    }
}

#[test]
fn damage_in_the_middle_is_refused_with_its_place_and_repaired_if_asked() {
    let original = crashed(300);
    let log = files(original.path(), "log");
    assert!(log.len() > 2, "several segments");
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..60 {
        let place = tempfile::tempdir().expect("a directory");
        for file in &log {
            fs::copy(file, place.path().join(file.file_name().expect("a name"))).expect("a copy");
        }
        let victim = files(place.path(), "log").remove(random.usize(..2));
        let at = random.usize(..used(&victim) - 600);
        change_file(&victim, |bytes| bytes[at] ^= 1 << random.u8(..8));
        let mut options = options(place.path());
        let error = refusal(&options);
        let OpenError::Damaged(damage) = &error else {
            // A version that does not exist is said to be one.
            assert!(at == 8 || at == 9, "byte {at}: {error}");
            continue;
        };
        assert_eq!(damage.file, victim);
        let behind = damage.offset..damage.offset + 600;
        assert!(behind.contains(&(at as u64)) || damage.offset == 0, "{damage} for byte {at}");
        options.repair = true;
        let (engine, recovered) = open(&options);
        assert!(!recovered.put_aside.is_empty(), "what is cut off is kept");
        assert!(len(&engine) < 300);
        drop(engine);
        options.repair = false;
        open(&options);
    }
}

#[test]
fn what_is_missing_is_named() {
    let original = crashed(300);
    let log = files(original.path(), "log");
    fs::remove_file(&log[1]).expect("removed");
    let message = refusal(&options(original.path())).to_string();
    assert_eq!(message, format!("{} is damaged at byte 0: the file is missing", log[1].display()));
    let (engine, recovered) = open(&tradebus_engine::LogOptions { repair: true, ..options(original.path()) });
    assert_eq!(recovered.put_aside.len(), log.len() - 2);
    assert!((1..300).contains(&len(&engine)));
}

#[test]
fn an_empty_file_at_the_end_is_nothing_and_in_the_middle_is_damage() {
    let original = crashed(300);
    let log = files(original.path(), "log");
    fs::write(&log[log.len() - 1], "").expect("emptied");
    fs::write(original.path().join("notes.txt"), "not ours").expect("a file of somebody else");
    assert_eq!(len(&open(&options(original.path())).0), 300);

    let original = crashed(300);
    let log = files(original.path(), "log");
    fs::write(&log[1], "").expect("emptied");
    let OpenError::Damaged(damage) = refusal(&options(original.path())) else { panic!("it is damaged") };
    assert_eq!((&damage.file, damage.offset), (&log[1], 0));
}

#[test]
fn a_newer_version_is_not_touched() {
    let original = crashed(10);
    let log = files(original.path(), "log").remove(0);
    change_file(&log, |bytes| bytes[8..10].copy_from_slice(&77_u16.to_le_bytes()));
    let before = fs::read(&log).expect("a file");
    for repair in [false, true] {
        let error = refusal(&tradebus_engine::LogOptions { repair, ..options(original.path()) });
        assert!(matches!(error, OpenError::Version { version: 77, known: 1, .. }), "{error}");
    }
    assert_eq!(fs::read(&log).expect("a file"), before);
}

#[test]
fn a_damaged_snapshot_is_refused_and_a_repair_keeps_what_it_can() {
    let place = tempfile::tempdir().expect("a directory");
    let mut options = options(place.path());
    options.snapshot_after_bytes = 300_000;
    let (engine, _) = open(&options);
    let mut changes = Changes::with_seed(3);
    while files(place.path(), "snapshot").is_empty() {
        changes.make(&engine, 200);
    }
    drop(engine);
    let snapshot = files(place.path(), "snapshot").remove(0);
    change_file(&snapshot, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let OpenError::Damaged(damage) = refusal(&options) else { panic!("it is damaged") };
    assert_eq!(damage.file, snapshot);
    options.repair = true;
    let (engine, recovered) = open(&options);
    assert!(recovered.put_aside.len() >= 2 && recovered.snapshot, "the log is kept too: {recovered:?}");
    let after = describe(&engine);
    drop(engine);
    options.repair = false;
    assert_is(&open(&options).0, &after, "repaired for good");
}
