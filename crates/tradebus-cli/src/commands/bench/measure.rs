//! One measured run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde::Serialize;
use tradebus::{Bus, Metrics, Priority};

use super::load::Plan;
use super::receive::{Received, Receiver, Receiving};
use super::send;
use crate::failure::{Failure, Outcome};

/// What a run found.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) messages: u64,
    pub(super) seconds: f64,
    pub(super) messages_per_second: f64,
    pub(super) megabytes_per_second: f64,
    pub(super) errors: u64,
    pub(super) lost: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
    pub(super) retried: u64,
    /// LOW messages of the flood that were stored meanwhile, a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flood_per_second: Option<f64>,
    pub(super) batches: u64,
    /// CPU time of this process for each message, in microseconds, where the system tells.
    pub(super) cpu_us_per_message: Option<f64>,
    pub(super) memory_mb: f64,
    pub(super) latency: Vec<TierLatency>,
    #[serde(flatten)]
    pub(super) overall: Overall,
}

/// Over all tiers: from the time at which a message was meant to be published to the subscriber; where there is none, from publishing to the
/// store's confirmation, in the last 30 to 60 seconds of the run.
#[derive(Debug, Serialize)]
pub(super) struct Overall {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// From the time at which a message was meant to be published to the subscriber.
#[derive(Debug, Serialize)]
pub(super) struct TierLatency {
    pub(super) priority: Priority,
    pub(super) count: u64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) max_ms: f64,
}

/// Publishes the plan, and receives it too if asked.
pub(super) async fn run(
    name: &'static str,
    bus: &Bus,
    plan: &Plan,
    receiving: Receiving,
) -> Outcome<Measured> {
    let receive = receiving != Receiving::None;
    let arrived = Arc::new(AtomicU64::new(if receive { 0 } else { u64::MAX }));
    let receiver = Receiver::start(bus, plan, receiving, &arrived).await?;
    let flood = plan.flood.then(|| tokio::spawn(send::flood(bus.clone())));
    let cpu = cpu_seconds();
    let start = Instant::now();
    let publishing = send::start(bus, plan, &arrived);
    let received = receiver.finish(bus, &arrived).await;
    // Whatever is missing now will not come: the publisher need not wait for it.
    arrived.store(u64::MAX, Relaxed);
    let errors =
        publishing.await.map_err(|error| Failure::failed(format!("publishing ended early: {error}")))??;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(flood) = flood {
        flood.abort();
    }
    let metrics = bus.metrics();
    Ok(Measured {
        name,
        messages: plan.messages,
        seconds,
        messages_per_second: plan.messages as f64 / seconds,
        megabytes_per_second: (plan.messages * plan.size as u64) as f64 / seconds / 1e6,
        errors,
        lost: if receive { plan.messages - received.count } else { 0 },
        duplicates: received.duplicates,
        reordered: received.reordered,
        retried: metrics.messages_retried,
        flood_per_second: plan
            .flood
            .then(|| metrics.messages_sent.saturating_sub(plan.messages) as f64 / seconds),
        batches: metrics.buffer_flushes,
        cpu_us_per_message: cpu.zip(cpu_seconds()).map(|(from, to)| (to - from) * 1e6 / plan.messages as f64),
        memory_mb: metrics.memory_usage_mb,
        latency: Priority::ALL.into_iter().filter_map(|tier| TierLatency::of(&received, tier)).collect(),
        overall: Overall::of(&received, &metrics),
    })
}

impl Measured {
    /// Whether messages were lost, or not confirmed.
    pub(super) const fn is_bad(&self) -> bool {
        self.lost + self.errors > 0
    }
}

impl Overall {
    fn of(received: &Received, metrics: &Metrics) -> Self {
        let all = received.latency();
        if all.is_empty() {
            return Self { p50_ms: metrics.p50_latency_ms, p99_ms: metrics.p99_latency_ms };
        }
        let at = |quantile| all.value_at_quantile(quantile) as f64 / 1e6;
        Self { p50_ms: at(0.5), p99_ms: at(0.99) }
    }
}

impl TierLatency {
    fn of(received: &Received, tier: Priority) -> Option<Self> {
        let histogram = &received.latencies[tier.number()];
        let ms = |ns: u64| ns as f64 / 1e6;
        let at = |quantile| ms(histogram.value_at_quantile(quantile));
        (!histogram.is_empty()).then(|| Self {
            priority: tier,
            count: histogram.len(),
            p50_ms: at(0.5),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: ms(histogram.max()),
        })
    }
}

/// CPU time that this process has used, in seconds.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // Linux counts in hundredths of a second here, whatever its own clock does.
    Some(ticks / 100.0)
}
