//! CONFIG: the settings that Redis' clients ask for, and the size of blocks, which can be changed.

use crate::NodeLimits;
use crate::glob_matches;
use crate::server::dispatch::Context;
use crate::server::parse::is;
use crate::server::refusal::Refusal;

const NODE_ENTRIES: &str = "stream-node-max-entries";
const NODE_BYTES: &str = "stream-node-max-bytes";

fn settings(context: &Context<'_>) -> [(&'static str, String); 9] {
    let limits = context.db.node_limits();
    let options = &context.server.options;
    [
        ("appendonly", "no".to_owned()),
        ("databases", "1".to_owned()),
        ("maxclients", options.max_clients.to_string()),
        ("maxmemory", "0".to_owned()),
        ("port", context.server.address.port().to_string()),
        ("save", String::new()),
        (NODE_BYTES, limits.max_bytes.to_string()),
        (NODE_ENTRIES, limits.max_entries.to_string()),
        ("timeout", "0".to_owned()),
    ]
}

pub(super) fn get(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let wanted = |name: &str| {
        args[2..].iter().any(|pattern| glob_matches(&pattern.to_ascii_lowercase(), name.as_bytes()))
    };
    let found: Vec<_> = settings(context).into_iter().filter(|(name, _)| wanted(name)).collect();
    context.out.map(found.len());
    for (name, value) in found {
        context.out.bulk(name);
        context.out.bulk(value);
    }
    Ok(())
}

/// Sets all or none.
pub(super) fn set(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut limits = context.db.node_limits();
    let pairs = &args[2..];
    if !pairs.len().is_multiple_of(2) {
        return Err(Refusal::SYNTAX);
    }
    for pair in pairs.chunks_exact(2) {
        set_one(&mut limits, pair[0], pair[1])?;
    }
    context.db.set_node_limits(limits);
    context.out.status("OK");
    Ok(())
}

fn set_one(limits: &mut NodeLimits, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
    if is(name, NODE_ENTRIES) {
        limits.max_entries = number(NODE_ENTRIES, value)?.try_into().unwrap_or(u32::MAX);
    } else if is(name, NODE_BYTES) {
        limits.max_bytes = number(NODE_BYTES, value)?.try_into().unwrap_or(usize::MAX);
    } else {
        return Err(Refusal::quoting(
            "ERR Unknown option or number of arguments for CONFIG SET - '",
            name,
            "'",
        ));
    }
    Ok(())
}

fn number(name: &str, value: &[u8]) -> Result<u64, Refusal> {
    let reason = match std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok()) {
        Some(number) if number >= 0 => return Ok(number.unsigned_abs()),
        Some(_) => "must be between 0 and 9223372036854775807 inclusive",
        None => "couldn't be parsed into an integer",
    };
    let after = format!("') - argument {reason}");
    Err(Refusal::quoting("ERR CONFIG SET failed (possibly related to argument '", name.as_bytes(), &after))
}
