//! Random scenes of readers that wait.

use crate::sequence;
use crate::stage::Step;
use crate::transactions;
use crate::words::{Args, Words, args};

/// The scene of a seed: some readers, then somebody who writes.
pub(crate) fn scene(seed: u64) -> Vec<Step> {
    let mut words = Words::new(fastrand::Rng::with_seed(seed), 6);
    let mut steps: Vec<Step> =
        (0..words.random.u8(1..5)).map(|_| Step::Wait(args(&read(&mut words)))).collect();
    // Half of the scenes are about what wakes readers, the others about everything.
    let anything = words.random.bool();
    let mut open = false;
    for _ in 0..words.random.u8(3..25) {
        steps.extend(transactions::command(&mut words, &mut open).map(Step::Do));
        let command =
            if anything { sequence::command_about_groups(&mut words) } else { args(&write(&mut words)) };
        if !open || !is_flush(&command) {
            steps.push(Step::Do(command));
        }
    }
    if open {
        steps.push(Step::Do(args("EXEC")));
    }
    steps
}

/// Which stream goes first when all go is a matter of hash tables: then nothing may come back at once.
fn is_flush(command: &Args) -> bool {
    command[0].to_ascii_uppercase().starts_with(b"FLUSH")
}

/// Whoever reads like this waits, since nothing is new.
fn read(words: &mut Words) -> String {
    let keys = words.one_of(&["a", "a", "b", "a b", "b a", "a a", "b stream:c a"]);
    let count = words.one_of(&["", "", " COUNT 1", " COUNT 2", " COUNT 0"]);
    let after = |id: &str| format!(" {id}").repeat(keys.split(' ').count());
    if words.once_in(4) || keys.contains("stream:c") {
        return format!("XREAD{count} BLOCK 0 STREAMS {keys}{}", after(words.one_of(&["$", "5-1", "9-0"])));
    }
    let (group, consumer) = (words.one_of(&["g", "g", "h"]), words.one_of(&["alice", "bob", "carol"]));
    let no_ack = words.one_of(&["", "", " NOACK"]);
    format!("XREADGROUP GROUP {group} {consumer}{count}{no_ack} BLOCK 0 STREAMS {keys}{}", after(">"))
}

fn write(words: &mut Words) -> String {
    let (key, other) = (words.one_of(&["a", "a", "b", "stream:c"]), words.one_of(&["a", "b", "stream:c"]));
    let (group, consumer) = (words.one_of(&["g", "h"]), words.one_of(&["alice", "bob"]));
    let (new, id) = (words.new_id(), words.id());
    match words.random.u8(..40) {
        0..15 => format!("XADD {key} {new} f v"),
        15 => format!("XADD {key} MAXLEN {} {new} f v", words.random.u8(..3)),
        16 => format!("XADD {key} NOMKSTREAM {new} f v"),
        17 | 18 => format!("XDEL {key} {id}"),
        19 => format!("XTRIM {key} MAXLEN {}", words.random.u8(..2)),
        20 | 21 => format!("DEL {key}"),
        22 => format!("{} {key} text", words.one_of(&["SET", "SETNX", "GETSET", "APPEND", "LPUSH", "SADD"])),
        23 => format!("MSET {key} text {other} text"),
        24 | 25 => format!("RENAME {key} {other}"),
        26 => format!("COPY {key} {other} REPLACE"),
        27 => format!("{} {key} -1", words.one_of(&["EXPIRE", "PEXPIREAT"])),
        28 => words.one_of(&["FLUSHALL", "FLUSHDB"]).to_owned(),
        29 | 30 => format!("XGROUP DESTROY {key} {group}"),
        31..34 => format!("XGROUP CREATE {key} {group} {} MKSTREAM", words.one_of(&["0", "$", &id])),
        34 => format!("XGROUP SETID {key} {group} {}", words.one_of(&["0", "$", &id])),
        35 => format!("XGROUP {}CONSUMER {key} {group} {consumer}", words.one_of(&["CREATE", "DEL"])),
        36 => format!("XREADGROUP GROUP {group} {consumer} COUNT 1 STREAMS {key} >"),
        37 => format!("XCLAIM {key} {group} {consumer} 0 {id} FORCE LASTID {id}"),
        38 => format!("XACK {key} {group} {id}"),
        _ => format!("SET {key} text {}", words.one_of(&["PXAT 1", "XX", "NX", "KEEPTTL", "GET"])),
    }
}
