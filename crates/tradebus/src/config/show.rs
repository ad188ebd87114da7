//! Shows a configuration: as TOML or JSON with the source of each value, and what differs from the default.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::BusConfig;
use super::loader::Loaded;
use super::tree::{join, quoted};

/// A value that differs from the default.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The field.
    pub path: String,
    /// Its default; null where there is none.
    pub default: Value,
    /// Its value, without secrets.
    pub value: Value,
}

impl BusConfig {
    /// What differs from the default, by path. Secrets are hidden.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        collect(&tree(&Self::default()), &tree(self), "", &mut changes);
        changes
    }
}

impl Loaded {
    /// The configuration as TOML, with the source of each value behind it. Secrets are hidden.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        if let Value::Object(fields) = tree(&self.config) {
            let source = |path: &str| Some(self.sources.get(path).to_string());
            table(&fields, "", &source, &mut text);
        }
        text
    }

    /// The configuration and the sources of its values, by path, as JSON. Secrets are hidden.
    pub fn to_json(&self) -> Value {
        let config = tree(&self.config);
        let mut sources = Map::new();
        leaves(&config, "", &mut |path, _| {
            sources.insert(path.to_owned(), self.sources.get(path).to_string().into());
        });
        json!({ "config": config, "sources": sources })
    }
}

pub(super) fn tree(config: &BusConfig) -> Value {
    // Nothing in a configuration is a key or a number that JSON does not know.
    serde_json::to_value(config).unwrap_or_default()
}

/// What a configuration holds beyond the defaults.
pub(super) fn difference_from_default(config: &BusConfig) -> Value {
    difference(&tree(&BusConfig::default()), tree(config)).unwrap_or_else(|| json!({}))
}

fn difference(base: &Value, value: Value) -> Option<Value> {
    match (base, value) {
        (base, value) if *base == value => None,
        (Value::Object(base), Value::Object(fields)) => {
            let fields = fields.into_iter().filter_map(|(key, value)| {
                let changed = base.get(&key).map_or(Some(value.clone()), |base| difference(base, value))?;
                Some((key, changed))
            });
            Some(Value::Object(fields.collect()))
        }
        (_, value) => Some(value),
    }
}

fn collect(base: &Value, value: &Value, path: &str, changes: &mut Vec<Change>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                collect(base.get(key).unwrap_or(&Value::Null), value, &join(path, key), changes);
            }
        }
        value if value == base => {}
        value => {
            changes.push(Change { path: path.to_owned(), default: base.clone(), value: value.clone() });
        }
    }
}

fn leaves(value: &Value, path: &str, found: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &join(path, key), found);
            }
        }
        leaf => found(path, leaf),
    }
}

/// Writes a table: first its values, then the tables in it, as TOML wants it. Behind a value stands what there is to remark on it, on one line.
pub(super) fn table(
    fields: &Map<String, Value>,
    path: &str,
    remark: &dyn Fn(&str) -> Option<String>,
    text: &mut String,
) {
    // Writing to a text cannot fail.
    for (key, value) in fields {
        let key = join("", key);
        match value {
            Value::Object(_) => {}
            Value::Null => drop(writeln!(text, "# {key} is not set")),
            value => drop(match remark(&join_quoted(path, &key)) {
                Some(remark) => writeln!(text, "{key} = {} # {remark}", toml_value(value)),
                None => writeln!(text, "{key} = {}", toml_value(value)),
            }),
        }
    }
    for (key, value) in fields {
        if let Value::Object(fields) = value {
            let path = join(path, key);
            if fields.values().any(|value| !value.is_object()) || fields.is_empty() {
                let _ = writeln!(text, "\n[{path}]");
            }
            table(fields, &path, remark, text);
        }
    }
}

/// The path of a key that is quoted already where it has to be.
fn join_quoted(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A value on one line. TOML has no null, so what is null is left out.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter(|item| !item.is_null()).map(toml_value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let set = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                set.map(|(key, value)| format!("{} = {}", join("", key), toml_value(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::String(text) => quoted(text),
        value => value.to_string(),
    }
}
