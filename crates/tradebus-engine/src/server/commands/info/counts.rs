//! What was counted.

use std::fmt::{Result, Write};

use crate::server::commands;
use crate::server::dispatch::Context;
use crate::server::pubsub::By;

pub(super) fn stats(context: &Context<'_>, text: &mut String) -> Result {
    let (stats, pubsub) = (&context.server.stats, &context.server.pubsub);
    write!(
        text,
        "total_connections_received:{}\r\ntotal_commands_processed:{}\r\ninstantaneous_ops_per_sec:{}\r\n\
         total_net_input_bytes:{}\r\ntotal_net_output_bytes:{}\r\ninstantaneous_input_kbps:{:.2}\r\n\
         instantaneous_output_kbps:{:.2}\r\nrejected_connections:{}\r\nsync_full:0\r\nsync_partial_ok:0\r\n\
         sync_partial_err:0\r\nexpired_keys:{}\r\nevicted_keys:0\r\nevicted_clients:0\r\n\
         keyspace_hits:{}\r\nkeyspace_misses:{}\r\npubsub_channels:{}\r\n\
         pubsub_patterns:{}\r\npubsubshard_channels:0\r\nlatest_fork_usec:0\r\ntotal_forks:0\r\n\
         total_error_replies:{}\r\ntotal_reads_processed:{}\r\ntotal_writes_processed:{}\r\n\
         client_output_buffer_limit_disconnections:{}\r\n",
        stats.connections.get(),
        stats.commands.get(),
        stats.commands_per_second(),
        stats.input_bytes.get(),
        stats.output_bytes.get(),
        stats.input_bytes_per_second() as f64 / 1024.0,
        stats.output_bytes_per_second() as f64 / 1024.0,
        stats.rejected.get(),
        stats.expired_since_reset(context.db.expired_keys()),
        stats.hits.get(),
        stats.misses.get(),
        pubsub.count(By::Name),
        pubsub.count(By::Pattern),
        stats.errors.total(),
        stats.reads.get(),
        stats.writes.get(),
        stats.slow_readers.get(),
    )
}

pub(super) fn commandstats(context: &Context<'_>, text: &mut String) -> Result {
    for command in commands::all() {
        let counts = context.server.stats.by_command.of(command);
        let (calls, rejected, failed) = (counts.calls.get(), counts.rejected.get(), counts.failed.get());
        let microseconds = counts.microseconds.get();
        if calls + rejected + failed > 0 {
            write!(
                text,
                "cmdstat_{}:calls={calls},usec={microseconds},usec_per_call={:.2},rejected_calls={rejected},\
                 failed_calls={failed}\r\n",
                command.name,
                microseconds as f64 / calls.max(1) as f64,
            )?;
        }
    }
    Ok(())
}

pub(super) fn errorstats(context: &Context<'_>, text: &mut String) -> Result {
    for (code, count) in context.server.stats.errors.by_code() {
        write!(text, "errorstat_{code}:count={count}\r\n")?;
    }
    Ok(())
}
