//! What two servers need not agree about: readings of the clock, orders that nobody promises, and the nodes of a tree.

use crate::reply::Reply;
use crate::words::{Args, FAR_SECONDS};
use Part::{At, Each, Named};

/// The way to a part of a reply.
enum Part {
    /// The value of this name.
    Named(&'static str),
    /// Every part of a list.
    Each,
    /// The part in this place of a list.
    At(usize),
}

/// In which way two parts may differ.
enum May {
    /// It is about the inside of a server.
    DifferAtAll,
    /// Both are a time of the clock, which was read at different moments. A time that was given must be the same.
    DifferByTheClock,
    /// Both are the time between now and another time, in so many units a second.
    DifferAsSpans(i64),
    /// Both have the same parts in any order.
    BeInAnyOrder,
    /// Both are a text, or both are none.
    BeAnyText,
}

/// A server answers within half a minute or the test fails: by twice as much two readings of the clock differ at most.
const SECONDS_APART: i64 = 60;

/// Where replies of a command may differ, and how.
const MASKS: &[(&str, &[Part], May)] = &[
    // There is no tree here, whose nodes could be counted.
    ("XINFO STREAM", &[Named("radix-tree-nodes")], May::DifferAtAll),
    // When an entry was delivered, of the group and of the consumer; and when a consumer came by.
    ("XINFO STREAM", &[Named("groups"), Each, Named("pending"), Each, At(2)], May::DifferByTheClock),
    (
        "XINFO STREAM",
        &[Named("groups"), Each, Named("consumers"), Each, Named("pending"), Each, At(1)],
        May::DifferByTheClock,
    ),
    (
        "XINFO STREAM",
        &[Named("groups"), Each, Named("consumers"), Each, Named("seen-time")],
        May::DifferByTheClock,
    ),
    // Milliseconds since then.
    ("XINFO CONSUMERS", &[Each, Named("idle")], May::DifferAsSpans(1000)),
    ("XPENDING", &[Each, At(2)], May::DifferAsSpans(1000)),
    ("TTL", &[], May::DifferAsSpans(1)),
    ("PTTL", &[], May::DifferAsSpans(1000)),
    // A time of expiry that was given as one is the same; one that was counted from now is not.
    ("EXPIRETIME", &[], May::DifferByTheClock),
    ("PEXPIRETIME", &[], May::DifferByTheClock),
    // Hash tables show what they hold in an order of their own.
    ("KEYS", &[], May::BeInAnyOrder),
    ("SMEMBERS", &[], May::BeInAnyOrder),
    ("SCAN", &[At(1)], May::BeInAnyOrder),
    ("RANDOMKEY", &[], May::BeAnyText),
];

/// Takes out of the replies to a command what may differ.
pub(crate) fn mask(command: &Args, ours: &mut Reply, theirs: &mut Reply) {
    let name = name(command);
    for (_, path, may) in MASKS.iter().filter(|(masked, _, _)| *masked == name) {
        follow(path, may, ours, theirs);
    }
}

/// A command by its name, and its subcommand where there is one.
pub(crate) fn name(command: &Args) -> String {
    let upper = |word: &Vec<u8>| String::from_utf8_lossy(word).to_ascii_uppercase();
    let name = upper(&command[0]);
    match command.get(1) {
        Some(sub) if matches!(&*name, "XINFO" | "XGROUP" | "CONFIG") => format!("{name} {}", upper(sub)),
        _ => name,
    }
}

fn follow(path: &[Part], may: &May, ours: &mut Reply, theirs: &mut Reply) {
    let Some((step, path)) = path.split_first() else { return may.apply(ours, theirs) };
    match *step {
        Named(name) => {
            if let (Some(ours), Some(theirs)) = (ours.named(name), theirs.named(name)) {
                follow(path, may, ours, theirs);
            }
        }
        Each => {
            for (ours, theirs) in ours.parts().iter_mut().zip(theirs.parts()) {
                follow(path, may, ours, theirs);
            }
        }
        At(place) => {
            if let (Some(ours), Some(theirs)) = (ours.parts().get_mut(place), theirs.parts().get_mut(place)) {
                follow(path, may, ours, theirs);
            }
        }
    }
}

impl May {
    fn apply(&self, ours: &mut Reply, theirs: &mut Reply) {
        let forgiven = match *self {
            Self::DifferAtAll => true,
            Self::DifferByTheClock => times(ours, theirs),
            Self::DifferAsSpans(units) => spans(ours, theirs, units),
            Self::BeAnyText => matches!((&*ours, &*theirs), (Reply::Text(..), Reply::Text(..))),
            Self::BeInAnyOrder => {
                ours.sort();
                theirs.sort();
                false
            }
        };
        if forgiven {
            ours.clone_from(theirs);
        }
    }
}

/// Times that the clock gave lie between 2001 and 2100, and no command gives one there.
fn times(ours: &Reply, theirs: &Reply) -> bool {
    const YEAR_2001_SECONDS: i64 = 1_000_000_000;
    let in_seconds = |number: i64| if number > YEAR_2001_SECONDS * 100 { number / 1000 } else { number };
    let of_the_clock = |number: i64| (YEAR_2001_SECONDS..FAR_SECONDS.cast_signed()).contains(&number);
    let (Some(ours), Some(theirs)) = (ours.number(), theirs.number()) else { return false };
    let (ours, theirs) = (in_seconds(ours), in_seconds(theirs));
    of_the_clock(ours) && of_the_clock(theirs) && ours.abs_diff(theirs) <= SECONDS_APART.unsigned_abs()
}

fn spans(ours: &Reply, theirs: &Reply, units: i64) -> bool {
    let (Some(ours), Some(theirs)) = (ours.number(), theirs.number()) else { return false };
    ours >= 0 && theirs >= 0 && ours.abs_diff(theirs) <= (SECONDS_APART * units).unsigned_abs()
}
