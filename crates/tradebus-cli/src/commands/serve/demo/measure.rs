//! What the subscriber of the demo measures: counts and times of the last second, nothing estimated.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tradebus::{Delivery, Metrics, Priority};

use super::market::{MARK, Market, now_ns};

/// Times above are counted as this: an hour, in nanoseconds.
const LONGEST: u64 = 3_600_000_000_000;

/// Counts what arrives.
pub(super) struct Measure {
    mark: String,
    started: Instant,
    last: Instant,
    received: u64,
    sent: u64,
    /// By number of the tier.
    tiers: [Tier; 4],
}

struct Tier {
    times: Option<Histogram<u64>>,
    arrived: u64,
}

/// The figures of one second.
pub(super) struct Reading {
    pub(super) uptime: Duration,
    /// Messages a second that the store confirmed.
    pub(super) sent: f64,
    /// Messages a second that arrived.
    pub(super) received: f64,
    /// How full the fullest publishing queue is, 0 to 1.
    pub(super) fill: f64,
    pub(super) memory_mib: f64,
    pub(super) connected: bool,
    /// The most urgent first.
    pub(super) tiers: [TierReading; 4],
}

/// The figures of one tier in one second.
pub(super) struct TierReading {
    pub(super) tier: Priority,
    pub(super) received: f64,
    /// From publishing to here: half took no longer, 99 % took no longer, the longest. `None` where nothing arrived.
    pub(super) times: Option<[Duration; 3]>,
}

impl Measure {
    pub(super) fn new(market: &Market) -> Self {
        let now = Instant::now();
        let tier = || Tier { times: Histogram::new_with_bounds(1, LONGEST, 3).ok(), arrived: 0 };
        Self {
            mark: market.mark().to_owned(),
            started: now,
            last: now,
            received: 0,
            sent: 0,
            tiers: [tier(), tier(), tier(), tier()],
        }
    }

    /// Counts a message, if it is one of this run: others may use the same streams.
    pub(super) fn count(&mut self, delivery: &Delivery) {
        let marks = delivery.headers.iter().flat_map(|headers| &headers.other);
        if !marks.into_iter().any(|(name, value)| name == MARK && *value == self.mark) {
            return;
        }
        let took = now_ns().saturating_sub(delivery.ts);
        let tier = &mut self.tiers[delivery.priority.number()];
        tier.arrived += 1;
        if let Some(times) = &mut tier.times {
            times.saturating_record(took);
        }
        self.received += 1;
    }

    /// Messages of this run that have arrived.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The figures since the last reading.
    pub(super) fn reading(&mut self, metrics: &Metrics) -> Reading {
        let now = Instant::now();
        let seconds = (now - self.last).as_secs_f64().max(1e-9);
        self.last = now;
        let sent = metrics.messages_sent - std::mem::replace(&mut self.sent, metrics.messages_sent);
        let tiers = Priority::ALL.map(|tier| self.tiers[tier.number()].reading(tier, seconds));
        Reading {
            uptime: now - self.started,
            sent: sent as f64 / seconds,
            received: tiers.iter().map(|tier| tier.received).sum(),
            fill: metrics.buffer_utilization,
            memory_mib: metrics.memory_usage_mb,
            connected: metrics.connected,
            tiers,
        }
    }
}

impl Tier {
    fn reading(&mut self, tier: Priority, seconds: f64) -> TierReading {
        let received = std::mem::take(&mut self.arrived) as f64 / seconds;
        let times = self.times.as_mut().filter(|times| !times.is_empty()).map(|times| {
            let taken = [times.value_at_quantile(0.5), times.value_at_quantile(0.99), times.max()];
            times.reset();
            taken.map(Duration::from_nanos)
        });
        TierReading { tier, received, times }
    }
}
