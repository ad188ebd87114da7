//! Strings: for caches, locks and counters.

use crate::server::dispatch::Context;
use crate::server::expiry::{Unit, parse_set_time};
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;
use crate::{DbError, ExpiryCondition, SetCondition, SetExpiry, SetText};

/// A time of expiry as it was given, which is looked at when all options are known.
type Given<'a> = (Unit, &'a [u8]);

/// An option such as `EX 10`, which may be repeated but not mixed with its like.
fn expiry_option<'a>(words: &[&'a [u8]], before: Option<Given<'a>>) -> Option<Given<'a>> {
    let [name, value, ..] = words else { return None };
    let units = [
        ("EX", Unit::SECONDS),
        ("PX", Unit::MILLISECONDS),
        ("EXAT", Unit::UNIX_SECONDS),
        ("PXAT", Unit::UNIX_MILLISECONDS),
    ];
    let unit = units.into_iter().find_map(|(word, unit)| is(name, word).then_some(unit))?;
    before.is_none_or(|(other, _)| other == unit).then_some((unit, value))
}

/// What SET was told.
#[derive(Default)]
struct SetOptions<'a> {
    condition: SetCondition,
    get: bool,
    keep_expiry: bool,
    expiry: Option<Given<'a>>,
}

impl<'a> SetOptions<'a> {
    fn parse(mut rest: &[&'a [u8]]) -> Result<Self, Refusal> {
        let mut options = Self::default();
        while let words @ [name, after @ ..] = rest {
            rest = after;
            if is(name, "NX") && options.condition != SetCondition::IfExists {
                options.condition = SetCondition::IfMissing;
            } else if is(name, "XX") && options.condition != SetCondition::IfMissing {
                options.condition = SetCondition::IfExists;
            } else if is(name, "GET") {
                options.get = true;
            } else if is(name, "KEEPTTL") && options.expiry.is_none() {
                options.keep_expiry = true;
            } else {
                let given = expiry_option(words, options.expiry).filter(|_| !options.keep_expiry);
                options.expiry = Some(given.ok_or(Refusal::SYNTAX)?);
                rest = &words[2..];
            }
        }
        Ok(options)
    }
}

fn write_text(context: &mut Context<'_>, key: &[u8]) -> Result<(), Refusal> {
    let text = context.db.text(key);
    context.session.tally.note_lookup(!matches!(text, Ok(None)));
    match text? {
        Some(text) => context.out.bulk(text),
        None => context.out.null(),
    }
    Ok(())
}

pub(super) fn get(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    write_text(context, args[1])
}

pub(super) fn mget(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.out.list(args.len() - 1);
    for key in &args[1..] {
        let text = context.db.text(key);
        context.session.tally.note_lookup(!matches!(text, Ok(None)));
        match text {
            Ok(Some(text)) => context.out.bulk(text),
            // Another type counts as nothing here.
            _ => context.out.null(),
        }
    }
    Ok(())
}

pub(super) fn set(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let options = SetOptions::parse(&args[3..])?;
    let expiry = match options.expiry {
        Some((unit, value)) => SetExpiry::At(parse_set_time(value, unit, context.db.now(), "set")?),
        None if options.keep_expiry => SetExpiry::Keep,
        None => SetExpiry::Never,
    };
    if options.get {
        write_text(context, args[1])?;
    }
    let set = SetText { condition: options.condition, expiry };
    let is_set = context.db.set_text(args[1], args[2], set)?;
    if is_set && matches!(expiry, SetExpiry::At(at) if at < context.db.now()) {
        // The next command must not see it, even within the same transaction.
        context.db.remove(args[1])?;
    }
    match (options.get, is_set) {
        (true, _) => {}
        (false, true) => context.out.status("OK"),
        (false, false) => context.out.null(),
    }
    Ok(())
}

pub(super) fn setnx(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let set = SetText { condition: SetCondition::IfMissing, ..SetText::default() };
    let is_set = context.db.set_text(args[1], args[2], set)?;
    context.out.integer(is_set.into());
    Ok(())
}

pub(super) fn setex(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set_for(context, args, Unit::SECONDS, "setex")
}

pub(super) fn psetex(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set_for(context, args, Unit::MILLISECONDS, "psetex")
}

fn set_for(context: &mut Context<'_>, args: &[&[u8]], unit: Unit, command: &str) -> Result<(), Refusal> {
    let at = parse_set_time(args[2], unit, context.db.now(), command)?;
    context.db.set_text(args[1], args[3], SetText { expiry: SetExpiry::At(at), ..SetText::default() })?;
    context.out.status("OK");
    Ok(())
}

pub(super) fn mset(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if args.len().is_multiple_of(2) {
        return Err(Refusal::wrong_arity("mset"));
    }
    for pair in args[1..].chunks_exact(2) {
        context.db.set_text(pair[0], pair[1], SetText::default())?;
    }
    context.out.status("OK");
    Ok(())
}

pub(super) fn getset(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    write_text(context, args[1])?;
    context.db.set_text(args[1], args[2], SetText::default())?;
    Ok(())
}

pub(super) fn getdel(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    write_text(context, args[1])?;
    context.db.remove(args[1])?;
    Ok(())
}

pub(super) fn getex(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (mut expiry, mut persist) = (None, false);
    let mut rest = &args[2..];
    while let [name, after @ ..] = rest {
        rest = if is(name, "PERSIST") && expiry.is_none() {
            persist = true;
            after
        } else {
            expiry = Some(expiry_option(rest, expiry).filter(|_| !persist).ok_or(Refusal::SYNTAX)?);
            &rest[2..]
        };
    }
    write_text(context, args[1])?;
    if context.db.text(args[1])?.is_none() {
        // Without a text the time is not even looked at.
        return Ok(());
    }
    let now = context.db.now();
    let at = expiry.map(|(unit, value)| parse_set_time(value, unit, now, "getex")).transpose()?;
    if let Some(at) = at {
        context.db.expire(args[1], at, ExpiryCondition::default())?;
    } else if persist {
        context.db.persist(args[1])?;
    }
    Ok(())
}

pub(super) fn strlen(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    let len = context.db.text(args[1])?.map_or(0, bytes::Bytes::len);
    context.out.count(len as u64);
    Ok(())
}

pub(super) fn append(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let len = context.db.append_text(args[1], args[2]).map_err(|error| match error {
        DbError::TooLarge { .. } => {
            Refusal::new("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
        }
        other => other.into(),
    })?;
    context.out.count(len as u64);
    Ok(())
}

pub(super) fn incr(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    add(context, args[1], 1)
}

pub(super) fn decr(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    add(context, args[1], -1)
}

pub(super) fn incrby(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let number = integer(args[2])?;
    add(context, args[1], number)
}

pub(super) fn decrby(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let number = integer(args[2])?.checked_neg();
    add(context, args[1], number.ok_or(Refusal::new("ERR decrement would overflow"))?)
}

fn add(context: &mut Context<'_>, key: &[u8], number: i64) -> Result<(), Refusal> {
    let sum = context.db.add(key, number)?;
    context.out.integer(sum);
    Ok(())
}
