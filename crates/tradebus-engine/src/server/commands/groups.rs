//! XGROUP, XACK, XPENDING, XCLAIM and XAUTOCLAIM.

use std::ops::RangeInclusive;

use super::xinfo::write_counter;
use super::{Command, SECOND};
use crate::server::dispatch::Context;
use crate::server::entries::{write_entry, write_id};
use crate::server::parse::{id, integer, is, open_id, range_end, range_start};
use crate::server::refusal::Refusal;
use crate::{AutoClaim, Claim, Db, EntryId, Group, GroupStart, Member, Pending};

pub(super) static COMMANDS: &[Command] = &[
    Command::new("xgroup|create", -5, "write denyoom", create).keys(SECOND),
    Command::new("xgroup|createconsumer", 5, "write denyoom", createconsumer).keys(SECOND),
    Command::new("xgroup|delconsumer", 5, "write", delconsumer).keys(SECOND),
    Command::new("xgroup|destroy", 4, "write", destroy).keys(SECOND),
    Command::new("xgroup|help", 2, "loading stale", help),
    Command::new("xgroup|setid", -5, "write", setid).keys(SECOND),
];

const NO_KEY: Refusal = Refusal::new(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to \
     create an empty stream automatically.",
);
/// Pending entries that XAUTOCLAIM takes if it is not told how many, and the most it may be told.
const DEFAULT_CLAIM: usize = 100;
const MOST_CLAIM: i64 = i64::MAX / 16;

/// What may stand behind the id in XGROUP CREATE and SETID.
#[derive(Default)]
struct GroupOptions {
    make_stream: bool,
    entries_read: Option<u64>,
}

impl GroupOptions {
    fn parse(args: &[&[u8]], may_make_stream: bool) -> Result<Self, Refusal> {
        let mut options = Self::default();
        let mut rest = &args[5..];
        loop {
            rest = match rest {
                [] => return Ok(options),
                [name, after @ ..] if may_make_stream && is(name, "MKSTREAM") => {
                    options.make_stream = true;
                    after
                }
                [name, value, after @ ..] if is(name, "ENTRIESREAD") => {
                    options.entries_read = entries_read(value)?;
                    after
                }
                _ => return Err(Refusal::subcommand_syntax(args, "XGROUP")),
            }
        }
    }
}

/// -1 is unknown.
fn entries_read(text: &[u8]) -> Result<Option<u64>, Refusal> {
    match integer(text)? {
        -1 => Ok(None),
        number => u64::try_from(number)
            .map(Some)
            .map_err(|_| Refusal::new("ERR value for ENTRIESREAD must be positive or -1")),
    }
}

fn create(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let options = GroupOptions::parse(args, true)?;
    let (key, group) = (args[2], args[3]);
    if !context.db.is_stream(key)? && !options.make_stream {
        return Err(NO_KEY);
    }
    if args.len() > 8 {
        return Err(Refusal::subcommand_syntax(args, "XGROUP"));
    }
    let start = if args[4] == b"$" { GroupStart::Latest } else { GroupStart::After(id(args[4])?) };
    context.db.create_group(key, group, start, options.entries_read, options.make_stream)?;
    context.out.status("OK");
    Ok(())
}

fn setid(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let options = GroupOptions::parse(args, false)?;
    check_group(context, args)?;
    if args.len() > 7 {
        return Err(Refusal::subcommand_syntax(args, "XGROUP"));
    }
    let start = if args[4] == b"$" { GroupStart::Latest } else { GroupStart::After(open_id(args[4])?) };
    context.db.set_group(args[2], args[3], start, options.entries_read)?;
    context.out.status("OK");
    Ok(())
}

fn destroy(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if !context.db.is_stream(args[2])? {
        return Err(NO_KEY);
    }
    let there_was = context.db.destroy_group(args[2], args[3])?;
    context.out.integer(there_was.into());
    Ok(())
}

fn createconsumer(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    check_group(context, args)?;
    let created = context.db.create_consumer(member(&args[1..]))?;
    context.out.integer(created.into());
    Ok(())
}

fn delconsumer(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    check_group(context, args)?;
    let pending = context.db.remove_consumer(member(&args[1..]))?;
    context.out.count(pending as u64);
    Ok(())
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "XGROUP",
        &[
            "CREATE <key> <groupname> <id|$> [option]",
            "    Create a new consumer group. Options are:",
            "    * MKSTREAM",
            "      Create the empty stream if it does not exist.",
            "    * ENTRIESREAD entries_read",
            "      Set the group's entries_read counter (internal use).",
            "CREATECONSUMER <key> <groupname> <consumer>",
            "    Create a new consumer in the specified group.",
            "DELCONSUMER <key> <groupname> <consumer>",
            "    Remove the specified consumer.",
            "DESTROY <key> <groupname>",
            "    Remove the specified group.",
            "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "    Set the current group ID and entries_read counter.",
        ],
    );
    Ok(())
}

