//! What the same server takes from `redis-benchmark`: the yardstick.

use std::process::Command;

use tradebus::BusConfig;
use url::Url;

use super::load::Plan;
use crate::failure::{Failure, Outcome};

/// Pipelined `XADD`s by `redis-benchmark -P 256 -c 8`.
#[derive(Debug)]
pub(super) struct Baseline {
    host: String,
    port: String,
    stream: String,
    pub(super) per_second: Vec<f64>,
}

impl Baseline {
    pub(super) fn of(config: &BusConfig) -> Outcome<Self> {
        let url = Url::parse(config.store_url().expose())
            .ok()
            .filter(|url| matches!(url.scheme(), "redis" | "valkey"));
        let Some(url) = url.filter(|url| url.password().is_none()) else {
            let message =
                "--baseline needs a store redis://host:port without a password, for redis-benchmark to use";
            return Err(Failure::usage(message));
        };
        Ok(Self {
            host: url.host_str().unwrap_or("127.0.0.1").to_owned(),
            port: url.port().unwrap_or(6379).to_string(),
            stream: format!("{}:baseline", config.stream_base()),
            per_second: Vec::new(),
        })
    }

    /// Adds as many entries of four fields as the plan has messages, with payloads of the same size.
    pub(super) fn run(&mut self, plan: &Plan) -> Outcome {
        let payload = "x".repeat(plan.size);
        let count = plan.messages.to_string();
        let mut command = Command::new("redis-benchmark");
        command.args(["-h", &self.host, "-p", &self.port, "-n", &count, "-P", "256", "-c", "8", "--csv"]);
        command.args(["XADD", &self.stream, "*", "topic", &plan.topics[0], "payload", &payload]);
        command.args(["type", "QuoteTick", "encoding", "Sbe"]);
        let text = output_of(&mut command)?;
        let figure = text.lines().last().and_then(|line| line.split(',').nth(1));
        let Some(per_second) = figure.and_then(|it| it.trim_matches('"').parse().ok()) else {
            return Err(Failure::failed(format!("redis-benchmark gave no figure but: {}", text.trim())));
        };
        self.per_second.push(per_second);
        self.remove()
    }

    fn remove(&self) -> Outcome {
        let mut command = Command::new("redis-cli");
        command.args(["-h", &self.host, "-p", &self.port, "DEL", &self.stream]);
        output_of(&mut command).map(|_| ())
    }

    pub(super) fn mean(&self) -> f64 {
        self.per_second.iter().sum::<f64>() / self.per_second.len().max(1) as f64
    }
}

fn output_of(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            Err(Failure::failed(format!("cannot run {name} (Debian has it in redis-tools): {error}")))
        }
    }
}
