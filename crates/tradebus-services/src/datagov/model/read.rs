//! Taking fields from a JSON object whose types cannot be relied on.

use serde_json::{Map, Value};

/// The body is no answer of this kind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// It is no JSON.
    #[error("the body is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of another shape.
    #[error("the body has no `{expected}`: it is {found}")]
    Shape {
        /// The field that must be there.
        expected: &'static str,
        /// What kind of JSON came.
        found: &'static str,
    },
}

/// A list that must be there, from a whole body.
pub(super) fn body(bytes: &[u8], list: &'static str) -> Result<(Map<String, Value>, Vec<Value>), NoAnswer> {
    let value: Value = serde_json::from_slice(bytes)?;
    split(value, list)
}

pub(super) fn split(value: Value, list: &'static str) -> Result<(Map<String, Value>, Vec<Value>), NoAnswer> {
    let found = kind(&value);
    let Value::Object(mut map) = value else { return Err(NoAnswer::Shape { expected: list, found }) };
    match map.remove(list) {
        Some(Value::Array(entries)) => Ok((map, entries)),
        _ => Err(NoAnswer::Shape { expected: list, found }),
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// An object, and the names of its fields that had another type than told.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    odd: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(map: &'a Map<String, Value>) -> Self {
        Self { map, odd: Vec::new() }
    }

    /// The value, unless missing or null.
    fn there(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn take<T>(&mut self, name: &'static str, fit: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.there(name)?;
        let fitting = fit(value);
        if fitting.is_none() {
            self.odd.push(name);
        }
        fitting
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name, |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.take(name, Value::as_bool)
    }

    pub(super) fn count(&mut self, name: &'static str) -> Option<u64> {
        self.take(name, Value::as_u64)
    }

    pub(super) fn number(&mut self, name: &'static str) -> Option<f64> {
        self.take(name, Value::as_f64)
    }

    /// A list of texts; a single text is a list of one. Entries that are no text are left out, and make the field odd.
    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let (found, whole) = match self.there(name) {
            None => return Vec::new(),
            Some(Value::String(one)) => (vec![one.clone()], true),
            Some(Value::Array(list)) => {
                let texts: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let whole = texts.len() == list.len();
                (texts, whole)
            }
            Some(_) => (Vec::new(), false),
        };
        if !whole {
            self.odd.push(name);
        }
        found
    }

    pub(super) fn list(&mut self, name: &'static str) -> &'a [Value] {
        self.take(name, Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn object(&mut self, name: &'static str) -> Option<&'a Map<String, Value>> {
        self.take(name, Value::as_object)
    }

    /// An object, kept as it is.
    pub(super) fn raw(&self, name: &str) -> Option<Value> {
        self.there(name).cloned()
    }

    pub(super) fn into_odd(self) -> Vec<&'static str> {
        self.odd
    }
}
