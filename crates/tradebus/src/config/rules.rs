//! What the schema cannot say: fields that have to fit together, and what is allowed but likely to hurt.

use super::check::Checker;
use super::finding::{Finding, Report};
use super::presets::Preset;
use super::source::Source;
use super::tree::{Node, join};
use super::{
    BufferConfig, BufferOverrides, BusConfig, Change, ConfigError, Layout, Mode, Serializer, TrimStrategy,
    size, store,
};
use crate::Priority;

impl BusConfig {
    /// Checks every value by itself and against the others. Reports everything at once; opens no connection.
    pub fn validate(&self) -> Report {
        let mut report = Report::default();
        workers(self, &mut report);
        buffers(self, &mut report);
        streams(self, &mut report);
        names(self, &mut report);
        observation(self, &mut report);
        modes(self, &mut report);
        ahead(self, &mut report);
        report.errors.extend(store::check(self));
        report.errors.extend(store::hidden(self));
        report.warnings.extend(store::ignored(self));

        let mut checker = Checker::default();
        match serde_json::to_value(self) {
            Ok(value) => checker.layer(&mut Node::new(value, &Source::Default)),
            Err(error) => checker.add(Finding::new("", "", "", error.to_string()), &Source::Default),
        }
        report.forget(&checker.wrong());
        report.errors.splice(0..0, checker.findings);
        report
    }

    /// Like [`BusConfig::validate`], with the errors as an error.
    ///
    /// # Errors
    ///
    /// With everything that is wrong.
    pub fn check(&self) -> Result<Report, ConfigError> {
        let report = self.validate();
        if report.is_valid() { Ok(report) } else { Err(ConfigError::Invalid { findings: report.errors }) }
    }
}

