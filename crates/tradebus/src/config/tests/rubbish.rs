//! Nothing that a file or an environment can hold makes reading panic or take long, and what passes the checks can be read.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::file;
use crate::config::shape::{Kind, Shape};
use crate::config::{ConfigError, Loader, Source};

/// Any JSON, with the odd real key in it.
pub(in crate::config) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_i64..200).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "(wait|MAXLEN|topic|json|production|64MiB|high|memory:|redis://a:b@c)".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_key(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    let known: Vec<String> = known_keys(Shape::root());
    prop_oneof![4 => prop::sample::select(known), 1 => ".{0,6}", 1 => Just("2".to_owned())]
}

fn known_keys(shape: Shape) -> Vec<String> {
    let below = |field: Shape| {
        if matches!(field.kind(), Kind::Table | Kind::Tiers) { known_keys(field) } else { vec![] }
    };
    shape.fields().flat_map(|(key, field)| std::iter::once(key.to_owned()).chain(below(field))).collect()
}

/// A table with real keys and values that often fit, so that the checks are passed now and then.
pub(in crate::config) fn any_config() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(any_key(), any_value(), 0..8)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// The checks come before serde; if serde found more, they would have missed something.
fn never_serde_s_own(error: &ConfigError) {
    assert!(!error.to_string().contains("cannot be read as"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_answered(config in any_config()) {
        let directory = tempfile::tempdir().unwrap();
        if let Err(error) = file(&directory, "a.json", &config.to_string()).load() {
            never_serde_s_own(&error);
            prop_assert!(!matches!(error, ConfigError::Syntax { .. }), "{error}");
        }
    }

    #[test]
    fn any_one_field_is_answered(key in any_key(), value in any_value()) {
        for loader in [
            Loader::new().set(&key, value.clone(), Source::flag("--set")),
            Loader::new().set("priority_buffers.high", json!({ &key: &value }), Source::flag("--set")),
            Loader::new().set("stream_configs.x", json!({ &key: &value }), Source::flag("--set")),
            Loader::new().set("subscriptions", json!([{ &key: &value, "pattern": "a" }]), Source::flag("--set")),
        ] {
            match loader.load() {
                Ok(loaded) => drop((loaded.to_toml(), loaded.to_json(), format!("{loaded:?}"))),
                Err(error) => never_serde_s_own(&error),
            }
        }
    }

    #[test]
    fn any_text_is_answered(text in "(?s).{0,200}", name in "a\\.(toml|json)") {
        let directory = tempfile::tempdir().unwrap();
        let _ = file(&directory, &name, &text).load().map_err(|error| error.to_string());
    }

    #[test]
    fn any_near_toml_is_answered(text in "((redis_port|store|\\[priority_buffers\\.high\\]|max_size|\\[\\[subscriptions\\]\\]|=|\"|'|\n|1|\\.|\\{|\\}|\\[|\\]|é|#|,) ?){0,40}") {
        let directory = tempfile::tempdir().unwrap();
        if let Err(error) = file(&directory, "a.toml", &text).load() {
            never_serde_s_own(&error);
        }
    }

    #[test]
    fn any_variable_is_answered(name in "[A-Z_0-9é]{0,12}", key in any_key(), value in ".{0,20}", json in any_value()) {
        let key = key.to_uppercase();
        let value = |name: String| [(name.clone(), value.clone()), (name, json.to_string())];
        for (name, value) in [format!("TRADEBUS_{name}"), format!("TRADEBUS_{key}"), format!("TRADEBUS_{key}__{name}"),
            format!("TRADEBUS_{key}_FILE")].into_iter().flat_map(value) {
            if let Err(error) = Loader::new().environment([(name, value)]).load() {
                never_serde_s_own(&error);
            }
        }
    }
}

#[test]
fn a_large_file_of_rubbish_is_answered_soon_and_briefly() {
    let directory = tempfile::tempdir().unwrap();
    let keys = |end: usize, line: fn(usize) -> String| (0..end).map(line).collect::<Vec<_>>();
    let files = [
        ("a.toml", keys(60_000, |n| format!("redis_pot{n} = 1")).join("\n")),
        ("b.json", format!("{{{}}}", keys(60_000, |n| format!("\"redis_pot{n}\":1")).join(","))),
        ("c.json", format!("{{\"types_filter\":[{}]}}", keys(150_000, |n| n.to_string()).join(","))),
        ("d.json", format!("{{\"subscriptions\":{}1{}}}", "[".repeat(120), "]".repeat(120))),
        ("e.toml", format!("\"{}\" = 1", "k".repeat(1_000_000))),
        ("f.toml", format!("redis_port = \"{}\"", "v".repeat(1_000_000))),
    ];
    for (name, text) in files {
        let start = Instant::now();
        let error = file(&directory, name, &text).load().unwrap_err().to_string();
        assert!(start.elapsed() < Duration::from_secs(10), "{name} took {:?}", start.elapsed());
        assert!(error.len() < 200_000, "{name}: {} bytes", error.len());
    }
}
