//! How a configuration is shown.

use serde_json::json;

use super::{file, toml};
use crate::config::{Loader, Source, presets};
use crate::{BusConfig, Priority};

#[test]
fn toml_shows_each_value_with_its_source() {
    let directory = tempfile::tempdir().unwrap();
    let text = "preset = \"production\"\n[priority_buffers.high]\nmax_size = 50\n[stream_configs.\"a.b\"]\nmax_length = 5\n";
    let loaded = file(&directory, "a.toml", text)
        .environment([("TRADEBUS_REDIS_HOST".to_owned(), "h".to_owned())])
        .set("external_streams", json!(["x", "y"]), Source::flag("--external"))
        .load()
        .unwrap();
    let shown = loaded.to_toml();
    let path = directory.path().join("a.toml");
    let line = |number: usize| format!("{}:{number}", path.display());
    for expected in [
        "redis_host = \"h\" # env:TRADEBUS_REDIS_HOST".to_owned(),
        "external_streams = [\"x\", \"y\"] # flag:--external".to_owned(),
        "redis_port = 6379 # default".to_owned(),
        "connection_pool_size = 50 # preset production".to_owned(),
        format!("preset = \"production\" # {}", line(1)),
        format!("[priority_buffers.high]\nmax_size = 50 # {}", line(3)),
        format!("[stream_configs.\"a.b\"]\nmax_length = 5 # {}", line(5)),
        "\nflush_interval_ms = 10 # preset production".to_owned(),
        "# store is not set".to_owned(),
    ] {
        assert!(shown.contains(&expected), "{expected}\n{shown}");
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let mut config = presets::high_frequency();
    config.trader_id = "\u{7f}\"\\é\u{301}'#".into();
    config.external_streams = vec!["a b".into(), "line\nline".into(), String::new()];
    config.stream_configs.entry("a.b \"c\"\u{7f}".into()).or_default().max_length = Some(1 << 39);
    config.stream_configs.entry(String::new()).or_default();
    config.priority_buffers.entry(Priority::Low).or_default();
    config.trace_sample_rate = 1e-7;
    let filters = json!({ "k.k": [1, -2.5, true, "x"], "t": { "u": {} } });
    let subscription = json!({ "pattern": "a*", "priority": "high", "buffer_config": { "max_size": 9 }, "filters": filters });
    config.subscriptions = vec![serde_json::from_value(subscription).unwrap()];
    config.trader_id = config.trader_id.replace(char::is_control, "");

    let directory = tempfile::tempdir().unwrap();
    let values = serde_json::to_string(&config).unwrap();
    let loaded = file(&directory, "a.json", &values).load().unwrap();
    assert_eq!(loaded.config, config);
    let shown = loaded.to_toml();
    assert_eq!(toml(&shown).unwrap_or_else(|error| panic!("{error}\n{shown}")).config, config);
}

#[test]
fn what_toml_cannot_say_is_left_out() {
    let subscriptions = json!([{ "pattern": "a", "filters": { "a": [1, null], "b": null } }]);
    let loaded = Loader::new().set("subscriptions", subscriptions, Source::flag("--set")).load().unwrap();
    let read = toml(&loaded.to_toml()).unwrap();
    assert_eq!(json!(read.config.subscriptions[0].filters), json!({ "a": [1] }));
}

#[test]
fn the_name_of_a_file_cannot_forge_a_line() {
    let directory = tempfile::tempdir().unwrap();
    let loaded = file(&directory, "a\nstore = 1.toml", "redis_port = 1").load().unwrap();
    assert!(!loaded.to_toml().contains("\nstore = 1"));
    let error = file(&directory, "b\nc.toml", "redis_port = 0").load().unwrap_err();
    assert_eq!(error.to_string().lines().count(), 2, "{error}");
    let error = file(&directory, "b\nc.toml", "redis_port =").load().unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[test]
fn json_holds_the_values_and_their_sources() {
    let loaded = Loader::new().set("redis_port", 7, Source::flag("--port")).load().unwrap();
    let shown = loaded.to_json();
    assert_eq!(shown["config"]["redis_port"], 7);
    assert_eq!(shown["sources"]["redis_port"], "flag:--port");
    assert_eq!(shown["sources"]["default_buffer_config.max_size"], "default");
    assert_eq!(serde_json::from_value::<BusConfig>(shown["config"].clone()).unwrap(), loaded.config);
}

#[test]
fn changes_are_what_differs_from_the_default() {
    assert!(BusConfig::default().changes().is_empty());
    let changes = presets::production().changes();
    let changes: Vec<_> = changes
        .iter()
        .map(|change| (change.path.as_str(), change.default.clone(), change.value.clone()))
        .collect();
    assert_eq!(
        changes,
        [
            ("command_timeout", json!(30.0), json!(60.0)),
            ("connection_pool_size", json!(20), json!(50)),
            ("max_workers", json!(10), json!(20)),
            ("preset", json!(null), json!("production")),
            ("priority_buffers.critical.flush_interval_ms", json!(null), json!(10)),
            ("priority_buffers.critical.high_water_mark", json!(null), json!(40_000)),
            ("priority_buffers.critical.max_size", json!(null), json!(50_000)),
        ]
    );
}
