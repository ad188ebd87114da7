//! WATCH, MULTI, EXEC and DISCARD between the other commands.

use crate::words::{Args, Words, args};

/// Sometimes opens a transaction, and sometimes ends the one that is open.
pub(crate) fn command(words: &mut Words, open: &mut bool) -> Option<Args> {
    if words.once_in(30) {
        return Some(watch(words));
    }
    if !words.once_in(if *open { 8 } else { 25 }) {
        return None;
    }
    let line = match (*open, words.random.u8(..10)) {
        (true, 0 | 1) => "DISCARD",
        (true, 2) | (false, 0..8) => "MULTI",
        (true, _) | (false, 8) => "EXEC",
        (false, _) => "DISCARD",
    };
    *open = line == "MULTI";
    Some(args(line))
}

/// What the same client does then counts as well.
fn watch(words: &mut Words) -> Args {
    let (key, other) = (words.key(), words.key());
    match words.random.u8(..6) {
        0 => args("UNWATCH"),
        1..4 => args(&format!("WATCH {key}")),
        _ => args(&format!("WATCH {key} {other}")),
    }
}
