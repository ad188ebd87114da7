//! Each bound, each rule, and that they are reported together.

use rstest::rstest;
use serde_json::{Value, json};

use super::{findings, paths, toml};
use crate::config::shape::{Kind, Shape};
use crate::config::tree::{join, split};
use crate::config::{Loader, Preset, Report, Serializer, Source, SubscriptionConfig};
use crate::{BufferConfig, BusConfig, ConfigError, Layout, Mode, OnFull, Priority, TrimStrategy};

/// Every field that holds a value, by path.
fn fields(shape: Shape, path: &str) -> Vec<(String, Shape)> {
    shape
        .fields()
        .flat_map(|(key, field)| {
            let path = join(path, key);
            match field.kind() {
                Kind::Table | Kind::Tiers => fields(field, &path),
                _ => vec![(path, field)],
            }
        })
        .collect()
}

fn set(path: &str, value: Value) -> Loader {
    Loader::new().set(path, value, Source::flag("--set"))
}

/// The numbers next to a bound on its inner and outer side.
fn beside(bound: &Value, outwards: i64) -> (Value, Value) {
    if let Some(whole) = bound.as_i64() {
        return (whole.into(), (whole + outwards).into());
    }
    let number = bound.as_f64().unwrap();
    (number.into(), (number + outwards as f64 * 1e-6).into())
}

