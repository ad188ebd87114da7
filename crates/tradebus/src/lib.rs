//! The message bus for trading systems.

mod message;
mod pattern;
mod priority;
mod topic;
mod wire;

#[cfg(test)]
#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

pub use message::{Delivery, Encoding, Headers, Message, ParseEncodingError, StreamKey};
pub use pattern::{MAX_PATTERN_BYTES, Pattern, PatternError};
pub use priority::{ParsePriorityError, Priority};
pub use topic::{MAX_TOPIC_BYTES, Topic, TopicError};
pub use tradebus_engine::{EntryId, ParseIdError};
pub use wire::payload::PayloadForm;
pub use wire::record::Malformed;
