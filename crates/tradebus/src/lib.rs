//! The message bus for trading systems.

mod message;
mod pattern;
mod priority;
mod topic;

pub mod config;
mod wire;

mod layout;
pub mod store;

mod clock;
mod connectivity;
mod metrics;

mod publish;
mod subscribe;

mod bus;
mod health;

#[cfg(test)]
#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

pub use bus::{Bus, Closed, ConnectError};
pub use config::{
    BufferConfig, BufferOverrides, BusConfig, ConfigError, Flush, Layout, OnFull, StreamConfig,
    SubscriptionPolicy, TrimStrategy, presets, redact_url,
};
pub use health::{Health, HealthStatus};
pub use message::{Delivery, Encoding, Headers, Message, ParseEncodingError, StreamKey};
pub use metrics::{LatencySummary, Metrics, TierMetrics};
pub use pattern::{MAX_PATTERN_BYTES, Pattern, PatternError};
pub use priority::{ParsePriorityError, Priority};
pub use publish::{PublishError, Receipt};
pub use store::{EmbeddedStore, RedisStore, StoreError, StreamStore};
pub use subscribe::{
    HandlerTask, ParseStartError, StartFrom, SubscribeError, SubscribeOptions, Subscription,
};
pub use topic::{MAX_TOPIC_BYTES, Topic, TopicError};
pub use tradebus_engine::{EntryId, ParseIdError};
pub use wire::payload::PayloadForm;
pub use wire::record::Malformed;
