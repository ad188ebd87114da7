//! RESP, the protocol of Redis: what goes over the wire, without the wire.
//!
//! A client writes with [`CommandWriter`] and reads with [`ReplyScanner`] (where does a reply end?) and [`Tokens`]
//! (what is in it?). A server reads with [`RequestScanner`] and writes with [`ReplyEncoder`]. Nothing here allocates for an
//! argument or copies a value: scanning gives places in the caller's buffer.

mod command;
mod encode;
mod reply;
mod request;

pub use command::CommandWriter;
pub use encode::{Deferred, Protocol, ReplyEncoder};
pub use reply::{BrokenReply, MAX_BULK_BYTES, ReplyScanner, Token, Tokens};
pub use request::{ProtocolError, Request, RequestLimits, RequestScanner};
