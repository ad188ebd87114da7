//! The report of a benchmark.

use std::fmt::Write as _;

use serde::Serialize;
use tradebus::BusConfig;

use super::baseline::Baseline;
use super::load::Plan;
use super::measure::Measured;
use super::receive::Receiving;
use super::setting::Setting;

/// Everything that was set and found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    setting: Setting,
    /// `XADD`s a second by `redis-benchmark -P 256 -c 8` on the same server, before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_benchmark_per_second: Option<Vec<f64>>,
    /// Messages a second of each run over the mean of `redis_benchmark_per_second`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio_to_redis_benchmark: Option<Vec<f64>>,
    /// Entries a second of the bare loop over the store, before and after; empty if it was not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) bare_loop_per_second: Vec<f64>,
    pub(super) runs: Vec<Measured>,
}

impl Report {
    pub(super) fn new(
        config: &BusConfig,
        plan: &Plan,
        runs: Vec<Measured>,
        baseline: Option<Baseline>,
    ) -> Self {
        let mean = baseline.as_ref().map(Baseline::mean);
        Self {
            setting: Setting::of(config, plan),
            ratio_to_redis_benchmark: mean
                .map(|mean| runs.iter().map(|run| run.messages_per_second / mean).collect()),
            redis_benchmark_per_second: baseline.map(|baseline| baseline.per_second),
            bare_loop_per_second: Vec::new(),
            runs,
        }
    }

    /// The runs that lost messages.
    pub(super) fn bad(&self) -> Vec<String> {
        self.runs.iter().filter(|run| run.is_bad()).map(|run| run.name.to_owned()).collect()
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}", self.setting.line());
        for (index, run) in self.runs.iter().enumerate() {
            self.write_run(&mut out, index, run);
        }
        if let Some(baseline) = &self.redis_benchmark_per_second {
            let each: Vec<_> = baseline.iter().map(|it| format!("{it:.0}")).collect();
            let _ =
                writeln!(out, "redis-benchmark -P 256 -c 8, before and after: {} XADD/s", each.join(", "));
        }
        self.write_bare_loop(&mut out);
        out
    }

    fn write_bare_loop(&self, out: &mut String) {
        let bare = &self.bare_loop_per_second;
        let Some(group) = self.runs.iter().find(|run| run.name == Receiving::Group.name()) else { return };
        let mean = bare.iter().sum::<f64>() / bare.len().max(1) as f64;
        let each: Vec<_> = bare.iter().map(|it| format!("{it:.0}")).collect();
        let ratio = group.messages_per_second / mean;
        let _ = writeln!(
            out,
            "bare loop (append, group read, acknowledge, 1000 at a time), before and after: {} entries/s; the handlers: {ratio:.2} of it",
            each.join(", ")
        );
    }

    fn write_run(&self, out: &mut String, index: usize, run: &Measured) {
        let _ = write!(
            out,
            "{:<25} {:>10.0} messages/s {:>8.1} MB/s in {:.2} s; errors {}, lost {}, duplicates {}, reordered {}; {:.0} a batch",
            run.name,
            run.messages_per_second,
            run.megabytes_per_second,
            run.seconds,
            run.errors,
            run.lost,
            run.duplicates,
            run.reordered,
            run.messages as f64 / run.batches.max(1) as f64,
        );
        if let Some(cpu) = run.cpu_us_per_message {
            let _ = write!(out, ", {cpu:.2} us of CPU each");
        }
        let _ = write!(out, ", {:.0} MiB", run.memory_mb);
        if let Some(flood) = run.flood_per_second {
            let _ = write!(out, "; flood {flood:.0} LOW/s");
        }
        if let Some(ratios) = &self.ratio_to_redis_benchmark {
            let _ = write!(out, "; {:.2} of redis-benchmark", ratios[index]);
        }
        out.push('\n');
        for tier in &run.latency {
            let _ = writeln!(
                out,
                "  {:<9} p50 {:>8.3} ms  p95 {:>8.3}  p99 {:>8.3}  p99.9 {:>8.3}  max {:>8.3}  ({} messages)",
                tier.priority.name(),
                tier.p50_ms,
                tier.p95_ms,
                tier.p99_ms,
                tier.p999_ms,
                tier.max_ms,
                tier.count
            );
        }
    }
}