#[test]
fn every_number_has_bounds_and_keeps_to_them() {
    let mut checked = 0;
    for (path, shape) in fields(Shape::root(), "") {
        if !matches!(shape.kind(), Kind::Integer | Kind::Number | Kind::Size) {
            continue;
        }
        let (Some(min), Some(max)) = shape.bounds() else { panic!("{path} has no bounds") };
        for (bound, outwards) in [(min, -1), (max, 1)] {
            let (inner, outer) = beside(bound, outwards);
            let wrong = findings(set(&path, outer.clone()).load());
            assert_eq!(paths(&wrong), [path.as_str()], "{outer}");
            assert!(wrong[0].message.starts_with(&format!("is {outer}, allowed is ")), "{}", wrong[0]);
            assert_eq!(wrong[0].source, Some(Source::flag("--set")));
            // A bound may break a rule between fields, but not that of its own field.
            if let Err(error) = set(&path, inner.clone()).load() {
                assert!(!error.to_string().contains(" from "), "{path} = {inner}: {error}");
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn every_field_refuses_what_is_no_value_of_its_kind() {
    let values =
        [json!(true), json!(7), json!(-7.5), json!("?"), json!(["?"]), json!({ "?": 1 }), json!(null)];
    for (path, shape) in fields(Shape::root(), "") {
        let fits = |value: &Value| match shape.kind() {
            Kind::Any => true,
            Kind::Bool => value.is_boolean(),
            // Text is read as what the field holds, so only other kinds are wrong here.
            Kind::Text => value.is_string(),
            Kind::List(_) => value.is_array(),
            Kind::Named(_) => value.is_object(),
            Kind::Integer | Kind::Size | Kind::Number => value == 7,
            Kind::Choice(_) | Kind::Tier | Kind::Table | Kind::Tiers => false,
        };
        for value in values.iter().filter(|value| !(fits(value) || value.is_null() && shape.is_optional())) {
            let keys = split(&path).unwrap();
            let text = keys.iter().rev().fold(value.clone(), |inner, key| json!({ key: inner })).to_string();
            let directory = tempfile::tempdir().unwrap();
            let wrong = findings(super::file(&directory, "a.json", &text).load());
            assert!(wrong.iter().all(|finding| finding.path.starts_with(&path)), "{path}: {wrong:?}");
            assert!(!wrong[0].allowed.is_empty(), "{path}");
        }
    }
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let wrong = findings(toml(
        "redis_prot = 1\nmax_workers = 99\nmin_workers = 20\ncommand_timeout = \"long\"\nclient_name = \"a b\"\n\
         store = \"http://user:hunter2@host\"\nredis_db = inf\nshards = 3\nlayout = \"topic\"\n\
         [default_buffer_config]\nlow_water_mark = 9000\nmax_siz = 1\n\
         [priority_buffers.urgent]\n[priority_buffers.high]\non_full = \"explode\"\n\
         [[subscriptions]]\npriority = 4\npatern = \"a\"\n",
    ));
    let mut found = paths(&wrong);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "client_name",
            "command_timeout",
            "default_buffer_config.low_water_mark",
            "default_buffer_config.max_siz",
            "max_workers",
            "priority_buffers.high.on_full",
            "priority_buffers.urgent",
            "redis_db",
            "redis_prot",
            "shards",
            "store",
            "subscriptions[0].patern",
            "subscriptions[0].pattern",
            "subscriptions[0].priority",
        ],
        "and `min_workers` is wrong only because `max_workers` is"
    );
    let message = |path: &str| wrong.iter().find(|finding| finding.path == path).unwrap().to_string();
    let end = |path: &str, end: &str| assert!(message(path).ends_with(end), "{}", message(path));
    end("redis_prot", "tradebus.toml:1: `redis_prot` is no setting: did you mean `redis_port`?");
    end("max_workers", ":2: `max_workers` is 99, allowed is a whole number from 1 to 50");
    end("command_timeout", ":4: `command_timeout` is \"long\", allowed is a number from 0.1 to 600");
    end("priority_buffers.high.on_full", "allowed is wait, error, drop_oldest, drop_newest, or nothing");
    end(
        "default_buffer_config.low_water_mark",
        ":11: `default_buffer_config.low_water_mark` is 9000, allowed is a number below high_water_mark, which is 8000",
    );
    end("subscriptions[0].priority", "allowed is critical, high, normal, low, or a number from 0 to 3");
}

#[test]
fn a_key_in_the_wrong_table_is_told_its_place() {
    let wrong = findings(toml("flush_interval_ms = 5\n[default_buffer_config]\nredis_host = \"x\""));
    let meant: Vec<&str> = wrong.iter().map(|finding| finding.allowed.as_str()).collect();
    assert_eq!(meant, ["redis_host", "default_buffer_config.flush_interval_ms"]);
}

#[test]
fn a_tier_given_twice_is_an_error() {
    let wrong =
        findings(toml("[priority_buffers.high]\nmax_size = 1\n[priority_buffers.HIGH]\nmax_size = 2"));
    assert_eq!(paths(&wrong), ["priority_buffers.high"]);
}

/// The paths of errors, warnings and suggestions of a configuration that was changed a little.
fn report(change: impl FnOnce(&mut BusConfig)) -> [Vec<String>; 3] {
    let mut config = BusConfig::default();
    change(&mut config);
    let Report { errors, warnings, suggestions } = config.validate();
    [errors, warnings, suggestions].map(|findings| findings.into_iter().map(|finding| finding.path).collect())
}

#[rstest]
#[case("min_workers", |c: &mut BusConfig| c.min_workers = 11)]
#[case("scale_down_threshold", |c: &mut BusConfig| c.scale_down_threshold = 0.8)]
#[case("reconnect_min_ms", |c: &mut BusConfig| c.reconnect_min_ms = 2_001)]
#[case("default_buffer_config.high_water_mark", |c: &mut BusConfig| c.default_buffer_config.max_size = 7_999)]
#[case("default_buffer_config.low_water_mark", |c: &mut BusConfig| c.default_buffer_config.low_water_mark = 8_000)]
#[case("shards", |c: &mut BusConfig| (c.shards, c.layout) = (1, Layout::Single))]
#[case("shards", |c: &mut BusConfig| (c.shards, c.stream_per_topic) = (1, Some(true)))]
#[case("client_name", |c: &mut BusConfig| c.client_name = "a\nb".into())]
#[case("client_name", |c: &mut BusConfig| c.client_name = String::new())]
#[case("trader_id", |c: &mut BusConfig| c.trader_id = String::new())]
#[case("streams_prefix", |c: &mut BusConfig| c.streams_prefix = "a b".into())]
#[case("instance_id", |c: &mut BusConfig| c.instance_id = Some("x".into()))]
#[case("redis_host", |c: &mut BusConfig| c.redis_host = "redis://host".into())]
#[case("redis_host", |c: &mut BusConfig| c.redis_host = String::new())]
#[case("redis_password", |c: &mut BusConfig| c.redis_password = Some("***".into()))]
#[case("store", |c: &mut BusConfig| c.store = Some("redis://***@host".into()))]
#[case("subscriptions[0].pattern", |c: &mut BusConfig| c.subscriptions = vec![SubscriptionConfig::default()])]
#[case("command_timeout", |c: &mut BusConfig| c.command_timeout = f64::NAN)]
#[case("connection_pool_size", |c: &mut BusConfig| (c.connection_pool_size, c.max_workers) = (0, 1))]
fn errors(#[case] path: &str, #[case] change: fn(&mut BusConfig)) {
    let [errors, ..] = report(change);
    assert_eq!(errors, [path]);
}

#[rstest]
#[case("connection_pool_size", |c: &mut BusConfig| c.connection_pool_size = 19)]
#[case("default_buffer_config.high_water_mark", |c: &mut BusConfig| c.default_buffer_config.low_water_mark = 7_001)]
#[case("trace_sample_rate", |c: &mut BusConfig| (c.enable_tracing, c.trace_sample_rate) = (true, 1.0))]
#[case("default_stream_config", |c: &mut BusConfig| (c.autotrim_mins, c.default_stream_config.max_length) = (0, 0))]
#[case("default_stream_config", |c: &mut BusConfig| {
    (c.autotrim_mins, c.default_stream_config.trim_strategy) = (0, TrimStrategy::MinId);
})]
#[case("stream_configs.a", |c: &mut BusConfig| {
    c.autotrim_mins = 0;
    c.stream_configs.entry("a".into()).or_default().max_length = Some(0);
})]
#[case("layout", |c: &mut BusConfig| (c.layout, c.stream_per_topic) = (Layout::Topic, Some(false)))]
#[case("default_buffer_config.max_bytes", |c: &mut BusConfig| c.default_buffer_config.max_bytes = (8 << 20) - 1)]
#[case("priority_buffers.low.max_bytes", |c: &mut BusConfig| {
    c.priority_buffers.entry(Priority::Low).or_default().max_bytes = Some(1 << 20);
})]
#[case("default_serializer", |c: &mut BusConfig| {
    (c.encoding, c.default_serializer) = (Some(Serializer::Json), Serializer::MsgPack);
})]
#[case("redis_db", |c: &mut BusConfig| (c.store, c.redis_db) = (Some("memory:".into()), 1))]
#[case("buffer_interval_ms", |c: &mut BusConfig| (c.mode, c.buffer_interval_ms) = (Mode::Basic, Some(5)))]
#[case("default_buffer_config.batch_size", |c: &mut BusConfig| {
    (c.mode, c.default_buffer_config.batch_size) = (Mode::Basic, 5);
})]
#[case("priority_buffers.low.on_full", |c: &mut BusConfig| {
    c.mode = Mode::Basic;
    c.priority_buffers.entry(Priority::Low).or_default().on_full = Some(OnFull::Error);
})]
fn warnings(#[case] path: &str, #[case] change: fn(&mut BusConfig)) {
    let [errors, warnings, _] = report(change);
    assert_eq!((errors, warnings), (vec![], vec![path.to_owned()]));
}

