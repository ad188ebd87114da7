//! Python values to JSON and `MessagePack`, without a value in between.

use std::cell::RefCell;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use tradebus::Encoding;

use super::decode::MAX_DEPTH;
use super::foreign;
use crate::failure::{Failure, Kind};

/// The bytes of a value in this encoding, JSON or `MessagePack`.
pub(crate) fn encode(value: &Bound<'_, PyAny>, encoding: Encoding) -> PyResult<Bytes> {
    let fault = Fault::default();
    let value = Value { python: value, depth: 0, encoding, fault: &fault };
    let written = match encoding {
        Encoding::MsgPack => rmp_serde::to_vec_named(&value).map_err(|error| error.to_string()),
        _ => serde_json::to_vec(&value).map_err(|error| error.to_string()),
    };
    written.map(Bytes::from).map_err(|error| fault.into_error(error))
}

/// A Python value as one of ours, by way of JSON.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    let json = encode(value, Encoding::Json)?;
    let unreadable = |error: serde_json::Error| Failure::new(Kind::Serialization, error.to_string());
    Ok(serde_json::from_slice(&json).map_err(unreadable)?)
}

/// What could not be encoded, and where: the way to it is told from the inside out.
#[derive(Default)]
struct Fault {
    way: RefCell<Vec<String>>,
    /// An exception of Python on the way.
    raised: RefCell<Option<PyErr>>,
}

impl Fault {
    fn at<T, E>(&self, step: impl FnOnce() -> String, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() {
            self.way.borrow_mut().push(step());
        }
        result
    }

    fn catch<T, E: serde::ser::Error>(&self, result: PyResult<T>) -> Result<T, E> {
        result.map_err(|error| {
            let said = E::custom(&error);
            *self.raised.borrow_mut() = Some(error);
            said
        })
    }

    fn into_error(self, said: String) -> PyErr {
        let way: String = self.way.into_inner().into_iter().rev().collect();
        let place = if way.is_empty() { "the message".to_owned() } else { format!("`message{way}`") };
        let error: PyErr = Failure::new(Kind::Serialization, format!("{place}: {said}")).into();
        if let Some(cause) = self.raised.into_inner() {
            Python::attach(|py| error.set_cause(py, Some(cause)));
        }
        error
    }
}

#[derive(Clone, Copy)]
struct Value<'a, 'py> {
    python: &'a Bound<'py, PyAny>,
    depth: usize,
    encoding: Encoding,
    fault: &'a Fault,
}

