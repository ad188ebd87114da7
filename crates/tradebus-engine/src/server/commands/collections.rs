//! As much of lists and sets as clients and tests of a stream server expect.

use bytes::Bytes;

use crate::server::dispatch::Context;
use crate::server::parse::integer;
use crate::server::refusal::Refusal;

pub(super) fn lpush(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let len = context.db.push_front(args[1], &args[2..])?;
    context.out.count(len as u64);
    Ok(())
}

pub(super) fn llen(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    let len = context.db.list(args[1])?.map_or(0, std::collections::VecDeque::len);
    context.out.count(len as u64);
    Ok(())
}

pub(super) fn lrange(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (start, stop) = (integer(args[2])?, integer(args[3])?);
    context.look_up(args[1]);
    let Some(list) = context.db.list(args[1])? else {
        context.out.list(0);
        return Ok(());
    };
    let len = i64::try_from(list.len()).unwrap_or(i64::MAX);
    // Below zero they count from the end.
    let place = |at: i64| if at < 0 { (at + len).max(0) } else { at };
    let (start, stop) = (place(start), if stop < 0 { stop + len } else { stop.min(len - 1) });
    let count = stop.saturating_sub(start).saturating_add(1).max(0) as usize;
    context.out.list(count);
    list.iter().skip(start as usize).take(count).for_each(|text| context.out.bulk(text));
    Ok(())
}

pub(super) fn sadd(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let added = context.db.add_members(args[1], &args[2..])?;
    context.out.count(added as u64);
    Ok(())
}

pub(super) fn scard(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    let len = context.db.set(args[1])?.map_or(0, std::collections::BTreeSet::len);
    context.out.count(len as u64);
    Ok(())
}

pub(super) fn smembers(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.look_up(args[1]);
    let members = context.db.set(args[1])?.into_iter().flatten();
    context.out.set(members.clone().count());
    members.for_each(|member: &Bytes| context.out.bulk(member));
    Ok(())
}