#[rstest]
#[case("buffer_interval_ms", |c: &mut BusConfig| c.buffer_interval_ms = Some(101))]
#[case("default_buffer_config.flush_interval_ms", |c: &mut BusConfig| c.default_buffer_config.flush_interval_ms = 101)]
#[case("priority_buffers.critical.flush_interval_ms", |c: &mut BusConfig| {
    c.priority_buffers.entry(Priority::Critical).or_default().flush_interval_ms = Some(101);
})]
#[case("priority_buffers.low.compression_threshold", |c: &mut BusConfig| {
    let low = c.priority_buffers.entry(Priority::Low).or_default();
    (low.enable_compression, low.compression_threshold) = (Some(true), Some(1));
})]
#[case("default_buffer_config.compression_threshold", |c: &mut BusConfig| {
    c.default_buffer_config = BufferConfig { enable_compression: true, compression_threshold: 255, ..BufferConfig::default() };
})]
fn suggestions(#[case] path: &str, #[case] change: fn(&mut BusConfig)) {
    let [errors, warnings, suggestions] = report(change);
    assert_eq!((errors, warnings, suggestions), (vec![], vec![], vec![path.to_owned()]));
}

#[test]
fn a_rule_does_not_repeat_what_is_wrong_by_itself() {
    let config = BusConfig { min_workers: 20, max_workers: 0, ..BusConfig::default() };
    match config.check() {
        Err(ConfigError::Invalid { findings }) => assert_eq!(paths(&findings), ["max_workers"]),
        other => panic!("{other:?}"),
    }
    let config = BusConfig { min_workers: 60, ..BusConfig::default() };
    assert_eq!(paths(&config.validate().errors), ["min_workers"], "once, though it is above max_workers too");
    let wrong = findings(toml(
        "[default_buffer_config]\nmax_size = 0\n[priority_buffers.low]\nhigh_water_mark = 20000",
    ));
    assert_eq!(paths(&wrong), ["default_buffer_config.max_size"]);
    assert!(BusConfig::default().check().unwrap().is_clean());
}

