//! What a bus tells about itself in numbers.

mod gauge;
mod histogram;
mod latency;
mod meters;
mod rate;
mod scalings;
mod services;
mod summary;

use serde::Serialize;

pub(crate) use gauge::Gauge;
pub use histogram::{Histograms, LatencyHistogram, SizeHistogram, TierHistograms};
pub(crate) use latency::summary_of_all;
pub(crate) use meters::Meters;
pub use scalings::Scaling;
pub(crate) use services::ServiceMeter;
pub use services::ServiceMetrics;
pub use summary::LatencySummary;

use crate::Priority;
use crate::connectivity::BreakerState;

/// A reading of all metrics. The first twelve have the names of the original system.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// Messages that the store has confirmed.
    pub messages_sent: u64,
    /// Messages handed to subscribers, counted once for each subscription.
    pub messages_received: u64,
    /// Messages sent and received per second, between the last two readings that were a second apart.
    pub messages_per_second: f64,
    /// Payload bytes sent and received per second.
    pub bytes_per_second: f64,
    /// Mean time from publishing to the subscriber in the last 30 to 60 seconds; without a subscriber, to the confirmation by the store.
    pub avg_latency_ms: f64,
    /// 95 % of the messages took no longer.
    pub p95_latency_ms: f64,
    /// Half of the messages took no longer.
    pub p50_latency_ms: f64,
    /// 99 % of the messages took no longer.
    pub p99_latency_ms: f64,
    /// The longest that a message took.
    pub max_latency_ms: f64,
    /// How full the fullest publishing queue is, 0 to 1.
    pub buffer_utilization: f64,
    /// Batches sent to the store.
    pub buffer_flushes: u64,
    /// Messages that matched a subscription's pattern.
    pub pattern_matches: u64,
    /// Memory of this process in MiB.
    pub memory_usage_mb: f64,
    /// Part of all messages that failed: refused by the store, dropped, or failed in a handler; 0 to 1.
    pub error_rate: f64,
    /// Whether the store can be used.
    pub connected: bool,
    /// Workers that run handlers, busy or not.
    pub worker_count: u64,
    /// Messages that the bus has accepted.
    pub messages_accepted: u64,
    /// Messages that were given up.
    pub messages_failed: u64,
    /// Messages sent again after a lost connection.
    pub messages_retried: u64,
    /// Messages dropped by a tier or by a slow subscription, as their policies say.
    pub messages_dropped: u64,
    /// Messages that had expired before a subscriber took them, counted once for each subscription.
    pub messages_expired: u64,
    /// Runs of numbered messages that subscriptions found to be missing, counted once for each subscription.
    pub gaps: u64,
    /// Messages in those runs.
    pub messages_missing: u64,
    /// Those of them that came later after all.
    pub messages_late: u64,
    /// Numbered messages that came again, counted once for each subscription.
    pub duplicates: u64,
    /// Entries trimmed by this process.
    pub entries_trimmed: u64,
    /// Those of them that a consumer group had not got (only with `trim_unread`).
    pub entries_trimmed_unread: u64,
    /// Messages whose handlers failed, panicked, or took too long.
    pub handler_errors: u64,
    /// Those of them whose handlers took longer than `handler_timeout_ms`, and were dropped.
    pub handler_timeouts: u64,
    /// Handlers that blocked their thread for longer than that, so that they could not be dropped.
    pub handlers_blocked: u64,
    /// Times that workers were added.
    pub scale_ups: u64,
    /// Times that workers were removed.
    pub scale_downs: u64,
    /// Utilization by which the workers are scaled, of the pool where it is highest, 0 to 1: how full its queue is, or how busy its
    /// workers are.
    pub worker_utilization: f64,
    /// Connections made again.
    pub reconnects: u64,
    /// The circuit breaker of the questions that are asked now and then.
    pub breaker: BreakerState,
    /// How often it has opened because the store did not answer.
    pub breaker_trips: u64,
    /// Messages whose time has not come.
    pub delayed: DelayedMetrics,
    /// Requests that this bus sent.
    pub requests: RequestMetrics,
    /// The services that run on this bus.
    pub services: Vec<ServiceMetrics>,
    /// What the consumer groups did, over all group subscriptions of this bus.
    pub groups: GroupMetrics,
    /// Entries that are no messages, by kind.
    pub malformed: Vec<(&'static str, u64)>,
    /// By tier, the most urgent first.
    pub tiers: Vec<TierMetrics>,
}

