//! Keys that expire.

use crate::server::dispatch::Context;
use crate::server::expiry::{Unit, parse_expiry, rounded_seconds};
use crate::server::parse::is;
use crate::server::refusal::Refusal;
use crate::{ExpiryCondition, Lifetime, Moves};

pub(super) fn expire(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set(context, args, Unit::SECONDS, "expire")
}

pub(super) fn pexpire(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set(context, args, Unit::MILLISECONDS, "pexpire")
}

pub(super) fn expireat(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set(context, args, Unit::UNIX_SECONDS, "expireat")
}

pub(super) fn pexpireat(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set(context, args, Unit::UNIX_MILLISECONDS, "pexpireat")
}

fn set(context: &mut Context<'_>, args: &[&[u8]], unit: Unit, command: &str) -> Result<(), Refusal> {
    let condition = condition(&args[3..])?;
    let now = context.db.now();
    let at = parse_expiry(args[2], unit, now, command)?;
    let is_set = context.db.expire(args[1], at, condition)?;
    context.out.integer(is_set.into());
    Ok(())
}

fn condition(words: &[&[u8]]) -> Result<ExpiryCondition, Refusal> {
    let (mut new, mut existing, mut later, mut sooner) = (false, false, false, false);
    for word in words {
        let known = [("NX", &mut new), ("XX", &mut existing), ("GT", &mut later), ("LT", &mut sooner)];
        match known.into_iter().find(|(name, _)| is(word, name)) {
            Some((_, given)) => *given = true,
            None => return Err(Refusal::quoting_all("ERR Unsupported option ", word, "")),
        }
    }
    if new && (existing || later || sooner) {
        return Err(Refusal::new("ERR NX and XX, GT or LT options at the same time are not compatible"));
    }
    let moves = match (later, sooner) {
        (true, true) => {
            return Err(Refusal::new("ERR GT and LT options at the same time are not compatible"));
        }
        (true, false) => Some(Moves::Later),
        (false, true) => Some(Moves::Sooner),
        (false, false) => None,
    };
    Ok(ExpiryCondition { expires: if new { Some(false) } else { existing.then_some(true) }, moves })
}

pub(super) fn ttl(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let now = context.db.now();
    reply(context, args[1], |at| rounded_seconds(at.saturating_sub(now)))
}

pub(super) fn pttl(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let now = context.db.now();
    reply(context, args[1], |at| at.saturating_sub(now))
}

pub(super) fn expiretime(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    reply(context, args[1], rounded_seconds)
}

pub(super) fn pexpiretime(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    reply(context, args[1], |at| at)
}

/// -2 without such a key, -1 if it never expires.
fn reply(context: &mut Context<'_>, key: &[u8], show: impl Fn(u64) -> u64) -> Result<(), Refusal> {
    let lifetime = context.db.lifetime(key);
    context.session.tally.note_lookup(lifetime.is_some());
    match lifetime {
        None => context.out.integer(-2),
        Some(Lifetime::Forever) => context.out.integer(-1),
        Some(Lifetime::Until(at)) => context.out.count(show(at)),
    }
    Ok(())
}

pub(super) fn persist(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let did = context.db.persist(args[1])?;
    context.out.integer(did.into());
    Ok(())
}
