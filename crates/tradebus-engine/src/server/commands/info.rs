//! INFO.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::server::REDIS_VERSION;
use crate::server::dispatch::Context;
use crate::server::parse::is;
use crate::server::refusal::Refusal;

/// A section: its name, and what writes its lines.
type Section = (&'static str, fn(&Context<'_>, &mut String) -> std::fmt::Result);

const SECTIONS: [Section; 7] = [
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Persistence", persistence),
    ("Stats", stats),
    ("Cluster", cluster),
    ("Keyspace", keyspace),
];

pub(super) fn info(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let wanted = &args[1..];
    let is_all = |word: &&[u8]| ["all", "everything", "default"].iter().any(|all| is(word, all));
    let all = wanted.is_empty() || wanted.iter().any(is_all);
    let mut text = String::new();
    for (name, write) in SECTIONS {
        if all || wanted.iter().any(|word| is(word, name)) {
            let gap = if text.is_empty() { "" } else { "\r\n" };
            // Writing to a string does not fail.
            let _ = write!(text, "{gap}# {name}\r\n").and_then(|()| write(context, &mut text));
        }
    }
    context.out.verbatim_text(&text);
    Ok(())
}

fn server(context: &Context<'_>, text: &mut String) -> std::fmt::Result {
    let server = context.server;
    let uptime = server.started.elapsed().as_secs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    write!(
        text,
        "redis_version:{REDIS_VERSION}\r\ntradebus_version:{}\r\nredis_mode:standalone\r\nos:{} {}\r\narch_bits:{}\r\n\
         process_id:{}\r\nrun_id:{}\r\ntcp_port:{}\r\nserver_time_usec:{}\r\nuptime_in_seconds:{uptime}\r\n\
         uptime_in_days:{}\r\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        usize::BITS,
        std::process::id(),
        server.run_id,
        server.address.port(),
        now.as_micros(),
        uptime / 86_400,
    )
}

fn clients(context: &Context<'_>, text: &mut String) -> std::fmt::Result {
    let clients = &context.server.clients;
    write!(
        text,
        "connected_clients:{}\r\nmaxclients:{}\r\nblocked_clients:{}\r\n",
        clients.count(),
        context.server.options.max_clients,
        clients.count_blocked(),
    )
}

fn memory(context: &Context<'_>, text: &mut String) -> std::fmt::Result {
    let used = context.db.memory_bytes();
    write!(
        text,
        "used_memory:{used}\r\nused_memory_human:{}\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n",
        human(used)
    )
}

/// Bytes as Redis writes them for people.
fn human(bytes: usize) -> String {
    let size = bytes as f64;
    let units = [("B", 1.0), ("K", 1024.0), ("M", 1024.0 * 1024.0), ("G", 1024.0 * 1024.0 * 1024.0)];
    let unit = units.into_iter().rev().find(|(_, one)| size >= *one);
    match unit {
        None | Some(("B", _)) => format!("{bytes}B"),
        Some((name, one)) => format!("{:.2}{name}", size / one),
    }
}

/// Clients wait until `loading` is 0.
fn persistence(_: &Context<'_>, text: &mut String) -> std::fmt::Result {
    write!(text, "loading:0\r\naof_enabled:0\r\n")
}

fn stats(context: &Context<'_>, text: &mut String) -> std::fmt::Result {
    let counts = context.server.stats.counts();
    write!(
        text,
        "total_connections_received:{}\r\ntotal_commands_processed:{}\r\ninstantaneous_ops_per_sec:{}\r\n\
         total_net_input_bytes:{}\r\ntotal_net_output_bytes:{}\r\nrejected_connections:{}\r\ntotal_error_replies:{}\r\n\
         client_output_buffer_limit_disconnections:{}\r\n",
        counts.connections,
        counts.commands,
        counts.commands_per_second,
        counts.input_bytes,
        counts.output_bytes,
        counts.rejected,
        counts.errors,
        counts.slow_readers,
    )
}

fn cluster(_: &Context<'_>, text: &mut String) -> std::fmt::Result {
    write!(text, "cluster_enabled:0\r\n")
}

fn keyspace(context: &Context<'_>, text: &mut String) -> std::fmt::Result {
    match context.db.key_count() {
        0 => Ok(()),
        keys => write!(text, "db0:keys={keys},expires=0,avg_ttl=0\r\n"),
    }
}
