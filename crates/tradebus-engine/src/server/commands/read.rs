//! XREAD and XREADGROUP.

use std::time::Duration;

use tokio::time::Instant;

use crate::EntryId;
use crate::server::blocking::{Blocked, GroupRead, Wanted, write_key};
use crate::server::dispatch::Context;
use crate::server::entries::{self, write_entry, write_id};
use crate::server::parse::{id, integer, is, timeout_ms};
use crate::server::refusal::Refusal;
use crate::server::session::Waiting;

/// The options of both commands, and their streams.
#[derive(Default)]
struct Options<'a> {
    /// 0 waits for ever.
    block: Option<u64>,
    count: Option<usize>,
    group: Option<GroupRead>,
    no_ack: bool,
    streams: Vec<(&'a [u8], EntryId)>,
}

/// What stands for `>`. As in Redis, the largest id means the same.
const NEW: EntryId = EntryId::MAX;

pub(super) fn xread(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (options, words) = parse(args, false)?;
    run(context, options, words)
}

pub(super) fn xreadgroup(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (options, words) = parse(args, true)?;
    if options.group.is_none() {
        return Err(Refusal::new("ERR Missing GROUP option for XREADGROUP"));
    }
    run(context, options, words)
}

fn run<'a>(context: &mut Context<'_>, mut options: Options<'a>, words: &[&'a [u8]]) -> Result<(), Refusal> {
    options.streams = parse_streams(context, options.group.as_ref(), words)?;
    if reply(context, &options)? {
        return Ok(());
    }
    match options.block {
        Some(block) if !context.session.in_exec => wait(context, options, block),
        _ => context.out.null_list(),
    }
    Ok(())
}