/// Delayed messages. One bus at a time delivers them: it alone knows the numbers behind the first.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct DelayedMetrics {
    /// Entries that waited in `{base}:delayed` when this bus looked last, about once a second.
    pub waiting: u64,
    /// Those of them that wait to be read, since as many as fit in memory are known already. They are read in the order of their arrival, as
    /// others become due: one that is due before them is late.
    pub unread: u64,
    /// Entries that this bus has met there that are no delayed messages: they are left where they are.
    pub broken: u64,
    /// Messages that this bus has put into the streams of their topics when they were due.
    pub delivered: u64,
    /// Those of them that were more than 100 ms late.
    pub late: u64,
    /// The most that one was late, in milliseconds.
    pub max_lateness_ms: f64,
    /// Whether it is this bus that delivers them.
    pub active: bool,
}

/// Requests that a bus sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct RequestMetrics {
    /// Requests sent.
    pub sent: u64,
    /// Those of them that were answered in time, whatever the answer.
    pub answered: u64,
    /// Those of them that were not.
    pub timed_out: u64,
    /// Answers that nobody waited for any more: they were dropped.
    pub late: u64,
    /// Requests that wait for their answers.
    pub waiting: u64,
}

/// What the members of consumer groups did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct GroupMetrics {
    /// Entries acknowledged.
    pub acked: u64,
    /// Those of them whose topic is not for the group.
    pub filtered: u64,
    /// Messages delivered again because they failed.
    pub redelivered: u64,
    /// Messages that became dead letters.
    pub dead_lettered: u64,
    /// Dead letters, the oldest, that were dropped because there were more than `max_dead_letters`.
    pub dead_dropped: u64,
    /// Pending entries taken over from other consumers, or from an earlier life of this one.
    pub claimed: u64,
    /// Pending entries given back for others when a member left.
    pub handed_back: u64,
    /// Messages that were trimmed or deleted before they were handled.
    pub lost: u64,
    /// Groups that somebody removed and that were made again.
    pub remade: u64,
    /// Shares of groups that the consumers of this bus have to themselves: shards, or all of a group of which one is active.
    pub shares: u64,
    /// Shares that were lost: the lease had expired before it could be renewed, so that another consumer may have begun.
    pub shares_lost: u64,
}

/// The metrics of one tier.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TierMetrics {
    /// Which tier.
    pub priority: Priority,
    /// Messages that the store has confirmed.
    pub sent: u64,
    /// Bytes of their payloads.
    pub sent_bytes: u64,
    /// Messages handed to subscribers, counted once for each subscription.
    pub received: u64,
    /// Bytes of their payloads.
    pub received_bytes: u64,
    /// Messages in its publishing queue.
    pub queued: usize,
    /// Bytes in its publishing queue.
    pub queued_bytes: usize,
    /// Most messages that its publishing queue may hold; 0 in basic mode, which has no queue.
    pub capacity: usize,
    /// Most bytes that its publishing queue may hold; 0 in basic mode.
    pub capacity_bytes: usize,
    /// `queued` over the capacity, 0 to 1.
    pub buffer_utilization: f64,
    /// Whether it is between its high-water and its low-water mark.
    pub pushing_back: bool,
    /// Messages that it dropped.
    pub dropped: u64,
    /// Publishing to the confirmation by the store.
    pub publish_latency: LatencySummary,
    /// Publishing to the subscriber.
    pub delivery_latency: LatencySummary,
}
