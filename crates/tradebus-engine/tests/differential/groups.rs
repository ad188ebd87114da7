//! Commands of consumer groups.

use crate::words::{Args, Words, args};

/// An entry is either idle for less than the test takes, or made idle for longer than this by XCLAIM.
const AN_HOUR: &str = "3600000";

pub(crate) fn command(words: &mut Words) -> Args {
    let line = match words.random.u8(..100) {
        0..12 => xgroup(words),
        12..44 => xreadgroup(words),
        44..54 => format!("XACK {} {} {}", words.stream(), group(words), words.ids()),
        54..66 => xpending(words),
        66..78 => xclaim(words),
        78..88 => xautoclaim(words),
        _ => xinfo(words),
    };
    args(&line)
}

/// Streams with groups, so that the first commands find something.
pub(crate) fn beginning() -> Vec<Args> {
    let lines = [
        "XGROUP CREATE a g 0 MKSTREAM",
        "XGROUP CREATE a h $",
        "XGROUP CREATE b g $ MKSTREAM",
        "XGROUP CREATE b h 0-0 ENTRIESREAD 0",
        "XGROUP CREATE stream:c g 0 MKSTREAM",
    ];
    lines.into_iter().map(args).collect()
}

fn group(words: &mut Words) -> &'static str {
    match words.random.u8(..30) {
        0..20 => "g",
        20..28 => "h",
        28 if words.once_in(2) => "nobody",
        28 => "two\r\nlines",
        _ => "g\0\u{ff}",
    }
}

fn consumer(words: &mut Words) -> &'static str {
    words.one_of(&["alice", "alice", "alice", "bob", "bob", "carol", "", "\u{ff}\0"])
}

fn xgroup(words: &mut Words) -> String {
    let (key, group, consumer) = (words.stream(), group(words), consumer(words));
    match words.random.u8(..20) {
        0..8 => {
            let make = if words.once_in(3) { "" } else { " MKSTREAM" };
            format!("XGROUP CREATE {key} {group} {}{}{make}", position(words), entries_read(words))
        }
        8..12 => format!("XGROUP SETID {key} {group} {}{}", position(words), entries_read(words)),
        12 => format!("XGROUP DESTROY {key} {group}"),
        13..16 => format!("XGROUP CREATECONSUMER {key} {group} {consumer}"),
        16..18 => format!("XGROUP DELCONSUMER {key} {group} {consumer}"),
        18 => words.one_of(&["XGROUP HELP", "XGROUP FOO a", "XGROUP CREATE a g", "XGROUP HELP x"]).to_owned(),
        _ => format!("XGROUP {} {key} {group} 0 {}", words.one_of(&["CREATE", "SETID"]), words.bad_word()),
    }
}

/// Where a group shall stand.
fn position(words: &mut Words) -> String {
    match words.random.u8(..8) {
        0..3 => "0".to_owned(),
        3 => "$".to_owned(),
        4 => words.one_of(&["-", "+"]).to_owned(),
        _ => words.id(),
    }
}

fn entries_read(words: &mut Words) -> String {
    if words.once_in(3) { format!(" ENTRIESREAD {}", words.number()) } else { String::new() }
}

fn xreadgroup(words: &mut Words) -> String {
    let (group, consumer, count) = (group(words), consumer(words), words.maybe_count());
    let no_ack = words.one_of(&["", "", "", " NOACK"]);
    // Nobody else writes: the wait ends with its time.
    let block = if words.once_in(40) { " BLOCK 1" } else { "" };
    let options = format!("{count}{no_ack}{block}");
    let key = words.stream();
    let keys = match words.random.u8(..8) {
        0..5 => vec![key],
        5 => vec![key, key],
        6 => vec![key, words.stream()],
        _ => vec!["a", "b"],
    };
    let from: Vec<String> = keys.iter().map(|_| from(words)).collect();
    let read =
        format!("XREADGROUP GROUP {group} {consumer}{options} STREAMS {} {}", keys.join(" "), from.join(" "));
    match words.random.u8(..60) {
        0 => read + " >",
        1 => format!("XREADGROUP NOACK COUNT 1 BLOCK 1 STREAMS {key} >"),
        2 => format!("XREADGROUP GROUP {group} {consumer} {} STREAMS {key} >", words.bad_word()),
        _ => read,
    }
}

