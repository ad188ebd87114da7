//! The publishing side: one that goes ahead of the receipts, or callers that wait for each message.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tradebus::{Bus, Message, Priority, PublishError, Receipt};

use super::load::{Plan, now_ns};
use crate::failure::{Failure, Outcome};

/// Receipts that are kept before they are looked at.
const WINDOW: usize = 100_000;
/// Messages that may be published and not yet received: well below the length at which streams are trimmed, or a publisher
/// that is faster than the reader would measure how much the trimming loses.
const OUTSTANDING: u64 = 200_000;

/// Publishes the whole plan in the background, and returns how many messages the store did not confirm. `arrived` says how many were received.
pub(super) fn start(bus: &Bus, plan: &Plan, arrived: &Arc<AtomicU64>) -> JoinHandle<Outcome<u64>> {
    let (bus, plan, arrived) = (bus.clone(), plan.clone(), arrived.clone());
    if plan.callers > 0 {
        return tokio::spawn(call(bus, plan, arrived));
    }
    // On a thread of its own: waiting for the time of each message must not hold up the bus, and timers are too coarse for it.
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(publish(bus, plan, &arrived)))
}

async fn publish(bus: Bus, plan: Plan, arrived: &AtomicU64) -> Outcome<u64> {
    let mut generator = plan.generator(0, 1);
    let mut receipts: VecDeque<Receipt> = VecDeque::new();
    let mut errors = 0;
    let (start, start_ns) = (Instant::now(), now_ns());
    for number in 0..plan.messages {
        while is_ahead(number, arrived) {
            std::thread::sleep(Duration::from_micros(200));
        }
        let mut meant_at = now_ns();
        if let Some(due) = plan.due(number) {
            meant_at = start_ns + due.as_nanos() as u64;
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
        let receipt = bus.publish(generator.next(meant_at)).await;
        receipts.push_back(receipt.map_err(|error| failed(&error))?);
        if receipts.len() > WINDOW {
            errors += settle(receipts.pop_front()).await;
        }
    }
    while let Some(receipt) = receipts.pop_front() {
        errors += settle(Some(receipt)).await;
    }
    Ok(errors)
}

/// Publishes the plan by its callers, side by side. The first error of one ends all.
async fn call(bus: Bus, plan: Plan, arrived: Arc<AtomicU64>) -> Outcome<u64> {
    let (plan, mut callers) = (Arc::new(plan), JoinSet::new());
    for first in 0..u64::from(plan.callers) {
        callers.spawn(caller(bus.clone(), plan.clone(), arrived.clone(), first));
    }
    while let Some(ended) = callers.join_next().await {
        ended.map_err(|error| Failure::failed(format!("a caller ended early: {error}")))??;
    }
    Ok(0)
}

/// Publishes its share, and waits for each message before the next.
async fn caller(bus: Bus, plan: Arc<Plan>, arrived: Arc<AtomicU64>, first: u64) -> Outcome {
    let step = u64::from(plan.callers);
    let mut generator = plan.generator(first, step);
    let mut number = first;
    while number < plan.messages {
        while is_ahead(number, &arrived) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let receipt = bus.publish(generator.next(now_ns())).await.map_err(|error| failed(&error))?;
        receipt.stored().await.map_err(|error| failed(&error))?;
        number += step;
    }
    Ok(())
}

fn is_ahead(number: u64, arrived: &AtomicU64) -> bool {
    number.saturating_sub(arrived.load(Relaxed)) > OUTSTANDING
}

fn failed(error: &PublishError) -> Failure {
    Failure::failed(error.to_string())
}

async fn settle(receipt: Option<Receipt>) -> u64 {
    match receipt {
        Some(receipt) => u64::from(receipt.stored().await.is_err()),
        None => 0,
    }
}

/// Publishes LOW messages as fast as the tier takes them.
pub(super) async fn flood(bus: Bus) {
    let Ok(message) = Message::new("flood.low", vec![b'x'; 100]) else { return };
    let message = message.priority(Priority::Low);
    while let Ok(receipt) = bus.publish(message.clone()).await {
        drop(receipt);
        tokio::task::consume_budget().await;
    }
}
