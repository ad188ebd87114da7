//! What a connection says and asks about itself.

use std::sync::atomic::Ordering;

use crate::server::dispatch::Context;
use crate::server::parse::is;
use crate::server::refusal::Refusal;

/// A name in which nothing could break the lines of a listing.
pub(in crate::server::commands) fn valid_name(name: &[u8]) -> Result<&[u8], Refusal> {
    let refusal = Refusal::new("ERR Client names cannot contain spaces, newlines or special characters.");
    if is_plain(name) { Ok(name) } else { Err(refusal) }
}

fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

pub(in crate::server::commands) fn set_name(context: &Context<'_>, name: &[u8]) {
    context.session.client.names.lock().name = name.to_vec();
}

pub(super) fn setname(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    set_name(context, valid_name(args[2])?);
    context.out.status("OK");
    Ok(())
}

pub(super) fn getname(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    match context.session.client.names.lock().name.as_slice() {
        [] => context.out.null(),
        name => context.out.bulk(name),
    }
    Ok(())
}

/// Younger than Redis 7.0, but every client library sends it.
pub(super) fn setinfo(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (option, text) = (args[2], args[3]);
    let is_name = is(option, "LIB-NAME");
    if !is_name && !is(option, "LIB-VER") {
        return Err(Refusal::quoting("ERR Unrecognized option '", option, "'"));
    }
    if !is_plain(text) {
        let name = option.to_ascii_lowercase();
        return Err(Refusal::quoting(
            "ERR ",
            &name,
            " cannot contain spaces, newlines or special characters.",
        ));
    }
    let mut names = context.session.client.names.lock();
    *(if is_name { &mut names.library } else { &mut names.library_version }) = text.to_vec();
    context.out.status("OK");
    Ok(())
}

pub(super) fn id(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(context.session.client.id);
    Ok(())
}

/// Nobody is evicted here, so that both answers are true.
pub(super) fn no_evict(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.session.client.no_evict.store(on_or_off(args[2])?, Ordering::Relaxed);
    context.out.status("OK");
    Ok(())
}

fn on_or_off(word: &[u8]) -> Result<bool, Refusal> {
    if is(word, "on") {
        Ok(true)
    } else if is(word, "off") {
        Ok(false)
    } else {
        Err(Refusal::SYNTAX)
    }
}

pub(super) fn reply(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if is(args[2], "SKIP") || !on_or_off(args[2])? {
        return Err(Refusal::new("ERR replies cannot be switched off here: CLIENT REPLY takes only ON"));
    }
    context.out.status("OK");
    Ok(())
}

/// An OK to ON would promise messages that never come.
pub(super) fn tracking(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if on_or_off(args[2])? {
        return Err(Refusal::new("ERR keys are not tracked here: CLIENT TRACKING takes only OFF"));
    }
    context.out.status("OK");
    Ok(())
}

pub(super) fn caching(_: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    Err(Refusal::new(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    ))
}

pub(super) fn getredir(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.integer(-1);
    Ok(())
}

pub(super) fn trackinginfo(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    let out = &mut context.out;
    out.map(3);
    out.bulk("flags");
    out.set(1);
    out.bulk("off");
    out.bulk("redirect");
    out.integer(-1);
    out.bulk("prefixes");
    out.list(0);
    Ok(())
}