/// After what to read: mostly what is new, sometimes what is pending.
fn from(words: &mut Words) -> String {
    match words.random.u8(..20) {
        0..14 => ">".to_owned(),
        14..17 => "0".to_owned(),
        17 => "$".to_owned(),
        _ => words.id(),
    }
}

fn xpending(words: &mut Words) -> String {
    let (key, group) = (words.stream(), group(words));
    if words.once_in(3) {
        return format!("XPENDING {key} {group}");
    }
    let idle = if words.once_in(3) { format!(" IDLE {}", min_idle(words)) } else { String::new() };
    let consumer = if words.once_in(3) { format!(" {}", consumer(words)) } else { String::new() };
    let line = format!(
        "XPENDING {key} {group}{idle} {} {} {}{consumer}",
        words.range_end(),
        words.range_end(),
        words.number()
    );
    match words.random.u8(..30) {
        0 => line + " more words",
        1 => format!("XPENDING {key} {group}{idle} - +"),
        _ => line,
    }
}

fn min_idle(words: &mut Words) -> &'static str {
    words.one_of(&["0", "0", "0", "0", "0", "0", AN_HOUR, AN_HOUR, "-1", "x"])
}

fn xclaim(words: &mut Words) -> String {
    let (key, group, consumer) = (words.stream(), group(words), consumer(words));
    let ids = if words.once_in(30) { "FORCE".to_owned() } else { words.ids() };
    let options: String = (0..words.random.u8(..4)).map(|_| claim_option(words)).collect();
    format!("XCLAIM {key} {group} {consumer} {} {ids}{options}", min_idle(words))
}

fn claim_option(words: &mut Words) -> String {
    match words.random.u8(..14) {
        0..3 => " JUSTID".to_owned(),
        3..6 => " force".to_owned(),
        6 => format!(" IDLE {}", words.one_of(&["0", "7200000", "7300000", "-5000", "x"])),
        7 => format!(" TIME {}", words.one_of(&["1", "123456", "99999999999999", "-2", "-1", "x"])),
        8 | 9 => format!(" RETRYCOUNT {}", words.number()),
        10 => format!(" LASTID {}", words.id()),
        11 => words.one_of(&[" IDLE", " TIME", " RETRYCOUNT", " LASTID", " COUNT 1"]).to_owned(),
        _ => String::new(),
    }
}

fn xautoclaim(words: &mut Words) -> String {
    let (key, group, consumer) = (words.stream(), group(words), consumer(words));
    let (idle, start) =
        (min_idle(words), if words.random.bool() { "0".to_owned() } else { words.range_end() });
    let options = format!("{}{}", words.maybe_count(), words.one_of(&["", " JUSTID"]));
    let bad = if words.once_in(40) { format!(" {}", words.bad_word()) } else { String::new() };
    format!("XAUTOCLAIM {key} {group} {consumer} {idle} {start}{options}{bad}")
}

fn xinfo(words: &mut Words) -> String {
    let key = words.stream();
    match words.random.u8(..12) {
        0..4 => format!("XINFO STREAM {key} FULL"),
        4 => format!("XINFO STREAM {key} full count {}", words.number()),
        5..8 => format!("XINFO CONSUMERS {key} {}", group(words)),
        8 => words.one_of(&["XINFO HELP", "XINFO GROUPS", "XINFO FOO a", "XINFO CONSUMERS a"]).to_owned(),
        _ => format!("XINFO GROUPS {key}"),
    }
}
