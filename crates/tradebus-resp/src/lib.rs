//! RESP, the protocol of Redis: what goes over the wire, without the wire.
//!
//! A client writes with [`CommandWriter`] and reads with [`ReplyScanner`] (where does a reply end?) and [`Tokens`]
//! (what is in it?). Nothing here allocates per argument or copies a value: scanning gives places in the caller's buffer.

mod command;
mod reply;

pub use command::CommandWriter;
pub use reply::{ReplyScanner, Token, Tokens};

/// Longest bulk string that is accepted, in bytes: the limit of Redis itself (`proto-max-bulk-len`).
pub const MAX_BULK_BYTES: usize = 512 * 1024 * 1024;

/// Bytes that break the protocol; the connection they came from cannot be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Redis protocol is broken: {0}")]
pub struct ProtocolError(String);

impl ProtocolError {
    /// An error that says what was wrong.
    pub fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}
