//! Payloads: what Python values are on the wire, and what payloads are in Python.

mod decode;
mod encode;
mod foreign;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};
use serde::Serialize;
use tradebus::Encoding;

pub(crate) use self::decode::{decode, from_json};
pub(crate) use self::encode::{encode, from_python};
pub(crate) use self::foreign::type_name_of;
use crate::failure::{Failure, Kind};

/// Payloads from this size on are not copied: the core keeps the Python object instead.
const LARGE: usize = 16 * 1024;

/// The bytes of a payload that needs no encoding; `None` for everything else.
pub(crate) fn raw(value: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        let content = bytes.as_bytes();
        if content.len() < LARGE {
            return Ok(Some(Bytes::copy_from_slice(content)));
        }
        return Ok(Some(Bytes::from_owner(PyBackedBytes::from(bytes.clone()))));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(Bytes::copy_from_slice(text.to_cow()?.as_bytes())));
    }
    foreign::buffer(value)
}

/// The name in Python and in configurations.
pub(crate) const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "json",
        Encoding::MsgPack => "msgpack",
        Encoding::Sbe => "sbe",
        Encoding::Capnp => "capnp",
    }
}

/// Something of ours as Python has it: dictionaries, lists, texts, numbers.
pub(crate) fn to_python(py: Python<'_>, value: &impl Serialize) -> PyResult<Py<PyAny>> {
    let unwritable = |error: serde_json::Error| Failure::new(Kind::Serialization, error.to_string());
    let json = serde_json::to_vec(value).map_err(unwritable)?;
    from_json(py, &json)
}