fn paths(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn workers(config: &BusConfig, report: &mut Report) {
    let (min, max) = (config.min_workers, config.max_workers);
    if min > max {
        let finding =
            Finding::not_allowed("min_workers", min, format!("at most max_workers, which is {max}"));
        report.errors.push(finding.with(&paths(&["max_workers"])));
    }
    let (down, up) = (config.scale_down_threshold, config.scale_up_threshold);
    if down >= up {
        let allowed = format!("a number below scale_up_threshold, which is {up}");
        let finding = Finding::not_allowed("scale_down_threshold", down, allowed);
        report.errors.push(finding.with(&paths(&["scale_up_threshold"])));
    }
    waits("reconnect_min_ms", config.reconnect_min_ms, "reconnect_max_ms", config.reconnect_max_ms, report);
    waits("retry_min_ms", config.retry_min_ms, "retry_max_ms", config.retry_max_ms, report);
    let pool = config.connection_pool_size;
    if pool < max.saturating_mul(2) {
        let advised = format!("at least {} for {max} workers", max.saturating_mul(2));
        let message =
            format!("is {pool}, less than twice max_workers ({max}): workers will wait for connections");
        report.warnings.push(Finding::new("connection_pool_size", pool, advised, message));
    }
}

fn waits(first: &str, least: u64, last: &str, most: u64, report: &mut Report) {
    if least > most {
        let finding = Finding::not_allowed(first, least, format!("at most {last}, which is {most}"));
        report.errors.push(finding.with(&paths(&[last])));
    }
}

fn buffers(config: &BusConfig, report: &mut Report) {
    let base = &config.default_buffer_config;
    let most = config.max_payload_bytes;
    buffer(BASE, base, most, report);
    for (tier, given) in &config.priority_buffers {
        part(&join("priority_buffers", tier.name()), given, base, most, report);
    }
    for (index, subscription) in config.subscriptions.iter().enumerate() {
        if let Some(given) = &subscription.buffer_config {
            let queue = config.buffer(subscription.priority);
            part(&format!("subscriptions[{index}].buffer_config"), given, &queue, most, report);
        }
    }
    critical(config, report);
}

/// Critical messages that may wait long. Names the field that says so.
fn critical(config: &BusConfig, report: &mut Report) {
    let interval = config.buffer(Priority::Critical).flush_interval_ms;
    if interval <= 100 {
        return;
    }
    let own = config.priority_buffers.get(&Priority::Critical).and_then(|given| given.flush_interval_ms);
    let path = match (config.buffer_interval_ms, own) {
        (Some(_), _) => "buffer_interval_ms",
        (None, Some(_)) => "priority_buffers.critical.flush_interval_ms",
        (None, None) => "default_buffer_config.flush_interval_ms",
    };
    let message = format!("is {interval}: critical messages may wait that many milliseconds for their batch");
    report.suggestions.push(Finding::new(path, interval, "at most 100 for critical messages", message));
}

/// The path of the queue that the others differ from.
const BASE: &str = "default_buffer_config";

/// The rules of a queue that differs from another one. What it only inherits was reported there.
fn part(path: &str, given: &BufferOverrides, base: &BufferConfig, most: usize, report: &mut Report) {
    let mut own = Report::default();
    buffer(path, &given.over(base), most, &mut own);
    let marks = [given.max_size, given.high_water_mark, given.low_water_mark];
    let inherited = |finding: &Finding| match finding.path.rsplit('.').next() {
        Some("max_bytes") => given.max_bytes.is_none(),
        Some("compression_threshold") => {
            given.enable_compression.is_none() && given.compression_threshold.is_none()
        }
        _ => marks.iter().all(Option::is_none),
    };
    for finding in own.findings_mut() {
        finding.with.extend(["max_size", "high_water_mark", "low_water_mark"].map(|name| join(BASE, name)));
    }
    report.errors.extend(own.errors.into_iter().filter(|finding| !inherited(finding)));
    report.warnings.extend(own.warnings.into_iter().filter(|finding| !inherited(finding)));
    report.suggestions.extend(own.suggestions.into_iter().filter(|finding| !inherited(finding)));
}

fn buffer(path: &str, buffer: &BufferConfig, most: usize, report: &mut Report) {
    let BufferConfig { max_size, high_water_mark: high, low_water_mark: low, .. } = *buffer;
    let [size_path, high_path, low_path] =
        ["max_size", "high_water_mark", "low_water_mark"].map(|name| join(path, name));
    if high > max_size {
        let finding =
            Finding::not_allowed(&high_path, high, format!("at most max_size, which is {max_size}"));
        report.errors.push(finding.with(std::slice::from_ref(&size_path)));
    }
    if low >= high {
        let finding =
            Finding::not_allowed(&low_path, low, format!("a number below high_water_mark, which is {high}"));
        report.errors.push(finding.with(&[high_path.clone(), size_path]));
    } else if max_size >= 10 && high - low < max_size / 10 {
        let message = format!(
            "is {high}, only {} above low_water_mark: the tier will push back and let go all the time",
            high - low
        );
        let advised = format!("at least {} between the marks, a tenth of max_size", max_size / 10);
        report.warnings.push(Finding::new(high_path, high, advised, message));
    }
    let bytes = buffer.max_bytes;
    if bytes < most {
        let most = size::text(most as u64);
        let message = format!(
            "is {}, less than max_payload_bytes ({most}): the largest messages never fit",
            size::text(bytes as u64)
        );
        report.warnings.push(Finding::new(
            join(path, "max_bytes"),
            bytes,
            format!("at least {most}"),
            message,
        ));
    }
    let threshold = buffer.compression_threshold;
    if buffer.enable_compression && threshold < 256 {
        let message = format!("is {threshold} bytes: payloads this small grow when they are compressed");
        let path = join(path, "compression_threshold");
        report.suggestions.push(Finding::new(path, threshold, "at least 256 bytes", message));
    }
}

fn streams(config: &BusConfig, report: &mut Report) {
    if config.shards > 0 && config.layout() != Layout::Lanes {
        let finding = Finding::not_allowed("shards", config.shards, "0 where the layout is not `lanes`");
        report.errors.push(finding.with(&paths(&["layout", "stream_per_topic"])));
    }
    if config.stream_per_topic.is_some() && config.layout != Layout::Lanes && config.layout() != config.layout
    {
        let message = "says something else than stream_per_topic, which decides";
        report.warnings.push(Finding::new("layout", "", "only one of the two", message));
    }
    if config.autotrim_mins == 0 {
        let streams = config.stream_configs.iter();
        let streams = streams
            .map(|(name, given)| (join("stream_configs", name), given.over(&config.default_stream_config)));
        let base = ("default_stream_config".to_owned(), config.default_stream_config.clone());
        for (path, stream) in std::iter::once(base).chain(streams) {
            if stream.max_length == 0 || stream.trim_strategy == TrimStrategy::MinId {
                let message = "is never trimmed, neither by length nor by age (autotrim_mins = 0): it grows without bound";
                report.warnings.push(Finding::new(
                    path,
                    "",
                    "a max_length, or an autotrim_mins above 0",
                    message,
                ));
            }
        }
    }
    for (index, subscription) in config.subscriptions.iter().enumerate() {
        if subscription.pattern.is_empty() {
            let path = format!("subscriptions[{index}].pattern");
            report.errors.push(Finding::new(path, "", "a pattern of topics", "is required"));
        }
    }
}

fn names(config: &BusConfig, report: &mut Report) {
    let printable = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    if config.client_name.is_empty() || !printable(&config.client_name) {
        let allowed = "printable ASCII text without white space";
        report.errors.push(Finding::wrong_text("client_name", &config.client_name, allowed));
    }
    let blank = |text: &str| text.chars().any(|c| c.is_whitespace() || c.is_control());
    if (config.use_trader_id && config.trader_id.is_empty()) || blank(&config.trader_id) {
        let allowed = "text without white space, such as TRADER-001";
        report.errors.push(Finding::wrong_text("trader_id", &config.trader_id, allowed));
    }
    if blank(&config.streams_prefix) {
        let finding =
            Finding::wrong_text("streams_prefix", &config.streams_prefix, "text without white space");
        report.errors.push(finding);
    }
    if let Some(id) = config.instance_id.as_ref().filter(|id| uuid::Uuid::try_parse(id).is_err()) {
        let allowed = "a UUID such as 2d89666b-1a1e-4a75-b193-4eb3b454c757";
        report.errors.push(Finding::wrong_text("instance_id", id, allowed));
    }
}

fn observation(config: &BusConfig, report: &mut Report) {
    let all = config.enable_tracing && config.trace_sample_rate >= 1.0;
    if all && config.preset != Some(Preset::Development) {
        let message = "traces every message, which costs throughput outside development";
        report.warnings.push(Finding::new("trace_sample_rate", config.trace_sample_rate, "below 1", message));
    }
    let both = config.encoding.is_some() && config.default_serializer != Serializer::default();
    if both && config.encoding != Some(config.default_serializer) {
        let message = "says something else than encoding, which decides";
        report.warnings.push(Finding::new("default_serializer", "", "only one of the two", message));
    }
}

/// Fields that need the feature `otel`.
const TRACING: [&str; 2] = ["enable_tracing", "trace_sample_rate"];

/// Fields that are read and checked, so that configurations of the original system hold, but that nothing acts on yet.
const AHEAD: [&str; 8] = [
    "connection_pool_size",
    "default_stream_config.auto_ack",
    "default_stream_config.consumer_group",
    "default_stream_config.consumer_name",
    "enable_metrics",
    "enable_pattern_matching",
    "metrics_interval_ms",
    "timestamps_as_iso8601",
];

fn ahead(config: &BusConfig, report: &mut Report) {
    let acts = |path: &str| path == "connection_pool_size" && config.mode == Mode::Basic;
    for change in own_changes(config) {
        let message = match change.path.as_str() {
            path if AHEAD.contains(&path) && !acts(path) => {
                "is kept, but nothing in this version acts on it yet"
            }
            "subscriptions" => {
                "is made by the client for Python, by its pattern; nothing else acts on it yet"
            }
            path if TRACING.contains(&path) && !cfg!(feature = "otel") => {
                "is kept, but this build cannot trace: the program needs the feature `otlp`, the library `otel`"
            }
            _ => continue,
        };
        report.suggestions.push(Finding::new(change.path, change.value, "", message));
    }
}

/// What differs from the default and from the preset: what a preset sets is nobody's mistake.
fn own_changes(config: &BusConfig) -> impl Iterator<Item = Change> {
    let preset = config.preset.map(|preset| preset.config().changes()).unwrap_or_default();
    config.changes().into_iter().filter(move |change| !preset.contains(change))
}

/// Fields of queues and batches, which basic mode has none of.
fn modes(config: &BusConfig, report: &mut Report) {
    if config.mode != Mode::Basic {
        return;
    }
    let queues = |path: &str| {
        let field = path.rsplit('.').next().unwrap_or_default();
        let compresses = ["enable_compression", "compression_threshold"].contains(&field);
        (path.starts_with(BASE) || path.starts_with("priority_buffers.")) && !compresses
    };
    for change in own_changes(config).filter(|it| queues(&it.path) || it.path == "buffer_interval_ms") {
        let message = "does nothing with mode = \"basic\": each message is written by itself, at once";
        report.warnings.push(Finding::new(change.path, change.value, "", message));
    }
}
