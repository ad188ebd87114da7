//! Reads a file, TOML or JSON, into values that know their lines.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::finding::shorten;
use super::redact::redact_url;
use super::source::Source;
use super::tree::{Data, Node};

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads a file: JSON if its name ends in `.json` or its text starts with `{`, otherwise TOML.
pub(super) fn read(path: &Path) -> Result<Node, ConfigError> {
    parse(path, &text(path, MAX_FILE_BYTES)?)
}

/// Reads what would stand in a file of this name.
pub(super) fn parse(path: &Path, text: &str) -> Result<Node, ConfigError> {
    let json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"))
        || text.trim_start().starts_with('{');
    let lines = Lines::new(path, text);
    if json { read_json(text, &lines) } else { read_toml(text, &lines) }
}

/// The text of a file that is not larger than `most` bytes.
pub(super) fn text(path: &Path, most: u64) -> Result<String, ConfigError> {
    let file =
        std::fs::File::open(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    text_of(path, file, most)
}

/// The text of what is read under this name, if that is not more than `most` bytes.
pub(super) fn text_of(path: &Path, reader: impl Read, most: u64) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // The size that the file system tells is that of a moment, and 0 for a pipe: reading is what counts.
    reader.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(ConfigError::TooLarge { path: path.to_owned(), most });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        Lines::new(path, &text).error(valid, "is not UTF-8 from here on")
    })
}

/// Turns offsets into lines and columns.
struct Lines<'a> {
    path: Arc<PathBuf>,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(path: &Path, text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: Arc::new(path.to_owned()), text, starts }
    }

    /// Line of an offset, from 1.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Line and column of an offset, both from 1; the column in characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.text.get(self.starts[line - 1]..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    fn source(&self, offset: usize) -> Source {
        Source::File(Arc::clone(&self.path), self.line(offset))
    }

    fn error(&self, offset: usize, reason: &str) -> ConfigError {
        let (line, column) = self.position(offset);
        ConfigError::Syntax { path: self.path.to_path_buf(), line, column, reason: reason.to_owned() }
    }
}

fn read_toml(text: &str, lines: &Lines<'_>) -> Result<Node, ConfigError> {
    match DeTable::parse(text) {
        Ok(table) => Ok(Node { data: toml_table(table.into_inner(), lines), source: lines.source(0) }),
        // The whole error would print the line, in which a secret may stand.
        Err(error) => Err(lines.error(error.span().map_or(0, |span| span.start), error.message())),
    }
}

fn toml_table(table: DeTable<'_>, lines: &Lines<'_>) -> Data {
    let fields =
        table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), toml_node(value, lines)));
    Data::Table(fields.collect())
}

fn toml_node(value: Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let source = lines.source(value.span().start);
    let data = match value.into_inner() {
        DeValue::Table(table) => toml_table(table, lines),
        DeValue::Array(items) => Data::List(items.into_iter().map(|item| toml_node(item, lines)).collect()),
        DeValue::Boolean(value) => Data::Leaf(value.into()),
        DeValue::String(value) => Data::Leaf(value.into()),
        DeValue::Datetime(value) => Data::Leaf(value.to_string().into()),
        DeValue::Integer(value) => {
            let number = i64::from_str_radix(value.as_str(), value.radix()).map(Value::from);
            Data::Leaf(number.unwrap_or_else(|_| value.as_str().into()))
        }
        // `inf` and `nan` are no numbers of JSON: as text they are wrong for every field that holds a number.
        DeValue::Float(value) => {
            let number = value.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            Data::Leaf(number.map_or_else(|| value.as_str().into(), Value::Number))
        }
    };
    Node { data, source }
}

fn read_json(text: &str, lines: &Lines<'_>) -> Result<Node, ConfigError> {
    // First the whole, which finds every error of syntax and bounds the depth; then its parts with their places.
    let read = serde_json::from_str::<Value>(text).and_then(|_| serde_json::from_str::<&RawValue>(text));
    match read.map_err(|error| (error.line(), error.column(), reason(&error))) {
        Ok(raw) => json_node(raw, text, lines),
        Err((line, column, reason)) => {
            let path = lines.path.to_path_buf();
            Err(ConfigError::Syntax { path, line: line.max(1), column: column.max(1), reason })
        }
    }
}

/// What a JSON error says, without the position, which stands in fields of its own.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn json_node(raw: &RawValue, text: &str, lines: &Lines<'_>) -> Result<Node, ConfigError> {
    // The part is borrowed from the text, so the distance of their addresses is the offset.
    let offset = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let failed = |error: serde_json::Error| lines.error(offset, &reason(&error));
    let data = match raw.get().as_bytes().first() {
        Some(b'{') => {
            let mut fields = BTreeMap::new();
            for (key, value) in serde_json::from_str::<Pairs<'_>>(raw.get()).map_err(failed)?.0 {
                let node = json_node(value, text, lines)?;
                if fields.contains_key(&key) {
                    return Err(lines.error(
                        offset,
                        &format!("the key \"{}\" is given twice", shorten(&redact_url(&key))),
                    ));
                }
                fields.insert(key, node);
            }
            Data::Table(fields)
        }
        Some(b'[') => {
            let items = serde_json::from_str::<Vec<&RawValue>>(raw.get()).map_err(failed)?;
            Data::List(items.into_iter().map(|item| json_node(item, text, lines)).collect::<Result<_, _>>()?)
        }
        _ => Data::Leaf(serde_json::from_str(raw.get()).map_err(failed)?),
    };
    Ok(Node { data, source: lines.source(offset) })
}

/// The fields of an object, in order and with those that are given twice.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
