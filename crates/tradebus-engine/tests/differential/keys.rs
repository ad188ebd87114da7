//! Commands about keys, whatever they hold.

use crate::words::{Args, Words, args};

pub(crate) fn command(words: &mut Words) -> Args {
    let (key, other) = (words.key(), words.key());
    let line = match words.random.u8(..100) {
        0..30 => expire(words),
        30..52 => {
            format!("{} {key}", words.one_of(&["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PEXPIRETIME"]))
        }
        52..56 => format!("PERSIST {key}"),
        56..62 => format!("RENAME {key} {other}"),
        62..66 => format!("RENAMENX {key} {other}"),
        66..76 => {
            format!(
                "COPY {key} {other}{}",
                words.one_of(&["", " REPLACE", " replace", " DB 0", " DB x", " FOO"])
            )
        }
        76..80 => format!("DEL {key} {other}"),
        80 => format!("UNLINK {key}"),
        81..84 => format!("TYPE {key}"),
        84..87 => format!("EXISTS {key} {other} {key}"),
        87 if words.random.bool() => "RANDOMKEY".to_owned(),
        87 => format!("TOUCH {key} {other}"),
        88..92 => format!("KEYS {}", pattern(words)),
        92..99 => scan(words),
        _ => words.one_of(&["FLUSHDB", "FLUSHALL ASYNC", "FLUSHALL FOO"]).to_owned(),
    };
    args(&line)
}

fn expire(words: &mut Words) -> String {
    let key = words.key();
    let (command, time) = match words.random.u8(..10) {
        0..3 => ("EXPIRE", (words.thousands_of_seconds() * 1000).to_string()),
        3..5 => ("PEXPIRE", (words.thousands_of_seconds() * 1_000_000).to_string()),
        5..7 => ("EXPIREAT", words.unix_seconds().to_string()),
        7..9 => ("pexpireat", (words.unix_seconds() * 1000 + 7).to_string()),
        _ => past_or_bad(words),
    };
    let mut line = format!("{command} {key} {time}");
    for _ in 0..words.random.u8(..3) {
        line += words.one_of(&["", "", " NX", " XX", " gt", " LT"]);
    }
    if words.once_in(40) { line + " FOO" } else { line }
}

fn past_or_bad(words: &mut Words) -> (&'static str, String) {
    let command = words.one_of(&["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"]);
    // Too large: as a sum with the time of today, or as milliseconds.
    let large = match command {
        "PEXPIRE" => "9223372036854775807",
        "EXPIRE" => "9223372036854775",
        _ => "99999999999999999999",
    };
    (command, words.one_of(&["0", "-1", "-9223372036854775808", large, "x", ""]).to_owned())
}

fn pattern(words: &mut Words) -> String {
    const PIECES: [&str; 15] =
        ["*", "*", "?", "a", "b", "t", "e", "[a-m]", "[^a]", "[", "]", "-", "\\", "^", "stream:"];
    if words.random.bool() {
        return words
            .one_of(&["*", "?", "*e*", "[ab]", "[^a]", "[m-a]*", "stream:?", "\\a", "s*t", ""])
            .to_owned();
    }
    (0..words.random.u8(1..6)).map(|_| words.one_of(&PIECES)).collect()
}

/// Always all at once: where a cursor leads is between a server and itself.
fn scan(words: &mut Words) -> String {
    const TYPES: [&str; 6] = ["", "", " TYPE stream", " TYPE string", " type LIST", " TYPE hash"];
    let cursor = if words.once_in(8) { words.one_of(&["00", "+0", "-0", "", " 0", "0 ", "-"]) } else { "0" };
    let pattern = if words.random.bool() { format!(" MATCH {}", pattern(words)) } else { String::new() };
    let line = format!("SCAN {cursor} COUNT 1000{pattern}{}", words.one_of(&TYPES));
    match words.random.u8(..20) {
        0 => line + words.one_of(&[" COUNT 0", " COUNT x", " MATCH", " FOO 1"]),
        1 => words.one_of(&["SCAN x", "SCAN", "SCAN 1.5", "SCAN 99999999999999999999"]).to_owned(),
        _ => line,
    }
}
