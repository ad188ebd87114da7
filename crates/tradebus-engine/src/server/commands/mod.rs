//! All commands, by name.

#![expect(clippy::unnecessary_wraps, reason = "all commands have one signature, also those that cannot fail")]

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
mod range;
mod read;
mod texts;
mod transaction;
mod trim;
mod xinfo;

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
    pub(super) handler: Handler,
    /// Allowed before the password is shown.
    pub(super) before_auth: bool,
    /// Done at once even between MULTI and EXEC.
    pub(super) in_transaction: bool,
    subcommands: &'static [Command],
}

impl Command {
    const fn new(name: &'static str, arity: i32, handler: Handler) -> Self {
        Self { name, arity, handler, before_auth: false, in_transaction: false, subcommands: &[] }
    }

    const fn before_auth(mut self) -> Self {
        self.before_auth = true;
        self
    }

    const fn in_transaction(mut self) -> Self {
        self.in_transaction = true;
        self
    }

    const fn with(mut self, subcommands: &'static [Self]) -> Self {
        self.subcommands = subcommands;
        self
    }

    fn takes(&self, args: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { args >= arity } else { args == arity }
    }

    fn subcommand(&self, name: &[u8]) -> Option<&'static Self> {
        let is_named = |command: &&Self| {
            command.name.split_once('|').is_some_and(|(_, own)| name.eq_ignore_ascii_case(own.as_bytes()))
        };
        self.subcommands.iter().find(is_named)
    }
}

static COMMANDS: &[Command] = &[
    Command::new("append", 3, texts::append),
    Command::new("auth", -2, connection::auth).before_auth(),
    Command::new("client", -2, container).with(&[
        Command::new("client|getname", 2, client::getname),
        Command::new("client|id", 2, client::id),
        Command::new("client|no-evict", 3, client::no_evict),
        Command::new("client|setinfo", 4, client::setinfo),
        Command::new("client|setname", 3, client::setname),
        Command::new("client|unblock", -3, client::unblock),
    ]),
    Command::new("command", -1, introspection::command).with(&[
        Command::new("command|count", 2, introspection::count),
        Command::new("command|docs", -2, introspection::docs),
    ]),
    Command::new("config", -2, container)
        .with(&[Command::new("config|get", -3, config::get), Command::new("config|set", -4, config::set)]),
    Command::new("copy", -3, keys::copy),
    Command::new("dbsize", 1, keys::dbsize),
    Command::new("decr", 2, texts::decr),
    Command::new("decrby", 3, texts::decrby),
    Command::new("del", -2, keys::del),
    Command::new("discard", 1, transaction::discard).in_transaction(),
    Command::new("echo", 2, connection::echo),
    Command::new("exec", 1, transaction::exec).in_transaction(),
    Command::new("exists", -2, keys::exists),
    Command::new("expire", -3, expire::expire),
    Command::new("expireat", -3, expire::expireat),
    Command::new("expiretime", 2, expire::expiretime),
    Command::new("flushall", -1, keys::flush),
    Command::new("flushdb", -1, keys::flush),
    Command::new("get", 2, texts::get),
    Command::new("getdel", 2, texts::getdel),
    Command::new("getex", -2, texts::getex),
    Command::new("getset", 3, texts::getset),
    Command::new("hello", -1, connection::hello).before_auth(),
    Command::new("incr", 2, texts::incr),
    Command::new("incrby", 3, texts::incrby),
    Command::new("info", -1, info::info),
    Command::new("keys", 2, keys::keys),
    Command::new("llen", 2, collections::llen),
    Command::new("lpush", -3, collections::lpush),
    Command::new("lrange", 4, collections::lrange),
    Command::new("mget", -2, texts::mget),
    Command::new("mset", -3, texts::mset),
    Command::new("multi", 1, transaction::multi).in_transaction(),
    Command::new("persist", 2, expire::persist),
    Command::new("pexpire", -3, expire::pexpire),
    Command::new("pexpireat", -3, expire::pexpireat),
    Command::new("pexpiretime", 2, expire::pexpiretime),
    Command::new("ping", -1, connection::ping),
    Command::new("psetex", 4, texts::psetex),
    Command::new("pttl", 2, expire::pttl),
    Command::new("quit", -1, connection::quit).before_auth().in_transaction(),
    Command::new("randomkey", 1, keys::randomkey),
    Command::new("rename", 3, keys::rename),
    Command::new("renamenx", 3, keys::renamenx),
    Command::new("reset", 1, connection::reset).before_auth().in_transaction(),
    Command::new("sadd", -3, collections::sadd),
    Command::new("scan", -2, keys::scan),
    Command::new("scard", 2, collections::scard),
    Command::new("select", 2, connection::select),
    Command::new("set", -3, texts::set),
    Command::new("setex", 4, texts::setex),
    Command::new("setnx", 3, texts::setnx),
    Command::new("smembers", 2, collections::smembers),
    Command::new("strlen", 2, texts::strlen),
    Command::new("time", 1, introspection::time),
    Command::new("touch", -2, keys::exists),
    Command::new("ttl", 2, expire::ttl),
    Command::new("type", 2, keys::key_type),
    Command::new("unlink", -2, keys::del),
    Command::new("xack", -4, groups::xack),
    Command::new("xadd", -5, append::xadd),
    Command::new("xautoclaim", -6, groups::xautoclaim),
    Command::new("xclaim", -6, groups::xclaim),
    Command::new("xdel", -3, trim::xdel),
    Command::new("xgroup", -2, container).with(&[
        Command::new("xgroup|create", -5, groups::create),
        Command::new("xgroup|createconsumer", 5, groups::createconsumer),
        Command::new("xgroup|delconsumer", 5, groups::delconsumer),
        Command::new("xgroup|destroy", 4, groups::destroy),
        Command::new("xgroup|help", 2, groups::help),
        Command::new("xgroup|setid", -5, groups::setid),
    ]),
    Command::new("xinfo", -2, container).with(&[
        Command::new("xinfo|consumers", 4, xinfo::consumers),
        Command::new("xinfo|groups", 3, xinfo::groups),
        Command::new("xinfo|help", 2, xinfo::help),
        Command::new("xinfo|stream", -3, xinfo::stream),
    ]),
    Command::new("xlen", 2, range::xlen),
    Command::new("xpending", -3, groups::xpending),
    Command::new("xrange", -4, range::xrange),
    Command::new("xread", -4, read::xread),
    Command::new("xreadgroup", -7, read::xreadgroup),
    Command::new("xrevrange", -4, range::xrevrange),
    Command::new("xsetid", -3, append::xsetid),
    Command::new("xtrim", -4, trim::xtrim),
];