/// Returns the options and the words behind STREAMS.
fn parse<'s, 'a>(args: &'s [&'a [u8]], of_group: bool) -> Result<(Options<'a>, &'s [&'a [u8]]), Refusal> {
    let mut options = Options::default();
    let mut rest = &args[1..];
    loop {
        rest = match rest {
            [name, streams @ ..] if is(name, "STREAMS") && !streams.is_empty() => {
                if !streams.len().is_multiple_of(2) {
                    return Err(Refusal::new(
                        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
                    ));
                }
                if let Some(group) = &mut options.group {
                    group.pending = !options.no_ack;
                }
                return Ok((options, streams));
            }
            [name, value, after @ ..] if is(name, "BLOCK") => {
                options.block = Some(timeout_ms(value)?);
                after
            }
            [name, value, after @ ..] if is(name, "COUNT") => {
                // Zero and less are no limit.
                options.count = usize::try_from(integer(value)?).ok().filter(|count| *count > 0);
                after
            }
            [name, _, _, ..] if is(name, "GROUP") && !of_group => return Err(only_for_groups("GROUP")),
            [name, group, consumer, after @ ..] if is(name, "GROUP") => {
                let (group, consumer) = ((*group).into(), (*consumer).into());
                options.group = Some(GroupRead { group, consumer, pending: true });
                after
            }
            [name, ..] if is(name, "NOACK") && !of_group => return Err(only_for_groups("NOACK")),
            [name, after @ ..] if is(name, "NOACK") => {
                options.no_ack = true;
                after
            }
            _ => return Err(Refusal::SYNTAX),
        }
    }
}

fn only_for_groups(option: &str) -> Refusal {
    let after = " option is only supported by XREADGROUP. You called XREAD instead.";
    Refusal::quoting("ERR The ", option.as_bytes(), after)
}

/// First all keys, then as many ids.
fn parse_streams<'a>(
    context: &Context<'_>,
    group: Option<&GroupRead>,
    words: &[&'a [u8]],
) -> Result<Vec<(&'a [u8], EntryId)>, Refusal> {
    let (keys, ids) = words.split_at(words.len() / 2);
    let after = |(key, text): (&&'a [u8], &&[u8])| {
        let last_id = context.db.last_id(key)?;
        let in_group = match group {
            None => false,
            Some(read) => {
                let after = " in XREADGROUP with GROUP option";
                let missing = || Refusal::no_group(key, &read.group, after);
                context.db.group(key, &read.group)?.ok_or_else(missing)?;
                true
            }
        };
        match (*text, in_group) {
            (b"$", false) => Ok((*key, last_id)),
            (b"$", true) => Err(Refusal::new(
                "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer \
                 by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty \
                 result set.",
            )),
            (b">", true) => Ok((*key, NEW)),
            (b">", false) => Err(Refusal::new(
                "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
            )),
            (text, _) => Ok((*key, id(text)?)),
        }
    };
    keys.iter().zip(ids).map(after).collect()
}

/// Writes what the streams have; `false` when they have nothing.
fn reply(context: &mut Context<'_>, options: &Options<'_>) -> Result<bool, Refusal> {
    let limit = options.count.unwrap_or(usize::MAX);
    let streams = context.out.begin_map(options.streams.len());
    let mut served = 0;
    for (key, after) in &options.streams {
        // Twice, as Redis counts it: when it looks for the ids, and when it reads.
        context.look_up(key);
        context.look_up(key);
        let has_something = match &options.group {
            None => read(context, key, *after, limit)?,
            Some(group) if *after == NEW => deliver(context, key, group, limit)?,
            Some(group) => deliver_again(context, key, group, *after, limit)?,
        };
        served += usize::from(has_something);
    }
    if served == 0 {
        context.out.truncate(streams.start());
        return Ok(false);
    }
    context.out.end_map(streams, served);
    Ok(true)
}

fn read(context: &mut Context<'_>, key: &[u8], after: EntryId, limit: usize) -> Result<bool, Refusal> {
    let found = context.db.read_after(key, after, limit, entries::skip)?;
    if found == 0 {
        return Ok(false);
    }
    write_key(&mut context.out, key);
    context.out.list(found);
    let writer = entries::writer(&mut context.out, context.server.options.max_output_bytes);
    context.db.read_after(key, after, limit, writer)?;
    Ok(true)
}

fn deliver(context: &mut Context<'_>, key: &[u8], read: &GroupRead, limit: usize) -> Result<bool, Refusal> {
    let found = context.db.deliverable(key, &read.group, limit)?;
    if found == 0 {
        return Ok(false);
    }
    write_key(&mut context.out, key);
    context.out.list(found);
    let writer = entries::writer(&mut context.out, context.server.options.max_output_bytes);
    context.db.deliver(read.member(key), limit, read.pending, writer)?;
    Ok(true)
}

fn deliver_again(
    context: &mut Context<'_>,
    key: &[u8],
    read: &GroupRead,
    after: EntryId,
    limit: usize,
) -> Result<bool, Refusal> {
    write_key(&mut context.out, key);
    let entries = context.out.begin_list(limit);
    let out = &mut context.out;
    let shown = context.db.deliver_again(read.member(key), after, limit, |id, fields| {
        if let Some(fields) = fields {
            write_entry(out, id, fields);
        } else {
            out.list(2);
            write_id(out, id);
            out.null_list();
        }
    })?;
    context.out.end_list(entries, shown);
    Ok(true)
}

fn wait(context: &mut Context<'_>, options: Options<'_>, block_ms: u64) {
    let deadline = match block_ms {
        0 => None,
        // Later than the clock can tell is never.
        ms => Instant::now().checked_add(Duration::from_millis(ms)),
    };
    let wanted = Wanted {
        after: options.streams.iter().map(|(key, after)| ((*key).into(), *after)).collect(),
        group: options.group,
        count: options.count,
        protocol: context.session.protocol(),
        max_bytes: context.server.options.max_output_bytes,
    };
    let blocked = Blocked::new(&context.server.engine, wanted, deadline);
    context.session.set_waiting(Some(Waiting::ForEntries(blocked)));
}
