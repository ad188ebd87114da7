//! What administrators and their tools ask a server, and what has a simple answer here.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Command;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, timeout_ms};
use crate::server::refusal::Refusal;

pub(super) static ACL: &[Command] = &[Command::new("acl|whoami", 2, "noscript loading stale", acl_whoami)];

const LATENCY_FLAGS: &str = "admin noscript loading stale";

pub(super) static LATENCY: &[Command] = &[
    Command::new("latency|histogram", -2, LATENCY_FLAGS, no_map),
    Command::new("latency|history", 3, LATENCY_FLAGS, no_list),
    Command::new("latency|latest", 2, LATENCY_FLAGS, no_list),
    Command::new("latency|reset", -2, LATENCY_FLAGS, zero),
];

pub(super) static MODULE: &[Command] = &[Command::new("module|list", 2, "admin noscript", no_list)];

pub(super) static SLOWLOG: &[Command] = &[
    Command::new("slowlog|get", -2, "admin loading stale", slowlog_get),
    Command::new("slowlog|len", 2, "admin loading stale", zero),
    Command::new("slowlog|reset", 2, "admin loading stale", ok),
];

/// What is not kept here is empty, which is what the tools of administrators show best.
fn no_list(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.list(0);
    Ok(())
}

fn no_map(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.map(0);
    Ok(())
}

fn zero(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.integer(0);
    Ok(())
}

fn ok(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.status("OK");
    Ok(())
}

fn slowlog_get(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    match args {
        [_, _] => {}
        [_, _, count] if integer(count).is_ok_and(|count| count >= -1) => {}
        [_, _, _] => return Err(Refusal::new("ERR count should be greater than or equal to -1")),
        _ => return Err(Refusal::subcommand_syntax(args, "SLOWLOG")),
    }
    no_list(context, args)
}

/// There is one user.
fn acl_whoami(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.bulk("default");
    Ok(())
}

pub(super) fn role(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.list(3);
    context.out.bulk("master");
    context.out.integer(0);
    context.out.list(0);
    Ok(())
}

/// There are no replicas, and so nothing to wait for.
pub(super) fn wait(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    integer(args[1])?;
    timeout_ms(args[2])?;
    context.out.integer(0);
    Ok(())
}

/// Nothing was saved since the start by a command.
pub(super) fn lastsave(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(context.server.started_at);
    Ok(())
}

pub(super) fn time(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut digits = itoa::Buffer::new();
    context.out.list(2);
    context.out.bulk(digits.format(now.as_secs()));
    context.out.bulk(digits.format(now.subsec_micros()));
    Ok(())
}
