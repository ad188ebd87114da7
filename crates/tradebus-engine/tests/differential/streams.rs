//! Stream commands without groups.

use crate::words::{Args, Words, args};

pub(crate) fn command(words: &mut Words) -> Args {
    let key = words.stream();
    let line = match words.random.u8(..100) {
        0..50 => return xadd(words),
        50..58 => format!("XDEL {key} {}", words.ids()),
        58..64 => format!("XTRIM {key}{}", trim(words)),
        64..70 => format!("XRANGE {key} {} {}{}", words.range_end(), words.range_end(), words.maybe_count()),
        70..76 => {
            format!("XREVRANGE {key} {} {}{}", words.range_end(), words.range_end(), words.maybe_count())
        }
        76..84 => xread(words),
        84..88 => format!("XINFO STREAM {key}"),
        88..90 => format!("XINFO STREAM {key} FULL COUNT {}", words.number()),
        90..93 => xsetid(words),
        93 => node_limits(words),
        94 => format!("DEL {key}"),
        95 => format!("XADD {key} {}", words.id()),
        _ => format!("XLEN {key}"),
    };
    args(&line)
}

pub(crate) fn xadd(words: &mut Words) -> Args {
    let (key, id) = (words.stream(), words.new_id());
    let trim = if words.once_in(8) { trim(words) } else { String::new() };
    let existing = if words.once_in(12) { " NOMKSTREAM" } else { "" };
    let mut args = args(&format!("XADD {key}{existing}{trim} {id}"));
    for _ in 0..words.random.usize(1..5) {
        let name = if words.random.bool() { b"topic".to_vec() } else { words.text() };
        args.extend([name, words.text()]);
    }
    if words.once_in(60) {
        args.pop();
    }
    args
}

fn trim(words: &mut Words) -> String {
    let (strategy, threshold) =
        if words.random.bool() { ("MAXLEN", words.number()) } else { ("minid", words.id()) };
    let how = words.one_of(&["", " ~", " ="]);
    let limit = if words.once_in(4) { format!(" LIMIT {}", words.number()) } else { String::new() };
    let again = if words.once_in(30) { " MAXLEN 5" } else { "" };
    format!(" {strategy}{how} {threshold}{limit}{again}")
}

fn xread(words: &mut Words) -> String {
    let count = words.maybe_count();
    let (one, other) = (words.stream(), words.stream());
    let (first, second) = (words.id(), words.id());
    match words.random.u8(..16) {
        0 => format!("XREAD{count} STREAMS {one} $"),
        1 => format!("XREAD{count} STREAMS {one} {other} {first}"),
        // Nobody else writes: the wait ends with its time.
        2 => format!("XREAD{count} BLOCK 1 STREAMS {one} {other} {first} {second}"),
        3 => format!("XREAD{count} BLOCK {} STREAMS {one} 0-0", words.one_of(&["-1", "x", "1.5"])),
        4 => format!("XREAD{count} {} STREAMS {one} {first}", words.bad_word()),
        5 => format!("XREAD{count} GROUP g alice STREAMS {one} {first}"),
        6 => format!("XREAD{count} STREAMS {one} {other} {first} >"),
        _ => format!("XREAD{count} STREAMS {one} {other} {first} {second}"),
    }
}

fn xsetid(words: &mut Words) -> String {
    let added = format!(" ENTRIESADDED {}", words.number());
    let deleted = format!(" MAXDELETEDID {}", words.id());
    let options = words.one_of(&["", "", &added, &deleted, &format!("{deleted}{added}")]).to_owned();
    // Not below an entry that was deleted: newer servers refuse that, and 7.0.15 loses the order of its nodes.
    let id = if words.once_in(20) { words.bad_word() } else { words.id_above_all() };
    format!("XSETID {} {id}{options}", words.stream())
}

/// Small nodes, so that a short sequence fills some.
pub(crate) fn node_limits(words: &mut Words) -> String {
    if words.once_in(3) {
        // Below 4096 redis-server 7.0.15 itself reads beyond a node, and shows entries that were never added.
        return format!("CONFIG SET stream-node-max-bytes {}", words.random.u64(4096..9000));
    }
    let entries = if words.once_in(4) { words.random.u64(..120) } else { words.random.u64(1..9) };
    format!("CONFIG SET stream-node-max-entries {entries}")
}
