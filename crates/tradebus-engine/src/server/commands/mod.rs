//! All commands, by name.

#![expect(clippy::unnecessary_wraps, reason = "all commands have one signature, also those that cannot fail")]

mod administration;
mod append;
mod client;
mod collections;
mod config;
mod connection;
mod expire;
mod groups;
mod info;
mod introspection;
mod keys;
mod object;
mod pubsub;
mod range;
mod read;
mod scripts;
mod table;
mod texts;
mod transaction;
mod trim;
mod xinfo;

use std::ops::Deref;
use std::sync::LazyLock;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::dispatch::Context;
use super::refusal::Refusal;

/// What a command does with its arguments, the name included: it writes its reply, or is refused.
type Handler = fn(&mut Context<'_>, &[&[u8]]) -> Result<(), Refusal>;

/// A command or a subcommand.
pub(super) struct Command {
    /// In lower case; a subcommand with its container, as `client|id`.
    pub(super) name: &'static str,
    /// Arguments with the name; negative: at least so many.
    arity: i32,
    /// What it is like, in the words of COMMAND INFO and in their order.
    flags: &'static str,
    keys: Keys,
    pub(super) handler: Handler,
    /// Done at once even between MULTI and EXEC.
    pub(super) in_transaction: bool,
    /// Allowed to those who wait for messages of channels and speak RESP2.
    pub(super) while_subscribed: bool,
    subcommands: &'static [Command],
}

/// Which arguments are keys: the first one, the last one (counted from the end when negative), and how far apart they are. All
/// zero when there are none, or when their place is not fixed.
struct Keys {
    first: i32,
    last: i32,
    step: i32,
}

const NO_KEYS: Keys = Keys { first: 0, last: 0, step: 0 };
const FIRST: Keys = Keys { first: 1, last: 1, step: 1 };
const FIRST_TWO: Keys = Keys { first: 1, last: 2, step: 1 };
const SECOND: Keys = Keys { first: 2, last: 2, step: 1 };
const ALL: Keys = Keys { first: 1, last: -1, step: 1 };
const EVERY_OTHER: Keys = Keys { first: 1, last: -1, step: 2 };

impl Command {
    const fn new(name: &'static str, arity: i32, flags: &'static str, handler: Handler) -> Self {
        Self {
            name,
            arity,
            flags,
            keys: NO_KEYS,
            handler,
            in_transaction: false,
            while_subscribed: false,
            subcommands: &[],
        }
    }

    /// A name that is never a command of its own: its arity asks for a subcommand.
    const fn container(name: &'static str, subcommands: &'static [Self]) -> Self {
        Self::new(name, -2, "", |_, _| Err(Refusal::SYNTAX)).with(subcommands)
    }

    const fn with(mut self, subcommands: &'static [Self]) -> Self {
        self.subcommands = subcommands;
        self
    }

    const fn keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    const fn in_transaction(mut self) -> Self {
        self.in_transaction = true;
        self
    }

    const fn while_subscribed(mut self) -> Self {
        self.while_subscribed = true;
        self
    }

    fn flags(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.flags.split_ascii_whitespace()
    }

    fn takes(&self, args: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { args >= arity } else { args == arity }
    }

    /// Refuses a request with too few or too many arguments.
    pub(super) fn check_arity(&self, args: &[&[u8]]) -> Result<(), Refusal> {
        if self.takes(args.len()) { Ok(()) } else { Err(Refusal::wrong_arity(self.name)) }
    }
}

/// A command as it is found by its name.
pub(super) struct Listed {
    command: &'static Command,
    /// Which one it is of all, by which it is counted.
    pub(super) place: usize,
    /// It may change keys, or what others see in another way: a pause of writes holds it up.
    pub(super) writes: bool,
    /// Allowed before the password is shown.
    pub(super) before_auth: bool,
    /// Its name alone says what is asked for.
    has_one_name: bool,
    subcommands: Vec<Listed>,
}

impl Deref for Listed {
    type Target = Command;

    fn deref(&self) -> &Command {
        self.command
    }
}

impl Listed {
    fn new(command: &'static Command, places: &mut usize) -> Self {
        let place = *places;
        *places += 1;
        Self {
            command,
            place,
            writes: command.flags().any(|flag| flag == "write") || command.name == "publish",
            before_auth: command.flags().any(|flag| flag == "no_auth"),
            has_one_name: command.subcommands.is_empty() && !command.name.contains('|'),
            subcommands: command.subcommands.iter().map(|command| Self::new(command, places)).collect(),
        }
    }

    fn subcommand(&self, name: &[u8]) -> Option<&Self> {
        let is_named = |listed: &&Self| {
            listed.name.split_once('|').is_some_and(|(_, own)| name.eq_ignore_ascii_case(own.as_bytes()))
        };
        self.subcommands.iter().find(is_named)
    }

    /// This command and what it contains.
    fn with_subcommands(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.subcommands)
    }
}

