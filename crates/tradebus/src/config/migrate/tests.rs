//! Migrations as a whole: what goes in, what comes out, and that it can be read.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Migration, MigrationAction, MigrationSource, MigrationStep, migrate, migrate_file};
use crate::Priority;
use crate::config::tests::{any_config, any_value};
use crate::config::{ConfigError, Finding, Loader, Serializer, TrimStrategy};

const SECRET: &str = "hunter2";

fn done(value: Value) -> Migration {
    let shown = value.to_string();
    let migration = migrate(value, None).unwrap_or_else(|error| panic!("{shown}: {error}"));
    reads_back(&migration);
    migration
}

fn nautilus(value: Value) -> Migration {
    let migration = migrate(value, Some(MigrationSource::Nautilus)).unwrap();
    reads_back(&migration);
    migration
}

/// What is written is what was migrated: with its secrets, or with the variables that hold them.
fn reads_back(migration: &Migration) {
    let directory = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str, variables: Vec<(String, String)>| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let loaded = Loader::new().file(&path).environment(variables).load();
        let mut config = loaded.unwrap_or_else(|error| panic!("{error}:\n{text}")).config;
        // The loader makes one where it is needed; a migration does not.
        config.instance_id = config.instance_id.filter(|_| migration.config.instance_id.is_some());
        config
    };
    let config = &migration.config;
    assert_eq!(&read("a.toml", &migration.to_toml_with_secrets(), Vec::new()), config);
    let password = config.redis_password.as_ref().map(|it| ("TRADEBUS_REDIS_PASSWORD", it.expose()));
    let store = config.store.as_ref().map(|it| ("TRADEBUS_STORE", it.expose()));
    let variables: Vec<_> =
        password.into_iter().chain(store).map(|(name, it)| (name.to_owned(), it.to_owned())).collect();
    assert_eq!(&read("b.toml", &migration.to_toml(), variables.clone()), config);
    assert_eq!(&read("c.json", &migration.to_json().to_string(), variables), config);
}

fn wrong(value: Value, from: Option<MigrationSource>) -> Vec<Finding> {
    match migrate(value, from) {
        Err(ConfigError::Invalid { findings }) => findings,
        other => panic!("wrong values were expected: {other:?}"),
    }
}

fn step<'a>(migration: &'a Migration, from: &str) -> &'a MigrationStep {
    let found = migration.steps.iter().find(|step| step.from.as_deref() == Some(from));
    found.unwrap_or_else(|| panic!("no step for {from}: {:#?}", migration.steps))
}

#[test]
fn every_field_of_a_nautilus_bus() {
    let migration = done(json!({
        "database": {
            "type": "redis", "host": "redis.internal", "port": 6380, "username": "me", "password": SECRET, "ssl": false,
            "timeout": 7, "response_timeout": 9, "number_of_retries": 100, "exponent_base": 2, "max_delay": 1000, "factor": 2,
        },
        "encoding": "json", "encoding_market_data": null, "encoding_builtin": "json", "timestamps_as_iso8601": true,
        "buffer_interval_ms": 100, "autotrim_mins": 60, "autotrim_maxlen": 5000, "use_trader_prefix": false,
        "use_trader_id": false, "use_instance_id": true, "streams_prefix": "bus", "stream_per_topic": false,
        "external_streams": ["a", "b"], "heartbeat_interval_secs": 5,
        "types_filter": ["nautilus_trader.model.data:QuoteTick", "<class 'nautilus_trader.model.data.TradeTick'>", "Bar"],
    }));
    assert_eq!(migration.kind, MigrationSource::Nautilus);
    assert_eq!(
        migration.to_json(),
        json!({
            "redis_host": "redis.internal", "redis_port": 6380, "redis_username": "me", "connection_timeout": 7,
            "command_timeout": 9, "encoding": "json", "timestamps_as_iso8601": true, "buffer_interval_ms": 100,
            "autotrim_mins": 60, "default_stream_config": { "max_length": 5000 }, "use_trader_prefix": false,
            "use_trader_id": false, "use_instance_id": true, "streams_prefix": "bus", "stream_per_topic": false,
            "external_streams": ["a", "b"], "types_filter": ["QuoteTick", "TradeTick", "Bar"],
            "heartbeat_interval_secs": 5,
        })
    );
    for (from, to, action) in [
        ("database.type", &[][..], MigrationAction::Dropped),
        ("database.host", &["redis_host"], MigrationAction::Renamed),
        ("database.password", &["redis_password"], MigrationAction::Renamed),
        ("database.timeout", &["connection_timeout"], MigrationAction::Renamed),
        ("database.max_delay", &[], MigrationAction::Dropped),
        ("encoding", &["encoding"], MigrationAction::Kept),
        ("autotrim_maxlen", &["default_stream_config.max_length"], MigrationAction::Renamed),
        ("types_filter", &["types_filter"], MigrationAction::Converted),
    ] {
        let step = step(&migration, from);
        assert_eq!(
            (&step.to[..], step.action),
            (&to.iter().map(ToString::to_string).collect::<Vec<_>>()[..], action)
        );
    }
}

