//! What the parts of a bus count while they work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::gauge::Gauges;
use super::histogram::{Histograms, TierHistograms};
use super::latency::{Latency, Sizes};
use super::rate::Rate;
use super::scalings::{Scaling, Scalings};
use super::services::ServiceMeters;
use super::{DelayedMetrics, GroupMetrics, RequestMetrics};
use crate::Priority;
use crate::wire::record::Malformed;

/// A delayed message is late when it is delivered so long after its time, in nanoseconds.
const LATE_NS: u64 = 100_000_000;

/// A number that only rises.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What the members of consumer groups count.
#[derive(Debug, Default)]
pub(crate) struct GroupMeters {
    /// Entries acknowledged.
    pub(crate) acked: Counter,
    /// Entries acknowledged because their topic is not for the group.
    pub(crate) filtered: Counter,
    /// Messages delivered again because they failed.
    pub(crate) redelivered: Counter,
    /// Messages that became dead letters.
    pub(crate) dead: Counter,
    /// Dead letters that were dropped because there were too many.
    pub(crate) dead_dropped: Counter,
    /// Pending entries taken over from others, or from an earlier life.
    pub(crate) claimed: Counter,
    /// Pending entries given back for others.
    pub(crate) handed_back: Counter,
    /// Messages that were trimmed or deleted before they were handled.
    pub(crate) lost: Counter,
    /// Groups that somebody removed and that were made again.
    pub(crate) remade: Counter,
    /// Shares that each exclusive member has.
    pub(crate) shares: Gauges,
    /// Shares that others took before they were given up.
    pub(crate) shares_lost: Counter,
}

impl GroupMeters {
    pub(crate) fn read(&self) -> GroupMetrics {
        GroupMetrics {
            acked: self.acked.get(),
            filtered: self.filtered.get(),
            redelivered: self.redelivered.get(),
            dead_lettered: self.dead.get(),
            dead_dropped: self.dead_dropped.get(),
            claimed: self.claimed.get(),
            handed_back: self.handed_back.get(),
            lost: self.lost.get(),
            remade: self.remade.get(),
            shares: self.shares.sum() as u64,
            shares_lost: self.shares_lost.get(),
        }
    }
}

/// What is counted of requests.
#[derive(Debug, Default)]
pub(crate) struct RequestMeters {
    pub(crate) sent: Counter,
    pub(crate) answered: Counter,
    pub(crate) timed_out: Counter,
    pub(crate) late: Counter,
}

impl RequestMeters {
    pub(crate) fn read(&self, waiting: usize) -> RequestMetrics {
        RequestMetrics {
            sent: self.sent.get(),
            answered: self.answered.get(),
            timed_out: self.timed_out.get(),
            late: self.late.get(),
            waiting: waiting as u64,
        }
    }
}

/// What is counted of delayed messages.
#[derive(Debug, Default)]
pub(crate) struct DelayedMeters {
    /// Entries in the stream, when it was looked at last.
    waiting: AtomicU64,
    /// Those of them that could not be read yet.
    unread: AtomicU64,
    /// This bus delivers them.
    active: AtomicBool,
    /// Entries that are no delayed messages.
    pub(crate) broken: Counter,
    delivered: Counter,
    late: Counter,
    /// In nanoseconds.
    max_lateness: AtomicU64,
}

impl DelayedMeters {
    pub(crate) fn set_waiting(&self, entries: u64, unread: u64) {
        self.waiting.store(entries, Relaxed);
        self.unread.store(unread, Relaxed);
    }

    pub(crate) fn set_active(&self, active: bool) {
        self.active.store(active, Relaxed);
    }

    /// A message was delivered so many nanoseconds after its time.
    pub(crate) fn note_delivered(&self, lateness: u64) {
        self.delivered.add(1);
        if lateness > LATE_NS {
            self.late.add(1);
        }
        self.max_lateness.fetch_max(lateness, Relaxed);
    }

    pub(crate) fn read(&self) -> DelayedMetrics {
        DelayedMetrics {
            waiting: self.waiting.load(Relaxed),
            unread: self.unread.load(Relaxed),
            broken: self.broken.get(),
            delivered: self.delivered.get(),
            late: self.late.get(),
            max_lateness_ms: self.max_lateness.load(Relaxed) as f64 / 1e6,
            active: self.active.load(Relaxed),
        }
    }
}

/// What is counted of a tier.
#[derive(Debug, Default)]
pub(crate) struct TierMeters {
    /// Messages that the store has confirmed, and their payloads.
    pub(crate) sent: Counter,
    pub(crate) sent_bytes: Counter,
    /// Messages handed to subscribers, and their payloads.
    pub(crate) received: Counter,
    pub(crate) received_bytes: Counter,
    /// Messages in each batch sent.
    batch_sizes: Sizes,
    /// Publishing to confirmation by the store.
    pub(crate) publish_latency: Latency,
    /// Publishing to the subscriber.
    pub(crate) delivery_latency: Latency,
}