impl<'a, 'py> Value<'a, 'py> {
    fn inner<'b>(&'b self, value: &'b Bound<'py, PyAny>) -> Value<'b, 'py>
    where
        'a: 'b,
    {
        Value { python: value, depth: self.depth + 1, encoding: self.encoding, fault: self.fault }
    }

    fn bound<E: serde::ser::Error>(&self) -> Result<(), E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("it has more than {MAX_DEPTH} levels, or holds itself")));
        }
        Ok(())
    }

    fn float<S: Serializer>(&self, value: f64, serializer: S) -> Result<S::Ok, S::Error> {
        if self.encoding == Encoding::Json && !value.is_finite() {
            return Err(S::Error::custom(format!("JSON has no {value}: use None, or encode as msgpack")));
        }
        serializer.serialize_f64(value)
    }

    fn int<S: Serializer>(value: &Bound<'py, PyInt>, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(small) = value.extract::<i64>() {
            return serializer.serialize_i64(small);
        }
        match value.extract::<u64>() {
            Ok(large) => serializer.serialize_u64(large),
            Err(_) => Err(S::Error::custom(format!(
                "the integer {value} has more than 64 bits: write it as a text"
            ))),
        }
    }

    fn map<S: Serializer>(&self, dict: &Bound<'py, PyDict>, serializer: S) -> Result<S::Ok, S::Error> {
        self.bound()?;
        let mut map = serializer.serialize_map(Some(dict.len()))?;
        for (key, value) in dict.iter() {
            let name = self.key::<S::Error>(&key)?;
            let written = map.serialize_entry(&*name, &self.inner(&value));
            self.fault.at(|| format!("[{name:?}]"), written)?;
        }
        map.end()
    }

    /// Keys are texts, as JSON has them.
    fn key<E: serde::ser::Error>(&self, key: &Bound<'py, PyAny>) -> Result<String, E> {
        if let Ok(text) = key.cast::<PyString>() {
            return self.fault.catch(text.to_cow().map(std::borrow::Cow::into_owned));
        }
        if let Ok(yes) = key.cast::<PyBool>() {
            return Ok(yes.is_true().to_string());
        }
        let simple = self.fault.catch(foreign::simpler(key))?;
        let key = simple.as_ref().unwrap_or(key);
        let known = key.is_instance_of::<PyString>()
            || key.is_instance_of::<PyInt>()
            || key.is_instance_of::<PyFloat>();
        if known {
            return self.fault.catch(key.str().and_then(|text| text.extract()));
        }
        let kind = self.fault.catch(type_name(key))?;
        Err(E::custom(format!("a key of the type {kind}: keys are texts or numbers")))
    }

    fn sequence<S: Serializer>(
        &self,
        items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
        len: usize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        self.bound()?;
        let mut list = serializer.serialize_seq(Some(len))?;
        for (index, item) in items.enumerate() {
            let item = self.fault.catch(item)?;
            self.fault.at(|| format!("[{index}]"), list.serialize_element(&self.inner(&item)))?;
        }
        list.end()
    }

    fn other<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bound()?;
        if let Some(fields) = self.fault.catch(foreign::fields(self.python))? {
            let mut map = serializer.serialize_map(Some(fields.len()))?;
            for (name, value) in &fields {
                self.fault.at(|| format!(".{name}"), map.serialize_entry(name, &self.inner(value)))?;
            }
            return map.end();
        }
        if let Some(simpler) = self.fault.catch(foreign::simpler(self.python))? {
            return self.inner(&simpler).serialize(serializer);
        }
        let kind = self.fault.catch(type_name(self.python))?;
        Err(S::Error::custom(format!(
            "a value of the type {kind} cannot be written as {}: allowed are None, bool, int, float, str, bytes (msgpack), list, tuple, set, dict, \
             dataclasses, msgspec structures, pydantic models, enums, dates and times, Decimal, UUID, and numpy's and pandas' values",
            super::encoding_name(self.encoding)
        )))
    }
}

impl Serialize for Value<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.python;
        if let Ok(text) = value.cast::<PyString>() {
            return serializer.serialize_str(&self.fault.catch::<_, S::Error>(text.to_cow())?);
        }
        if value.is_none() {
            return serializer.serialize_unit();
        }
        if let Ok(yes) = value.cast::<PyBool>() {
            return serializer.serialize_bool(yes.is_true());
        }
        if let Ok(int) = value.cast::<PyInt>() {
            return Self::int(int, serializer);
        }
        if let Ok(float) = value.cast::<PyFloat>() {
            return self.float(float.value(), serializer);
        }
        if let Ok(dict) = value.cast::<PyDict>() {
            return self.map(dict, serializer);
        }
        if let Ok(list) = value.cast::<PyList>() {
            return self.sequence(list.iter().map(Ok), list.len(), serializer);
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return self.sequence(tuple.iter().map(Ok), tuple.len(), serializer);
        }
        if let Ok(bytes) = value.cast::<PyBytes>() {
            if self.encoding == Encoding::MsgPack {
                return serializer.serialize_bytes(bytes.as_bytes());
            }
            return Err(S::Error::custom("JSON has no bytes: decode them, or encode as msgpack"));
        }
        self.other(serializer)
    }
}

/// Name of the type, with its module where that is not Python's own.
fn type_name(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let kind = value.get_type();
    let (module, name) = (kind.module()?.to_string(), kind.qualname()?.to_string());
    Ok(if module == "builtins" { name } else { format!("{module}.{name}") })
}
