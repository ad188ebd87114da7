//! What makes a request unreadable.

/// Why the input of a client cannot be understood. The texts are those of Redis, because clients know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// `*` without a valid number.
    #[error("Protocol error: invalid multibulk length")]
    InvalidCount,
    /// `$` without a valid number.
    #[error("Protocol error: invalid bulk length")]
    InvalidLength,
    /// An argument begins with something else than `$`.
    #[error("Protocol error: expected '$', got '{}'", _0.escape_ascii())]
    NoLength(u8),
    /// A typed line without an end.
    #[error("Protocol error: too big inline request")]
    LineTooLong,
    /// `*` and no line end.
    #[error("Protocol error: too big mbulk count string")]
    CountTooLong,
    /// `$` and no line end.
    #[error("Protocol error: too big bulk count string")]
    LengthTooLong,
    /// A typed line whose quotes do not close, or close in the middle of a word.
    #[error("Protocol error: unbalanced quotes in request")]
    UnbalancedQuotes,
    /// More arguments than a client may send before it has shown its password.
    #[error("Protocol error: unauthenticated multibulk length")]
    UnauthenticatedCount,
    /// A longer argument than a client may send before it has shown its password.
    #[error("Protocol error: unauthenticated bulk length")]
    UnauthenticatedLength,
    /// A web page talks to the port.
    #[error("this is a request of HTTP, not of Redis")]
    Http,
}

impl ProtocolError {
    /// The last reply that the client gets; none if it is no client of ours.
    pub fn reply(self) -> Option<Vec<u8>> {
        match self {
            Self::Http => None,
            // The byte itself, as Redis sends it.
            Self::NoLength(byte) => {
                Some([b"ERR Protocol error: expected '$', got '", &[byte][..], b"'"].concat())
            }
            other => Some(format!("ERR {other}").into_bytes()),
        }
    }
}
