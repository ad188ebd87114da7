//! What the schema cannot say: fields that have to fit together, and what is allowed but likely to hurt.

use super::check::Checker;
use super::finding::{Finding, Report};
use super::presets::Preset;
use super::source::Source;
use super::tree::{Node, join};
use super::{BufferConfig, BufferOverrides, BusConfig, Layout, Serializer, TrimStrategy, store};
use crate::Priority;

impl BusConfig {
    /// Checks every value by itself and against the others. Reports everything at once; opens no connection.
    pub fn validate(&self) -> Report {
        let mut report = Report::default();
        match serde_json::to_value(self) {
            Ok(value) => {
                let mut checker = Checker::default();
                checker.layer(&mut Node::new(value, &Source::Default));
                report.errors = checker.findings;
            }
            Err(error) => report.errors.push(Finding::new("", "", "", error.to_string())),
        }
        rules(self, &mut report);
        report
    }
}

/// The rules between fields.
pub(super) fn rules(config: &BusConfig, report: &mut Report) {
    workers(config, report);
    buffers(config, report);
    streams(config, report);
    names(config, report);
    observation(config, report);
    report.errors.extend(store::check(config));
    report.errors.extend(store::hidden(config));
    report.warnings.extend(store::ignored(config));
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
    let (first, last) = (config.reconnect_min_ms, config.reconnect_max_ms);
    if first > last {
        let allowed = format!("at most reconnect_max_ms, which is {last}");
        let finding = Finding::not_allowed("reconnect_min_ms", first, allowed);
        report.errors.push(finding.with(&paths(&["reconnect_max_ms"])));
    }
    let pool = config.connection_pool_size;
    if pool < max.saturating_mul(2) {
        let advised = format!("at least {} for {max} workers", max.saturating_mul(2));
        let message =
            format!("is {pool}, less than twice max_workers ({max}): workers will wait for connections");
        report.warnings.push(Finding::new("connection_pool_size", pool, advised, message));
    }
}

fn buffers(config: &BusConfig, report: &mut Report) {
    let base = &config.default_buffer_config;
    buffer("default_buffer_config", base, report);
    for (tier, given) in &config.priority_buffers {
        part("default_buffer_config", &join("priority_buffers", tier.name()), given, base, report);
    }
    for (index, subscription) in config.subscriptions.iter().enumerate() {
        if let Some(given) = &subscription.buffer_config {
            let queue = config.buffer(subscription.priority);
            part(
                "default_buffer_config",
                &format!("subscriptions[{index}].buffer_config"),
                given,
                &queue,
                report,
            );
        }
    }
    let interval = config.buffer(Priority::Critical).flush_interval_ms;
    if interval > 100 {
        let path = "priority_buffers.critical.flush_interval_ms";
        let message = format!("is {interval} ms: critical messages may wait that long for their batch");
        report.suggestions.push(Finding::new(
            path,
            interval,
            "at most 100 ms for critical messages",
            message,
        ));
    }
}

/// The rules of a queue that differs from another one. What it only inherits was reported there.
fn part(base_path: &str, path: &str, given: &BufferOverrides, base: &BufferConfig, report: &mut Report) {
    let mut own = Report::default();
    buffer(path, &given.over(base), &mut own);
    let marks = given.max_size.is_some() || given.high_water_mark.is_some() || given.low_water_mark.is_some();
    let inherited = ["max_size", "high_water_mark", "low_water_mark"].map(|name| join(base_path, name));
    for finding in &mut own.errors {
        finding.with.extend(inherited.clone());
    }
    if marks {
        report.errors.append(&mut own.errors);
        report.warnings.append(&mut own.warnings);
    }
    if given.enable_compression.is_some() || given.compression_threshold.is_some() {
        report.suggestions.append(&mut own.suggestions);
    }
}

fn buffer(path: &str, buffer: &BufferConfig, report: &mut Report) {
    let BufferConfig { max_size: size, high_water_mark: high, low_water_mark: low, .. } = *buffer;
    let [size_path, high_path, low_path] =
        ["max_size", "high_water_mark", "low_water_mark"].map(|name| join(path, name));
    if high > size {
        let finding = Finding::not_allowed(&high_path, high, format!("at most max_size, which is {size}"));
        report.errors.push(finding.with(std::slice::from_ref(&size_path)));
    }
    if low >= high {
        let finding =
            Finding::not_allowed(&low_path, low, format!("a number below high_water_mark, which is {high}"));
        report.errors.push(finding.with(&[high_path.clone(), size_path]));
    } else if size >= 10 && high - low < size / 10 {
        let message = format!(
            "is {high}, only {} above low_water_mark: the tier will push back and let go all the time",
            high - low
        );
        let advised = format!("at least {} between the marks, a tenth of max_size", size / 10);
        report.warnings.push(Finding::new(high_path, high, advised, message));
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
