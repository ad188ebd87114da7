//! XREAD.

use std::time::Duration;

use tokio::time::Instant;

use crate::EntryId;
use crate::server::blocking::{Blocked, Wanted, write_key, write_stream_header};
use crate::server::dispatch::Context;
use crate::server::entries;
use crate::server::parse::{id, integer, is};
use crate::server::refusal::Refusal;

/// The options of XREAD and its streams.
#[derive(Default)]
struct Options<'a> {
    /// 0 waits for ever.
    block: Option<u64>,
    count: Option<usize>,
    streams: Vec<(&'a [u8], EntryId)>,
}

pub(super) fn xread(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let options = parse(context, args)?;
    if reply(context, &options)? {
        return Ok(());
    }
    match options.block {
        Some(block) if !context.session.in_exec => wait(context, &options, block),
        _ => context.out.null_list(),
    }
    Ok(())
}

fn parse<'a>(context: &Context<'_>, args: &[&'a [u8]]) -> Result<Options<'a>, Refusal> {
    let mut options = Options::default();
    let mut rest = &args[1..];
    loop {
        rest = match rest {
            [name, streams @ ..] if is(name, "STREAMS") && !streams.is_empty() => {
                options.streams = parse_streams(context, streams)?;
                return Ok(options);
            }
            [name, value, after @ ..] if is(name, "BLOCK") => {
                options.block = Some(timeout(value)?);
                after
            }
            [name, value, after @ ..] if is(name, "COUNT") => {
                // Zero and less are no limit.
                options.count = usize::try_from(integer(value)?).ok().filter(|count| *count > 0);
                after
            }
            [name, _, _, ..] if is(name, "GROUP") => {
                return Err(Refusal::new(
                    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            [name, ..] if is(name, "NOACK") => {
                return Err(Refusal::new(
                    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            _ => return Err(Refusal::SYNTAX),
        }
    }
}

fn timeout(text: &[u8]) -> Result<u64, Refusal> {
    let timeout = integer(text).map_err(|_| Refusal::new("ERR timeout is not an integer or out of range"))?;
    u64::try_from(timeout).map_err(|_| Refusal::new("ERR timeout is negative"))
}

/// First all keys, then as many ids.
fn parse_streams<'a>(context: &Context<'_>, words: &[&'a [u8]]) -> Result<Vec<(&'a [u8], EntryId)>, Refusal> {
    if !words.len().is_multiple_of(2) {
        return Err(Refusal::new(
            "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
        ));
    }
    let (keys, ids) = words.split_at(words.len() / 2);
    let after = |(key, text): (&&'a [u8], &&[u8])| match *text {
        b"$" => Ok((*key, context.db.last_id(key)?)),
        b">" => Err(Refusal::new(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        text => Ok((*key, id(text)?)),
    };
    keys.iter().zip(ids).map(after).collect()
}

/// Writes what the streams have; `false` when they have nothing.
fn reply(context: &mut Context<'_>, options: &Options<'_>) -> Result<bool, Refusal> {
    let limit = options.count.unwrap_or(usize::MAX);
    let mut found = Vec::with_capacity(options.streams.len());
    for (key, after) in &options.streams {
        let entries = context.db.read_after(key, *after, limit, entries::skip)?;
        if entries > 0 {
            found.push((*key, *after, entries));
        }
    }
    if found.is_empty() {
        return Ok(false);
    }
    write_stream_header(&mut context.out, found.len());
    for (key, after, entries) in found {
        write_key(&mut context.out, key, entries);
        let writer = entries::writer(&mut context.out, context.server.options.max_output_bytes);
        context.db.read_after(key, after, limit, writer)?;
    }
    Ok(true)
}

fn wait(context: &mut Context<'_>, options: &Options<'_>, block_ms: u64) {
    let deadline = match block_ms {
        0 => None,
        // Later than the clock can tell is never.
        ms => Instant::now().checked_add(Duration::from_millis(ms)),
    };
    let wanted = Wanted {
        after: options.streams.iter().map(|(key, after)| ((*key).into(), *after)).collect(),
        count: options.count,
        protocol: context.session.protocol,
        max_bytes: context.server.options.max_output_bytes,
    };
    context.session.blocked = Some(Blocked::new(&context.server.engine, wanted, deadline));
}
