//! From a request to its command.

use tradebus_resp::ReplyEncoder;

use super::Shared;
use super::commands::{self, Command};
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

const NOT_AUTHENTICATED: Refusal = Refusal::new("NOAUTH Authentication required.");

/// Answers one request, which has at least a name.
pub(super) fn dispatch(context: &mut Context<'_>, args: &[&[u8]]) {
    context.server.stats.command();
    match admit(context, args) {
        Err(refusal) => {
            if let Some(transaction) = &mut context.session.transaction {
                transaction.poisoned = true;
            }
            refuse(context, &refusal);
        }
        Ok(command) => match &mut context.session.transaction {
            Some(transaction) if !command.in_transaction => {
                transaction.queue(command, args);
                context.out.status("QUEUED");
            }
            _ => execute(context, command, args),
        },
    }
}

/// Whether there is such a command and the client may use it.
fn admit(context: &Context<'_>, args: &[&[u8]]) -> Result<&'static Command, Refusal> {
    let command = commands::find(args)?;
    if !context.session.authenticated && !command.before_auth {
        return Err(NOT_AUTHENTICATED);
    }
    Ok(command)
}

/// Runs a command. One that fails leaves its error and nothing else.
pub(super) fn execute(context: &mut Context<'_>, command: &Command, args: &[&[u8]]) {
    let start = context.out.len();
    if let Err(refusal) = (command.handler)(context, args) {
        context.out.truncate(start);
        refuse(context, &refusal);
    }
}

fn refuse(context: &mut Context<'_>, refusal: &Refusal) {
    context.server.stats.error();
    context.out.error(refusal.text());
}
