//! Commands about the connection itself.

use secrecy::ExposeSecret;
use tradebus_resp::Protocol;

use super::client::{self, valid_name};
use crate::server::REDIS_VERSION;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;

const HELLO_NOT_AUTHENTICATED: Refusal = Refusal::new(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option \
     can be used to authenticate the client and select the RESP protocol version at the same time",
);

pub(super) fn ping(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let message: &[u8] = args.get(1).copied().unwrap_or_default();
    let among_messages =
        !context.session.subscriptions.is_empty() && context.session.protocol() == Protocol::Resp2;
    match args {
        [_] | [_, _] if among_messages => {
            context.out.list(2);
            context.out.bulk("pong");
            context.out.bulk(message);
        }
        [_] => context.out.status("PONG"),
        [_, message] => context.out.bulk(message),
        _ => return Err(Refusal::wrong_arity("ping")),
    }
    Ok(())
}

pub(super) fn echo(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.out.bulk(args[1]);
    Ok(())
}

/// There is one database.
pub(super) fn select(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    match i32::try_from(integer(args[1])?) {
        Err(_) => {
            Err(Refusal::new("ERR value is out of range, value must between -2147483648 and 2147483647"))
        }
        Ok(0) => {
            context.out.status("OK");
            Ok(())
        }
        Ok(_) => Err(Refusal::new("ERR DB index is out of range")),
    }
}

pub(super) fn quit(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.session.closing = true;
    context.out.status("OK");
    Ok(())
}

pub(super) fn reset(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    let session = &mut *context.session;
    session.transaction = None;
    session.watches = None;
    session.subscriptions.remove_all();
    context.out.raw(|output| session.client.outbox.take(output));
    session.client.names.lock().name.clear();
    session.authenticated = context.server.options.password.is_none();
    set_protocol(context, Protocol::default());
    context.out.status("RESET");
    Ok(())
}

fn set_protocol(context: &mut Context<'_>, protocol: Protocol) {
    context.session.set_protocol(protocol);
    context.out.set_protocol(protocol);
}

pub(super) fn auth(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    match args {
        [_, _] if context.server.options.password.is_none() => {
            return Err(Refusal::new(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                 configuration is correct?",
            ));
        }
        [_, password] => authenticate(context, b"default", password)?,
        [_, user, password] => authenticate(context, user, password)?,
        _ => return Err(Refusal::SYNTAX),
    }
    context.out.status("OK");
    Ok(())
}

/// There is one user.
fn authenticate(context: &mut Context<'_>, user: &[u8], password: &[u8]) -> Result<(), Refusal> {
    let is_right = match &context.server.options.password {
        None => true,
        Some(wanted) => equal_in_constant_time(wanted.expose_secret().as_bytes(), password),
    };
    if user != b"default" || !is_right {
        return Err(Refusal::WRONG_PASSWORD);
    }
    context.session.authenticated = true;
    Ok(())
}

/// How long it takes must not tell how much of a guess was right.
fn equal_in_constant_time(wanted: &[u8], given: &[u8]) -> bool {
    let difference = given.iter().enumerate().fold(0, |difference, (at, byte)| {
        difference | (byte ^ wanted.get(at % wanted.len().max(1)).copied().unwrap_or(0))
    });
    difference == 0 && wanted.len() == given.len()
}

pub(super) fn hello(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut protocol = context.session.protocol();
    if let Some(version) = args.get(1) {
        let not_a_number = Refusal::new("ERR Protocol version is not an integer or out of range");
        protocol = match integer(version).map_err(|_| not_a_number)? {
            2 => Protocol::Resp2,
            3 => Protocol::Resp3,
            _ => return Err(Refusal::new("NOPROTO unsupported protocol version")),
        };
    }
    let mut rest = args.get(2..).unwrap_or_default();
    let (mut credentials, mut name) = (None, None);
    loop {
        rest = match rest {
            [] => break,
            [option, user, password, rest @ ..] if is(option, "AUTH") => {
                credentials = Some((*user, *password));
                rest
            }
            [option, given, rest @ ..] if is(option, "SETNAME") => {
                name = Some(valid_name(given)?);
                rest
            }
            [other, ..] => return Err(Refusal::quoting("ERR Syntax error in HELLO option '", other, "'")),
        }
    }
    if let Some((user, password)) = credentials {
        authenticate(context, user, password)?;
    }
    if !context.session.authenticated {
        return Err(HELLO_NOT_AUTHENTICATED);
    }
    if let Some(name) = name {
        client::set_name(context, name);
    }
    set_protocol(context, protocol);
    greet(context);
    Ok(())
}

fn greet(context: &mut Context<'_>) {
    let (id, protocol) = (context.session.client.id, context.session.protocol());
    let out = &mut context.out;
    out.map(7);
    out.bulk("server");
    out.bulk("redis");
    out.bulk("version");
    out.bulk(REDIS_VERSION);
    out.bulk("proto");
    out.integer(protocol.version().into());
    out.bulk("id");
    out.count(id);
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.list(0);
}

#[cfg(test)]
mod tests {
    use super::equal_in_constant_time;

    #[test]
    fn passwords_are_compared_whole() {
        assert!(equal_in_constant_time(b"secret", b"secret"));
        assert!(equal_in_constant_time(b"", b""));
        for given in ["", "secre", "secrets", "Secret", "secretsecret"] {
            assert!(!equal_in_constant_time(b"secret", given.as_bytes()), "{given}");
        }
    }
}
