//! COMMAND: what commands there are.

use tradebus_resp::ReplyEncoder;

use super::{Command, Keys, Listed, TABLE, find};
use crate::glob_matches;
use crate::server::dispatch::Context;
use crate::server::parse::{is, pattern};
use crate::server::refusal::Refusal;

pub(super) static COMMANDS: &[Command] = &[
    Command::new("command|count", 2, "loading stale", count),
    Command::new("command|docs", -2, "loading stale", docs),
    Command::new("command|getkeys", -4, "loading stale", getkeys),
    Command::new("command|help", 2, "loading stale", help),
    Command::new("command|info", -2, "loading stale", info),
    Command::new("command|list", -2, "loading stale", list),
];

pub(super) fn command(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    write_all(&mut context.out);
    Ok(())
}

fn info(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let out = &mut context.out;
    let names = &args[2..];
    if names.is_empty() {
        write_all(out);
        return Ok(());
    }
    out.list(names.len());
    for name in names {
        match by_full_name(name) {
            Some(command) => write_record(out, command),
            None => out.null(),
        }
    }
    Ok(())
}

/// A command, or a subcommand as `client|id`.
fn by_full_name(name: &[u8]) -> Option<&'static Listed> {
    let words: Vec<&[u8]> = name.split(|byte| *byte == b'|').collect();
    let command = find(&words).ok()?;
    // A command without subcommands is not found by a name of two words.
    (command.name.len() == name.len()).then_some(command)
}

fn write_all(out: &mut ReplyEncoder<'_>) {
    out.list(TABLE.commands.len());
    for command in TABLE.commands {
        write_record(out, command);
    }
}

/// The ten elements that clients expect. Categories, tips and exact places of keys are left empty.
fn write_record(out: &mut ReplyEncoder<'_>, command: &Listed) {
    out.list(10);
    out.bulk(command.name);
    out.integer(command.arity.into());
    out.set(command.flags().count());
    for flag in command.flags() {
        out.status(flag);
    }
    let Keys { first, last, step } = command.keys;
    for place in [first, last, step] {
        out.integer(place.into());
    }
    for _ in ["categories", "tips", "key specifications"] {
        out.set(0);
    }
    if command.subcommands.is_empty() {
        out.set(0);
        return;
    }
    out.list(command.subcommands.len());
    for subcommand in &command.subcommands {
        write_record(out, subcommand);
    }
}

fn count(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.count(TABLE.commands.len() as u64);
    Ok(())
}

/// Descriptions of the commands: none, which clients take as "ask nothing more".
fn docs(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.map(0);
    Ok(())
}

fn list(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let wanted: &[u8] = match args {
        [_, _] => b"*",
        [_, _, by, kind, text] if is(by, "FILTERBY") && is(kind, "PATTERN") => pattern(text)?,
        // There are no modules, and no categories.
        [_, _, by, kind, _] if is(by, "FILTERBY") && (is(kind, "MODULE") || is(kind, "ACLCAT")) => b"",
        _ => return Err(Refusal::SYNTAX),
    };
    let wanted = wanted.to_ascii_lowercase();
    let names = TABLE.names.iter().filter(|name| glob_matches(&wanted, name.as_bytes()));
    context.out.list(names.clone().count());
    for name in names {
        context.out.bulk(name);
    }
    Ok(())
}

fn getkeys(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let request = &args[2..];
    let command = find(request).map_err(|_| Refusal::new("ERR Invalid command specified"))?;
    let has_movable_keys = command.flags().any(|flag| flag == "movablekeys");
    if command.keys.first == 0 && !has_movable_keys {
        return Err(Refusal::new("ERR The command has no key arguments"));
    }
    if !command.takes(request.len()) {
        return Err(Refusal::new("ERR Invalid number of arguments specified for command"));
    }
    let keys = if has_movable_keys { behind_streams(request) } else { command.keys.pick(request) };
    if keys.is_empty() {
        return Err(Refusal::new("ERR Invalid arguments specified for command"));
    }
    context.out.list(keys.len());
    for key in keys {
        context.out.bulk(key);
    }
    Ok(())
}

/// The keys of XREAD and XREADGROUP: the first half of what stands behind STREAMS.
fn behind_streams<'a>(request: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let Some(at) = request.iter().position(|word| is(word, "STREAMS")) else { return Vec::new() };
    let words = &request[at + 1..];
    if words.len().is_multiple_of(2) { words[..words.len() / 2].to_vec() } else { Vec::new() }
}

impl Keys {
    fn pick<'a>(&self, request: &[&'a [u8]]) -> Vec<&'a [u8]> {
        let first = self.first.unsigned_abs() as usize;
        let last = if self.last < 0 {
            request.len().saturating_sub(self.last.unsigned_abs() as usize)
        } else {
            self.last.unsigned_abs() as usize
        };
        let step = self.step.unsigned_abs().max(1) as usize;
        (first..=last).step_by(step).filter_map(|at| request.get(at).copied()).collect()
    }
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "COMMAND",
        &[
            "(no subcommand)",
            "    A record for each command.",
            "COUNT",
            "    How many commands there are.",
            "DOCS [<command-name> ...]",
            "    Nothing: descriptions are in the documentation.",
            "GETKEYS <full-command>",
            "    Which of its arguments are keys.",
            "INFO [<command-name> ...]",
            "    A record for each of these commands, or for all.",
            "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
            "    The names of commands and subcommands.",
        ],
    );
    Ok(())
}
