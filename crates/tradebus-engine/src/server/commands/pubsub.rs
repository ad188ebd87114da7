//! SUBSCRIBE, PUBLISH and their like.

use super::Command;
use crate::keyspace::Key;
use crate::server::dispatch::Context;
use crate::server::parse::pattern;
use crate::server::pubsub::By;
use crate::server::refusal::Refusal;

pub(super) static COMMANDS: &[Command] = &[
    Command::new("pubsub|channels", -2, "pubsub loading stale", channels),
    Command::new("pubsub|help", 2, "loading stale", help),
    Command::new("pubsub|numpat", 2, "pubsub loading stale", numpat),
    Command::new("pubsub|numsub", -2, "pubsub loading stale", numsub),
];

pub(super) fn subscribe(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    for channel in &args[1..] {
        context.session.subscriptions.add(By::Name, channel);
        confirm(context, "subscribe", Some(channel));
    }
    Ok(())
}

pub(super) fn psubscribe(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    for text in &args[1..] {
        pattern(text)?;
    }
    for pattern in &args[1..] {
        context.session.subscriptions.add(By::Pattern, pattern);
        confirm(context, "psubscribe", Some(pattern));
    }
    Ok(())
}

pub(super) fn unsubscribe(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    leave(context, By::Name, "unsubscribe", &args[1..]);
    Ok(())
}

pub(super) fn punsubscribe(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    leave(context, By::Pattern, "punsubscribe", &args[1..]);
    Ok(())
}

/// Leaves these topics, or all if none is named.
fn leave(context: &mut Context<'_>, by: By, kind: &str, named: &[&[u8]]) {
    let all: Vec<Key> = if named.is_empty() {
        context.session.subscriptions.of(by).iter().cloned().collect()
    } else {
        named.iter().map(|topic| Key::from(*topic)).collect()
    };
    for topic in &all {
        context.session.subscriptions.remove(by, topic);
        // Nothing that came from there may come after the confirmation.
        take_letters(context);
        confirm(context, kind, Some(topic));
    }
    if all.is_empty() {
        confirm(context, kind, None);
    }
}

fn take_letters(context: &mut Context<'_>) {
    let outbox = &context.session.client.outbox;
    context.out.raw(|output| outbox.take(output));
}

/// What was done, and how many subscriptions there are now.
fn confirm(context: &mut Context<'_>, kind: &str, topic: Option<&[u8]>) {
    context.out.push(3);
    context.out.bulk(kind);
    match topic {
        Some(topic) => context.out.bulk(topic),
        None => context.out.null(),
    }
    context.out.count(context.session.subscriptions.len() as u64);
}

pub(super) fn publish(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let server = context.server;
    let most = server.options.max_letter_bytes;
    let receivers = server.pubsub.publish(args[1], args[2], most, &server.stats);
    // To oneself the message comes before the reply.
    if !context.session.subscriptions.is_empty() {
        take_letters(context);
    }
    context.out.count(receivers as u64);
    Ok(())
}

fn channels(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let pattern = match args {
        [_, _] => b"*",
        [_, _, text] => pattern(text)?,
        _ => return Err(Refusal::subcommand_syntax(args, "PUBSUB")),
    };
    let channels = context.server.pubsub.channels(pattern);
    context.out.list(channels.len());
    for channel in &channels {
        context.out.bulk(channel);
    }
    Ok(())
}

fn numsub(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let channels = &args[2..];
    context.out.list(channels.len() * 2);
    for channel in channels {
        context.out.bulk(channel);
        context.out.count(context.server.pubsub.subscribers(channel) as u64);
    }
    Ok(())
}

fn numpat(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(context.server.pubsub.count(By::Pattern) as u64);
    Ok(())
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "PUBSUB",
        &[
            "CHANNELS [<pattern>]",
            "    The channels that somebody subscribes to by name, and that match <pattern> (default: '*').",
            "NUMPAT",
            "    How many patterns are subscribed to.",
            "NUMSUB [<channel> ...]",
            "    How many clients subscribe to these channels by name.",
        ],
    );
    Ok(())
}
