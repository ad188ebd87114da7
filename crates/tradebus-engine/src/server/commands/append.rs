//! XADD and XSETID.

use smallvec::SmallVec;

use super::trim::TrimOptions;
use crate::server::dispatch::Context;
use crate::server::entries::write_id;
use crate::server::parse::{id, integer, is};
use crate::server::refusal::Refusal;
use crate::{DbError, EntryId, NewId, SetId};

pub(super) fn xadd(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (options, at) = TrimOptions::parse(args, 2, true)?;
    let new_id = args.get(at).map(|text| parse_new_id(text)).transpose()?;
    let trim = options.check()?;
    let words = args.get(at + 1..).unwrap_or_default();
    let Some(new_id) = new_id else { return Err(Refusal::wrong_arity("xadd")) };
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return Err(Refusal::wrong_arity("xadd"));
    }
    // Refused before the key is looked at, whatever it holds.
    if new_id == NewId::Exact(EntryId::MIN) {
        return Err(DbError::IdZero.into());
    }
    let fields: SmallVec<[(&[u8], &[u8]); 16]> =
        words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let added = if options.no_mkstream {
        context.db.append_existing(args[1], new_id, &fields)?
    } else {
        Some(context.db.append(args[1], new_id, &fields)?)
    };
    let Some(added) = added else {
        context.out.null();
        return Ok(());
    };
    if let Some(trim) = trim {
        context.db.trim(args[1], trim)?;
    }
    write_id(&mut context.out, added);
    Ok(())
}

fn parse_new_id(text: &[u8]) -> Result<NewId, Refusal> {
    match text {
        b"*" => Ok(NewId::Auto),
        [ms @ .., b'-', b'*'] if !ms.contains(&b'-') => Ok(NewId::AutoSeq(id(ms)?.ms)),
        _ => id(text).map(NewId::Exact),
    }
}

pub(super) fn xsetid(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut set = SetId { last_id: id(args[2])?, entries_added: None, max_deleted_id: None };
    for option in args[3..].chunks(2) {
        match option {
            [name, value] if is(name, "ENTRIESADDED") => {
                let added = u64::try_from(integer(value)?);
                set.entries_added =
                    Some(added.map_err(|_| Refusal::new("ERR entries_added must be positive"))?);
            }
            [name, value] if is(name, "MAXDELETEDID") => {
                let max_deleted = id(value)?;
                if set.last_id < max_deleted {
                    let id = set.last_id;
                    return Err(DbError::LastIdBelowDeleted { id, max_deleted }.into());
                }
                // Redis takes 0-0 for "not given".
                set.max_deleted_id = Some(max_deleted).filter(|id| *id != EntryId::MIN);
            }
            _ => return Err(Refusal::SYNTAX),
        }
    }
    context.db.set_id(args[1], set)?;
    context.out.status("OK");
    Ok(())
}
