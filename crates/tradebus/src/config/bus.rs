//! The configuration of a bus: every field with its unit, default and bounds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presets::Preset;
use super::redact::{Secret, StoreUrl};
use super::{
    BufferConfig, BufferOverrides, Fsync, HandlingOrder, Layout, Mode, Serializer, StreamConfig,
    StreamOverrides, SubscriptionPolicy, size, tiers,
};
use crate::Priority;

/// Everything that can be set about a bus.
///
/// Times are in seconds unless the name ends in `_ms` or `_mins`. Reading a file or the environment is what
/// [`Loader`](super::Loader) does; [`BusConfig::validate`] says what is wrong with the values, and the rest of the crate takes a
/// configuration without an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
// The names and the switches are those of the systems whose configurations are read.
#[allow(clippy::struct_excessive_bools)]
pub struct BusConfig {
    /// The preset that lies below the other values. Default none; `development`, `production` or `high_frequency`.
    pub preset: Option<Preset>,

    /// URL of the store. Default none: it is built from the `redis_*` fields.
    pub store: Option<StoreUrl>,
    /// Host of the Redis server, where `store` is not given. Default 127.0.0.1.
    pub redis_host: String,
    /// Port of the Redis server. Default 6379, 1 to 65535.
    #[schemars(range(min = 1, max = 65_535))]
    pub redis_port: u16,
    /// Number of the database. Default 0, 0 to 2147483647.
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub redis_db: u32,
    /// User of the Redis server. Default none.
    pub redis_username: Option<String>,
    /// Password of the Redis server. Default none.
    pub redis_password: Option<Secret>,
    /// Certificates, in a PEM file, of those who may vouch for a server with TLS (`rediss://`). Default none: those that the
    /// system trusts.
    pub tls_ca_file: Option<PathBuf>,
    /// Most connections to the store; with `mode = "basic"`, those that publish. Default 20, 1 to 1000.
    #[schemars(range(min = 1, max = 1_000))]
    pub connection_pool_size: usize,
    /// Longest that connecting may take, in seconds. Default 5, 0.1 to 300.
    #[schemars(range(min = 0.1, max = 300.0))]
    pub connection_timeout: f64,
    /// Longest that the store may take to answer, in seconds. Default 30, 0.1 to 600.
    #[schemars(range(min = 0.1, max = 600.0))]
    pub command_timeout: f64,

    /// When an embedded store on disk (`file:`) forces what was written to the disk. Default `everysec`.
    pub fsync: Fsync,
    /// Growth of the log of such a store after which it is replaced by a snapshot. Default 512 MiB, 1 MiB to 1 TiB; a number of
    /// bytes or text such as `"512MiB"`.
    #[serde(deserialize_with = "size::deserialize")]
    #[schemars(with = "size::Size", range(min = 1_048_576, max = 1_099_511_627_776_u64))]
    pub snapshot_after_bytes: usize,

    /// How messages get to the store. Default `buffered`; with `basic` each is written by itself, and its publisher waits for that.
    pub mode: Mode,
    /// The queue of a tier that `priority_buffers` does not name.
    pub default_buffer_config: BufferConfig,
    /// What differs from `default_buffer_config`, by tier. Default nothing.
    #[serde(deserialize_with = "tiers::table")]
    #[schemars(schema_with = "tiers::table_schema")]
    pub priority_buffers: BTreeMap<Priority, BufferOverrides>,

    /// A stream that `stream_configs` does not name.
    pub default_stream_config: StreamConfig,
    /// What differs from `default_stream_config`, by name of the stream. Default nothing.
    pub stream_configs: BTreeMap<String, StreamOverrides>,

    /// Subscriptions that are made at the start. Default none.
    pub subscriptions: Vec<SubscriptionConfig>,
    /// Whether `*` and `?` in the pattern of a subscription stand for other bytes. Default true.
    pub enable_pattern_matching: bool,
    /// Most handlers that run at one time, over all subscriptions. Default 100, 1 to 100000.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_concurrent_handlers: usize,