struct Table {
    commands: &'static [Listed],
    by_name: HashMap<&'static [u8], &'static Listed>,
    /// Of commands and subcommands, by their place.
    names: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut places = 0;
    let commands: Vec<_> = table::COMMANDS.iter().map(|command| Listed::new(command, &mut places)).collect();
    let commands: &[_] = commands.leak();
    let by_name = commands.iter().map(|command| (command.name.as_bytes(), command)).collect();
    let names = commands.iter().flat_map(Listed::with_subcommands).map(|command| command.name).collect();
    Table { commands, by_name, names }
});

/// All commands and subcommands, in the order of their places.
pub(super) fn all() -> impl Iterator<Item = &'static Listed> {
    TABLE.commands.iter().flat_map(Listed::with_subcommands)
}

/// The name of the command at a place.
pub(super) fn name_at(place: usize) -> Option<&'static str> {
    TABLE.names.get(place).copied()
}

/// The command that a request, which has at least a name, asks for: most likely the same as the last one.
pub(super) fn find_again(last: Option<&'static Listed>, args: &[&[u8]]) -> Result<&'static Listed, Refusal> {
    match last {
        Some(last) if last.has_one_name && args[0].eq_ignore_ascii_case(last.name.as_bytes()) => Ok(last),
        _ => find(args),
    }
}

fn find(args: &[&[u8]]) -> Result<&'static Listed, Refusal> {
    let command = by_name(args[0])
        .ok_or_else(|| scripts::refuse(args[0], None).unwrap_or_else(|| Refusal::unknown_command(args)))?;
    match args {
        [_, name, ..] if !command.subcommands.is_empty() => command.subcommand(name).ok_or_else(|| {
            let refusal = scripts::refuse(args[0], Some(name));
            refusal.unwrap_or_else(|| Refusal::unknown_subcommand(command.name, name))
        }),
        _ => Ok(command),
    }
}

fn by_name(name: &[u8]) -> Option<&'static Listed> {
    let mut name: SmallVec<[u8; 32]> = SmallVec::from_slice(name);
    name.make_ascii_lowercase();
    TABLE.by_name.get(name.as_slice()).copied()
}

#[cfg(test)]
mod tests {
    use super::{all, find};

    #[test]
    fn every_command_is_found_in_any_case() {
        for (place, command) in all().enumerate() {
            let upper = command.name.to_ascii_uppercase();
            let args: Vec<&[u8]> = upper.split('|').map(str::as_bytes).collect();
            let found = find(&args).expect("it is in the table");
            assert_eq!((found.name, found.place), (command.name, place));
        }
    }

    #[test]
    fn arguments_are_counted_with_the_name() {
        let refusal = |args: &[&[u8]]| {
            find(args)
                .and_then(|command| command.check_arity(args))
                .err()
                .map(|refusal| refusal.text().to_vec())
        };
        assert_eq!(refusal(&[b"get", b"key"]), None);
        assert_eq!(refusal(&[b"del", b"a", b"b"]), None);
        assert_eq!(
            refusal(&[b"Client", b"SetName"]).as_deref(),
            Some(&b"ERR wrong number of arguments for 'client|setname' command"[..])
        );
    }
}
