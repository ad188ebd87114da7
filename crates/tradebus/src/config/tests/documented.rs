//! The schema and the page of the configuration say what the fields say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::BusConfig;
use crate::config::shape::{Kind, Shape};
use crate::config::{schema, size};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md"));

/// The row of a field: the cells of field, unit, default, allowed and what it does.
fn row(section: &str, field: &str) -> Vec<String> {
    let start = PAGE.find(&format!("## `{section}`")).unwrap_or_else(|| panic!("no section {section}"));
    let text = PAGE[start + 3..].split("\n## ").next().unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(&format!("| `{field}` |")));
    let line = line.unwrap_or_else(|| panic!("`{field}` is not described in {section}"));
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn tables() -> Vec<(&'static str, Shape, Value)> {
    let root = Shape::root();
    let field = |name| root.field(name).unwrap();
    let default = serde_json::to_value(BusConfig::default()).unwrap();
    let Kind::List(subscription) = field("subscriptions").kind() else { panic!("subscriptions are a list") };
    vec![
        ("default_buffer_config", field("default_buffer_config"), default["default_buffer_config"].clone()),
        ("default_stream_config", field("default_stream_config"), default["default_stream_config"].clone()),
        (
            "subscriptions",
            subscription,
            serde_json::to_value(crate::config::SubscriptionConfig::default()).unwrap(),
        ),
        ("BusConfig", root, default),
    ]
}

fn default_text(shape: Shape, default: &Value) -> Option<String> {
    Some(match (shape.kind(), default) {
        (_, Value::Null) => "none".to_owned(),
        (Kind::Size, bytes) => size::text(bytes.as_u64()?),
        (Kind::Bool | Kind::Integer, value) => value.to_string(),
        (Kind::Number, value) => value.as_f64()?.to_string(),
        (Kind::Text | Kind::Choice(_) | Kind::Tier, Value::String(text)) if !text.is_empty() => {
            format!("`{text}`")
        }
        _ => return None,
    })
}

#[test]
fn every_field_is_described_with_its_default_and_bounds() {
    let mut described = 0;
    for (section, table, defaults) in tables() {
        for (name, shape) in table.fields() {
            let row = row(section, name);
            let [_, _, default, allowed, does] = row.as_slice() else {
                panic!("{name}: five cells are wanted: {row:?}")
            };
            assert!(does.len() > 10, "{name}");
            if let Some(text) = default_text(shape, &defaults[name]) {
                assert!(default.starts_with(&text), "{name}: the default is {text}, not {default}");
            }
            let text = |bound: &Value| match shape.kind() {
                Kind::Size => size::text(bound.as_u64().unwrap()),
                _ => bound.as_f64().unwrap().to_string(),
            };
            if let (Some(min), Some(max)) = shape.bounds() {
                let bounds = format!("{} to {}", text(min), text(max)).replace("1 bytes", "1 byte");
                assert!(allowed.starts_with(&bounds), "{name}: allowed is {bounds}, not {allowed}");
            }
            if let Kind::Choice(words) = shape.kind() {
                assert_eq!(
                    *allowed,
                    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
                    "{name}"
                );
            }
            described += 1;
        }
    }
    assert!(described > 80, "{described}");
}

#[test]
fn the_page_describes_no_field_that_is_not_there() {
    let known: BTreeSet<&str> =
        tables().into_iter().flat_map(|(_, table, _)| table.fields().map(|(name, _)| name)).collect();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let name = line.split('`').nth(1).unwrap();
        assert!(known.contains(name) || name.contains("TRADEBUS_") || name.contains('.'), "{name}");
    }
}

#[test]
fn the_schema_describes_every_field_and_knows_the_secrets() {
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    for (name, field) in properties {
        assert!(field.get("description").is_some_and(|text| text.as_str().unwrap().len() > 10), "{name}");
    }
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(properties["redis_port"]["default"], 6379);
    assert_eq!(properties["redis_port"]["maximum"], 65_535);
    let secret: Vec<&str> =
        Shape::root().fields().filter(|(_, field)| field.is_secret()).map(|(name, _)| name).collect();
    assert_eq!(secret, ["redis_password", "store"]);
}

#[test]
fn the_description_of_a_number_repeats_its_bounds() {
    let mut checked = 0;
    for (section, table, _) in tables() {
        for (name, shape) in table.fields() {
            let (Some(min), Some(max)) = shape.bounds() else { continue };
            let description = shape.description();
            for bound in [min, max] {
                let text = match shape.kind() {
                    Kind::Size => {
                        size::text(bound.as_u64().unwrap()).replace("1 bytes", "1 byte").replace(" bytes", "")
                    }
                    _ => bound.as_f64().unwrap().to_string(),
                };
                // Marks are bounded by each other, which says more.
                let mark = name.ends_with("water_mark");
                assert!(
                    mark || description.contains(&text),
                    "{section}.{name}: {text} is not in: {description}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 35, "{checked}");
}
