//! XLEN, XRANGE and XREVRANGE.

use crate::EntryId;
use crate::server::dispatch::Context;
use crate::server::entries;
use crate::server::parse::{integer, is, range_end, range_start};
use crate::server::refusal::Refusal;

pub(super) fn xlen(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    context.out.count(context.db.len(args[1])?);
    Ok(())
}

pub(super) fn xrange(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (start, end) = (range_start(args[2])?, range_end(args[3])?);
    reply(context, args, start, end, false)
}

pub(super) fn xrevrange(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (start, end) = (range_start(args[3])?, range_end(args[2])?);
    reply(context, args, start, end, true)
}

/// `usize::MAX` when no COUNT is given.
fn count(options: &[&[u8]]) -> Result<usize, Refusal> {
    let mut count = usize::MAX;
    for option in options.chunks(2) {
        match option {
            [name, value] if is(name, "COUNT") => count = usize::try_from(integer(value)?).unwrap_or(0),
            _ => return Err(Refusal::SYNTAX),
        }
    }
    Ok(count)
}

fn reply(
    context: &mut Context<'_>,
    args: &[&[u8]],
    start: EntryId,
    end: EntryId,
    reverse: bool,
) -> Result<(), Refusal> {
    let (key, limit) = (args[1], count(&args[4..])?);
    if context.look_up(key) && context.db.is_stream(key)? && limit == 0 {
        context.out.null_list();
        return Ok(());
    }
    let found = context.db.range(key, start, end, limit, entries::skip)?;
    context.out.list(found);
    let writer = entries::writer(&mut context.out, context.server.options.max_output_bytes);
    if reverse {
        context.db.range_reverse(key, start, end, limit, writer)?;
    } else {
        context.db.range(key, start, end, limit, writer)?;
    }
    Ok(())
}