#[test]
fn defaults_of_nautilus_are_written_out() {
    let defaults = json!({
        "connection_timeout": 20, "encoding": "msgpack", "stream_per_topic": true, "autotrim_mins": 0, "trader_id": "TRADER-001",
    });
    let given = done(json!({ "database": {} }));
    assert_eq!(given.to_json(), defaults);
    // As Nautilus 1.221 writes it: every field is there, and many are null.
    let written = done(json!({
        "database": {
            "type": "redis", "host": null, "port": null, "username": null, "password": null, "ssl": false, "timeout": 20,
        },
        "encoding": "msgpack", "timestamps_as_iso8601": false, "buffer_interval_ms": null, "autotrim_mins": null,
        "use_trader_prefix": true, "use_trader_id": true, "use_instance_id": false, "streams_prefix": "stream",
        "stream_per_topic": true, "external_streams": null, "types_filter": null, "heartbeat_interval_secs": null,
    }));
    assert_eq!(written.config, given.config);
    assert_eq!(step(&written, "autotrim_mins").action, MigrationAction::DefaultWritten);
    let newer = nautilus(json!({ "autotrim_maxlen": null }));
    assert_eq!(newer.config.encoding, Some(Serializer::Json));
    // Times of 0 mean at once on both sides.
    assert_eq!(nautilus(json!({ "buffer_interval_ms": 0 })).config.buffer_interval_ms, None);
    // Without a trader in the keys it does not matter whose streams they are.
    assert!(!nautilus(json!({ "use_trader_id": false })).to_toml().contains("TRADER-001"));
}

#[test]
fn the_bus_of_a_whole_node() {
    let id = "573c9658-7cbc-4937-ad4a-ece95105b800";
    let migration = done(json!({
        "environment": "live", "trader_id": "T-1", "instance_id": id, "cache": { "database": { "password": SECRET } },
        "message_bus": { "encoding": "json" }, "trader_idd": "T-2",
    }));
    assert_eq!(migration.config.trader_id, "T-1");
    assert_eq!(migration.config.instance_id.as_deref(), Some(id));
    assert_eq!(step(&migration, "message_bus.encoding").action, MigrationAction::Kept);
    assert_eq!(step(&migration, "cache").action, MigrationAction::Dropped);
    let slip = step(&migration, "trader_idd");
    assert_eq!(
        (slip.action, slip.note.as_str()),
        (MigrationAction::Unknown, "is no setting: did you mean `trader_id`?")
    );
    assert_eq!(wrong(json!({ "message_bus": null }), None)[0].path, "message_bus");
}

