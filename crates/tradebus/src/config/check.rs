//! Holds a layer against the schema: unknown keys, wrong types, values out of range, all of them at once.
//!
//! Values are also brought into one spelling (`MAXLEN` becomes `maxlen`, the tier `3` becomes `critical`, `"64MiB"` a number),
//! so that layers with different spellings lie over each other. What is wrong is taken out of the tree, so that the rest
//! can be read.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::finding::Finding;
use super::redact::{HIDDEN, redact_url};
use super::shape::{Kind, Shape};
use super::source::Source;
use super::tree::{Data, Node, join};
use super::{near, size};
use crate::Priority;

/// Most findings that are worth reading; a file that is no configuration at all has one for each of its lines.
const MOST: usize = 500;

/// What was wrong in one layer or more.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) findings: Vec<Finding>,
}

impl Checker {
    /// The fields that are wrong by themselves.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.findings.iter().map(|finding| finding.path.clone()).collect()
    }

    /// Checks a whole layer.
    pub(super) fn layer(&mut self, node: &mut Node) {
        if !self.keep(Shape::root(), node, "") {
            *node = Node::table();
        }
    }

    /// Adds a finding, unless there are more than enough.
    pub(super) fn add(&mut self, finding: Finding, source: &Source) {
        if self.findings.len() < MOST {
            self.findings.push(finding.at(source));
        } else if self.findings.len() == MOST {
            self.findings.push(Finding::new("", "", "", "there is more that is wrong: mend this first"));
        }
    }

    /// Checks a value; false if it is wrong and has to go.
    fn keep(&mut self, shape: Shape, node: &mut Node, path: &str) -> bool {
        if let Err(found) = read_text(shape, node) {
            self.add(Finding::not_allowed(path, found, shape.allowed()), &node.source);
            return false;
        }
        let kind = shape.kind();
        match (&mut node.data, &kind) {
            (_, Kind::Any) => true,
            (Data::Leaf(Value::Null), _) if shape.is_optional() => true,
            (Data::Table(fields), Kind::Tiers) => {
                self.tiers(fields, path);
                self.table(shape, fields, path);
                true
            }
            (Data::Table(fields), Kind::Table | Kind::Named(_)) => {
                self.table(shape, fields, path);
                true
            }
            (Data::List(items), Kind::List(shape)) => {
                let mut index = 0;
                items.retain_mut(|item| {
                    index += 1;
                    self.keep(*shape, item, &format!("{path}[{}]", index - 1))
                });
                true
            }
            _ => self.scalar(shape, &kind, node, path),
        }
    }

    fn scalar(&mut self, shape: Shape, kind: &Kind, node: &mut Node, path: &str) -> bool {
        if let Data::Leaf(leaf) = &mut node.data
            && scalar(shape, kind, leaf)
        {
            return true;
        }
        self.add(Finding::not_allowed(path, given(shape, node), shape.allowed()), &node.source);
        false
    }

    fn table(&mut self, shape: Shape, fields: &mut BTreeMap<String, Node>, path: &str) {
        fields.retain(|key, node| {
            let below = join(path, key);
            if let Some(shape) = shape.field(key) {
                return self.keep(shape, node, &below);
            }
            // Looking for the key that was meant takes time, and a file may hold a hundred thousand unknown ones.
            if self.findings.len() <= MOST {
                self.add(near::unknown(shape, key, path, &node.source), &node.source);
            }
            false
        });
    }

    /// Gives tiers their one name. A name that is none stays, and is unknown.
    fn tiers(&mut self, fields: &mut BTreeMap<String, Node>, path: &str) {
        for (key, node) in std::mem::take(fields) {
            let name = key.parse().map_or(key, |tier: Priority| tier.name().to_owned());
            let source = node.source.clone();
            if fields.insert(name.clone(), node).is_some() {
                let finding =
                    Finding::new(join(path, &name), "", "one table for each tier", "is given twice");
                self.add(finding, &source);
            }
        }
    }
}

