//! From a request to its command.

use tradebus_resp::{Protocol, ReplyEncoder};

use super::Shared;
use super::commands::{self, Listed};
use super::refusal::Refusal;
use super::session::Session;
use crate::Locked;

/// What a command works with. The store is locked for as long as one command, or one EXEC, takes.
pub(super) struct Context<'a> {
    pub(super) db: Locked<'a>,
    pub(super) session: &'a mut Session,
    pub(super) server: &'a Shared,
    pub(super) out: ReplyEncoder<'a>,
}

impl Context<'_> {
    /// Notes that a key is read, and returns whether it is there.
    pub(super) fn look_up(&mut self, key: &[u8]) -> bool {
        let found = self.db.exists(key);
        self.session.tally.note_lookup(found);
        found
    }
}

const NOT_AUTHENTICATED: Refusal = Refusal::new("NOAUTH Authentication required.");

/// Answers one request, which has at least a name. `false` when it has to wait for the end of a pause, and to be asked then.
pub(super) fn dispatch(context: &mut Context<'_>, args: &[&[u8]]) -> bool {
    let found = commands::find_again(context.session.last_command, args);
    context.session.last_command = found.as_ref().ok().copied();
    let command = match found.and_then(|command| admit(context, command, args).map(|()| command)) {
        Ok(command) => command,
        Err(refusal) => {
            reject(context, &refusal);
            return true;
        }
    };
    if context.server.pause.holds_up(|| may_write(context, command)) {
        return false;
    }
    match &mut context.session.transaction {
        Some(transaction) if !command.in_transaction => {
            transaction.queue(command, args);
            context.out.status("QUEUED");
        }
        _ => execute(context, command, args),
    }
    true
}

/// Whether the client may use a command, in this way and now.
fn admit(context: &Context<'_>, command: &Listed, args: &[&[u8]]) -> Result<(), Refusal> {
    command.check_arity(args)?;
    let session = &context.session;
    if !session.authenticated && !command.before_auth {
        return Err(NOT_AUTHENTICATED);
    }
    // Without a type of its own, a reply could not be told from a message.
    let expects_messages = !session.subscriptions.is_empty() && session.protocol() == Protocol::Resp2;
    if expects_messages && !command.while_subscribed {
        return Err(Refusal::subscribed(command.name));
    }
    Ok(())
}

/// Whether a command, or what EXEC would run, may change something.
fn may_write(context: &Context<'_>, command: &Listed) -> bool {
    let transaction = context.session.transaction.as_ref();
    command.writes || (command.name == "exec" && transaction.is_some_and(|transaction| transaction.writes))
}

/// Runs a command. One that fails leaves its error and nothing else.
pub(super) fn execute(context: &mut Context<'_>, command: &'static Listed, args: &[&[u8]]) {
    context.session.tally.begin(command, &context.server.stats);
    let start = context.out.len();
    if let Err(refusal) = (command.handler)(context, args) {
        context.out.truncate(start);
        context.server.stats.by_command.of(command).failed.add(1);
        refuse(context, &refusal);
    }
}

/// A request that cannot even be tried. If that is EXEC, nothing that waits for it will be done.
fn reject(context: &mut Context<'_>, refusal: &Refusal) {
    let session = &mut *context.session;
    if let Some(transaction) = &mut session.transaction {
        transaction.poison();
    }
    let Some(command) = session.last_command else { return refuse(context, refusal) };
    context.server.stats.by_command.of(command).rejected.add(1);
    if command.name == "exec" {
        session.transaction = None;
        session.watches = None;
        refuse(context, &refusal.of_exec());
    } else {
        refuse(context, refusal);
    }
}

fn refuse(context: &mut Context<'_>, refusal: &Refusal) {
    context.server.stats.errors.add(refusal.text());
    context.out.error(refusal.text());
}