/// The words behind the name of a command: key, group, consumer.
fn member<'a>(args: &[&'a [u8]]) -> Member<'a> {
    Member { key: args[1], group: args[2], consumer: args[3] }
}

/// The key and the group that a subcommand of XGROUP is about.
fn check_group(context: &Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if !context.db.is_stream(args[2])? {
        return Err(NO_KEY);
    }
    match context.db.group(args[2], args[3])? {
        Some(_) => Ok(()),
        None => Err(Refusal::no_group_for_key(args[2], args[3])),
    }
}

/// A group that must be there, for the commands that are about what is pending.
fn group_of<'a>(db: &'a Db, key: &[u8], group: &[u8]) -> Result<&'a Group, Refusal> {
    db.group(key, group)?.ok_or_else(|| Refusal::no_group(key, group, ""))
}

pub(super) fn xack(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (key, group) = (args[1], args[2]);
    if context.db.group(key, group)?.is_none() {
        context.out.integer(0);
        return Ok(());
    }
    let ids = args[3..].iter().map(|text| id(text)).collect::<Result<Vec<EntryId>, Refusal>>()?;
    let settled = context.db.acknowledge(key, group, &ids)?;
    context.out.count(settled);
    Ok(())
}

/// What XPENDING was asked for beyond the summary.
struct PendingRange<'a> {
    ids: RangeInclusive<EntryId>,
    count: usize,
    min_idle_ms: i64,
    consumer: Option<&'a [u8]>,
}

impl<'a> PendingRange<'a> {
    fn parse(args: &[&'a [u8]]) -> Result<Self, Refusal> {
        if !(6..=9).contains(&args.len()) {
            return Err(Refusal::SYNTAX);
        }
        let (min_idle_ms, rest) = match &args[3..] {
            [name, idle, rest @ ..] if is(name, "IDLE") => (integer(idle)?, rest),
            rest => (0, rest),
        };
        let [start, end, count, consumer @ ..] = rest else { return Err(Refusal::SYNTAX) };
        let count = usize::try_from(integer(count)?).unwrap_or(0);
        let ids = range_start(start)?..=range_end(end)?;
        Ok(Self { ids, count, min_idle_ms, consumer: consumer.first().copied() })
    }
}

pub(super) fn xpending(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    if args.len() == 3 {
        return summary(context, args[1], args[2]);
    }
    let range = PendingRange::parse(args)?;
    let now = context.db.now();
    let group = group_of(&context.db, args[1], args[2])?;
    let idle = |it: &Pending<'_>| now.cast_signed().saturating_sub(it.delivered_at.cast_signed());
    let wanted = |it: &Pending<'_>| range.min_idle_ms == 0 || idle(it) >= range.min_idle_ms;
    let found: Vec<Pending<'_>> = match range.consumer {
        None => group.pending(range.ids).filter(wanted).take(range.count).collect(),
        Some(name) => {
            let consumer = group.consumer(name).into_iter();
            let pending = consumer.flat_map(|consumer| group.pending_of(consumer, range.ids.clone()));
            pending.filter(wanted).take(range.count).collect()
        }
    };
    context.out.list(found.len());
    for it in &found {
        context.out.list(4);
        write_id(&mut context.out, it.id);
        context.out.bulk(it.consumer);
        context.out.integer(idle(it).max(0));
        write_counter(&mut context.out, it.deliveries);
    }
    Ok(())
}

fn summary(context: &mut Context<'_>, key: &[u8], name: &[u8]) -> Result<(), Refusal> {
    let group = group_of(&context.db, key, name)?;
    let out = &mut context.out;
    let all = || EntryId::MIN..=EntryId::MAX;
    out.list(4);
    out.count(group.pending_len() as u64);
    let (Some(first), Some(last)) = (group.pending(all()).next(), group.pending(all()).next_back()) else {
        out.null();
        out.null();
        out.null_list();
        return Ok(());
    };
    write_id(out, first.id);
    write_id(out, last.id);
    let consumers: Vec<_> = group.consumers().filter(|(_, it)| it.pending_len() > 0).collect();
    out.list(consumers.len());
    for (name, consumer) in consumers {
        out.list(2);
        out.bulk(name);
        out.bulk(itoa::Buffer::new().format(consumer.pending_len()));
    }
    Ok(())
}

/// The options of XCLAIM.
#[derive(Default)]
struct ClaimOptions {
    delivered_at: Option<i64>,
    deliveries: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: EntryId,
}

