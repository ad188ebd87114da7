//! Which source wins, and how the environment and the flags are read.

use serde_json::json;

use super::{environment, file, findings, paths, toml};
use crate::config::{Loader, Preset, Source, presets};
use crate::{BusConfig, Layout, OnFull, Priority};

fn env(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn nothing_given_is_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = directory.path().to_str().unwrap();
    let loader = Loader::new().environment(env(&[("HOME", elsewhere), ("PATH", "/bin")]));
    let loaded = loader.discover_from(directory.path()).load().unwrap();
    assert_eq!(loaded.config, BusConfig::default());
    assert_eq!(loaded.sources.iter().count(), 0);
    assert_eq!(loaded.sources.get("redis_host").to_string(), "default");
    assert_eq!(loaded.file, None);
}

#[test]
fn each_layer_lies_over_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        "preset = \"production\"\nredis_host = \"file\"\nredis_port = 1\n\nmax_workers = 21\nredis_db = 4\n";
    let loaded = file(&directory, "a.toml", text)
        .environment(env(&[("TRADEBUS_REDIS_PORT", "2"), ("TRADEBUS_REDIS_DB", "5")]))
        .set("redis_db", 6, Source::flag("--db"))
        .load()
        .unwrap();
    let config = &loaded.config;
    assert_eq!((config.redis_host.as_str(), config.redis_port, config.redis_db), ("file", 2, 6));
    assert_eq!((config.max_workers, config.connection_pool_size, config.min_workers), (21, 50, 1));
    let path = directory.path().join("a.toml");
    for (field, source) in [
        ("redis_db", "flag:--db".to_owned()),
        ("redis_port", "env:TRADEBUS_REDIS_PORT".to_owned()),
        ("redis_host", format!("{}:2", path.display())),
        ("max_workers", format!("{}:5", path.display())),
        ("preset", format!("{}:1", path.display())),
        ("connection_pool_size", "preset production".to_owned()),
        ("priority_buffers.critical.flush_interval_ms", "preset production".to_owned()),
        ("min_workers", "default".to_owned()),
    ] {
        assert_eq!(loaded.sources.get(field).to_string(), source, "{field}");
    }
    assert_eq!(loaded.file, Some(path));
}

#[test]
fn the_highest_preset_is_the_one_that_counts() {
    let directory = tempfile::tempdir().unwrap();
    let with_file = || file(&directory, "a.toml", "preset = \"production\"");
    assert_eq!(with_file().load().unwrap().config, presets::production());
    let with_both = || with_file().environment(env(&[("TRADEBUS_PRESET", "high-frequency")]));
    assert_eq!(with_both().load().unwrap().config, presets::high_frequency());
    let loaded = with_both().preset("Development").load().unwrap();
    assert_eq!(loaded.config, presets::development());
    assert_eq!(loaded.sources.get("preset"), Source::flag("--preset"));
    assert_eq!(loaded.sources.get("trace_sample_rate"), Source::Preset(Preset::Development));
    let wrong = findings(Loader::new().preset("fast").load());
    assert_eq!(paths(&wrong), ["preset"]);
    assert!(wrong[0].allowed.contains("high_frequency"), "{}", wrong[0]);
}

