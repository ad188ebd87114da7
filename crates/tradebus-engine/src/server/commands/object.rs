//! OBJECT and MEMORY: how values are kept.

use super::{Command, SECOND};
use crate::number;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;
use crate::{Db, KeyType};

pub(super) static OBJECT: &[Command] = &[
    Command::new("object|encoding", 3, "readonly", encoding).keys(SECOND),
    Command::new("object|freq", 3, "readonly", freq).keys(SECOND),
    Command::new("object|help", 2, "loading stale", object_help),
    Command::new("object|idletime", 3, "readonly", idletime).keys(SECOND),
    Command::new("object|refcount", 3, "readonly", refcount).keys(SECOND),
];

pub(super) static MEMORY: &[Command] = &[
    Command::new("memory|help", 2, "loading stale", memory_help),
    Command::new("memory|usage", -3, "readonly", usage).keys(SECOND),
];

/// Longest string that Redis keeps in one piece with its head, and largest set of numbers that it keeps as such.
const EMBEDDED_BYTES: usize = 44;
const NUMBERS: usize = 512;

fn encoding(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    match name_of_encoding(&context.db, args[2])? {
        Some(name) => context.out.bulk(name),
        None => context.out.null(),
    }
    Ok(())
}

/// What Redis would call it.
fn name_of_encoding(db: &Db, key: &[u8]) -> Result<Option<&'static str>, Refusal> {
    let is_number = |text: &[u8]| number::integer(text).is_some();
    Ok(match db.key_type(key) {
        None => None,
        Some(KeyType::Stream) => Some("stream"),
        Some(KeyType::List) => Some("quicklist"),
        Some(KeyType::Set) => {
            let members = db.set(key)?;
            let is_of_numbers =
                members.is_some_and(|set| set.len() <= NUMBERS && set.iter().all(|member| is_number(member)));
            Some(if is_of_numbers { "intset" } else { "hashtable" })
        }
        Some(KeyType::Text) => Some(match db.text(key)? {
            Some(text) if is_number(text) => "int",
            Some(text) if text.len() <= EMBEDDED_BYTES => "embstr",
            _ => "raw",
        }),
    })
}

/// Values are never shared.
fn refcount(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    integer_if_exists(context, args[2], 1);
    Ok(())
}

/// Nobody keeps the time of the last use: every key counts as used just now.
fn idletime(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    integer_if_exists(context, args[2], 0);
    Ok(())
}

fn freq(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if context.db.exists(args[2]) {
        return Err(Refusal::new(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    context.out.null();
    Ok(())
}

fn integer_if_exists(context: &mut Context<'_>, key: &[u8], number: i64) {
    if context.db.exists(key) {
        context.out.integer(number);
    } else {
        context.out.null();
    }
}

/// Values are measured whole: there is nothing to sample.
fn usage(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    for option in args[3..].chunks(2) {
        match option {
            [name, samples] if is(name, "SAMPLES") && integer(samples)? >= 0 => {}
            _ => return Err(Refusal::SYNTAX),
        }
    }
    match context.db.memory_of(args[2]) {
        Some(bytes) => context.out.count(bytes as u64),
        None => context.out.null(),
    }
    Ok(())
}

fn memory_help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "MEMORY",
        &[
            "USAGE <key> [SAMPLES <count>]",
            "    Bytes in memory of a key and its value; values are measured whole.",
        ],
    );
    Ok(())
}

fn object_help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "OBJECT",
        &[
            "ENCODING <key>",
            "    How Redis would keep the value of a key.",
            "FREQ <key>",
            "    How often a key is used is not kept.",
            "IDLETIME <key>",
            "    Always 0: when a key was used is not kept.",
            "REFCOUNT <key>",
            "    Always 1: values are not shared.",
        ],
    );
    Ok(())
}
