//! CLIENT: what a connection says about itself, and waking others.

use crate::server::blocking::Outcome;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;
use crate::server::session::Session;

/// A name in which nothing could break the lines of a listing.
pub(super) fn valid_name(name: &[u8]) -> Result<&[u8], Refusal> {
    let refusal = Refusal::new("ERR Client names cannot contain spaces, newlines or special characters.");
    if is_plain(name) { Ok(name) } else { Err(refusal) }
}

fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

pub(super) fn set_name(session: &mut Session, name: &[u8]) {
    session.name = name.to_vec();
}

pub(super) fn setname(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set_name(context.session, valid_name(args[2])?);
    context.out.status("OK");
    Ok(())
}

pub(super) fn getname(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    match context.session.name.as_slice() {
        [] => context.out.null(),
        name => context.out.bulk(name),
    }
    Ok(())
}

/// Younger than Redis 7.0, but every client library sends it.
pub(super) fn setinfo(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let option = args[2];
    if !is(option, "LIB-NAME") && !is(option, "LIB-VER") {
        return Err(Refusal::quoting("ERR Unrecognized option '", option, "'"));
    }
    if !is_plain(args[3]) {
        let name = option.to_ascii_lowercase();
        return Err(Refusal::quoting(
            "ERR ",
            &name,
            " cannot contain spaces, newlines or special characters.",
        ));
    }
    context.out.status("OK");
    Ok(())
}

pub(super) fn id(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(context.session.id);
    Ok(())
}

/// Nobody is evicted here, so that both answers are true.
pub(super) fn no_evict(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if !is(args[2], "on") && !is(args[2], "off") {
        return Err(Refusal::SYNTAX);
    }
    context.out.status("OK");
    Ok(())
}

pub(super) fn unblock(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let outcome = match args {
        [_, _, _] => Outcome::TimedOut,
        [_, _, _, how] if is(how, "TIMEOUT") => Outcome::TimedOut,
        [_, _, _, how] if is(how, "ERROR") => {
            Outcome::Failed("UNBLOCKED client unblocked via CLIENT UNBLOCK")
        }
        [_, _, _, _] => return Err(Refusal::new("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
        _ => return Err(Refusal::subcommand_syntax(args, "CLIENT")),
    };
    let id = integer(args[2])?;
    let blocked = u64::try_from(id).ok().and_then(|id| context.server.clients.blocked(id));
    context.out.integer(i64::from(blocked.is_some_and(|blocked| blocked.unblock(outcome))));
    Ok(())
}
