//! CONFIG: the settings that Redis' clients ask for, and the size of blocks, which can be changed.

use super::Command;
use crate::glob_matches;
use crate::server::dispatch::Context;
use crate::server::parse::{is, pattern};
use crate::server::refusal::Refusal;
use crate::{Fsync, NodeLimits};

const FLAGS: &str = "admin noscript loading stale";

pub(super) static COMMANDS: &[Command] = &[
    Command::new("config|get", -3, FLAGS, get),
    Command::new("config|help", 2, "loading stale", help),
    Command::new("config|resetstat", 2, FLAGS, resetstat),
    Command::new("config|rewrite", 2, FLAGS, rewrite),
    Command::new("config|set", -4, FLAGS, set),
];

const NODE_ENTRIES: &str = "stream-node-max-entries";
const NODE_BYTES: &str = "stream-node-max-bytes";

/// All settings but the password, which nobody is told.
fn settings(context: &Context<'_>) -> Vec<(&'static str, String)> {
    let limits = context.db.node_limits();
    let server = context.server;
    let fsync = server.engine.fsync();
    let (port, encrypted) = (server.address.port().to_string(), server.options.tls.is_some());
    vec![
        ("appendfsync", fsync.map_or("no", Fsync::name).to_owned()),
        ("appendonly", if fsync.is_some() { "yes" } else { "no" }.to_owned()),
        ("bind", server.address.ip().to_string()),
        ("client-query-buffer-limit", server.options.max_input_bytes.to_string()),
        ("cluster-enabled", "no".to_owned()),
        ("databases", "1".to_owned()),
        ("latency-monitor-threshold", "0".to_owned()),
        ("maxclients", server.options.max_clients.to_string()),
        ("maxmemory", "0".to_owned()),
        ("maxmemory-policy", "noeviction".to_owned()),
        ("notify-keyspace-events", String::new()),
        ("port", if encrypted { "0".to_owned() } else { port.clone() }),
        ("proto-max-bulk-len", server.options.request.max_bulk.to_string()),
        ("save", String::new()),
        ("slowlog-log-slower-than", "-1".to_owned()),
        (NODE_BYTES, limits.max_bytes.to_string()),
        (NODE_ENTRIES, limits.max_entries.to_string()),
        ("timeout", "0".to_owned()),
        ("tls-port", if encrypted { port } else { "0".to_owned() }),
    ]
}

fn get(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut found: Vec<(Vec<u8>, String)> = Vec::new();
    let settings = settings(context);
    for wanted in &args[2..] {
        let wanted = pattern(wanted)?;
        let is_pattern = wanted.iter().any(|byte| b"*[?".contains(byte));
        let lower = wanted.to_ascii_lowercase();
        for (name, value) in &settings {
            let is_new = !found.iter().any(|(known, _)| is(known, name));
            if is_new && glob_matches(&lower, name.as_bytes()) {
                // A name that is asked for in full comes back as it was written.
                let shown = if is_pattern { name.as_bytes() } else { wanted };
                found.push((shown.to_vec(), value.clone()));
            }
        }
    }
    context.out.map(found.len());
    for (name, value) in found {
        context.out.bulk(name);
        context.out.bulk(value);
    }
    Ok(())
}

/// Sets all or none.
fn set(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let pairs = &args[2..];
    if !pairs.len().is_multiple_of(2) {
        return Err(Refusal::SYNTAX);
    }
    let settings = settings(context);
    let known = |name: &[u8]| settings.iter().find(|(known, _)| is(name, known));
    if let Some(unknown) = pairs.iter().step_by(2).find(|name| known(name).is_none()) {
        let before = "ERR Unknown option or number of arguments for CONFIG SET - '";
        return Err(Refusal::quoting_all(before, unknown, "'"));
    }
    for at in (2..pairs.len()).step_by(2) {
        if pairs[..at].iter().step_by(2).any(|before| before.eq_ignore_ascii_case(pairs[at])) {
            return Err(failed(pairs[at], "duplicate parameter"));
        }
    }
    let mut limits = context.db.node_limits();
    for pair in pairs.chunks_exact(2) {
        if let Some((name, value)) = known(pair[0]) {
            set_one(&mut limits, name, value, pair[1])?;
        }
    }
    context.db.set_node_limits(limits);
    context.out.status("OK");
    Ok(())
}

fn set_one(limits: &mut NodeLimits, name: &'static str, current: &str, value: &[u8]) -> Result<(), Refusal> {
    match name {
        NODE_ENTRIES => limits.max_entries = entries(value)?.try_into().unwrap_or(u32::MAX),
        NODE_BYTES => limits.max_bytes = bytes(value)?.try_into().unwrap_or(usize::MAX),
        _ if is(value, current) => {}
        _ => {
            let reason = format!("it is '{current}' and can't be changed while the server runs");
            return Err(failed(name.as_bytes(), &reason));
        }
    }
    Ok(())
}

fn failed(name: &[u8], reason: &str) -> Refusal {
    let after = format!("') - {reason}");
    Refusal::quoting_all("ERR CONFIG SET failed (possibly related to argument '", name, &after)
}

fn entries(value: &[u8]) -> Result<u64, Refusal> {
    let reason = match crate::number::integer(value) {
        Some(number) if number >= 0 => return Ok(number.unsigned_abs()),
        Some(_) => "argument must be between 0 and 9223372036854775807 inclusive",
        None => "argument couldn't be parsed into an integer",
    };
    Err(failed(NODE_ENTRIES.as_bytes(), reason))
}

/// A number, perhaps with a unit: `64kb` are 65536 bytes, `64k` are 64000.
fn bytes(value: &[u8]) -> Result<u64, Refusal> {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = value.split_at(digits);
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
    let units: [(&str, u64); 8] = [
        ("", 1),
        ("b", 1),
        ("k", 1000),
        ("kb", 1 << 10),
        ("m", 1_000_000),
        ("mb", 1 << 20),
        ("g", 1_000_000_000),
        ("gb", 1 << 30),
    ];
    let unit = units.into_iter().find_map(|(name, bytes)| is(unit, name).then_some(bytes));
    let bytes = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    bytes.ok_or_else(|| failed(NODE_BYTES.as_bytes(), "argument must be a memory value"))
}

fn resetstat(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.server.stats.reset(context.db.expired_keys());
    context.out.status("OK");
    Ok(())
}

fn rewrite(_: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    Err(Refusal::new("ERR The server is running without a config file"))
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "CONFIG",
        &[
            "GET <pattern> [<pattern> ...]",
            "    The settings that match, with their values.",
            "RESETSTAT",
            "    Let the counters of INFO begin again.",
            "REWRITE",
            "    There is no file to rewrite here.",
            "SET <setting> <value> [<setting> <value> ...]",
            "    Change stream-node-max-bytes or stream-node-max-entries.",
        ],
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [("100", 100), ("4kb", 4096), ("4K", 4000), ("1Gb", 1 << 30), ("7b", 7)] {
            assert_eq!(bytes(text.as_bytes()).ok(), Some(expected), "{text}");
        }
        for text in ["", "kb", "-1", "1.5mb", "4 kb", "4tb", "99999999999999999999", "18446744073709551615kb"]
        {
            assert!(bytes(text.as_bytes()).is_err(), "{text}");
        }
    }
}
