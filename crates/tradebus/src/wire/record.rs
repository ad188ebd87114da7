//! The record: the fields of a stream entry that hold one message.
//!
//! | field | value | written |
//! | --- | --- | --- |
//! | `topic` | the topic | always |
//! | `payload` | the payload, compressed where `zip` says so | always |
//! | `type` | name of the payload's type, may be empty | always |
//! | `encoding` | `Json`, `MsgPack`, `Sbe` or `Capnp` | always |
//! | `pri` | the tier, `0` (LOW) to `3` (CRITICAL) | unless NORMAL |
//! | `ts` | time of publishing, decimal nanoseconds since 1970 UTC | unless 0 |
//! | `cid` | correlation id | where set |
//! | `reply` | topic for the answer | where set |
//! | `tp` | W3C trace context | where set |
//! | `exp` | when it is of no more use, decimal nanoseconds since 1970 UTC | where set |
//! | `due` | when it is to be delivered, decimal nanoseconds since 1970 UTC | where delayed |
//! | `seq` | who wrote it, and the number in this stream: 16 hexadecimal digits, `-`, decimal digits | with `sequence = true` |
//! | `zip` | `zstd` | where the payload is compressed |
//! | `hdr` | other headers: a JSON object of strings | where there are any |
//!
//! The first four are `NautilusTrader`'s, in an order that each of its versions reads correctly: readers until
//! 1.228 take the second part of an entry (names and values counted alike) for the topic and the fourth for the
//! payload, those since 1.229 go by name.

mod decode;
mod encode;
mod malformed;
#[cfg(test)]
mod tests;

pub(crate) use decode::{Limits, RawRecord, sequence_of};
pub(crate) use encode::{Field, with_fields};
pub use malformed::Malformed;

/// Name of the field that holds the topic.
pub(crate) const TOPIC: &[u8] = b"topic";
/// Name of the field that holds the payload.
pub(crate) const PAYLOAD: &[u8] = b"payload";
/// Name of the field that names the payload's type.
pub(crate) const TYPE: &[u8] = b"type";
/// Name of the field that names the payload's encoding.
pub(crate) const ENCODING: &[u8] = b"encoding";
/// Name of the field that holds the tier.
pub(crate) const PRI: &[u8] = b"pri";
/// Name of the field that holds the time of publishing.
pub(crate) const TS: &[u8] = b"ts";
/// Name of the field that holds the correlation id.
pub(crate) const CID: &[u8] = b"cid";
/// Name of the field that holds the topic for the answer.
pub(crate) const REPLY: &[u8] = b"reply";
/// Name of the field that holds the trace context.
pub(crate) const TP: &[u8] = b"tp";
/// Name of the field that holds the time after which the message is of no more use.
pub(crate) const EXP: &[u8] = b"exp";
/// Name of the field that holds the time at which the message is to be delivered.
pub(crate) const DUE: &[u8] = b"due";
/// Name of the field that holds the producer and the number.
pub(crate) const SEQ: &[u8] = b"seq";
/// Name of the field that says how the payload is compressed.
pub(crate) const ZIP: &[u8] = b"zip";
/// Name of the field that holds other headers.
pub(crate) const HDR: &[u8] = b"hdr";

/// The one value of [`ZIP`].
pub(crate) const ZSTD: &[u8] = b"zstd";