#[test]
fn tls_makes_one_url_of_the_store() {
    let database =
        json!({ "host": "h", "port": 6390, "username": "me", "password": "p@ss/word", "ssl": true });
    let migration = done(json!({ "database": database }));
    assert_eq!(migration.config.store.as_ref().unwrap().expose(), "rediss://me:p%40ss%2Fword@h:6390/0");
    assert_eq!(migration.to_json()["store"], "rediss://h:6390/0");
    assert_eq!(step(&migration, "database.host").to, ["store"]);
    assert!(step(&migration, "database.password").note.contains("TRADEBUS_STORE"), "{:?}", migration.steps);
    assert!(migration.report.is_clean(), "{:?}", migration.report);
    let url = done(json!({ "redis_url": "redis://:word@h/1", "redis_ssl": true }));
    assert_eq!(url.config.store.as_ref().unwrap().expose(), "rediss://:word@h/1");
    assert_eq!(wrong(json!({ "redis": { "tls": true, "host": "a@b" } }), None)[0].path, "redis.host");
}

#[test]
fn the_original_system_in_its_own_spelling_and_in_others() {
    let original: Value = serde_json::from_str(include_str!("../tests/original.json")).unwrap();
    let as_it_is = done(original);
    assert_eq!(as_it_is.kind, MigrationSource::Original);
    assert!(
        as_it_is.steps.iter().all(|step| step.action != MigrationAction::Unknown),
        "{:#?}",
        as_it_is.steps
    );
    let again = migrate(as_it_is.to_json(), None).unwrap();
    assert_eq!(again.to_json(), as_it_is.to_json());

    let config = done(json!({
        "redis": { "host": "h", "port": 6380, "db": 1, "password": SECRET, "connection_timeout_ms": 2500 },
        "maxWorkers": 4,
        "metrics": { "enabled": false, "interval_seconds": 2.5 },
        "buffers": {
            "MessagePriority.HIGH": { "max_size": 5000, "flush_interval_seconds": 0.05 }, "0": { "maxSize": 10 },
        },
        "default_buffer_config": { "max_size": 5000, "low_water_mark": 2000 },
        "streams": { "orders.x": { "maxlen": 100, "trim_strategy": "TrimStrategy.MIN_ID", "group": "g" } },
        "subscriptions": [{ "topic": "data.*", "priority": "MessagePriority.CRITICAL", "filters": { "venue": ["A", null] } }],
        "serializer": "MessagePack",
    }))
    .config;
    assert_eq!((config.redis_host.as_str(), config.redis_port, config.redis_db), ("h", 6380, 1));
    assert_eq!((config.max_workers, config.enable_metrics, config.metrics_interval_ms), (4, false, 2500));
    assert_eq!(config.connection_timeout.to_string(), "2.5");
    assert_eq!(config.buffer(Priority::High).flush_interval_ms, 50);
    assert_eq!(config.buffer(Priority::Low).max_size, 10);
    assert_eq!(config.default_buffer_config.low_water_mark, 2000);
    assert_eq!(config.stream("orders.x").trim_strategy, TrimStrategy::MinId);
    assert_eq!(config.subscriptions[0].priority, Priority::Critical);
    assert_eq!(config.subscriptions[0].filters["venue"], json!(["A"]));
    assert_eq!(config.default_serializer, Serializer::MsgPack);
}

