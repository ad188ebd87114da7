//! Strings, and as much of lists and sets as there is.

use crate::words::{Args, Words, args};

pub(crate) fn command(words: &mut Words) -> Args {
    match words.random.u8(..100) {
        0..30 => set(words),
        30..55 => read(words),
        55..80 => change(words),
        _ => collection(words),
    }
}

/// A command with words that may be any bytes behind those of a line.
fn with(line: &str, texts: impl IntoIterator<Item = Vec<u8>>) -> Args {
    let mut args = args(line);
    args.extend(texts);
    args
}

fn set(words: &mut Words) -> Args {
    let key = words.value();
    let text = words.text();
    match words.random.u8(..20) {
        0..12 => {
            let mut set = with(&format!("SET {key}"), [text]);
            for _ in 0..words.random.u8(..4) {
                set.extend(args(&set_option(words)));
            }
            set
        }
        12 => with(&format!("SETNX {key}"), [text]),
        13 => with(&format!("SETEX {key} {}", lifetime(words, 1000)), [text]),
        14 => with(&format!("PSETEX {key} {}", lifetime(words, 1_000_000)), [text]),
        15 => with(&format!("GETSET {key}"), [text]),
        16 => with(&format!("MSET {key}"), [text, words.key().into(), words.text(), words.value().into()]),
        _ => {
            let (one, other) = (words.key(), words.value());
            with(&format!("MSET {one}"), [text, other.into(), words.text()])
        }
    }
}

fn set_option(words: &mut Words) -> String {
    match words.random.u8(..10) {
        0 => "NX".to_owned(),
        1 | 2 => "xx".to_owned(),
        3 | 4 => "GET".to_owned(),
        5 => "KEEPTTL".to_owned(),
        6 => words.one_of(&["PERSIST", "EX", "FOO", ""]).to_owned(),
        _ => expiry_option(words),
    }
}

fn expiry_option(words: &mut Words) -> String {
    match words.random.u8(..4) {
        0 => format!("EX {}", lifetime(words, 1000)),
        1 => format!("px {}", lifetime(words, 1_000_000)),
        2 => format!("EXAT {}", words.unix_seconds()),
        _ => format!("PXAT {}", words.unix_seconds() * 1000 + 7),
    }
}

/// So many units for each thousand seconds; or what is refused.
fn lifetime(words: &mut Words, units: u64) -> String {
    if words.once_in(8) {
        // Seconds that are too many as milliseconds.
        let many = if units == 1000 { "9223372036854775" } else { "9223372036854775807" };
        return words.one_of(&["0", "-1", "x", many, ""]).to_owned();
    }
    (words.thousands_of_seconds() * units).to_string()
}

fn read(words: &mut Words) -> Args {
    let key = words.value();
    let line = match words.random.u8(..20) {
        0..8 => format!("GET {key}"),
        8..12 => format!("MGET {key} {} {}", words.key(), words.value()),
        12..14 => format!("STRLEN {key}"),
        14 => format!("GETDEL {key}"),
        _ => {
            let option = match words.random.u8(..8) {
                0 => String::new(),
                1 => " PERSIST".to_owned(),
                2 => words.one_of(&[" NX", " KEEPTTL", " PERSIST EX 5", " EX 5 PERSIST", " PX"]).to_owned(),
                _ => format!(" {}", expiry_option(words)),
            };
            format!("GETEX {key}{option}")
        }
    };
    args(&line)
}

fn change(words: &mut Words) -> Args {
    let key = if words.once_in(3) { words.value() } else { "number" };
    let line = match words.random.u8(..20) {
        0..4 => return with(&format!("APPEND {}", words.value()), [words.text()]),
        4..8 => format!("INCR {key}"),
        8..11 => format!("DECR {key}"),
        11..14 => format!("INCRBY {key} {}", words.number()),
        14..17 => format!("DECRBY {key} {}", words.number()),
        17 => format!("SET {key} {}", words.one_of(&["9223372036854775807", "-9223372036854775808", "010"])),
        _ => format!("SET {key} {}", words.number()),
    };
    args(&line)
}

fn collection(words: &mut Words) -> Args {
    let line = match words.random.u8(..20) {
        0..6 => {
            let key = if words.once_in(6) { words.key() } else { "list" };
            let texts: Vec<_> = (0..words.random.usize(1..4)).map(|_| words.text()).collect();
            return with(&format!("LPUSH {key}"), texts);
        }
        6..9 => format!("LRANGE {} {} {}", "list", index(words), index(words)),
        9 => format!("LRANGE {} 0 -1", words.key()),
        10 => format!("LLEN {}", words.value()),
        11..16 => {
            let key = if words.once_in(6) { words.key() } else { "set" };
            let members: Vec<_> = (0..words.random.usize(1..4)).map(|_| member(words)).collect();
            return with(&format!("SADD {key}"), members);
        }
        16 => format!("SCARD {}", words.value()),
        17 => format!("SMEMBERS {}", words.value()),
        _ => "SMEMBERS set".to_owned(),
    };
    args(&line)
}

fn index(words: &mut Words) -> String {
    if words.once_in(8) { words.number() } else { words.random.i8(-6..6).to_string() }
}

fn member(words: &mut Words) -> Vec<u8> {
    if words.random.bool() { words.random.u8(..5).to_string().into() } else { words.text() }
}
