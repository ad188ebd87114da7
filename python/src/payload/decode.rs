//! JSON and `MessagePack` to Python values, without a value in between.

use std::fmt;

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use tradebus::Encoding;

use crate::failure::{Failure, Kind};

/// Levels of arrays and maps that are decoded, as everywhere in tradebus.
pub(super) const MAX_DEPTH: usize = 126;

/// What a payload holds. The encoding is a hint of its publisher: the payload itself decides. What is neither JSON nor `MessagePack` is text
/// where it is UTF-8, and bytes otherwise.
pub(crate) fn decode(py: Python<'_>, payload: &[u8], hint: Encoding) -> Py<PyAny> {
    let decoded = match hint {
        // A text that is no JSON must not be taken for the numbers that its letters are in `MessagePack`.
        Encoding::Json => json(py, payload).or_else(|| {
            payload.first().is_some_and(|first| !first.is_ascii()).then(|| msgpack(py, payload)).flatten()
        }),
        Encoding::MsgPack => msgpack(py, payload).or_else(|| json(py, payload)),
        Encoding::Sbe | Encoding::Capnp => return PyBytes::new(py, payload).into_any().unbind(),
    };
    if let Some(value) = decoded {
        return value;
    }
    match std::str::from_utf8(payload) {
        Ok(text) => PyString::new(py, text).into_any().unbind(),
        Err(_) => PyBytes::new(py, payload).into_any().unbind(),
    }
}

/// The value in a JSON text.
pub(crate) fn from_json(py: Python<'_>, text: &[u8]) -> PyResult<Py<PyAny>> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Value { py, depth: 0 }.deserialize(&mut deserializer);
    value.map_err(|error| Failure::new(Kind::Serialization, error.to_string()).into())
}

fn json(py: Python<'_>, payload: &[u8]) -> Option<Py<PyAny>> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let value = Value { py, depth: 0 }.deserialize(&mut deserializer).ok()?;
    deserializer.end().is_ok().then_some(value)
}

fn msgpack(py: Python<'_>, payload: &[u8]) -> Option<Py<PyAny>> {
    let mut rest = payload;
    let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
    let value = Value { py, depth: 0 }.deserialize(&mut deserializer).ok()?;
    rest.is_empty().then_some(value)
}

/// Makes a Python value of whatever comes.
#[derive(Clone, Copy)]
struct Value<'py> {
    py: Python<'py>,
    depth: usize,
}

impl Value<'_> {
    fn within<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("more than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Py<PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Py<PyAny>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Py<PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that Python knows")
    }

    fn visit_unit<E>(self) -> Result<Py<PyAny>, E> {
        Ok(self.py.None())
    }

    fn visit_none<E>(self) -> Result<Py<PyAny>, E> {
        Ok(self.py.None())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Py<PyAny>, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Py<PyAny>, E> {
        value.into_py_any(self.py).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Py<PyAny>, E> {
        value.into_py_any(self.py).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Py<PyAny>, E> {
        value.into_py_any(self.py).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Py<PyAny>, E> {
        value.into_py_any(self.py).map_err(E::custom)
    }

    fn visit_str<E>(self, value: &str) -> Result<Py<PyAny>, E> {
        Ok(PyString::new(self.py, value).into_any().unbind())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Py<PyAny>, E> {
        Ok(PyBytes::new(self.py, value).into_any().unbind())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Py<PyAny>, A::Error> {
        let inner = self.within()?;
        let list = PyList::empty(self.py);
        while let Some(item) = items.next_element_seed(inner)? {
            list.append(item).map_err(A::Error::custom)?;
        }
        Ok(list.into_any().unbind())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Py<PyAny>, A::Error> {
        let inner = self.within()?;
        let map = PyDict::new(self.py);
        while let Some(key) = entries.next_key_seed(inner)? {
            // A key that cannot be one in Python, such as a list, is an error.
            map.set_item(key, entries.next_value_seed(inner)?).map_err(A::Error::custom)?;
        }
        Ok(map.into_any().unbind())
    }
}
