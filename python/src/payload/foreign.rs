//! Values of other libraries, and of Python's own that JSON has no word for: what they are made of.

use bytes::Bytes;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyMemoryView, PyString, PyType};

/// The content of a buffer; `None` for everything else.
pub(super) fn buffer(value: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if let Ok(array) = value.cast::<PyByteArray>() {
        return Ok(Some(array.to_vec().into()));
    }
    if value.is_instance_of::<PyMemoryView>() {
        let bytes = value.call_method0(intern!(value.py(), "tobytes"))?.cast_into::<PyBytes>()?;
        return Ok(Some(Bytes::copy_from_slice(bytes.as_bytes())));
    }
    Ok(None)
}

/// Names and values.
type Fields<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// The fields of an object that is made of fields: a dataclass, or a structure of msgspec.
pub(super) fn fields<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Fields<'py>>> {
    let py = value.py();
    if value.is_instance_of::<PyType>() {
        return Ok(None);
    }
    let kind = value.get_type();
    let names: Vec<String> = if let Ok(declared) = kind.getattr(intern!(py, "__dataclass_fields__")) {
        let keys = declared.call_method0(intern!(py, "keys"))?;
        keys.try_iter()?.map(|name| name?.extract()).collect::<PyResult<_>>()?
    } else if let Ok(declared) = kind.getattr(intern!(py, "__struct_fields__")) {
        declared.extract()?
    } else {
        return Ok(None);
    };
    let with_value = |name: String| Ok((name.clone(), value.getattr(&name[..])?));
    names.into_iter().map(with_value).collect::<PyResult<_>>().map(Some)
}

/// The name of the type of an object that is made of fields.
pub(crate) fn type_name_of(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = value.py();
    if value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyString>()
    {
        return Ok(None);
    }
    let kind = value.get_type();
    let made_of_fields = kind.hasattr(intern!(py, "__dataclass_fields__"))?
        || kind.hasattr(intern!(py, "__struct_fields__"))?;
    if made_of_fields { kind.name().and_then(|name| name.extract()).map(Some) } else { Ok(None) }
}

/// The same as a simpler value; `None` where there is none that is known.
pub(super) fn simpler<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    static SIMPLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let simpler = SIMPLER.import(py, "tradebus.typed", "simpler")?.call1((value,))?;
    // The value itself means that there is none: `None` would be a value.
    Ok(Some(simpler).filter(|simpler| !simpler.is(value)))
}
