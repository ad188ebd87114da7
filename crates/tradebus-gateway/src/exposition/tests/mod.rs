//! What is written can be read again, and says what was counted.

mod parser;

use std::collections::{BTreeMap, HashSet};

use tradebus::{Bus, BusConfig, Histograms, Message, Metrics, Priority, SubscribeOptions};

use self::parser::{Parsed, parse};
use super::{Format, Kind, Reading, families, write};
use crate::live::{GroupView, ServiceView, Snapshot, StreamView};

const HOSTILE: &str = "a\"} 1\ntradebus_evil_total{x=\"\\";

/// Readings of a bus that has published and handed out three critical messages of four bytes each.
async fn readings() -> (Metrics, Histograms) {
    let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    let bus = Bus::connect(config).await.unwrap();
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for _ in 0..3 {
        let message = Message::new("risk.alert", "stop").unwrap().priority(Priority::Critical);
        bus.publish(message).await.unwrap().await.unwrap();
        subscription.next().await.unwrap();
    }
    let _ = bus.close().await;
    (bus.metrics(), bus.histograms())
}

fn stream(name: &str, group: &str) -> StreamView {
    let group = GroupView { group: group.to_owned(), pending: 2, lag: Some(3), ..GroupView::default() };
    StreamView {
        stream: name.to_owned(),
        length: 10,
        memory_bytes: Some(1000),
        oldest_age_seconds: Some(1.5),
        groups: vec![group],
        ..StreamView::default()
    }
}

fn snapshot(streams: impl IntoIterator<Item = StreamView>) -> Snapshot {
    let mut snapshot = Snapshot { dead_letters: Some(4), ..Snapshot::default() };
    snapshot.node.version = "0.1.0".to_owned();
    snapshot.health.status = "degraded".to_owned();
    snapshot.health.store_latency_ms = Some(0.25);
    snapshot.streams.rows = streams.into_iter().collect();
    snapshot.streams.count = snapshot.streams.rows.len() as u64;
    snapshot.streams.length = snapshot.streams.rows.iter().map(|row| row.length).sum();
    snapshot.streams.memory_bytes = snapshot.streams.rows.iter().map(|row| row.memory_bytes).sum();
    snapshot
}

/// Writes it and reads it again.
async fn exposed(snapshot: &Snapshot, format: Format) -> Parsed {
    let (metrics, histograms) = readings().await;
    let reading = Reading { metrics: &metrics, histograms: &histograms, snapshot, cpu_seconds: Some(0.5) };
    parse(&write(&reading, format), format)
}

#[tokio::test]
async fn what_is_counted_is_written() {
    let snapshot = snapshot([stream("bus:critical", "risk")]);
    for format in [Format::OpenMetrics, Format::Prometheus] {
        let parsed = exposed(&snapshot, format).await;
        parsed.says("tradebus_messages_published_total{priority=\"critical\"}", 3.0);
        parsed.says("tradebus_messages_published_total{priority=\"low\"}", 0.0);
        parsed.says("tradebus_consumed_bytes_total{priority=\"critical\"}", 12.0);
        parsed.says("tradebus_end_to_end_duration_seconds_count{priority=\"critical\"}", 3.0);
        parsed.says("tradebus_flush_batch_messages_bucket{le=\"1.0\",priority=\"critical\"}", 3.0);
        parsed.says("tradebus_stream_length_messages{stream=\"bus:critical\"}", 10.0);
        parsed.says("tradebus_group_lag_messages{stream=\"bus:critical\",group=\"risk\"}", 3.0);
        parsed.says("tradebus_health_status{status=\"degraded\"}", 1.0);
        parsed.says("tradebus_health_status{status=\"healthy\"}", 0.0);
        parsed.says("tradebus_build_info{version=\"0.1.0\"}", 1.0);
        parsed.says("tradebus_store_answer_seconds", 0.000_25);
        parsed.says("tradebus_dead_letters", 4.0);
        parsed.says("process_cpu_seconds_total", 0.5);
    }
}

/// Everything in the list is written, but for what there is none of.
#[tokio::test]
async fn every_family_is_written_as_the_list_has_it() {
    let mut snapshot = snapshot([stream("bus:critical", "risk")]);
    snapshot.services = vec![ServiceView { name: "prices".to_owned(), ..ServiceView::default() }];
    let parsed = exposed(&snapshot, Format::OpenMetrics).await;
    for family in families() {
        let name = family.name();
        let series: Vec<_> = parsed.series.keys().filter(|it| it.family == name).collect();
        let of_services = family.labels().contains(&"service") && name != "tradebus_service_healthy";
        assert_eq!(series.is_empty(), of_services, "{name}: this bus has no services");
        for series in series {
            let labels: Vec<_> = series.labels.iter().map(|(name, _)| name.as_str()).collect();
            let mut named = family.labels().to_vec();
            named.sort_unstable();
            assert_eq!(labels, named, "{name}");
        }
    }
}

