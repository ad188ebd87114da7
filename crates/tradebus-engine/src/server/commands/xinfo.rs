//! XINFO: what streams, groups and consumers say about themselves.

use super::{Command, SECOND};
use crate::server::dispatch::Context;
use crate::server::entries::{self, write_id};
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;
use crate::{EntryId, Group, StreamInfo};

pub(super) static COMMANDS: &[Command] = &[
    Command::new("xinfo|consumers", 4, "readonly", consumers).keys(SECOND),
    Command::new("xinfo|groups", 3, "readonly", groups).keys(SECOND),
    Command::new("xinfo|help", 2, "loading stale", help),
    Command::new("xinfo|stream", -3, "readonly", stream).keys(SECOND),
];

/// Entries that FULL shows when it is not told how many.
const DEFAULT_COUNT: usize = 10;

const ALL: std::ops::RangeInclusive<EntryId> = EntryId::MIN..=EntryId::MAX;

fn stream(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[2]);
    let key = args[2];
    let info = context.db.info(key)?.ok_or(Refusal::NO_SUCH_KEY)?;
    match &args[3..] {
        [] => brief(context, key, &info),
        [full] if is(full, "FULL") => complete(context, key, &info, DEFAULT_COUNT),
        [full, name, count] if is(full, "FULL") && is(name, "COUNT") => {
            let count = usize::try_from(integer(count)?).unwrap_or(DEFAULT_COUNT);
            complete(context, key, &info, if count == 0 { usize::MAX } else { count })
        }
        _ => Err(Refusal::subcommand_syntax(args, "XINFO")),
    }
}

fn brief(context: &mut Context<'_>, key: &[u8], info: &StreamInfo) -> Result<(), Refusal> {
    context.out.map(10);
    common(context, info);
    context.out.bulk("groups");
    context.out.count(info.groups as u64);
    context.out.bulk("first-entry");
    entry(context, key, info.first_entry)?;
    context.out.bulk("last-entry");
    entry(context, key, info.last_entry)
}

fn complete(context: &mut Context<'_>, key: &[u8], info: &StreamInfo, limit: usize) -> Result<(), Refusal> {
    context.out.map(9);
    common(context, info);
    context.out.bulk("entries");
    let found = context.db.range(key, EntryId::MIN, EntryId::MAX, limit, entries::skip)?;
    context.out.list(found);
    let writer = entries::writer(&mut context.out, context.server.options.max_output_bytes);
    context.db.range(key, EntryId::MIN, EntryId::MAX, limit, writer)?;
    context.out.bulk("groups");
    context.out.list(info.groups);
    let (db, out) = (&context.db, &mut context.out);
    for (name, group, lag) in db.groups(key)? {
        out.map(7);
        out.bulk("name");
        out.bulk(name);
        progress(out, group, lag);
        out.bulk("pel-count");
        out.count(group.pending_len() as u64);
        out.bulk("pending");
        out.list(group.pending_len().min(limit));
        for it in group.pending(ALL).take(limit) {
            out.list(4);
            write_id(out, it.id);
            out.bulk(it.consumer);
            out.count(it.delivered_at);
            write_counter(out, it.deliveries);
        }
        consumers_in_full(out, group, limit);
    }
    Ok(())
}

fn consumers_in_full(out: &mut tradebus_resp::ReplyEncoder<'_>, group: &Group, limit: usize) {
    out.bulk("consumers");
    out.list(group.consumers().len());
    for (name, consumer) in group.consumers() {
        out.map(4);
        out.bulk("name");
        out.bulk(name);
        out.bulk("seen-time");
        out.count(consumer.seen());
        out.bulk("pel-count");
        out.count(consumer.pending_len() as u64);
        out.bulk("pending");
        out.list(consumer.pending_len().min(limit));
        for it in group.pending_of(consumer, ALL).take(limit) {
            out.list(3);
            write_id(out, it.id);
            out.count(it.delivered_at);
            write_counter(out, it.deliveries);
        }
    }
}

/// A counter that clients may set to anything: Redis counts without a sign and shows it with one.
pub(super) fn write_counter(out: &mut tradebus_resp::ReplyEncoder<'_>, number: u64) {
    out.integer(number.cast_signed());
}

/// How far a group has come, and how far it is behind.
fn progress(out: &mut tradebus_resp::ReplyEncoder<'_>, group: &Group, lag: Option<i64>) {
    out.bulk("last-delivered-id");
    write_id(out, group.last_delivered());
    out.bulk("entries-read");
    match group.entries_read() {
        Some(read) => write_counter(out, read),
        None => out.null(),
    }
    out.bulk("lag");
    match lag {
        Some(lag) => out.integer(lag),
        None => out.null(),
    }
}

fn common(context: &mut Context<'_>, info: &StreamInfo) {
    let out = &mut context.out;
    out.bulk("length");
    out.count(info.len);
    out.bulk("radix-tree-keys");
    out.count(info.blocks as u64);
    // There is no tree here. A tree of so many keys has at least one node more.
    out.bulk("radix-tree-nodes");
    out.count(info.blocks as u64 + 1);
    out.bulk("last-generated-id");
    write_id(out, info.last_id);
    out.bulk("max-deleted-entry-id");
    write_id(out, info.max_deleted_id);
    out.bulk("entries-added");
    write_counter(out, info.entries_added);
    out.bulk("recorded-first-entry-id");
    write_id(out, info.first_entry.unwrap_or(EntryId::MIN));
}

fn entry(context: &mut Context<'_>, key: &[u8], id: Option<EntryId>) -> Result<(), Refusal> {
    let Some(id) = id else {
        context.out.null();
        return Ok(());
    };
    let writer = entries::writer(&mut context.out, usize::MAX);
    context.db.range(key, id, id, 1, writer)?;
    Ok(())
}

fn groups(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[2]);
    let info = context.db.info(args[2])?.ok_or(Refusal::NO_SUCH_KEY)?;
    let (db, out) = (&context.db, &mut context.out);
    out.list(info.groups);
    for (name, group, lag) in db.groups(args[2])? {
        out.map(6);
        out.bulk("name");
        out.bulk(name);
        out.bulk("consumers");
        out.count(group.consumers().len() as u64);
        out.bulk("pending");
        out.count(group.pending_len() as u64);
        progress(out, group, lag);
    }
    Ok(())
}

fn consumers(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[2]);
    if !context.db.is_stream(args[2])? {
        return Err(Refusal::NO_SUCH_KEY);
    }
    let now = context.db.now();
    let (db, out) = (&context.db, &mut context.out);
    let group = db.group(args[2], args[3])?.ok_or_else(|| Refusal::no_group_for_key(args[2], args[3]))?;
    out.list(group.consumers().len());
    for (name, consumer) in group.consumers() {
        out.map(3);
        out.bulk("name");
        out.bulk(name);
        out.bulk("pending");
        out.count(consumer.pending_len() as u64);
        out.bulk("idle");
        out.count(now.saturating_sub(consumer.seen()));
    }
    Ok(())
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "XINFO",
        &[
            "CONSUMERS <key> <groupname>",
            "    Show consumers of <groupname>.",
            "GROUPS <key>",
            "    Show the stream consumer groups.",
            "STREAM <key> [FULL [COUNT <count>]",
            "    Show information about the stream.",
        ],
    );
    Ok(())
}
