//! COMMAND and TIME.

use std::time::{SystemTime, UNIX_EPOCH};

use super::COMMANDS;
use crate::server::dispatch::Context;
use crate::server::refusal::Refusal;

/// Descriptions of the commands: none, which clients take as "ask nothing more".
pub(super) fn command(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.list(0);
    Ok(())
}

pub(super) fn count(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(COMMANDS.len() as u64);
    Ok(())
}

pub(super) fn docs(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.map(0);
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
