//! RESP, the protocol of Redis: what goes over the wire, without the wire.
//!
//! A server reads requests with [`RequestScanner`] and writes replies with [`ReplyEncoder`].

mod encode;
mod request;

pub use encode::{Protocol, ReplyEncoder};
pub use request::{ProtocolError, Request, RequestLimits, RequestScanner};
