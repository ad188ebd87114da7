//! Finding out what a user may do.

use tradebus::store::{ServerReply, StoreError};
use tradebus::{StreamKey, StreamStore};

use super::commands::Command;
use crate::scratch::{ACL_STREAM, ACL_VALUE, Scratch};

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The user may use it, whatever else was wrong with it.
    Allowed,
    /// The user may use the command, but not this key.
    NoKey,
    /// The user may not use the command, or the server does not have it.
    NoCommand,
}

/// The keys that stand in the commands.
pub(super) struct Keys {
    stream: String,
    value: String,
}

impl Keys {
    /// Those of the doctor.
    pub(super) fn of(scratch: &Scratch) -> Self {
        let key = |name| scratch.key(name).to_string();
        Self { stream: key(ACL_STREAM), value: key(ACL_VALUE) }
    }
}

/// Asks what a user may do, in the way that the server understands.
pub(super) struct Asker<'a> {
    store: &'a dyn StreamStore,
    /// Its name, as far as it may be known.
    pub(super) user: String,
    /// The server says what it would do, and does nothing.
    pub(super) dry: bool,
}

impl<'a> Asker<'a> {
    /// `None` where the store is no server.
    pub(super) async fn new(store: &'a dyn StreamStore) -> Result<Option<Self>, StoreError> {
        let Some(reply) = store.ask_server(&["ACL", "WHOAMI"]).await? else { return Ok(None) };
        let ServerReply::Text(user) = reply else {
            return Ok(Some(Self { store, user: "of this connection".to_owned(), dry: false }));
        };
        let dry = store.ask_server(&["ACL", "DRYRUN", &user, "PING"]).await?;
        // Who may not ask is refused; an answer, also one that says no, is text.
        let dry = matches!(dry, Some(ServerReply::Text(_)));
        Ok(Some(Self { store, user, dry }))
    }

    /// Whether the user may use a key of the bus. Nothing is written there: without a dry run, only reading is tried.
    pub(super) async fn may_use(&self, key: &StreamKey) -> Result<bool, StoreError> {
        let key = key.to_string();
        let words: &[&str] = if self.dry { &["XADD", &key, "*", "f", "v"] } else { &["XLEN", &key] };
        Ok(self.answer(words).await? != Answer::NoKey)
    }

    pub(super) async fn ask(&self, command: &Command, keys: &Keys) -> Result<Answer, StoreError> {
        // What is asked inside of a transaction is only queued: it is begun and ended in one.
        if !self.dry && command.name == "multi" {
            return self.try_transaction().await;
        }
        let word = |word: &&'static str| match *word {
            "{stream}" => keys.stream.clone(),
            "{value}" => keys.value.clone(),
            word => word.to_owned(),
        };
        let words: Vec<String> = command.words.iter().map(word).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.answer(&words).await
    }

    /// Begins a transaction only if it can be ended.
    async fn try_transaction(&self) -> Result<Answer, StoreError> {
        if self.answer(&["EXEC"]).await? != Answer::Allowed {
            return Ok(Answer::Allowed);
        }
        let begun = self.answer(&["MULTI"]).await?;
        if begun == Answer::Allowed {
            self.store.ask_server(&["EXEC"]).await?;
        }
        Ok(begun)
    }

    async fn answer(&self, words: &[&str]) -> Result<Answer, StoreError> {
        if !self.dry {
            return Ok(self.store.ask_server(words).await?.map_or(Answer::Allowed, |reply| tried(&reply)));
        }
        let mut question = vec!["ACL", "DRYRUN", &self.user];
        question.extend(words);
        Ok(self.store.ask_server(&question).await?.map_or(Answer::Allowed, |reply| dry(&reply)))
    }
}

/// What the answer to a command says about the right to use it.
fn tried(reply: &ServerReply) -> Answer {
    match reply {
        ServerReply::Refused(words) if words.starts_with("NOPERM") => denied(words),
        ServerReply::Refused(words) if words.starts_with("ERR unknown") => Answer::NoCommand,
        _ => Answer::Allowed,
    }
}

/// What the answer to `ACL DRYRUN` says.
fn dry(reply: &ServerReply) -> Answer {
    match reply {
        ServerReply::Text(words) if words == "OK" => Answer::Allowed,
        ServerReply::Text(words) => denied(words),
        // The server does not know the command: it cannot be used.
        ServerReply::Refused(words) if words.contains("not found") => Answer::NoCommand,
        _ => Answer::Allowed,
    }
}

/// The commands come before the keys: who is refused a key may use the command.
fn denied(words: &str) -> Answer {
    if words.contains("to access") { Answer::NoKey } else { Answer::NoCommand }
}

#[cfg(test)]
mod tests {
    use super::{Answer, ServerReply, dry, tried};

    #[test]
    fn refusals_of_every_version() {
        let refused = |words: &str| tried(&ServerReply::Refused(words.to_owned()));
        let command = "NOPERM this user has no permissions to run the 'xadd' command or its subcommand";
        assert_eq!(refused(command), Answer::NoCommand);
        assert_eq!(
            refused("NOPERM User bob has no permissions to run the 'xadd' command"),
            Answer::NoCommand
        );
        let key = "NOPERM this user has no permissions to access one of the keys used as arguments";
        assert_eq!(refused(key), Answer::NoKey);
        assert_eq!(refused("NOPERM No permissions to access a key"), Answer::NoKey);
        assert_eq!(refused("ERR unknown command 'MEMORY'"), Answer::NoCommand);
        assert_eq!(refused("ERR unknown subcommand 'USAGE'. Try MEMORY HELP."), Answer::NoCommand);
        assert_eq!(refused("ERR EXEC without MULTI"), Answer::Allowed);
        assert_eq!(refused("WRONGTYPE Operation against a key"), Answer::Allowed);
    }

    #[test]
    fn dry_runs() {
        let text = |words: &str| dry(&ServerReply::Text(words.to_owned()));
        assert_eq!(text("OK"), Answer::Allowed);
        assert_eq!(text("User bob has no permissions to run the 'get' command"), Answer::NoCommand);
        assert_eq!(text("User bob has no permissions to access the 'x' key"), Answer::NoKey);
        assert_eq!(dry(&ServerReply::Refused("ERR Command 'x' not found".to_owned())), Answer::NoCommand);
    }
}