    /// Whether metrics are collected. Default true.
    pub enable_metrics: bool,
    /// Time between two reports of metrics, in milliseconds. Default 5000, 1 to 3600000.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub metrics_interval_ms: u64,
    /// Whether messages begin a trace that are published outside of one, in a build that can trace. Traces of others go on in any case. Default
    /// false.
    pub enable_tracing: bool,
    /// Part of the messages that begin a trace with `enable_tracing`. Default 0.1, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub trace_sample_rate: f64,

    /// Time between two health checks, in seconds. Default 30, 0.001 to 86400.
    #[schemars(range(min = 0.001, max = 86_400.0))]
    pub health_check_interval: f64,
    /// Longest that the store may take to answer a health check, in seconds. Default 10, 0.001 to 86400.
    #[schemars(range(min = 0.001, max = 86_400.0))]
    pub heartbeat_timeout: f64,
    /// Failed checks in a row after which the store counts as away. Default 3, 1 to 1000.
    #[schemars(range(min = 1, max = 1_000))]
    pub max_consecutive_failures: u32,
    /// Entries by which a consumer group may be behind without counting as bad health, unless it is catching up. Default 100000: a tenth of what
    /// a stream keeps. 1 to 1000000000000.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub lag_warn: u64,
    /// Longest that an entry of a consumer group may be pending, and that messages may wait in subscriptions without any being taken, without
    /// counting as bad health; in seconds. Default 300, 0.001 to 604800.
    #[schemars(range(min = 0.001, max = 604_800.0))]
    pub pending_age_warn: f64,
    /// Entries by which a stream without a reader of this bus and without a consumer group may grow without counting as bad health. Default 2000000:
    /// twice of what a stream keeps, so that one that is trimmed never does. 0 to 1000000000000; 0 means any number.
    #[schemars(range(min = 0, max = 1_000_000_000_000_u64))]
    pub unread_warn: u64,

    /// Whether the number of workers follows the load. Default true; false keeps `min_workers`.
    pub auto_scale_enabled: bool,
    /// Utilization above which workers are added. Default 0.8, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub scale_up_threshold: f64,
    /// Utilization below which workers are removed. Default 0.3, 0 to 1, below `scale_up_threshold`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub scale_down_threshold: f64,
    /// Fewest workers. Default 1, 1 to 50.
    #[schemars(range(min = 1, max = 50))]
    pub min_workers: usize,
    /// Most workers. Default 10, 1 to 50, not below `min_workers`.
    #[schemars(range(min = 1, max = 50))]
    pub max_workers: usize,

    /// How payloads are encoded where `encoding` is not given. Default `json`.
    pub default_serializer: Serializer,
    /// Whether payloads of every tier are compressed. Default false.
    pub compression_enabled: bool,
    /// Level of compression (zstd). Default 3, 1 to 22.
    #[schemars(range(min = 1, max = 22))]
    pub compression_level: i32,

    /// How payloads are encoded; before `default_serializer`. Default none.
    pub encoding: Option<Serializer>,
    /// Whether times in payloads are written as ISO 8601 and not as nanoseconds. Default false.
    pub timestamps_as_iso8601: bool,
    /// Time between two batches, in milliseconds, for every tier. Default none: as each tier says. 1 to 1000.
    #[schemars(range(min = 1, max = 1_000))]
    pub buffer_interval_ms: Option<u64>,
    /// Age at which entries are trimmed, in minutes. Default 30, 0 to 5256000; 0 means never.
    #[schemars(range(min = 0, max = 5_256_000))]
    pub autotrim_mins: u32,
    /// Whether entries are trimmed that a consumer group has not got yet. Default false: they are kept, however many they are.
    pub trim_unread: bool,
    /// Whether stream keys start with `trader-`. Default true.
    pub use_trader_prefix: bool,
    /// Whether stream keys hold `trader_id`. Default true.
    pub use_trader_id: bool,
    /// Whether stream keys hold `instance_id`. Default false.
    pub use_instance_id: bool,
    /// The name in stream keys, after the trader. Default `stream`; may be empty.
    pub streams_prefix: String,
    /// Whether each topic has a stream: true means `layout = "topic"`, false `layout = "single"`. Default none: as `layout` says.
    pub stream_per_topic: Option<bool>,
    /// Streams of other systems that are read too. Default none.
    pub external_streams: Vec<String>,
    /// Names of payload types that are not published. Default none.
    pub types_filter: Vec<String>,
    /// Time between two heartbeats on `health:heartbeat`, in seconds. Default none: no heartbeats. 1 to 86400.
    #[schemars(range(min = 1, max = 86_400))]
    pub heartbeat_interval_secs: Option<u32>,
    /// Name of the trader in stream keys. Default `TRADER-001`.
    pub trader_id: String,
    /// Id of this process in stream keys, a UUID. Default none: made at the start if `use_instance_id` needs one.
    pub instance_id: Option<String>,

