//! What a node looks like at one moment: what the page and `tradebus top` show, once a second.
//!
//! Times of day are milliseconds since 1970 UTC, shares are 0 to 1, rates are a second and are those of the last interval.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A node at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// When it was taken.
    pub ts_ms: u64,
    /// Which node it is.
    pub node: NodeView,
    /// How it is, and why.
    pub health: HealthView,
    /// What the process uses.
    pub process: ProcessView,
    /// What went through it, over all tiers.
    pub rates: Rates,
    /// By tier, the most urgent first.
    pub tiers: Vec<TierView>,
    /// Those who handle messages.
    pub workers: WorkersView,
    /// What was counted since the start.
    pub totals: Totals,
    /// The streams.
    pub streams: StreamsView,
    /// Dead letters in their stream; `None` if the store could not be asked.
    pub dead_letters: Option<u64>,
    /// Messages whose time has not come.
    pub delayed: u64,
    /// The services of this process.
    pub services: Vec<ServiceView>,
    /// Changes of health, the newest first; 50 at most.
    pub events: Vec<EventView>,
}

/// Which node it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// Version of tradebus.
    pub version: String,
    /// The store, without secrets.
    pub store: String,
    /// What the keys of the streams start with.
    pub base: String,
    /// `lanes`, `single` or `topic`.
    pub layout: String,
}

/// How a node is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HealthView {
    /// `healthy`, `degraded` or `unhealthy`.
    pub status: String,
    /// What speaks against `healthy`, one sentence each.
    pub reasons: Vec<String>,
    /// Whether the store answered, and all connections work.
    pub connected: bool,
    /// Whether the store was not asked, because it did not answer shortly before.
    pub stale: bool,
    /// The circuit breaker: `closed`, `open` or `half_open`.
    pub breaker: String,
    /// How long the store took to answer; `None` if it did not.
    pub store_latency_ms: Option<f64>,
    /// Since the bus was made.
    pub uptime_seconds: f64,
}

/// What a process uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessView {
    /// Resident memory.
    pub memory_bytes: u64,
    /// Cores in use: 1.5 is one and a half. `None` where the system does not tell.
    pub cpu_cores: Option<f64>,
    /// Connections to the gateway.
    pub http_connections: u64,
    /// Subscriptions through the gateway.
    pub http_subscriptions: u64,
}

/// What went through a node in a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rates {
    /// Messages that this process published and the store confirmed.
    pub published: f64,
    /// Messages that subscribers of this process were handed.
    pub received: f64,
    /// Payload bytes, published and received.
    pub bytes: f64,
    /// Entries that were added to the streams, by whomever; `None` where the store does not tell.
    pub stored: Option<f64>,
}

/// A tier.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TierView {
    /// `critical`, `high`, `normal` or `low`.
    pub tier: String,
    /// Messages a second that this process published.
    pub published: f64,
    /// Messages a second that subscribers of this process were handed.
    pub received: f64,
    /// Entries a second that were added to its streams; `None` where a stream is not of one tier.
    pub stored: Option<f64>,
    /// Messages that wait in its publishing queue.
    pub queued: u64,
    /// Bytes of them.
    pub queued_bytes: u64,
    /// Most messages that may wait.
    pub capacity: u64,
    /// `queued` of `capacity`.
    pub fill: f64,
    /// Fill at which it begins to push back.
    pub high_mark: f64,
    /// Fill at which it stops pushing back.
    pub low_mark: f64,
    /// What pushing back means: `wait`, `error`, `drop_oldest` or `drop_newest`.
    pub on_full: String,
    /// Whether it pushes back.
    pub pushing_back: bool,
    /// Messages that its queue dropped since the start.
    pub dropped: u64,
    /// From publishing to the confirmation by the store, of the last second; `None` where there was nothing.
    pub publish: Option<Percentiles>,
    /// From publishing to the subscriber, of the last second; `None` where there was nothing.
    pub delivery: Option<Percentiles>,
}