impl ClaimOptions {
    fn parse(args: &[&[u8]], now: i64) -> Result<Self, Refusal> {
        let mut options = Self::default();
        let mut rest = args;
        loop {
            rest = match rest {
                [] => return Ok(options),
                [name, after @ ..] if is(name, "FORCE") => {
                    options.force = true;
                    after
                }
                [name, after @ ..] if is(name, "JUSTID") => {
                    options.just_id = true;
                    after
                }
                [name, value, after @ ..] if is(name, "IDLE") => {
                    let idle = number_of(value, "IDLE option")?;
                    options.delivered_at = Some(now.wrapping_sub(idle)).filter(|at| *at != -1);
                    after
                }
                [name, value, after @ ..] if is(name, "TIME") => {
                    options.delivered_at = Some(number_of(value, "TIME option")?).filter(|at| *at != -1);
                    after
                }
                [name, value, after @ ..] if is(name, "RETRYCOUNT") => {
                    options.deliveries = u64::try_from(number_of(value, "RETRYCOUNT option")?).ok();
                    after
                }
                [name, value, after @ ..] if is(name, "LASTID") => {
                    options.last_id = id(value)?;
                    after
                }
                [other, ..] => {
                    return Err(Refusal::quoting_all("ERR Unrecognized XCLAIM option '", other, "'"));
                }
            }
        }
    }

    /// A time that makes no sense is now.
    fn delivered_at(&self, now: i64) -> u64 {
        self.delivered_at.filter(|at| (0..=now).contains(at)).unwrap_or(now).cast_unsigned()
    }
}

fn number_of(text: &[u8], what: &str) -> Result<i64, Refusal> {
    integer(text).map_err(|_| Refusal::quoting("ERR Invalid ", what.as_bytes(), " argument for XCLAIM"))
}

/// The least time of idleness; below zero there is none.
fn min_idle(text: &[u8], command: &str) -> Result<u64, Refusal> {
    let refusal = || Refusal::quoting("ERR Invalid min-idle-time argument for ", command.as_bytes(), "");
    Ok(u64::try_from(integer(text).map_err(|_| refusal())?).unwrap_or(0))
}

pub(super) fn xclaim(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let member = member(args);
    let before = group_of(&context.db, member.key, member.group)?;
    let (last_delivered, entries_read) = (before.last_delivered(), before.entries_read());
    let min_idle_ms = min_idle(args[4], "XCLAIM")?;
    let ids: Vec<EntryId> = args[5..].iter().map_while(|text| id(text).ok()).collect();
    let now = context.db.now().cast_signed();
    let options = ClaimOptions::parse(&args[5 + ids.len()..], now)?;
    if options.last_id > last_delivered {
        context.db.set_group(member.key, member.group, GroupStart::After(options.last_id), entries_read)?;
    }
    let claim = Claim {
        ids: &ids,
        min_idle_ms,
        delivered_at: Some(options.delivered_at(now)),
        deliveries: options.deliveries,
        counts: !options.just_id,
        force: options.force,
    };
    let claimed = context.db.claim(member, claim)?;
    write_claimed(context, member.key, &claimed, options.just_id)
}

pub(super) fn xautoclaim(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let member = member(args);
    let min_idle_ms = min_idle(args[4], "XAUTOCLAIM")?;
    let start = range_start(args[5])?;
    let (mut count, mut just_id) = (DEFAULT_CLAIM, false);
    let mut rest = &args[6..];
    while !rest.is_empty() {
        rest = match rest {
            [name, value, after @ ..] if is(name, "COUNT") => {
                let bad = || Refusal::new("ERR COUNT must be > 0");
                let given = integer(value).map_err(|_| bad())?;
                count = if (1..=MOST_CLAIM).contains(&given) { given as usize } else { return Err(bad()) };
                after
            }
            [name, after @ ..] if is(name, "JUSTID") => {
                just_id = true;
                after
            }
            _ => return Err(Refusal::SYNTAX),
        }
    }
    group_of(&context.db, member.key, member.group)?;
    let claimed = context.db.auto_claim(member, AutoClaim { start, min_idle_ms, count, counts: !just_id })?;
    context.out.list(3);
    write_id(&mut context.out, claimed.next);
    write_claimed(context, member.key, &claimed.claimed, just_id)?;
    context.out.list(claimed.gone.len());
    for id in claimed.gone {
        write_id(&mut context.out, id);
    }
    Ok(())
}

fn write_claimed(
    context: &mut Context<'_>,
    key: &[u8],
    ids: &[EntryId],
    just_id: bool,
) -> Result<(), Refusal> {
    context.out.list(ids.len());
    for &id in ids {
        let out = &mut context.out;
        if just_id {
            write_id(out, id);
            continue;
        }
        context.db.range(key, id, id, 1, |id, fields| {
            write_entry(out, id, fields);
            std::ops::ControlFlow::Continue(())
        })?;
    }
    Ok(())
}
