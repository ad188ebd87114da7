//! The tiers between two looks.

use tradebus::{Bus, BusConfig, Histograms, LatencyHistogram, Metrics, OnFull, Priority, TierMetrics};

use super::snapshot::{Percentiles, TierView};

/// What does not change of a tier, and what was counted at the last look.
#[derive(Debug)]
pub(super) struct Tiers {
    fixed: [Fixed; 4],
    before: Option<(Metrics, Histograms)>,
}

#[derive(Debug)]
struct Fixed {
    high_mark: f64,
    low_mark: f64,
    on_full: &'static str,
}

impl Tiers {
    pub(super) fn new(config: &BusConfig) -> Self {
        let fixed = Priority::ALL.map(|tier| {
            let buffer = config.buffer(tier);
            let share = |mark: usize| mark as f64 / buffer.max_size.max(1) as f64;
            Fixed {
                high_mark: share(buffer.high_water_mark),
                low_mark: share(buffer.low_water_mark),
                on_full: match buffer.on_full {
                    OnFull::Wait => "wait",
                    OnFull::Error => "error",
                    OnFull::DropOldest => "drop_oldest",
                    OnFull::DropNewest => "drop_newest",
                },
            }
        });
        Self { fixed, before: None }
    }

    /// The most urgent first.
    pub(super) fn look(
        &mut self,
        bus: &Bus,
        metrics: &Metrics,
        seconds: Option<f64>,
        stored: &[Option<f64>; 4],
    ) -> Vec<TierView> {
        let histograms = bus.histograms();
        let before = self.before.as_ref().zip(seconds);
        let views = Priority::ALL.iter().zip(&self.fixed).enumerate().map(|(place, (tier, fixed))| {
            let now = &metrics.tiers[place];
            let mut view = fixed.view(*tier, now, stored[tier.number()]);
            if let Some(((counted, recorded), seconds)) = before {
                let then = &counted.tiers[place];
                view.published = now.sent.saturating_sub(then.sent) as f64 / seconds;
                view.received = now.received.saturating_sub(then.received) as f64 / seconds;
                let (now, then) = (&histograms.tiers[place], &recorded.tiers[place]);
                view.publish = percentiles(&now.publish.since(&then.publish));
                view.delivery = percentiles(&now.delivery.since(&then.delivery));
            }
            view
        });
        let views = views.collect();
        self.before = Some((metrics.clone(), histograms));
        views
    }
}

impl Fixed {
    fn view(&self, tier: Priority, metrics: &TierMetrics, stored: Option<f64>) -> TierView {
        TierView {
            tier: tier.name().to_owned(),
            stored,
            queued: metrics.queued as u64,
            queued_bytes: metrics.queued_bytes as u64,
            capacity: metrics.capacity as u64,
            fill: metrics.buffer_utilization,
            high_mark: self.high_mark,
            low_mark: self.low_mark,
            on_full: self.on_full.to_owned(),
            pushing_back: metrics.pushing_back,
            dropped: metrics.dropped,
            ..TierView::default()
        }
    }
}

fn percentiles(recorded: &LatencyHistogram) -> Option<Percentiles> {
    let summary = recorded.summary();
    (summary.count > 0).then_some(Percentiles {
        p50_ms: summary.p50_ms,
        p95_ms: summary.p95_ms,
        p99_ms: summary.p99_ms,
        max_ms: summary.max_ms,
    })
}