#[test]
fn what_is_just_allowed_is_not_told_off() {
    // Suggestions may say that a field has no effect yet.
    let clean =
        |change: fn(&mut BusConfig)| assert_eq!(report(change)[..2], [const { Vec::<String>::new() }; 2]);
    clean(|c| c.default_buffer_config.low_water_mark = 7_000);
    clean(|c| c.trace_sample_rate = 1.0);
    clean(|c| (c.enable_tracing, c.trace_sample_rate, c.preset) = (true, 1.0, Some(Preset::Development)));
    clean(|c| c.default_stream_config.max_length = 0);
    clean(|c| c.autotrim_mins = 0);
    clean(|c| (c.use_trader_id, c.trader_id) = (false, String::new()));
    clean(|c| (c.shards, c.layout) = (1_024, Layout::Lanes));
    clean(|c| c.min_workers = c.max_workers);
    clean(|c| (c.mode, c.default_buffer_config.enable_compression) = (Mode::Basic, true));
}

#[test]
fn fields_without_effect_yet_are_named() {
    let [errors, warnings, suggestions] = report(|c| c.connection_pool_size = 77);
    assert_eq!((errors, warnings, suggestions), (vec![], vec![], vec!["connection_pool_size".to_owned()]));
    let basic = report(|c| (c.mode, c.connection_pool_size) = (Mode::Basic, 77));
    assert_eq!(basic, [const { Vec::<String>::new() }; 3], "there it says how many may write at one time");
}

#[test]
fn a_preset_is_not_told_off_for_its_buffers_in_basic_mode() {
    let mut production = Preset::Production.config();
    production.mode = Mode::Basic;
    assert_eq!(production.validate().warnings, []);
}

#[test]
fn a_tier_is_told_about_its_own_marks_and_not_about_inherited_ones() {
    let wrong = findings(toml(
        "[default_buffer_config]\nhigh_water_mark = 90000\n[priority_buffers.low]\nbatch_size = 5",
    ));
    assert_eq!(paths(&wrong), ["default_buffer_config.high_water_mark"]);
    let wrong = findings(toml("[priority_buffers.low]\nhigh_water_mark = 1500"));
    assert_eq!(paths(&wrong), ["priority_buffers.low.low_water_mark"]);
    let wrong = findings(toml(
        "[[subscriptions]]\npattern = \"a\"\nbuffer_config = { max_size = 5, high_water_mark = 6 }",
    ));
    assert_eq!(paths(&wrong), ["subscriptions[0].buffer_config.high_water_mark"]);
    assert!(toml("[priority_buffers.low]\nmax_size = 1").unwrap().report.is_clean());
    let text = "[default_buffer_config]\nmax_bytes = \"1 MiB\"\n[priority_buffers.low]\nbatch_size = 5";
    assert_eq!(paths(&toml(text).unwrap().report.warnings), ["default_buffer_config.max_bytes"]);
}

#[rstest]
fn store_urls_that_are_taken(
    #[values(
        "memory:",
        "mem://",
        "memory://",
        "redis://h",
        "redis://:p%40@h:1/2",
        "valkey://[::1]:6379/0",
        "VALKEY://h",
        "unix:///run/redis.sock?db=2"
    )]
    url: &str,
) {
    let [errors, ..] = report(|config| config.store = Some(url.into()));
    assert_eq!(errors, Vec::<String>::new());
}

#[rstest]
fn store_urls_that_are_refused(
    #[values(
        "",
        "redis",
        "http://h",
        "redis:",
        "redis:h",
        "redis://",
        "redis:///0",
        "redis://h:port",
        "redis://h:99999",
        "redis://h h",
        "redis-cluster://a:1,b:2",
        "redis-sentinel://a:1,b:2/main",
        "rediss://h:6380?insecure=1",
        "file:",
        "unix://",
        "memory:x",
        "redis://u:p@",
        "localhost:6379"
    )]
    url: &str,
) {
    let [errors, ..] = report(|config| config.store = Some(url.into()));
    assert_eq!(errors, ["store"]);
}
