//! The publishing queues, and the batches that leave them.

use tradebus::TierMetrics;

use super::Family;
use crate::exposition::Reading;
use crate::exposition::samples::{Samples, Value};

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "tradebus_buffer_messages",
        "Messages in the publishing queue.",
        &["priority"],
        |it, out| {
            by_tier(it, out, |tier| tier.queued.into());
        },
    ),
    Family::gauge(
        "tradebus_buffer_capacity_messages",
        "Most messages that the publishing queue may hold.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.capacity.into()),
    ),
    Family::gauge("tradebus_buffer_bytes", "Bytes in the publishing queue.", &["priority"], |it, out| {
        by_tier(it, out, |tier| tier.queued_bytes.into());
    }),
    Family::gauge(
        "tradebus_buffer_capacity_bytes",
        "Most bytes that the publishing queue may hold.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.capacity_bytes.into()),
    ),
    Family::gauge(
        "tradebus_buffer_utilization_ratio",
        "How full the publishing queue is: messages of the most that it may hold.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.buffer_utilization.into()),
    ),
    Family::gauge(
        "tradebus_buffer_pushing_back",
        "Whether the publishing queue pushes back: 1 from its high-water mark to its low-water mark.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.pushing_back.into()),
    ),
    Family::counter(
        "tradebus_buffer_dropped_messages_total",
        "Messages that the publishing queue dropped by policy.",
        &["priority"],
        |it, out| by_tier(it, out, |tier| tier.dropped.into()),
    ),
    Family::counter("tradebus_flushes_total", "Batches sent to the store.", &[], |it, out| {
        out.one(it.metrics.buffer_flushes);
    }),
    Family::histogram(
        "tradebus_flush_batch_messages",
        "Messages in each batch that was sent to the store.",
        &["priority"],
        |it, out| {
            for tier in &it.histograms.tiers {
                out.of([tier.priority.name()], &tier.batch_sizes);
            }
        },
    ),
];

fn by_tier(reading: &Reading<'_>, out: &mut Samples, value: fn(&TierMetrics) -> Value) {
    for tier in &reading.metrics.tiers {
        out.of([tier.priority.name()], value(tier));
    }
}
