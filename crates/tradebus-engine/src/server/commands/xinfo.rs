//! XINFO STREAM.

use crate::server::dispatch::Context;
use crate::server::entries::{self, write_id};
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;
use crate::{EntryId, StreamInfo};

/// Entries that FULL shows when it is not told how many.
const DEFAULT_COUNT: usize = 10;

pub(super) fn stream(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
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
    context.out.integer(0);
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
    context.out.list(0);
    Ok(())
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
    out.count(info.entries_added);
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
