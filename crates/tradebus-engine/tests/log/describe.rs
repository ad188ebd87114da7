//! All that can be seen of a store, as text: two stores are the same if their descriptions are.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use tradebus_engine::{Db, Engine, EntryId, KeyType};

const ALL: std::ops::RangeInclusive<EntryId> = EntryId::MIN..=EntryId::MAX;

/// Compares a store with a description, and shows the first line that differs.
pub(crate) fn assert_is(engine: &Engine, before: &str, what: impl std::fmt::Display) {
    let now = describe(engine);
    let lines = now.lines().zip(before.lines()).enumerate();
    for (number, (now, before)) in lines {
        let (start, end) = (|line: &str| line.chars().take(300).collect::<String>(), number + 1);
        assert!(now == before, "{what}, line {end}\nnow:    {}\nbefore: {}", start(now), start(before));
    }
    assert_eq!(now.len(), before.len(), "{what}: one is longer");
}

/// One paragraph a key, in the order in which they were made.
pub(crate) fn describe(engine: &Engine) -> String {
    let db = engine.lock();
    let mut keys = Vec::new();
    db.keys(b"*", |key| keys.push(key.to_vec()));
    let mut text = String::new();
    for key in keys {
        let kind = db.key_type(&key).expect("it is there");
        let _ = writeln!(text, "{} {kind:?} {:?}", key.escape_ascii(), db.lifetime(&key));
        match kind {
            KeyType::Stream => stream(&mut text, &db, &key),
            KeyType::Text => {
                let _ = writeln!(text, "  {:?}", db.text(&key));
            }
            KeyType::List => {
                let _ = writeln!(text, "  {:?}", db.list(&key));
            }
            _ => {
                let _ = writeln!(text, "  {:?}", db.set(&key));
            }
        }
    }
    text
}

fn stream(text: &mut String, db: &Db, key: &[u8]) {
    let info = db.info(key).expect("a stream").expect("it is there");
    let _ = writeln!(
        text,
        "  {} entries, last {}, {} added, {} deleted",
        info.len, info.last_id, info.entries_added, info.max_deleted_id
    );
    let shown = db.range(key, EntryId::MIN, EntryId::MAX, usize::MAX, |id, fields| {
        let _ = write!(text, "  {id}");
        for (name, value) in fields {
            let _ = write!(text, " {}={}", name.escape_ascii(), value.escape_ascii());
        }
        text.push('\n');
        ControlFlow::Continue(())
    });
    assert_eq!(shown.expect("a stream") as u64, info.len);
    for (name, group, lag) in db.groups(key).expect("a stream") {
        let (name, last, read) = (name.escape_ascii(), group.last_delivered(), group.entries_read());
        let _ = writeln!(text, "  group {name} at {last}, read {read:?}, lag {lag:?}");
        for (name, consumer) in group.consumers() {
            let _ = writeln!(text, "    consumer {} seen {}", name.escape_ascii(), consumer.seen());
            for it in group.pending_of(consumer, ALL) {
                let _ = writeln!(text, "      {} at {}, {} times", it.id, it.delivered_at, it.deliveries);
            }
        }
        assert_eq!(group.pending(ALL).count(), group.pending_len());
    }
}
