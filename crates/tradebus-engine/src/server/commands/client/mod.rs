//! CLIENT: what a connection says about itself, and about others.

mod kill;
mod list;
mod own;

pub(super) use own::{set_name, valid_name};

use super::Command;
use crate::server::blocking::Outcome;
use crate::server::client::Client;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is, timeout_ms};
use crate::server::refusal::Refusal;
use std::time::Duration;
use tokio::time::Instant;

const OWN: &str = "noscript loading stale";
const ADMIN: &str = "admin noscript loading stale";

pub(super) static COMMANDS: &[Command] = &[
    Command::new("client|caching", 3, OWN, own::caching),
    Command::new("client|getname", 2, OWN, own::getname),
    Command::new("client|getredir", 2, OWN, own::getredir),
    Command::new("client|help", 2, "loading stale", help),
    Command::new("client|id", 2, OWN, own::id),
    Command::new("client|info", 2, OWN, list::info),
    Command::new("client|kill", -3, ADMIN, kill::kill),
    Command::new("client|list", -2, ADMIN, list::list),
    Command::new("client|no-evict", 3, ADMIN, own::no_evict),
    Command::new("client|pause", -3, ADMIN, pause),
    Command::new("client|reply", 3, OWN, own::reply),
    Command::new("client|setinfo", 4, OWN, own::setinfo),
    Command::new("client|setname", 3, OWN, own::setname),
    Command::new("client|tracking", -3, OWN, own::tracking),
    Command::new("client|trackinginfo", 2, OWN, own::trackinginfo),
    Command::new("client|unblock", -3, ADMIN, unblock),
    Command::new("client|unpause", 2, ADMIN, unpause),
];

/// What kinds of clients there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Subscriber,
    /// Kinds that exist only where there are several servers.
    Server,
}

impl Kind {
    fn parse(name: &[u8]) -> Result<Self, Refusal> {
        let kinds = [
            ("normal", Self::Normal),
            ("pubsub", Self::Subscriber),
            ("master", Self::Server),
            ("replica", Self::Server),
            ("slave", Self::Server),
        ];
        let kind = kinds.into_iter().find(|(known, _)| is(name, known)).map(|(_, kind)| kind);
        kind.ok_or_else(|| Refusal::quoting_all("ERR Unknown client type '", name, "'"))
    }

    fn is(self, client: &Client) -> bool {
        let kind = if client.is_subscriber() { Self::Subscriber } else { Self::Normal };
        self == kind
    }
}

fn unblock(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
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
    let blocked = u64::try_from(id).ok().and_then(|id| context.server.clients.get(id)?.blocked());
    context.out.integer(i64::from(blocked.is_some_and(|blocked| blocked.unblock(outcome))));
    Ok(())
}

fn pause(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let writes_only = match args {
        [_, _, _] => false,
        [_, _, _, mode] if is(mode, "ALL") => false,
        [_, _, _, mode] if is(mode, "WRITE") => true,
        [_, _, _, _] => return Err(Refusal::new("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(Refusal::subcommand_syntax(args, "CLIENT")),
    };
    // Later than the clock can tell is never.
    let until = Instant::now().checked_add(Duration::from_millis(timeout_ms(args[2])?));
    context.server.pause.begin(until, writes_only);
    context.out.status("OK");
    Ok(())
}

fn unpause(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.server.pause.end();
    context.out.status("OK");
    Ok(())
}

fn help(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.out.help(
        "CLIENT",
        &[
            "GETNAME",
            "    The name of this connection.",
            "GETREDIR",
            "    Always -1: there is no tracking here.",
            "ID",
            "    The number of this connection.",
            "INFO",
            "    Everything about this connection, as in LIST.",
            "KILL <ip:port>",
            "    End the connection that comes from <ip:port>.",
            "KILL <option> <value> [<option> <value> [...]]",
            "    End connections, and say how many. Options are:",
            "    * ADDR <ip:port>, LADDR <ip:port>, ID <client-id>, USER <username>",
            "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "    * SKIPME (YES|NO)",
            "      Whether this connection is spared (default: yes).",
            "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> [...]]",
            "    Connections, a line for each.",
            "NO-EVICT (ON|OFF)",
            "    Nobody is evicted here.",
            "PAUSE <timeout> [WRITE|ALL]",
            "    Let commands, or those that write, wait for <timeout> milliseconds.",
            "REPLY ON",
            "    Replies are always on here.",
            "SETINFO (LIB-NAME|LIB-VER) <text>",
            "    Say which library this connection uses.",
            "SETNAME <name>",
            "    Name this connection.",
            "TRACKING OFF",
            "    There is no tracking here.",
            "TRACKINGINFO",
            "    Says so, too.",
            "UNBLOCK <client-id> [TIMEOUT|ERROR]",
            "    End the wait of a connection.",
            "UNPAUSE",
            "    End the pause.",
        ],
    );
    Ok(())
}
