//! Values as they are read, each with its source, and how one layer of them is laid over another.

use std::collections::BTreeMap;

use serde_json::Value;

use super::source::{Source, Sources};

/// A value with its source. Has no `Debug`, since it may hold secrets.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) source: Source,
}

#[derive(Clone)]
pub(super) enum Data {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    Leaf(Value),
    /// The text of a variable or a flag, before it is read as what its field holds.
    Text(String),
}

impl Node {
    /// An empty table.
    pub(super) fn table() -> Self {
        Self { data: Data::Table(BTreeMap::new()), source: Source::Default }
    }

    /// A value whose parts all have the same source.
    pub(super) fn new(value: Value, source: &Source) -> Self {
        let data = match value {
            Value::Object(fields) => {
                Data::Table(fields.into_iter().map(|(key, value)| (key, Self::new(value, source))).collect())
            }
            Value::Array(items) => {
                Data::List(items.into_iter().map(|item| Self::new(item, source)).collect())
            }
            leaf => Data::Leaf(leaf),
        };
        Self { data, source: source.clone() }
    }

    /// The text of a variable or a flag.
    pub(super) fn text(text: String, source: &Source) -> Self {
        Self { data: Data::Text(text), source: source.clone() }
    }

    /// A value below the given keys, each a table.
    pub(super) fn nested(keys: &[String], leaf: Self) -> Self {
        keys.iter().rev().fold(leaf, |inner, key| {
            let source = inner.source.clone();
            Self { data: Data::Table([(key.clone(), inner)].into()), source }
        })
    }

    /// The value without its sources.
    pub(super) fn value(&self) -> Value {
        match &self.data {
            Data::Table(fields) => {
                Value::Object(fields.iter().map(|(key, node)| (key.clone(), node.value())).collect())
            }
            Data::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Data::Leaf(leaf) => leaf.clone(),
            Data::Text(text) => text.clone().into(),
        }
    }

    /// Takes a field out of a table.
    pub(super) fn take(&mut self, key: &str) -> Option<Self> {
        match &mut self.data {
            Data::Table(fields) => fields.remove(key),
            _ => None,
        }
    }

    /// Adds what is given to the same layer: tables are joined, anything else is replaced.
    pub(super) fn join(&mut self, other: Self) {
        self.merge(other, false);
    }

    /// Lays a higher layer over this one: tables are joined, anything else is replaced.
    ///
    /// A `max_size` of the higher layer takes the marks of the lower one away, since they were meant for another size.
    pub(super) fn lay_over(&mut self, upper: Self) {
        self.merge(upper, true);
    }

    fn merge(&mut self, upper: Self, marks_follow: bool) {
        let (lower, upper) = match (&mut self.data, upper) {
            (Data::Table(lower), Self { data: Data::Table(upper), .. }) => (lower, upper),
            (_, upper) => return *self = upper,
        };
        if marks_follow && upper.contains_key("max_size") {
            lower.remove("high_water_mark");
            lower.remove("low_water_mark");
        }
        for (key, node) in upper {
            match lower.get_mut(&key) {
                Some(below) => below.merge(node, marks_follow),
                None => drop(lower.insert(key, node)),
            }
        }
    }

    /// The source of every value and every list in the tree.
    pub(super) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        self.collect("", &mut sources.0);
        sources
    }

    fn collect(&self, path: &str, sources: &mut BTreeMap<String, Source>) {
        match &self.data {
            Data::Table(fields) => {
                for (key, node) in fields {
                    node.collect(&join(path, key), sources);
                }
            }
            Data::List(items) => {
                sources.insert(path.to_owned(), self.source.clone());
                for (index, node) in items.iter().enumerate() {
                    node.collect(&format!("{path}[{index}]"), sources);
                }
            }
            Data::Leaf(_) | Data::Text(_) => drop(sources.insert(path.to_owned(), self.source.clone())),
        }
    }
}

/// The path of a key below a path: `stream_configs."data.quotes"`.
pub(super) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let dot = if path.is_empty() { "" } else { "." };
    if bare { format!("{path}{dot}{key}") } else { format!("{path}{dot}{}", quoted(key)) }
}

/// Text in double quotes, as JSON writes it and TOML reads it too.
pub(super) fn quoted(text: &str) -> String {
    // This one character has to be escaped only in TOML.
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Deeper than any setting lies. Names are cut here, so that a hostile one does not become a deep tree.
pub(super) const DEEPEST: usize = 8;

/// The keys of a path; none where it is no path, or deeper than any setting. Keys with a dot stand in double quotes.
pub(super) fn split(path: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut rest = path;
    loop {
        let (key, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if key.is_empty() || keys.len() == DEEPEST {
            return None;
        }
        keys.push(key.to_owned());
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DEEPEST, Node, split};
    use crate::config::Source;

    #[test]
    fn a_layer_joins_tables_and_replaces_the_rest() {
        let mut node = Node::new(json!({ "a": { "x": 1, "y": [1, 2] }, "b": 1 }), &Source::env("low"));
        node.lay_over(Node::new(json!({ "a": { "y": [3] }, "c": null }), &Source::flag("high")));
        assert_eq!(node.value(), json!({ "a": { "x": 1, "y": [3] }, "b": 1, "c": null }));
        let sources = node.sources();
        assert_eq!(sources.get("a.x"), Source::env("low"));
        assert_eq!(sources.get("a.y[0]"), Source::flag("high"));
        assert_eq!(sources.get("a.y"), Source::flag("high"));
        assert_eq!(sources.get("d"), Source::Default);
    }

    #[test]
    fn marks_meant_for_another_size_go() {
        let low = json!({ "b": { "max_size": 10, "high_water_mark": 9, "low_water_mark": 1 } });
        let mut node = Node::new(low, &Source::env("low"));
        node.lay_over(Node::new(
            json!({ "b": { "max_size": 5, "low_water_mark": 2 } }),
            &Source::flag("high"),
        ));
        assert_eq!(node.value(), json!({ "b": { "max_size": 5, "low_water_mark": 2 } }));
        assert_eq!(node.sources().get("b.high_water_mark"), Source::flag("high"));
    }

    #[test]
    fn paths_are_split_at_dots_outside_quotes() {
        assert_eq!(split("a.b_c").unwrap(), ["a", "b_c"]);
        assert_eq!(split("a.\"b.c\".d").unwrap(), ["a", "b.c", "d"]);
        assert_eq!(split("a.b.c.d.e.f.g.h").unwrap().len(), DEEPEST);
        for wrong in ["a.b.c.d.e.f.g.h.i", "", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "\"\""] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