    /// How topics are spread over streams. Default `lanes`.
    pub layout: Layout,
    /// Streams into which each lane is split by topic. Default 0, 0 to 1024; 0 means no split. Only with `layout = "lanes"`. The consumers
    /// of a group that keeps the order of topics share the shards among them, so more than as many consumers stand by.
    #[schemars(range(min = 0, max = 1_024))]
    pub shards: u32,
    /// Whether each record holds its producer and its number, so that subscribers notice what is missing. Default false: it costs some 35 bytes a
    /// record.
    pub sequence: bool,
    /// Largest payload that can be published. Default 8 MiB, 1 byte to 512 MiB; a number of bytes or text such as `"8MiB"`.
    #[serde(deserialize_with = "size::deserialize")]
    #[schemars(with = "size::Size", range(min = 1, max = 536_870_912))]
    pub max_payload_bytes: usize,
    /// Longest that closing may take, in seconds. Default 5, 0.001 to 86400.
    #[schemars(range(min = 0.001, max = 86_400.0))]
    pub shutdown_timeout: f64,
    /// Most messages that wait in each tier of a subscription. Default 10000, 1 to 10000000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub subscription_capacity: usize,
    /// What happens to a broadcast subscriber that is slower than the bus. Default `wait`.
    pub subscription_policy: SubscriptionPolicy,
    /// How often a consumer group delivers a message before it becomes a dead letter. Default 5, 1 to 1000000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_deliveries: u32,
    /// Wait before a message that failed is delivered again, in milliseconds; doubled with each delivery. Default 200, 1 to 3600000.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub retry_min_ms: u64,
    /// Longest wait before a message is delivered again, in milliseconds. Default 30000, 1 to 3600000, not below `retry_min_ms`.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub retry_max_ms: u64,
    /// Time after which a message that a consumer of a group got and does not care for is taken over by another, in milliseconds. Default
    /// 60000, 100 to 86400000.
    #[schemars(range(min = 100, max = 86_400_000))]
    pub claim_idle_ms: u64,
    /// Most messages that a consumer of a group has in hand: waiting, being handled, or waiting to be delivered again. Default 20000, 1 to
    /// 10000000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_pending: usize,
    /// Most dead letters that are kept: beyond, the oldest are dropped, counted and said. Default 1000000, 1 to 1000000000.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_dead_letters: u64,
    /// Time after which the work of a process that died is taken over by another, in milliseconds: delivering delayed messages, shards
    /// of a group, a single-active group. Default 5000, 100 to 600000.
    #[schemars(range(min = 100, max = 600_000))]
    pub lease_ttl_ms: u64,
    /// The services of this node, each a table of its own: what is in them is up to the service. Default empty.
    pub services: BTreeMap<String, serde_json::Value>,
    /// Which messages of a subscription with a handler are handled one after the other. Default `topic`.
    pub ordering: HandlingOrder,
    /// Longest that a handler may take for a message, in milliseconds. Default 30000, 0 to 86400000; 0 means no limit.
    #[schemars(range(min = 0, max = 86_400_000))]
    pub handler_timeout_ms: u64,
    /// Topics whose subscribers are remembered. Default 10000, 16 to 10000000.
    #[schemars(range(min = 16, max = 10_000_000))]
    pub topic_cache_size: usize,
    /// Time between two searches for new streams with `layout = "topic"`, in milliseconds. Default 1000, 10 to 60000.
    #[schemars(range(min = 10, max = 60_000))]
    pub discovery_interval_ms: u64,
    /// Wait before the first reconnection, in milliseconds. Default 50, 1 to 600000.
    #[schemars(range(min = 1, max = 600_000))]
    pub reconnect_min_ms: u64,
    /// Longest wait between two reconnections, in milliseconds. Default 2000, 1 to 600000, not below `reconnect_min_ms`.
    #[schemars(range(min = 1, max = 600_000))]
    pub reconnect_max_ms: u64,
    /// Name by which the server lists the connections. Default `tradebus`; no white space.
    pub client_name: String,
}

