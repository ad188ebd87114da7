//! What a bus says about itself in numbers.

use std::sync::atomic::Ordering::Relaxed;

use super::Inner;
use crate::Priority;
use crate::metrics::{Histograms, Metrics, Scaling, TierMetrics, summary_of_all};
use crate::wire::record::Malformed;

impl Inner {
    pub(super) fn read_metrics(&self) -> Metrics {
        let meters = &self.meters;
        let tiers: Vec<TierMetrics> = Priority::ALL.map(|tier| self.tier_metrics(tier)).into();
        let delivered = tiers.iter().any(|tier| tier.delivery_latency.count > 0);
        let latency = summary_of_all(Priority::ALL.map(|tier| {
            let tier = meters.tier(tier);
            if delivered { &tier.delivery_latency } else { &tier.publish_latency }
        }));
        let (breaker, breaker_trips) = self.health.breaker();
        let sum = |count: fn(&TierMetrics) -> u64| tiers.iter().map(count).sum::<u64>();
        let (sent, received) = (sum(|tier| tier.sent), sum(|tier| tier.received));
        let bytes = sum(|tier| tier.sent_bytes) + sum(|tier| tier.received_bytes);
        let dropped = meters.dropped.get() + sum(|tier| tier.dropped);
        let bad = meters.failed.get() + meters.handler_errors.get() + dropped;
        Metrics {
            messages_sent: sent,
            messages_received: received,
            messages_per_second: meters.message_rate.per_second(sent + received),
            bytes_per_second: meters.byte_rate.per_second(bytes),
            avg_latency_ms: latency.avg_ms,
            p95_latency_ms: latency.p95_ms,
            p50_latency_ms: latency.p50_ms,
            p99_latency_ms: latency.p99_ms,
            max_latency_ms: latency.max_ms,
            buffer_utilization: tiers.iter().map(|tier| tier.buffer_utilization).fold(0.0, f64::max),
            buffer_flushes: meters.flushes.get(),
            pattern_matches: meters.matches.get(),
            memory_usage_mb: memory_stats::memory_stats()
                .map_or(0.0, |it| it.physical_mem as f64 / f64::from(1 << 20)),
            error_rate: bad as f64 / (meters.accepted.get() + received).max(1) as f64,
            connected: self.connectivity.trouble().is_none(),
            worker_count: meters.workers.load(Relaxed),
            messages_accepted: meters.accepted.get(),
            messages_failed: meters.failed.get(),
            messages_retried: meters.retried.get(),
            messages_dropped: dropped,
            messages_expired: meters.expired.get(),
            gaps: meters.gaps.get(),
            messages_missing: meters.missing.get(),
            messages_late: meters.late.get(),
            duplicates: meters.duplicates.get(),
            handler_errors: meters.handler_errors.get(),
            entries_trimmed: meters.trimmed.get(),
            entries_trimmed_unread: meters.trimmed_unread.get(),
            handler_timeouts: meters.handler_timeouts.get(),
            handlers_blocked: meters.handlers_blocked.get(),
            scale_ups: meters.scale_ups.get(),
            scale_downs: meters.scale_downs.get(),
            worker_utilization: meters.utilization.highest(),
            reconnects: self.connectivity.reconnects(),
            breaker,
            breaker_trips,
            delayed: meters.delayed.read(),
            requests: meters.requests.read(self.desk.waiting()),
            services: meters.services.read(),
            groups: meters.group.read(),
            malformed: Malformed::ALL
                .iter()
                .map(|kind| (kind.name(), meters.malformed[kind.index()].get()))
                .collect(),
            tiers,
        }
    }

    pub(super) fn read_histograms(&self) -> Histograms {
        self.meters.histograms()
    }

    pub(super) fn read_scalings(&self) -> Vec<Scaling> {
        self.meters.scalings.read()
    }

    fn tier_metrics(&self, tier: Priority) -> TierMetrics {
        let (fill, meters) = (self.publisher.fill(tier), self.meters.tier(tier));
        TierMetrics {
            priority: tier,
            sent: meters.sent.get(),
            sent_bytes: meters.sent_bytes.get(),
            received: meters.received.get(),
            received_bytes: meters.received_bytes.get(),
            queued: fill.messages,
            queued_bytes: fill.bytes,
            capacity: fill.capacity,
            capacity_bytes: fill.capacity_bytes,
            buffer_utilization: fill.messages as f64 / fill.capacity.max(1) as f64,
            pushing_back: fill.pushing_back,
            dropped: fill.dropped,
            publish_latency: meters.publish_latency.summary(),
            delivery_latency: meters.delivery_latency.summary(),
        }
    }
}
