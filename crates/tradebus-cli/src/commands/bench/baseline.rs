//! What the same server takes from `redis-benchmark`: the yardstick.

use std::process::Command;

use anyhow::{Context, bail};
use tradebus::BusConfig;
use url::Url;

use super::load::Plan;

/// Pipelined `XADD`s by `redis-benchmark -P 256 -c 8`.
#[derive(Debug)]
pub(super) struct Baseline {
    host: String,
    port: String,
    stream: String,
    pub(super) per_second: Vec<f64>,
}

impl Baseline {
    pub(super) fn of(config: &BusConfig) -> anyhow::Result<Self> {
        let url = Url::parse(config.store_url().expose())
            .ok()
            .filter(|url| matches!(url.scheme(), "redis" | "valkey"));
        let Some(url) = url.filter(|url| url.password().is_none()) else {
            bail!(
                "--baseline needs a store redis://host:port without a password, which redis-benchmark can use"
            );
        };
        Ok(Self {
            host: url.host_str().unwrap_or("127.0.0.1").to_owned(),
            port: url.port().unwrap_or(6379).to_string(),
            stream: format!("{}:baseline", config.stream_base()),
            per_second: Vec::new(),
        })
    }

    /// Adds as many entries of four fields as the plan has messages, with payloads of the same size.
    pub(super) fn run(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let payload = "x".repeat(plan.size);
        let count = plan.messages.to_string();
        let mut command = Command::new("redis-benchmark");
        command.args(["-h", &self.host, "-p", &self.port, "-n", &count, "-P", "256", "-c", "8", "--csv"]);
        command.args(["XADD", &self.stream, "*", "topic", &plan.topics[0], "payload", &payload]);
        command.args(["type", "QuoteTick", "encoding", "Sbe"]);
        let output =
            command.output().context("cannot run redis-benchmark (Debian: apt-get install redis-tools)")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let per_second = text
            .lines()
            .last()
            .and_then(|line| line.split(',').nth(1))
            .and_then(|it| it.trim_matches('"').parse().ok());
        self.per_second.push(per_second.with_context(|| format!("redis-benchmark said: {text}"))?);
        self.remove()
    }

    fn remove(&self) -> anyhow::Result<()> {
        let done = Command::new("redis-cli")
            .args(["-h", &self.host, "-p", &self.port, "DEL", &self.stream])
            .output();
        done.context("cannot run redis-cli").map(|_| ())
    }

    pub(super) fn mean(&self) -> f64 {
        self.per_second.iter().sum::<f64>() / self.per_second.len().max(1) as f64
    }
}
