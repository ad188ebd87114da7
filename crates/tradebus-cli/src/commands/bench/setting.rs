//! What was measured with, and on what.

use serde::Serialize;
use tradebus::BusConfig;

use super::load::Plan;

/// Everything that was set, and the machine.
#[derive(Debug, Serialize)]
pub(super) struct Setting {
    version: &'static str,
    store: String,
    layout: String,
    cores: usize,
    kernel: String,
    messages: u64,
    payload_bytes: usize,
    topics: usize,
    tiers: Vec<String>,
    seed: u64,
    rate: u64,
    flood: bool,
}

impl Setting {
    pub(super) fn of(config: &BusConfig, plan: &Plan) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            store: tradebus::redact_url(config.store_url().expose()).into_owned(),
            layout: format!("{:?}", config.layout()).to_lowercase(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            messages: plan.messages,
            payload_bytes: plan.size,
            topics: plan.topics.len(),
            tiers: plan.tiers.iter().map(ToString::to_string).collect(),
            seed: plan.seed,
            rate: plan.rate,
            flood: plan.flood,
        }
    }

    /// For people, on a line.
    pub(super) fn line(&self) -> String {
        let rate = if self.rate == 0 { "flat out".to_owned() } else { format!("{} a second", self.rate) };
        format!(
            "{} messages of {} bytes, {} topics, tiers {}, {rate}{}; store {}, layout {}, {} cores",
            self.messages,
            self.payload_bytes,
            self.topics,
            self.tiers.join(","),
            if self.flood { ", LOW flooded" } else { "" },
            self.store,
            self.layout,
            self.cores,
        )
    }
}
