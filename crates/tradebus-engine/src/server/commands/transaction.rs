//! MULTI, EXEC and DISCARD, and WATCH for them.

use crate::server::dispatch::{self, Context};
use crate::server::refusal::Refusal;
use crate::server::transaction::Transaction;

pub(super) fn multi(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    if context.session.transaction.is_some() {
        return Err(Refusal::new("ERR MULTI calls can not be nested"));
    }
    context.session.transaction = Some(Transaction::default());
    context.out.status("OK");
    Ok(())
}

pub(super) fn discard(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.session.transaction.take().ok_or(Refusal::new("ERR DISCARD without MULTI"))?;
    context.session.watches = None;
    context.out.status("OK");
    Ok(())
}

/// The store stays locked from the first command to the last.
pub(super) fn exec(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    let transaction = context.session.transaction.take().ok_or(Refusal::new("ERR EXEC without MULTI"))?;
    let watches = context.session.watches.take();
    if transaction.is_poisoned() {
        return Err(Refusal::new("EXECABORT Transaction discarded because of previous errors."));
    }
    if watches.is_some_and(|watches| watches.are_dirty(&context.db)) {
        context.out.null_list();
        return Ok(());
    }
    let commands = transaction.into_commands();
    context.out.list(commands.len());
    context.session.in_exec = true;
    for queued in commands {
        let args: Vec<&[u8]> = queued.args.iter().map(|arg| &**arg).collect();
        dispatch::execute(context, queued.command, &args);
    }
    context.session.in_exec = false;
    Ok(())
}

pub(super) fn watch(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if context.session.transaction.is_some() {
        return Err(Refusal::new("ERR WATCH inside MULTI is not allowed"));
    }
    // What will fail anyway needs no more keys.
    let watches = context.session.watches.get_or_insert_default();
    if !watches.seem_dirty() {
        watches.add(&args[1..], &context.db, &context.server.engine);
    }
    context.out.status("OK");
    Ok(())
}

pub(super) fn unwatch(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.session.watches = None;
    context.out.status("OK");
    Ok(())
}
