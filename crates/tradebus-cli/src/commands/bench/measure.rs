//! One measured run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tradebus::{Bus, Message, Priority, Receipt};

use super::load::{Plan, now_ns};
use super::receive::{Received, Receiver, Receiving};
use crate::failure::{Failure, Outcome};

/// Receipts that are kept before they are looked at.
const WINDOW: usize = 100_000;
/// Messages that may be published and not yet received: well below the length at which streams are trimmed, or a publisher
/// that is faster than the reader would measure how much the trimming loses.
const OUTSTANDING: u64 = 200_000;
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
    let flood = plan.flood.then(|| tokio::spawn(flood(bus.clone())));
    let cpu = cpu_seconds();
    let start = Instant::now();
    let publishing = start_publishing(bus, plan, &arrived);
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
    })
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

/// Publishes on a thread of its own: waiting for the time of each message must not hold up the bus, and timers are too coarse for it.
fn start_publishing(bus: &Bus, plan: &Plan, arrived: &Arc<AtomicU64>) -> JoinHandle<Outcome<u64>> {
    let (bus, plan, arrived) = (bus.clone(), plan.clone(), arrived.clone());
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(publish(bus, plan, &arrived)))
}

/// Publishes the whole plan, and returns how many messages the store did not confirm.
async fn publish(bus: Bus, plan: Plan, arrived: &AtomicU64) -> Outcome<u64> {
    let mut generator = plan.generator();
    let mut receipts: VecDeque<Receipt> = VecDeque::new();
    let mut errors = 0;
    let (start, start_ns) = (Instant::now(), now_ns());
    for number in 0..plan.messages {
        while number.saturating_sub(arrived.load(Relaxed)) > OUTSTANDING {
            std::thread::sleep(Duration::from_micros(200));
        }
        let mut meant_at = now_ns();
        if let Some(due) = plan.due(number) {
            meant_at = start_ns + due.as_nanos() as u64;
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
        let receipt = bus.publish(generator.next(meant_at)).await;
        receipts.push_back(receipt.map_err(|error| Failure::failed(error.to_string()))?);
        if receipts.len() > WINDOW {
            errors += settle(receipts.pop_front()).await;
        }
    }
    while let Some(receipt) = receipts.pop_front() {
        errors += settle(Some(receipt)).await;
    }
    Ok(errors)
}

async fn settle(receipt: Option<Receipt>) -> u64 {
    match receipt {
        Some(receipt) => u64::from(receipt.stored().await.is_err()),
        None => 0,
    }
}

/// Publishes LOW messages as fast as the tier takes them.
async fn flood(bus: Bus) {
    let Ok(message) = Message::new("flood.low", vec![b'x'; 100]) else { return };
    let message = message.priority(Priority::Low);
    while let Ok(receipt) = bus.publish(message.clone()).await {
        drop(receipt);
        tokio::task::consume_budget().await;
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