#[test]
fn variables_are_read_as_what_the_field_holds() {
    let loaded = environment(&[
        ("TRADEBUS_STORE", "memory:"),
        ("TRADEBUS_PRIORITY_BUFFERS__HIGH__FLUSH_INTERVAL_MS", "5"),
        ("TRADEBUS_PRIORITY_BUFFERS__3__ON_FULL", "drop-oldest"),
        ("TRADEBUS_DEFAULT_BUFFER_CONFIG__MAX_BYTES", "2 MiB"),
        ("TRADEBUS_ENABLE_METRICS", "false"),
        ("TRADEBUS_ENABLE_TRACING", "1"),
        ("TRADEBUS_COMMAND_TIMEOUT", " 2.5 "),
        ("TRADEBUS_REDIS_USERNAME", "5"),
        ("TRADEBUS_LAYOUT", "TOPIC"),
        ("TRADEBUS_TYPES_FILTER", r#"["QuoteTick", "5"]"#),
        ("TRADEBUS_STREAM_CONFIGS", r#"{"Orders.EU": {"max_length": 5}}"#),
        ("TRADEBUS_STREAM_CONFIGS__QUOTES__AUTO_ACK", "0"),
        ("TRADEBUS_SUBSCRIPTIONS", r#"[{"pattern": "data.*", "filters": {"venue": "5"}}]"#),
        ("TRADEBUS_STREAMS_PREFIX", ""),
        ("TRADEBUS_LOG", "debug"),
        ("TRADEBUS_TEST_REDIS", "redis://somewhere"),
        ("OTHER_REDIS_HOST", "x"),
    ]);
    let config = loaded.unwrap().config;
    assert_eq!(config.store_url().expose(), "memory:");
    assert_eq!(config.buffer(Priority::High).flush_interval_ms, 5);
    assert_eq!(config.buffer(Priority::Critical).on_full, OnFull::DropOldest);
    assert_eq!(config.default_buffer_config.max_bytes, 2 << 20);
    assert!(!config.enable_metrics && config.enable_tracing);
    assert_eq!(config.command_timeout().as_millis(), 2_500);
    assert_eq!(config.redis_username.as_deref(), Some("5"));
    assert_eq!(config.layout(), Layout::Topic);
    assert_eq!(config.types_filter, ["QuoteTick", "5"]);
    assert_eq!(config.stream("Orders.EU").max_length, 5);
    assert!(!config.stream("quotes").auto_ack);
    // Text inside JSON is text, also where it looks like a number.
    assert_eq!(config.subscriptions[0].filters["venue"], json!("5"));
    assert_eq!(config.streams_prefix, "");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let directory = tempfile::tempdir().unwrap();
    let text = "preset = \"production\"\nstore = \"memory:\"\nmax_workers = 7";
    let empty = [
        "PRESET",
        "STORE",
        "STORE_FILE",
        "MAX_WORKERS",
        "CONFIG",
        "LAYOUT",
        "TYPES_FILTER",
        "ENABLE_METRICS",
    ];
    let empty = empty.map(|name| (format!("TRADEBUS_{name}"), String::new()));
    let loaded = file(&directory, "a.toml", text).environment(empty).load().unwrap();
    let config = loaded.config;
    assert_eq!((config.preset, config.max_workers), (Some(Preset::Production), 7));
    assert_eq!(config.store_url().expose(), "memory:");
}

#[test]
fn an_unknown_variable_is_an_error_that_names_the_near_one() {
    let wrong = findings(environment(&[
        ("TRADEBUS_REDIS_HOTS", "x"),
        ("TRADEBUS_LAYOUT__X", "1"),
        ("TRADEBUS_", "x"),
    ]));
    let text: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "env:TRADEBUS_: is no setting",
            "env:TRADEBUS_LAYOUT__X: `layout` is a table, allowed is lanes, single, topic",
            "env:TRADEBUS_REDIS_HOTS: `redis_hots` is no setting: did you mean `TRADEBUS_REDIS_HOST`?",
        ]
    );
    let deep = "TRADEBUS_".to_owned() + &"A__".repeat(50_000);
    assert_eq!(findings(environment(&[(&deep, "x")])).len(), 1);
}

#[test]
fn a_flag_sets_any_path() {
    let loaded = Loader::new()
        .set("priority_buffers.critical.max_size", "50", Source::flag("--set"))
        .set("stream_configs.\"a.b\".max_length", 9, Source::flag("--set"))
        .set("external_streams", json!(["x"]), Source::flag("--external"))
        .set("max_workers", 3, Source::flag("--workers"))
        .set("max_workers", 4, Source::flag("--workers"))
        .load()
        .unwrap();
    assert_eq!(loaded.config.buffer(Priority::Critical).high_water_mark, 40);
    assert_eq!(loaded.config.stream("a.b").max_length, 9);
    assert_eq!(loaded.config.external_streams, ["x"]);
    assert_eq!(loaded.config.max_workers, 4);
    assert_eq!(loaded.sources.get("stream_configs.\"a.b\".max_length"), Source::flag("--set"));
    let wrong = findings(Loader::new().set("a..b", 1, Source::flag("--set")).load());
    assert_eq!(wrong[0].to_string(), "flag:--set: `a..b` is no setting");
}

#[test]
fn a_size_of_a_higher_layer_brings_its_own_marks() {
    let directory = tempfile::tempdir().unwrap();
    let text = "preset = \"production\"\n[priority_buffers.critical]\nmax_size = 100\n";
    let loaded = file(&directory, "a.toml", text).load().unwrap();
    let buffer = loaded.config.buffer(Priority::Critical);
    assert_eq!((buffer.max_size, buffer.high_water_mark, buffer.low_water_mark), (100, 80, 20));
    assert_eq!(buffer.flush_interval_ms, 10, "the rest of the preset stays");
    let source = loaded.sources.get("priority_buffers.critical.high_water_mark");
    assert!(source.to_string().ends_with("a.toml:3"), "{source}");

    // Within one layer, both are given on purpose, whatever the order of their names.
    let both = [
        ("TRADEBUS_DEFAULT_BUFFER_CONFIG__MAX_SIZE", "100"),
        ("TRADEBUS_DEFAULT_BUFFER_CONFIG__HIGH_WATER_MARK", "60"),
        ("TRADEBUS_DEFAULT_BUFFER_CONFIG__LOW_WATER_MARK", "30"),
    ];
    let buffer = environment(&both).unwrap().config.default_buffer_config;
    assert_eq!((buffer.high_water_mark, buffer.low_water_mark), (60, 30));
}

#[test]
fn an_instance_id_is_made_and_says_so() {
    let loaded = toml("use_instance_id = true").unwrap();
    assert!(uuid::Uuid::parse_str(loaded.config.instance_id.as_deref().unwrap()).is_ok());
    assert_eq!(loaded.sources.get("instance_id").to_string(), "generated");
}
