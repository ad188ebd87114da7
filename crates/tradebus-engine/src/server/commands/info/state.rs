//! The server, its clients and its store.

use std::fmt::{Result, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::server::REDIS_VERSION;
use crate::server::dispatch::Context;

pub(super) fn server(context: &Context<'_>, text: &mut String) -> Result {
    let server = context.server;
    let uptime = server.started.elapsed().as_secs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let executable = std::env::current_exe().unwrap_or_default();
    let ticks_per_second = 1000 / crate::server::TICK.as_millis();
    write!(
        text,
        "redis_version:{REDIS_VERSION}\r\ntradebus_version:{}\r\nredis_mode:standalone\r\nos:{} {}\r\narch_bits:{}\r\n\
         process_id:{}\r\nprocess_supervised:no\r\nrun_id:{}\r\ntcp_port:{}\r\nserver_time_usec:{}\r\n\
         uptime_in_seconds:{uptime}\r\nuptime_in_days:{}\r\nhz:{ticks_per_second}\r\nconfigured_hz:{ticks_per_second}\r\n\
         executable:{}\r\nconfig_file:\r\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        usize::BITS,
        std::process::id(),
        server.run_id,
        server.address.port(),
        now.as_micros(),
        uptime / 86_400,
        executable.display(),
    )
}

pub(super) fn clients(context: &Context<'_>, text: &mut String) -> Result {
    let clients = &context.server.clients;
    write!(
        text,
        "connected_clients:{}\r\ncluster_connections:0\r\nmaxclients:{}\r\nblocked_clients:{}\r\ntracking_clients:0\r\n",
        clients.count(),
        context.server.options.max_clients,
        clients.count_waiting(),
    )
}

/// Clients wait until `loading` is 0, which it is from the start: the port is opened when the store is there.
pub(super) fn persistence(context: &Context<'_>, text: &mut String) -> Result {
    let engine = &context.server.engine;
    let is_durable = u8::from(engine.fsync().is_some());
    let last_write = if engine.trouble().is_some() { "err" } else { "ok" };
    write!(
        text,
        "loading:0\r\nasync_loading:0\r\nrdb_changes_since_last_save:0\r\nrdb_bgsave_in_progress:0\r\n\
         rdb_last_save_time:{}\r\nrdb_last_bgsave_status:ok\r\nrdb_last_bgsave_time_sec:-1\r\n\
         rdb_current_bgsave_time_sec:-1\r\naof_enabled:{is_durable}\r\naof_rewrite_in_progress:0\r\n\
         aof_rewrite_scheduled:0\r\naof_last_rewrite_time_sec:-1\r\naof_current_rewrite_time_sec:-1\r\n\
         aof_last_bgrewrite_status:ok\r\naof_last_write_status:{last_write}\r\n",
        context.server.started_at,
    )
}

pub(super) fn replication(context: &Context<'_>, text: &mut String) -> Result {
    write!(
        text,
        "role:master\r\nconnected_slaves:0\r\nmaster_failover_state:no-failover\r\nmaster_replid:{}\r\n\
         master_replid2:{}\r\nmaster_repl_offset:0\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:0\r\n\
         repl_backlog_size:0\r\nrepl_backlog_first_byte_offset:0\r\nrepl_backlog_histlen:0\r\n",
        context.server.run_id,
        "0".repeat(context.server.run_id.len()),
    )
}

pub(super) fn cluster(_: &Context<'_>, text: &mut String) -> Result {
    write!(text, "cluster_enabled:0\r\n")
}

pub(super) fn keyspace(context: &Context<'_>, text: &mut String) -> Result {
    match context.db.key_count() {
        0 => Ok(()),
        keys => write!(text, "db0:keys={keys},expires={},avg_ttl=0\r\n", context.db.expiring_keys()),
    }
}