impl Default for BusConfig {
    fn default() -> Self {
        Self {
            preset: None,
            store: None,
            redis_host: "127.0.0.1".into(),
            redis_port: 6379,
            redis_db: 0,
            redis_username: None,
            redis_password: None,
            tls_ca_file: None,
            connection_pool_size: 20,
            connection_timeout: 5.0,
            command_timeout: 30.0,
            fsync: Fsync::EverySecond,
            snapshot_after_bytes: 512 << 20,
            mode: Mode::Buffered,
            default_buffer_config: BufferConfig::default(),
            priority_buffers: BTreeMap::new(),
            default_stream_config: StreamConfig::default(),
            stream_configs: BTreeMap::new(),
            subscriptions: Vec::new(),
            enable_pattern_matching: true,
            max_concurrent_handlers: 100,
            enable_metrics: true,
            metrics_interval_ms: 5_000,
            enable_tracing: false,
            trace_sample_rate: 0.1,
            health_check_interval: 30.0,
            heartbeat_timeout: 10.0,
            max_consecutive_failures: 3,
            lag_warn: 100_000,
            pending_age_warn: 300.0,
            unread_warn: 2_000_000,
            auto_scale_enabled: true,
            scale_up_threshold: 0.8,
            scale_down_threshold: 0.3,
            min_workers: 1,
            max_workers: 10,
            default_serializer: Serializer::Json,
            compression_enabled: false,
            compression_level: 3,
            encoding: None,
            timestamps_as_iso8601: false,
            buffer_interval_ms: None,
            autotrim_mins: 30,
            trim_unread: false,
            use_trader_prefix: true,
            use_trader_id: true,
            use_instance_id: false,
            streams_prefix: "stream".into(),
            stream_per_topic: None,
            external_streams: Vec::new(),
            types_filter: Vec::new(),
            heartbeat_interval_secs: None,
            trader_id: "TRADER-001".into(),
            instance_id: None,
            layout: Layout::Lanes,
            shards: 0,
            sequence: false,
            max_payload_bytes: 8 << 20,
            shutdown_timeout: 5.0,
            subscription_capacity: 10_000,
            subscription_policy: SubscriptionPolicy::Wait,
            max_deliveries: 5,
            retry_min_ms: 200,
            retry_max_ms: 30_000,
            claim_idle_ms: 60_000,
            max_pending: 20_000,
            max_dead_letters: 1_000_000,
            services: BTreeMap::new(),
            lease_ttl_ms: 5_000,
            ordering: HandlingOrder::Topic,
            handler_timeout_ms: 30_000,
            topic_cache_size: 10_000,
            discovery_interval_ms: 1_000,
            reconnect_min_ms: 50,
            reconnect_max_ms: 2_000,
            client_name: "tradebus".into(),
        }
    }
}

/// A subscription that is made at the start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriptionConfig {
    /// Topics that it takes. Required.
    pub pattern: String,
    /// Tier in which its messages are handled. Default `normal`; a name in any case or a number from 0 to 3.
    #[serde(deserialize_with = "tiers::one")]
    #[schemars(schema_with = "tiers::one_schema")]
    pub priority: Priority,
    /// What differs from the queue of its tier. Default nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_config: Option<BufferOverrides>,
    /// Conditions on messages, as the original system writes them. Default none.
    pub filters: BTreeMap<String, serde_json::Value>,
}
