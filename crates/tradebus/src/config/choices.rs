//! Settings of the whole bus that are a choice between a few words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Encoding;

/// How messages get to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Through the queue of their tier, in batches, and again where that fails.
    #[default]
    #[serde(alias = "BUFFERED")]
    Buffered,
    /// One write a message, which its publisher waits for: nothing is queued, and what fails is an error at once.
    #[serde(alias = "BASIC")]
    Basic,
}

/// How topics are spread over streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One stream (or `shards` streams) for each tier.
    #[default]
    #[serde(alias = "LANES")]
    Lanes,
    /// One stream for everything: `stream_per_topic = false` of `NautilusTrader`.
    #[serde(alias = "SINGLE")]
    Single,
    /// One stream for each topic: what `NautilusTrader` does by default.
    #[serde(alias = "TOPIC")]
    Topic,
}

/// What happens to a broadcast subscriber that is slower than the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionPolicy {
    /// Reading waits for it.
    #[default]
    #[serde(alias = "WAIT")]
    Wait,
    /// The message that has waited longest is dropped, and counted.
    #[serde(alias = "DROP_OLDEST")]
    DropOldest,
    /// Only the newest message of each topic is kept.
    #[serde(alias = "CONFLATE")]
    Conflate,
}

/// In which order handlers get the messages of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandlingOrder {
    /// Those of one topic one after the other, in their order; different topics side by side.
    #[default]
    #[serde(alias = "TOPIC")]
    Topic,
    /// All side by side.
    #[serde(alias = "NONE")]
    None,
}

/// When an embedded store on disk forces what was written to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Fsync {
    /// Before a message counts as stored; messages that come together share one sync.
    #[serde(rename = "always", alias = "ALWAYS")]
    Always,
    /// Once a second: a crash of the machine loses at most that, a crash of the process some milliseconds.
    #[default]
    #[serde(rename = "everysec", alias = "EVERYSEC")]
    EverySecond,
    /// When the system sees fit.
    #[serde(rename = "no", alias = "NO")]
    Never,
}

impl From<Fsync> for tradebus_engine::Fsync {
    fn from(fsync: Fsync) -> Self {
        match fsync {
            Fsync::Always => Self::Always,
            Fsync::EverySecond => Self::EverySecond,
            Fsync::Never => Self::Never,
        }
    }
}

/// How payloads are encoded that tradebus encodes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Serializer {
    /// JSON.
    #[default]
    #[serde(alias = "JSON")]
    Json,
    /// `MessagePack`.
    #[serde(alias = "MSGPACK")]
    MsgPack,
}

impl From<Serializer> for Encoding {
    fn from(serializer: Serializer) -> Self {
        match serializer {
            Serializer::Json => Self::Json,
            Serializer::MsgPack => Self::MsgPack,
        }
    }
}
