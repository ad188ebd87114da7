//! CLIENT KILL.

use std::sync::Arc;

use super::Kind;
use crate::server::client::{Client, Reason};
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;

const KILLED: Reason = "CLIENT KILL";

/// Which clients are meant: those that all conditions hold for.
struct Wanted<'a> {
    id: Option<u64>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    kind: Option<Kind>,
    spares_oneself: bool,
}

impl<'a> Wanted<'a> {
    fn parse(mut options: &[&'a [u8]]) -> Result<Self, Refusal> {
        let mut wanted =
            Self { id: None, address: None, local_address: None, kind: None, spares_oneself: true };
        while let [name, value, rest @ ..] = options {
            wanted.set(name, value)?;
            options = rest;
        }
        if options.is_empty() { Ok(wanted) } else { Err(Refusal::SYNTAX) }
    }

    fn set(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Refusal> {
        if is(name, "ID") {
            let id = integer(value).ok().filter(|id| *id > 0);
            let id = id.ok_or(Refusal::new("ERR client-id should be greater than 0"))?;
            self.id = Some(id.unsigned_abs());
        } else if is(name, "TYPE") {
            self.kind = Some(Kind::parse(value)?);
        } else if is(name, "ADDR") {
            self.address = Some(value);
        } else if is(name, "LADDR") {
            self.local_address = Some(value);
        } else if is(name, "USER") {
            // There is one user, as whom everybody counts.
            if value != b"default" {
                return Err(Refusal::quoting_all("ERR No such user '", value, "'"));
            }
        } else if is(name, "SKIPME") && (is(value, "yes") || is(value, "no")) {
            self.spares_oneself = is(value, "yes");
        } else {
            return Err(Refusal::SYNTAX);
        }
        Ok(())
    }

    fn is(&self, client: &Client) -> bool {
        let is_at = |wanted: Option<&[u8]>, address: std::net::SocketAddr| {
            wanted.is_none_or(|wanted| wanted == address.to_string().as_bytes())
        };
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind.is(client))
            && is_at(self.address, client.origin.peer)
            && is_at(self.local_address, client.origin.local)
    }
}

/// With one argument it is an address, and nobody is spared.
pub(super) fn kill(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.session.show();
    if let [_, _, address] = args {
        let wanted = Wanted { address: Some(address), spares_oneself: false, ..Wanted::parse(&[])? };
        if kill_all(context, &wanted) == 0 {
            return Err(Refusal::new("ERR No such client"));
        }
        context.out.status("OK");
        return Ok(());
    }
    let wanted = Wanted::parse(&args[2..])?;
    let killed = kill_all(context, &wanted);
    context.out.count(killed);
    Ok(())
}

/// Who kills itself still gets its reply.
fn kill_all(context: &mut Context<'_>, wanted: &Wanted<'_>) -> u64 {
    let mut killed = 0;
    for client in context.server.clients.all() {
        let is_oneself = Arc::ptr_eq(&client, &context.session.client);
        if !wanted.is(&client) || (is_oneself && wanted.spares_oneself) {
            continue;
        }
        if is_oneself {
            context.session.closing = true;
        } else {
            client.end(KILLED);
        }
        killed += 1;
    }
    killed
}