#[test]
fn what_is_not_known_is_told_and_not_taken() {
    let migration = done(json!({
        "redis_host": "h", "redis_prot": 1, "flush_interval": 5, "buffers": { "urgent": {}, "high": { "max_sise": 1 } },
    }));
    for (from, note) in [
        ("redis_prot", "is no setting: did you mean `redis_port`?"),
        ("flush_interval", "is no setting"),
        ("buffers.urgent", "is no setting"),
        ("buffers.high.max_sise", "is no setting: did you mean `priority_buffers.high.max_size`?"),
    ] {
        let step = step(&migration, from);
        assert_eq!((step.action, step.note.as_str(), step.to.len()), (MigrationAction::Unknown, note, 0));
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_where_it_was_given() {
    let findings = wrong(
        json!({
            "database": { "port": "x", "password": 31337, "type": "mysql", "ssl": "yes" }, "encoding": "sbe",
            "autotrim_mins": -1, "external_streams": ["a", 5],
        }),
        None,
    );
    let mut paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "autotrim_mins",
            "database.password",
            "database.port",
            "database.ssl",
            "database.type",
            "encoding",
            "external_streams[1]",
        ]
    );
    assert!(findings.iter().all(|finding| !finding.to_string().contains("31337")), "{findings:?}");
    let twice = wrong(json!({ "redis_host": "a", "redis": { "host": "b" } }), None);
    assert_eq!(twice[0].to_string(), "`redis_host` means the same setting as `redis.host`: `redis_host`");
    let rule = wrong(json!({ "minWorkers": 9, "max_workers": 3 }), None);
    assert_eq!(rule[0].path, "minWorkers");
    for nothing in [json!([]), json!(null), json!("x"), json!({}), json!({ "a": 1 })] {
        assert_eq!(wrong(nothing, None).len(), 1);
    }
    let both = wrong(json!({ "redis_host": "a", "database": {} }), None);
    assert!(both[0].message.contains("both systems"), "{both:?}");
}

#[test]
fn a_file_tells_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node.json");
    std::fs::write(&path, "{\n \"database\": {\n  \"port\": \"x\"\n }\n}").unwrap();
    let error = migrate_file(&path, None).unwrap_err().to_string();
    assert!(error.contains("node.json:3: `database.port` is \"x\""), "{error}");
    std::fs::write(&path, "{ x").unwrap();
    assert!(matches!(migrate_file(&path, None), Err(ConfigError::Syntax { line: 1, .. })));
}

#[test]
fn secrets_are_shown_nowhere() {
    let url = format!("redis://me:{SECRET}@h/1");
    for value in [
        json!({ "database": { "password": SECRET } }),
        json!({ "database": { "host": "h", "password": SECRET, "ssl": true } }),
        json!({ "redis_password": SECRET }),
        json!({ "redis": { "password": SECRET, "tls": true } }),
        json!({ "redis": url }),
        json!({ "redis_url": url }),
        json!({ "store": format!("unix:///s?user=me&pass={SECRET}") }),
        json!({ "redis_host": "h", "redis_pasword": SECRET, (url.as_str()): SECRET }),
    ] {
        let migration = done(value);
        for shown in [
            format!("{migration:?}"),
            migration.to_toml(),
            migration.to_json().to_string(),
            serde_json::to_string(&migration).unwrap(),
        ] {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
    for value in [
        json!({ "database": url }),
        json!({ "database": { "host": url } }),
        json!({ "database": { "type": url, "password": [SECRET], "ssl": SECRET } }),
        json!({ "redis": SECRET }),
        json!({ "redis": { "tls": true, "host": url, "password": SECRET } }),
        json!({ "redis_url": SECRET }),
        json!({ "redis_url": format!("redis://:{SECRET}"), "redis_ssl": true }),
        json!({ "metrics_interval_s": SECRET, "priority_buffers": SECRET }),
    ] {
        let error = migrate(value, None).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    }
}

/// Paths of the fields that were given, without what is below a field that is known.
fn given(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_answered_and_what_is_written_is_read(value in any_config(), nautilus in any::<bool>(), other in any_value()) {
        let from = if nautilus { MigrationSource::Nautilus } else { MigrationSource::Original };
        let fields = given(&value);
        if let Ok(migration) = migrate(value.clone(), Some(from)) {
            reads_back(&migration);
            let tops = migration.steps.iter().filter(|step| step.from.is_some()).count();
            prop_assert!(tops >= fields, "{value}: {:#?}", migration.steps);
        }
        // Whatever it is, it is answered.
        let _ = migrate(other, None);
    }
}
