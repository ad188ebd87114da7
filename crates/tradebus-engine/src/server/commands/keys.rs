//! Commands about keys, whatever they hold.

use crate::glob_matches;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is, pattern, unsigned};
use crate::server::refusal::Refusal;

pub(super) fn dbsize(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(context.db.key_count() as u64);
    Ok(())
}

pub(super) fn exists(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut found = 0;
    for key in &args[1..] {
        found += u64::from(context.look_up(key));
    }
    context.out.count(found);
    Ok(())
}

/// DEL and UNLINK are the same: memory is given back when the store is free again.
pub(super) fn del(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut removed = 0;
    for key in &args[1..] {
        removed += u64::from(context.db.remove(key)?);
    }
    context.out.count(removed);
    Ok(())
}

pub(super) fn key_type(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let kind = context.db.key_type(args[1]);
    context.session.tally.note_lookup(kind.is_some());
    context.out.status(kind.map_or("none", |kind| kind.name()));
    Ok(())
}

pub(super) fn flush(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    match args {
        [_] => {}
        [_, how] if is(how, "ASYNC") || is(how, "SYNC") => {}
        _ => return Err(Refusal::SYNTAX),
    }
    context.db.flush()?;
    context.out.status("OK");
    Ok(())
}

pub(super) fn keys(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let pattern = pattern(args[1])?;
    let mut found = 0;
    context.db.keys(pattern, |_| found += 1);
    context.out.list(found);
    let (db, out) = (&context.db, &mut context.out);
    db.keys(pattern, |key| out.bulk(key));
    Ok(())
}

pub(super) fn rename(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.db.rename(args[1], args[2])?;
    context.out.status("OK");
    Ok(())
}

pub(super) fn renamenx(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let is_free = context.db.exists(args[1]) && !context.db.exists(args[2]);
    // A name that is taken is not looked at further; a key that is missing is refused.
    if is_free || !context.db.exists(args[1]) {
        context.db.rename(args[1], args[2])?;
    }
    context.out.integer(is_free.into());
    Ok(())
}

/// There is one database to copy to.
pub(super) fn copy(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut replace = false;
    let mut rest = &args[3..];
    while let [name, after @ ..] = rest {
        rest = match after {
            _ if is(name, "REPLACE") => {
                replace = true;
                after
            }
            [database, after @ ..] if is(name, "DB") => {
                if integer(database)? != 0 {
                    return Err(Refusal::new("ERR DB index is out of range"));
                }
                after
            }
            _ => return Err(Refusal::SYNTAX),
        };
    }
    if args[1] == args[2] {
        return Err(Refusal::new("ERR source and destination objects are the same"));
    }
    context.look_up(args[1]);
    let copied = context.db.copy(args[1], args[2], replace)?;
    context.out.integer(copied.into());
    Ok(())
}

pub(super) fn randomkey(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    let chance = context.server.random();
    match context.db.key_at_random(chance) {
        Some(key) => context.out.bulk(key),
        None => context.out.null(),
    }
    Ok(())
}

/// What SCAN was asked for.
struct Scan<'a> {
    cursor: u64,
    pattern: Option<&'a [u8]>,
    count: usize,
    kind: Option<&'a [u8]>,
}

fn parse_scan<'a>(args: &[&'a [u8]]) -> Result<Scan<'a>, Refusal> {
    // As in Redis, nothing is the beginning, and no blank may stand in front.
    let cursor = match args[1] {
        [] => Some(0),
        [b' ' | b'\t'..=b'\r', ..] => None,
        text => unsigned(text),
    };
    let cursor = cursor.ok_or(Refusal::new("ERR invalid cursor"))?;
    let mut scan = Scan { cursor, pattern: None, count: 10, kind: None };
    for option in args[2..].chunks(2) {
        match option {
            [name, value] if is(name, "COUNT") => {
                scan.count = usize::try_from(integer(value)?).unwrap_or(0);
                if scan.count == 0 {
                    return Err(Refusal::SYNTAX);
                }
            }
            [name, value] if is(name, "MATCH") => scan.pattern = Some(pattern(value)?),
            [name, value] if is(name, "TYPE") => scan.kind = Some(value),
            _ => return Err(Refusal::SYNTAX),
        }
    }
    Ok(scan)
}

pub(super) fn scan(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let scan = parse_scan(args)?;
    let mut found = Vec::new();
    let next = context.db.scan(scan.cursor, scan.count, |key, kind| {
        let is_wanted = scan.pattern.is_none_or(|pattern| glob_matches(pattern, key))
            && scan.kind.is_none_or(|wanted| is(wanted, kind.name()));
        if is_wanted {
            found.push(Box::<[u8]>::from(key));
        }
    });
    context.out.list(2);
    context.out.bulk(itoa::Buffer::new().format(next));
    context.out.list(found.len());
    for key in found {
        context.out.bulk(key);
    }
    Ok(())
}
