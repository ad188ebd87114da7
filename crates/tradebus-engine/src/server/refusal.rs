//! Why a command was not done, in the words of Redis.

use std::borrow::Cow;

use crate::DbError;

/// An error reply. The texts are what Redis says, since clients know them by heart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal(Cow<'static, [u8]>);

impl Refusal {
    pub(super) const SYNTAX: Self = Self::new("ERR syntax error");
    pub(super) const NOT_AN_INTEGER: Self = Self::new("ERR value is not an integer or out of range");
    pub(super) const BAD_ID: Self = Self::new("ERR Invalid stream ID specified as stream command argument");
    pub(super) const NO_SUCH_KEY: Self = Self::new("ERR no such key");
    pub(super) const WRONG_PASSWORD: Self =
        Self::new("WRONGPASS invalid username-password pair or user is disabled.");

    pub(super) const fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// A text that quotes what the client sent.
    pub(super) fn quoting(before: &str, quoted: &[u8], after: &str) -> Self {
        Self(Cow::Owned([before.as_bytes(), c_string(quoted, 128), after.as_bytes()].concat()))
    }

    /// A text that quotes what the client sent, all of it.
    pub(super) fn quoting_all(before: &str, quoted: &[u8], after: &str) -> Self {
        Self(Cow::Owned([before.as_bytes(), c_string(quoted, usize::MAX), after.as_bytes()].concat()))
    }

    /// A key without the group that is asked for.
    pub(super) fn no_group(key: &[u8], group: &[u8], after: &str) -> Self {
        let (key, group) = (c_string(key, usize::MAX), c_string(group, usize::MAX));
        let parts = [b"NOGROUP No such key '", key, b"' or consumer group '", group, b"'", after.as_bytes()];
        Self(Cow::Owned(parts.concat()))
    }

    /// The same in the words of the commands that manage groups.
    pub(super) fn no_group_for_key(key: &[u8], group: &[u8]) -> Self {
        let (key, group) = (c_string(key, usize::MAX), c_string(group, usize::MAX));
        Self(Cow::Owned(
            [b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"].concat(),
        ))
    }

    pub(super) fn wrong_arity(command: &str) -> Self {
        Self(Cow::Owned(format!("ERR wrong number of arguments for '{command}' command").into_bytes()))
    }

    pub(super) fn unknown_command(args: &[&[u8]]) -> Self {
        const MOST: usize = 128;
        let mut text = b"ERR unknown command '".to_vec();
        text.extend_from_slice(c_string(args[0], MOST));
        text.extend_from_slice(b"', with args beginning with: ");
        let start = text.len();
        for arg in &args[1..] {
            let Some(left) = MOST.checked_sub(text.len() - start).filter(|left| *left > 0) else { break };
            text.push(b'\'');
            text.extend_from_slice(c_string(arg, left));
            text.extend_from_slice(b"' ");
        }
        Self(Cow::Owned(text))
    }

    pub(super) fn unknown_subcommand(container: &str, name: &[u8]) -> Self {
        let after = format!("'. Try {} HELP.", container.to_ascii_uppercase());
        Self::quoting("ERR unknown subcommand '", name, &after)
    }

    pub(super) fn subscribed(command: &str) -> Self {
        let text = format!(
            "ERR Can't execute '{command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this \
             context"
        );
        Self(Cow::Owned(text.into_bytes()))
    }

    /// Why the commands that wait for EXEC are not done.
    pub(super) fn of_exec(&self) -> Self {
        let reason = self.0.strip_prefix(b"ERR ").unwrap_or(&self.0);
        Self(Cow::Owned([b"EXECABORT Transaction discarded because of: ", reason].concat()))
    }

    /// A known subcommand with words that it does not take.
    pub(super) fn subcommand_syntax(args: &[&[u8]], container: &str) -> Self {
        let after = format!("'. Try {container} HELP.");
        Self::quoting("ERR unknown subcommand or wrong number of arguments for '", args[1], &after)
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.0
    }
}

/// Redis prints what it quotes as C does: up to the first zero byte, and not too much of it.
fn c_string(text: &[u8], most: usize) -> &[u8] {
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    &text[..end.min(most)]
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        match error {
            DbError::IdZero => Self::new("ERR The ID specified in XADD must be greater than 0-0"),
            DbError::IdNotAboveLast { .. } => {
                Self::new("ERR The ID specified in XADD is equal or smaller than the target stream top item")
            }
            DbError::IdsExhausted => {
                Self::new("ERR The stream has exhausted the last possible ID, unable to add more items")
            }
            // Redis 7.0 takes the one for the other.
            DbError::SequenceExhausted { .. } | DbError::TooLarge { .. } => {
                Self::new("ERR Elements are too large to be stored")
            }
            DbError::NoSuchKey => Self::NO_SUCH_KEY,
            DbError::NoSuchGroup => Self::new("NOGROUP No such consumer group"),
            DbError::GroupExists => Self::new("BUSYGROUP Consumer Group name already exists"),
            DbError::NotAnInteger => Self::NOT_AN_INTEGER,
            DbError::Overflow => Self::new("ERR increment or decrement would overflow"),
            DbError::DiskFull => Self::new("MISCONF Errors writing to the AOF file: No space left on device"),
            DbError::LogFailed => Self::new("MISCONF Errors writing to the AOF file: the disk has failed"),
            DbError::WrongType => {
                Self::new("WRONGTYPE Operation against a key holding the wrong kind of value")
            }
            DbError::LastIdBelowEntry { .. } => {
                Self::new("ERR The ID specified in XSETID is smaller than the target stream top item")
            }
            DbError::EntriesAddedBelowLength { .. } => Self::new(
                "ERR The entries_added specified in XSETID is smaller than the target stream length",
            ),
            DbError::LastIdBelowDeleted { .. } => {
                Self::new("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
            }
        }
    }
}
