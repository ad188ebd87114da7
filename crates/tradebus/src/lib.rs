//! The message bus for trading systems: Redis Streams underneath, `NautilusTrader`'s wire format, priorities that hold from end to end.
//!
//! A [`Bus`] publishes [`Message`]s and makes [`Subscription`]s over one store: a Redis (6.2 or newer, or Valkey), or the embedded engine in this
//! process. The modules stand in the order in which a message meets them:
//!
//! ```text
//! publish -> priority queues -> batcher -> stream store -> reader -> router -> queues -> handler
//!            4 tiers, marks     per lane   redis|embedded            patterns  by tier
//! ```
//!
//! | step | where |
//! | --- | --- |
//! | what travels | [`Message`], [`Topic`], [`Priority`], [`Encoding`]; it arrives as a [`Delivery`] |
//! | what can be set | [`BusConfig`], [`config`], [`presets`] |
//! | how it lies in an entry | `wire`: the record, payloads, `NautilusTrader`'s names; and `layout`: which stream |
//! | publishing | `publish`: the queue of each tier, its lane, the [`Receipt`] |
//! | what is not due yet | `delayed`: kept by the store, put into its stream in time |
//! | the stream store | [`store`]: one contract, two engines |
//! | subscribing | `subscribe`: reader, router, queues, [`Subscription`], [`HandlerTask`] |
//! | handling | `workers`: pools that scale with the load, and know nothing of where the messages come from |
//! | what the bus says of itself | [`Metrics`], [`Health`]; `otel`: traces, with the feature of that name |
//! | looking after the streams | `manage`: [`StreamManager`], [`DeadLetters`] |
//! | the past once more | `replay`: [`Replay`] |
//! | asking and answering | `request`: [`Bus::request`], [`Service`] |
//!
//! A module knows those before it on this way, never those after it; [`Bus`] alone knows all. The crate runs on Tokio, starts no runtime of its own and
//! keeps no global state: several buses live side by side in one process.

mod message;
mod pattern;
mod priority;
mod topic;

pub mod config;
mod layout;
mod wire;

pub mod store;

mod clock;
mod connectivity;
mod metrics;
mod otel;

mod publish;

mod delayed;

mod workers;

mod subscribe;

mod health;

mod manage;

mod replay;

mod request;

mod bus;

#[cfg(fuzzing)]
pub mod fuzzing;

#[cfg(test)]
#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

pub use bus::{Bus, Closed, ConnectError};
pub use config::{
    BufferConfig, BufferOverrides, BusConfig, ConfigError, Flush, Fsync, HandlingOrder, Layout, Mode, OnFull,
    StreamConfig, SubscriptionPolicy, TrimStrategy, presets, redact_url,
};
pub use connectivity::BreakerState;
pub use health::{Health, HealthState, HealthStatus};
pub use manage::{
    Adder, Claiming, DeadEntry, DeadLetters, GroupSample, ManageError, OwnedFields, Pages, Redriven,
    Redriving, StreamDescription, StreamManager, StreamSample, StreamState, TrimTo, Trimming, Watch,
};
pub use message::{Delivery, Encoding, Headers, Message, ParseEncodingError, StreamKey};
pub use metrics::{
    DelayedMetrics, GroupMetrics, Histograms, LatencyHistogram, LatencySummary, Metrics, RequestMetrics,
    Scaling, ServiceMetrics, SizeHistogram, TierHistograms, TierMetrics,
};
pub use pattern::{MAX_PATTERN_BYTES, Pattern, PatternError};
pub use priority::{ParsePriorityError, Priority};
pub use publish::{PublishError, Receipt, Refused};
pub use replay::{ParseReplayError, Replay, ReplayBound, ReplayError, ReplayOptions, ReplaySpeed};
pub use request::{
    Answer, Call, Data, ErrorCode, Request, RequestError, Response, Route, ServeError, Service, ServiceError,
    ServiceHealth, ServiceOptions, ServiceTask,
};
pub use store::{EmbeddedStore, RedisStore, StoreError, StreamStore};
pub use subscribe::{
    Gap, GroupDelivery, GroupOptions, GroupSubscription, HandlerTask, Merged, ParseStartError, StartFrom,
    Subscribe, SubscribeError, SubscribeOptions, Subscription,
};
pub use topic::{MAX_TOPIC_BYTES, Topic, TopicError};
pub use tradebus_engine::{EntryId, ParseIdError};
pub use wire::dead::DeadLetter;
pub use wire::payload::PayloadForm;
pub use wire::record::Malformed;
pub use wire::sequence::ProducerId;