/// The counters of one bus. Those on the way of a message are raised by the batch.
#[derive(Debug)]
pub(crate) struct Meters {
    pub(crate) started: Instant,
    /// Messages that the bus has accepted, in bytes too.
    pub(crate) accepted: Counter,
    /// Messages that were given up: refused by the store for good, or not confirmed before the bus closed.
    pub(crate) failed: Counter,
    /// Those of them that were not confirmed before the bus closed.
    pub(crate) abandoned: Counter,
    /// Messages that were sent again after a lost connection; some of them may be stored twice.
    pub(crate) retried: Counter,
    /// Batches sent.
    pub(crate) flushes: Counter,
    /// Messages that matched the pattern of a subscription, counted once for each.
    pub(crate) matches: Counter,
    /// Messages that came too late to be of use.
    pub(crate) expired: Counter,
    /// Runs of messages that subscriptions found to be missing, and messages in them.
    pub(crate) gaps: Counter,
    pub(crate) missing: Counter,
    /// Messages that had been missing and came later.
    pub(crate) late: Counter,
    /// Messages that came again, by their numbers.
    pub(crate) duplicates: Counter,
    /// Messages that slow subscribers lost by their policy.
    pub(crate) dropped: Counter,
    /// Entries that were trimmed.
    pub(crate) trimmed: Counter,
    /// Those of them that a consumer group had not got.
    pub(crate) trimmed_unread: Counter,
    pub(crate) group: GroupMeters,
    pub(crate) delayed: DelayedMeters,
    pub(crate) requests: RequestMeters,
    pub(crate) services: ServiceMeters,
    /// Handlers that failed, panicked or took too long.
    pub(crate) handler_errors: Counter,
    /// Those of them that took too long.
    pub(crate) handler_timeouts: Counter,
    /// Handlers that blocked their thread.
    pub(crate) handlers_blocked: Counter,
    /// Decisions for more workers, and for fewer.
    pub(crate) scale_ups: Counter,
    pub(crate) scale_downs: Counter,
    /// The last of them.
    pub(crate) scalings: Scalings,
    /// Entries that are no messages, by kind.
    pub(crate) malformed: [Counter; Malformed::ALL.len()],
    /// Workers that are there.
    pub(crate) workers: AtomicU64,
    /// Utilization of each pool of workers.
    pub(crate) utilization: Gauges,
    /// By the numbers of the tiers.
    tiers: [TierMeters; 4],
    pub(crate) message_rate: Rate,
    pub(crate) byte_rate: Rate,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            accepted: Counter::default(),
            failed: Counter::default(),
            abandoned: Counter::default(),
            retried: Counter::default(),
            flushes: Counter::default(),
            matches: Counter::default(),
            expired: Counter::default(),
            gaps: Counter::default(),
            missing: Counter::default(),
            late: Counter::default(),
            duplicates: Counter::default(),
            dropped: Counter::default(),
            trimmed: Counter::default(),
            trimmed_unread: Counter::default(),
            handler_errors: Counter::default(),
            group: GroupMeters::default(),
            delayed: DelayedMeters::default(),
            requests: RequestMeters::default(),
            services: ServiceMeters::default(),
            handler_timeouts: Counter::default(),
            handlers_blocked: Counter::default(),
            scale_ups: Counter::default(),
            scale_downs: Counter::default(),
            scalings: Scalings::default(),
            malformed: Default::default(),
            workers: AtomicU64::new(0),
            utilization: Gauges::default(),
            tiers: Default::default(),
            message_rate: Rate::default(),
            byte_rate: Rate::default(),
        }
    }
}

impl Meters {
    /// What is counted of a tier.
    pub(crate) const fn tier(&self, tier: Priority) -> &TierMeters {
        &self.tiers[tier.number()]
    }

    /// A batch of so many messages is sent.
    pub(crate) fn note_flush(&self, tier: Priority, messages: usize) {
        self.flushes.add(1);
        self.tier(tier).batch_sizes.record(messages);
    }

    /// A change of the number of workers.
    pub(crate) fn note_scaling(&self, scaling: Scaling) {
        let counter = if scaling.to > scaling.from { &self.scale_ups } else { &self.scale_downs };
        counter.add(1);
        self.scalings.note(scaling);
    }

    /// What was measured since the start.
    pub(crate) fn histograms(&self) -> Histograms {
        let tier = |priority| {
            let meters = self.tier(priority);
            let (publish, delivery) = (meters.publish_latency.read(), meters.delivery_latency.read());
            TierHistograms { priority, publish, delivery, batch_sizes: meters.batch_sizes.read() }
        };
        Histograms { tiers: Priority::ALL.map(tier).into(), services: self.services.histograms() }
    }

    /// Counts an entry that is no message, and logs the first of each kind.
    pub(crate) fn note_malformed(&self, kind: Malformed, place: impl std::fmt::Display) {
        let counter = &self.malformed[kind.index()];
        counter.add(1);
        if counter.get() == 1 {
            tracing::warn!(kind = kind.name(), %place, "skipped an entry that is no message: {kind} (further ones are only counted)");
        }
    }
}