static BY_NAME: LazyLock<HashMap<&'static [u8], &'static Command>> =
    LazyLock::new(|| COMMANDS.iter().map(|command| (command.name.as_bytes(), command)).collect());

/// The command that a request, which has at least a name, asks for.
pub(super) fn find(args: &[&[u8]]) -> Result<&'static Command, Refusal> {
    let mut name: SmallVec<[u8; 32]> = SmallVec::from_slice(args[0]);
    name.make_ascii_lowercase();
    let mut command = *BY_NAME.get(name.as_slice()).ok_or_else(|| Refusal::unknown_command(args))?;
    if let ([_, sub, ..], false) = (args, command.subcommands.is_empty()) {
        command = command.subcommand(sub).ok_or_else(|| {
            let after = format!("'. Try {} HELP.", command.name.to_ascii_uppercase());
            Refusal::quoting("ERR unknown subcommand '", sub, &after)
        })?;
    }
    if command.takes(args.len()) { Ok(command) } else { Err(Refusal::wrong_arity(command.name)) }
}

/// The name of a container is never a command of its own: its arity asks for a subcommand.
fn container(_: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    Err(Refusal::SYNTAX)
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, find};

    #[test]
    fn every_command_is_found_in_any_case() {
        let names = COMMANDS.iter().flat_map(|command| std::iter::once(command).chain(command.subcommands));
        for command in names.filter(|command| command.subcommands.is_empty()) {
            let upper = command.name.to_ascii_uppercase();
            let mut args: Vec<&[u8]> = upper.split('|').map(str::as_bytes).collect();
            args.resize(command.arity.unsigned_abs() as usize, b"x");
            assert_eq!(find(&args).ok().map(|found| found.name), Some(command.name));
        }
    }
}