/// Times in milliseconds, to one part in a hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Percentiles {
    /// Half took no longer.
    pub p50_ms: f64,
    /// 95 % took no longer.
    pub p95_ms: f64,
    /// 99 % took no longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Those who handle messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkersView {
    /// How many there are, busy or not.
    pub count: u64,
    /// By which they are scaled: of the pool where it is highest.
    pub utilization: f64,
    /// Fewest of a pool.
    pub min: u64,
    /// Most of a pool.
    pub max: u64,
    /// Changes of their number, the newest first; 32 at most.
    pub scalings: Vec<ScalingView>,
}

/// A change of the number of workers of a pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScalingView {
    /// When.
    pub ts_ms: u64,
    /// Which pool.
    pub pool: String,
    /// Workers before.
    pub from: u64,
    /// Workers then.
    pub to: u64,
    /// Why.
    pub why: String,
    /// Utilization that led to it.
    pub utilization: f64,
}

/// What was counted since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages that the store has confirmed.
    pub published: u64,
    /// Messages that subscribers were handed.
    pub received: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Messages that were sent again after a lost connection.
    pub retried: u64,
    /// Messages dropped by policies.
    pub dropped: u64,
    /// Messages that came too late to be of use.
    pub expired: u64,
    /// Messages that subscriptions found missing.
    pub missing: u64,
    /// Messages that came twice.
    pub duplicates: u64,
    /// Handlers that failed.
    pub handler_errors: u64,
    /// Messages delivered again because they failed.
    pub redelivered: u64,
    /// Messages that became dead letters.
    pub dead_lettered: u64,
    /// Connections made again.
    pub reconnects: u64,
    /// Entries that were trimmed.
    pub trimmed: u64,
}

/// The streams of the bus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StreamsView {
    /// How many there are.
    pub count: u64,
    /// Every stream was looked at within this time: with very many, not each second.
    pub round_seconds: f64,
    /// Entries in all of them.
    pub length: u64,
    /// Bytes of all of them; `None` where the store does not tell.
    pub memory_bytes: Option<u64>,
    /// Those with the most traffic, then the longest; 100 at most.
    pub rows: Vec<StreamView>,
}

/// A stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StreamView {
    /// Its key.
    pub stream: String,
    /// The tier whose messages it holds, where it is of one.
    pub tier: Option<String>,
    /// Entries in it.
    pub length: u64,
    /// Entries added a second; `None` before the second look, and where the store does not tell.
    pub rate: Option<f64>,
    /// Its memory; `None` where the store does not tell.
    pub memory_bytes: Option<u64>,
    /// Since its oldest entry was stored; `None` where it is empty.
    pub oldest_age_seconds: Option<f64>,
    /// Since its newest entry was stored; `None` where it is empty.
    pub newest_age_seconds: Option<f64>,
    /// Its consumer groups.
    pub groups: Vec<GroupView>,
}

/// A consumer group of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    /// Its name.
    pub group: String,
    /// Consumers that it knows.
    pub consumers: u64,
    /// Entries that were delivered and not acknowledged.
    pub pending: u64,
    /// Entries that wait to be delivered; `None` where the store does not tell.
    pub lag: Option<u64>,
    /// Entries a second that it was delivered.
    pub rate: Option<f64>,
}

/// A service of this process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// `healthy`, `degraded` or `unhealthy`.
    pub status: String,
    /// What speaks against `healthy`.
    pub reasons: Vec<String>,
    /// Requests that were answered.
    pub requests: u64,
    /// Those of them that were not fulfilled.
    pub failed: u64,
    /// Requests that are being handled.
    pub active: u64,
    /// Mean time of a request in the last 30 to 60 seconds.
    pub avg_ms: f64,
    /// 95 % took no longer.
    pub p95_ms: f64,
    /// Answers out of a cache, of those that could be.
    pub cache_hit_rate: f64,
    /// What it can be asked.
    pub routes: Vec<RouteView>,
}

/// A topic that a service answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteView {
    /// The topic.
    pub topic: String,
    /// What it is for.
    pub about: String,
}

/// A change of health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// When it was found out.
    pub ts_ms: u64,
    /// Who says so: the topic without `system.health.`.
    pub who: String,
    /// How it is now.
    pub state: String,
    /// How it was before.
    pub previous: Option<String>,
    /// Why.
    pub reasons: Vec<String>,
}