#[tokio::test]
async fn buckets_rise_to_the_count() {
    let parsed = exposed(&snapshot([]), Format::OpenMetrics).await;
    let mut buckets: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for (series, &value) in &parsed.series {
        if let Some(bound) = series.bound() {
            buckets.entry((&series.family, &series.labels)).or_default().push((bound, value));
        }
    }
    assert_eq!(buckets.len(), 12, "three histograms by tier");
    for ((family, labels), buckets) in buckets {
        assert!(buckets.is_sorted_by_key(|&(bound, _)| bound), "{family}: {buckets:?}");
        assert!(buckets.is_sorted_by_key(|&(_, count)| count), "{family}: {buckets:?}");
        let (_, priority) = &labels[0];
        let &(last, count) = buckets.last().unwrap();
        assert!(last.is_infinite(), "{family}");
        parsed.says(&format!("{family}_count{{priority=\"{priority}\"}}"), count);
        if family.ends_with("_seconds") {
            assert_eq!((buckets[0].0, buckets[18].0, buckets.len()), (0.000_01, 10.0, 20));
        }
    }
}

#[tokio::test]
async fn what_is_beyond_the_bounds_is_summed() {
    let many = |groups: usize| {
        move |n: usize| {
            let mut row = stream(&format!("bus:{n}"), "g");
            row.groups =
                (0..groups).map(|n| GroupView { group: n.to_string(), ..row.groups[0].clone() }).collect();
            row
        }
    };
    let mut snapshot = snapshot((0..100).map(many(20)).chain([stream("other", "g")]));
    snapshot.streams.count += 900;
    snapshot.streams.length += 9_000;
    let parsed = exposed(&snapshot, Format::Prometheus).await;
    parsed.says("tradebus_streams_summed", 901.0);
    assert_eq!(parsed.count("tradebus_stream_length_messages"), 101);
    parsed.says("tradebus_stream_length_messages{stream=\"other\"}", 9_010.0);
    parsed.says("tradebus_stream_memory_bytes{stream=\"other\"}", 1_000.0);
    assert_eq!(parsed.count("tradebus_group_lag_messages"), 1_001);
    parsed.says("tradebus_group_lag_messages{stream=\"other\",group=\"other\"}", 3.0 * 1_001.0);
    parsed.says("tradebus_groups_summed", 1_001.0);
}

#[tokio::test]
async fn hostile_names_stay_within_their_quotes() {
    let mut snapshot = snapshot([stream(HOSTILE, HOSTILE), stream("\\n", "\n"), stream("é\t🦀\u{0}", "")]);
    snapshot.node.store = HOSTILE.to_owned();
    snapshot.services = vec![ServiceView { name: HOSTILE.to_owned(), ..ServiceView::default() }];
    for format in [Format::OpenMetrics, Format::Prometheus] {
        let parsed = exposed(&snapshot, format).await;
        let streams: HashSet<_> = parsed.series.keys().filter_map(|series| series.label("stream")).collect();
        assert_eq!(streams, [HOSTILE, "\\n", "é\t🦀\u{0}"].into());
        let stores: Vec<_> = parsed.series.keys().filter_map(|series| series.label("store")).collect();
        assert_eq!(stores, [HOSTILE]);
    }
}

#[tokio::test]
async fn what_is_not_known_is_not_written() {
    let (metrics, histograms) = readings().await;
    let mut snapshot = Snapshot::default();
    snapshot.health.uptime_seconds = f64::NAN;
    let reading =
        Reading { metrics: &metrics, histograms: &histograms, snapshot: &snapshot, cpu_seconds: None };
    let parsed = parse(&write(&reading, Format::OpenMetrics), Format::OpenMetrics);
    for name in [
        "process_cpu_seconds_total",
        "tradebus_dead_letters",
        "tradebus_store_answer_seconds",
        "tradebus_stream_memory_bytes",
        "tradebus_uptime_seconds",
    ] {
        assert_eq!(parsed.count(name), 0, "{name}");
    }
}

#[test]
fn the_names_are_good_names() {
    let labels = [
        "priority",
        "reason",
        "kind",
        "direction",
        "stream",
        "group",
        "service",
        "result",
        "status",
        "state",
    ];
    let mut stems = HashSet::new();
    for family in families() {
        let name = family.name();
        assert!(name.starts_with("tradebus_") || name.starts_with("process_"), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(family.kind() == Kind::Counter, name.ends_with("_total"), "{name}");
        assert_eq!(family.kind() == Kind::Info, name.ends_with("_info"), "{name}");
        assert!(family.kind() != Kind::Histogram || family.unit().is_some(), "{name}");
        for part in ["_ms", "_mb", "_kb", "_percent", "_minutes"] {
            assert!(!name.contains(part), "{name} has no base unit");
        }
        for label in family.labels() {
            assert!(family.kind() == Kind::Info || labels.contains(label), "{name} has the label {label}");
            assert!(
                !name.split('_').any(|word| word == *label)
                    || *label == "stream"
                    || *label == "group"
                    || *label == "service"
                    || *label == "status"
                    || *label == "state",
                "{name} has {label} in its name"
            );
        }
        assert!(family.help().ends_with('.') && !family.help().contains(['\n', '\\', '"']), "{name}");
        let unit = family.unit().map_or("", super::Unit::name);
        assert!(stems.insert((family.stem(), unit)), "{name} is there twice");
    }
}