/// Reads the text of a variable or a flag as what the field holds. The error is what to show instead of the text.
fn read_text(shape: Shape, node: &mut Node) -> Result<(), String> {
    let Data::Text(text) = &node.data else { return Ok(()) };
    let word = text.trim();
    let read = match shape.kind() {
        _ if word.is_empty() && shape.is_optional() => Some(Value::Null),
        Kind::Bool => match word.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true.into()),
            "false" | "0" => Some(false.into()),
            _ => None,
        },
        Kind::Integer | Kind::Number => serde_json::from_str::<Number>(word).ok().map(Value::Number),
        Kind::Table | Kind::Tiers | Kind::Named(_) | Kind::List(_) => match serde_json::from_str(word) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Some(value),
            _ => return Err("text that is no JSON".to_owned()),
        },
        Kind::Any => serde_json::from_str(word).ok().or_else(|| Some(text.as_str().into())),
        Kind::Size | Kind::Text | Kind::Choice(_) | Kind::Tier => Some(text.as_str().into()),
    };
    *node = Node::new(read.ok_or_else(|| given(shape, node))?, &node.source);
    Ok(())
}

/// Whether a single value is one that the field allows; brings it into the one spelling.
fn scalar(shape: Shape, kind: &Kind, leaf: &mut Value) -> bool {
    match kind {
        Kind::Bool => leaf.is_boolean(),
        Kind::Text => leaf.is_string(),
        Kind::Number => leaf.as_f64().is_some_and(|number| within(shape, number)),
        Kind::Integer => whole(leaf) && leaf.as_f64().is_some_and(|number| within(shape, number)),
        Kind::Size => {
            if let Some(bytes) = leaf.as_str().and_then(size::parse) {
                *leaf = bytes.into();
            }
            whole(leaf) && leaf.as_f64().is_some_and(|number| within(shape, number))
        }
        Kind::Choice(words) => {
            let Some(text) = leaf.as_str() else { return false };
            let text = text.trim().replace('-', "_");
            let word = words.iter().find(|word| text.eq_ignore_ascii_case(word));
            word.map(|word| *leaf = (*word).into()).is_some()
        }
        Kind::Tier => {
            let tier = match leaf {
                Value::String(text) => text.trim().parse().ok(),
                Value::Number(number) => number.to_string().parse::<Priority>().ok(),
                _ => None,
            };
            tier.map(|tier| *leaf = tier.name().into()).is_some()
        }
        Kind::Any | Kind::Table | Kind::Tiers | Kind::Named(_) | Kind::List(_) => false,
    }
}

/// Whether a number is whole; writes `5.0` as `5`, as JSON of other languages has it.
fn whole(leaf: &mut Value) -> bool {
    if leaf.is_i64() || leaf.is_u64() {
        return true;
    }
    match leaf.as_f64() {
        // Up to 2^53 a float holds every whole number exactly.
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            *leaf = (number as i64).into();
            true
        }
        _ => false,
    }
}

fn within(shape: Shape, number: f64) -> bool {
    let (min, max) = shape.bounds();
    let bound = |value: Option<&Value>| value.and_then(Value::as_f64);
    number.is_finite()
        && bound(min).is_none_or(|min| number >= min)
        && bound(max).is_none_or(|max| number <= max)
}

/// A wrong value as a message may show it.
fn given(shape: Shape, node: &Node) -> String {
    match &node.data {
        Data::Table(_) => "a table".to_owned(),
        Data::List(_) => "a list".to_owned(),
        _ if shape.is_secret() => HIDDEN.to_owned(),
        Data::Leaf(Value::Null) => "nothing".to_owned(),
        Data::Leaf(Value::String(text)) | Data::Text(text) => match shape.kind() {
            // What stands in place of a table may hold the secrets of a table.
            Kind::Table | Kind::Tiers | Kind::Named(_) | Kind::List(_) => "text".to_owned(),
            // A URL may stand where it does not belong.
            _ => format!("{:?}", redact_url(text)),
        },
        Data::Leaf(leaf) => leaf.to_string(),
    }
}
