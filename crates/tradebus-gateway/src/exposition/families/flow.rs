//! What flows through a node, how fast it is, and what is lost on the way.

use tradebus::{TierHistograms, TierMetrics};

use super::Family;
use crate::exposition::Reading;
use crate::exposition::samples::{Samples, Value};

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "tradebus_messages_accepted_total",
        "Messages that the bus has accepted.",
        &[],
        |it, out| {
            out.one(it.metrics.messages_accepted);
        },
    ),
    Family::counter(
        "tradebus_messages_published_total",
        "Messages that the store has confirmed.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.sent),
    ),
    Family::counter(
        "tradebus_published_bytes_total",
        "Bytes of the payloads of messages that the store has confirmed.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.sent_bytes),
    ),
    Family::counter(
        "tradebus_messages_consumed_total",
        "Messages handed to subscribers, once for each subscription.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.received),
    ),
    Family::counter(
        "tradebus_consumed_bytes_total",
        "Bytes of the payloads of messages handed to subscribers.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.received_bytes),
    ),
    Family::histogram(
        "tradebus_publish_duration_seconds",
        "Time from publishing to the confirmation by the store.",
        &["priority"],
        |it, out| measured(it, out, |tier| Value::from(&tier.publish)),
    ),
    Family::histogram(
        "tradebus_end_to_end_duration_seconds",
        "Time from publishing to the subscriber, by the clocks of both machines.",
        &["priority"],
        |it, out| measured(it, out, |tier| Value::from(&tier.delivery)),
    ),
    Family::counter(
        "tradebus_messages_failed_total",
        "Messages that were given up: refused by the store, or not confirmed before the bus closed.",
        &[],
        |it, out| out.one(it.metrics.messages_failed),
    ),
    Family::counter(
        "tradebus_messages_retried_total",
        "Messages sent again after a lost connection.",
        &[],
        |it, out| out.one(it.metrics.messages_retried),
    ),
    Family::counter(
        "tradebus_messages_dropped_total",
        "Messages dropped by policy, because a publishing queue was full or a subscriber was slow.",
        &["reason"],
        dropped,
    ),
    Family::counter(
        "tradebus_messages_expired_total",
        "Messages that had expired before a subscriber took them.",
        &[],
        |it, out| out.one(it.metrics.messages_expired),
    ),
    Family::counter(
        "tradebus_gaps_total",
        "Runs of numbered messages that subscriptions found missing.",
        &[],
        |it, out| out.one(it.metrics.gaps),
    ),
    Family::counter(
        "tradebus_messages_missing_total",
        "Messages that subscriptions found missing.",
        &[],
        |it, out| out.one(it.metrics.messages_missing),
    ),
    Family::counter(
        "tradebus_messages_late_total",
        "Messages that had been found missing and came after all.",
        &[],
        |it, out| out.one(it.metrics.messages_late),
    ),
    Family::counter(
        "tradebus_messages_duplicated_total",
        "Numbered messages that came again.",
        &[],
        |it, out| out.one(it.metrics.duplicates),
    ),
    Family::counter(
        "tradebus_malformed_entries_total",
        "Entries that are no messages, by what is wrong with them.",
        &["kind"],
        |it, out| {
            for (kind, count) in &it.metrics.malformed {
                out.of([kind], *count);
            }
        },
    ),
];

fn by_tier(reading: &Reading<'_>, out: &mut Samples, count: fn(&TierMetrics) -> u64) {
    for tier in &reading.metrics.tiers {
        out.of([tier.priority.name()], count(tier));
    }
}

fn measured(reading: &Reading<'_>, out: &mut Samples, value: fn(&TierHistograms) -> Value) {
    for tier in &reading.histograms.tiers {
        out.of([tier.priority.name()], value(tier));
    }
}

fn dropped(reading: &Reading<'_>, out: &mut Samples) {
    let metrics = reading.metrics;
    let full: u64 = metrics.tiers.iter().map(|tier| tier.dropped).sum();
    out.of(["queue_full"], full);
    out.of(["slow_subscriber"], metrics.messages_dropped.saturating_sub(full));
}
