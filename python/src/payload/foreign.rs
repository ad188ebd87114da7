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

/// On the wire, and of the attribute.
type Names = Vec<(String, String)>;

/// Names and values.
type Fields<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// The fields of an object that is made of fields: a dataclass, or a structure of msgspec.
pub(super) fn fields<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Fields<'py>>> {
    static FIELDS_OF: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if !is_made_of_fields(value)? {
        return Ok(None);
    }
    // Where they are declared is Python's business: pairs of the name on the wire and that of the attribute, and what tells the type.
    let told = FIELDS_OF.import(value.py(), "tradebus.typed", "fields_of")?.call1((value.get_type(),))?;
    let (names, tag): (Names, Option<(String, Bound<'py, PyAny>)>) = told.extract()?;
    let with_value = |(wire, name): (String, String)| Ok((wire, value.getattr(&name[..])?));
    tag.map(Ok).into_iter().chain(names.into_iter().map(with_value)).collect::<PyResult<_>>().map(Some)
}

fn is_made_of_fields(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    let kind = value.get_type();
    Ok(!value.is_instance_of::<PyType>()
        && (kind.hasattr(intern!(py, "__dataclass_fields__"))?
            || kind.hasattr(intern!(py, "__struct_fields__"))?))
}

/// The name of the type of an object that is made of fields.
pub(crate) fn type_name_of(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let plain = value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyString>();
    if plain || !is_made_of_fields(value)? {
        return Ok(None);
    }
    value.get_type().name()?.extract().map(Some)
}

/// The same as a simpler value; `None` where there is none that is known.
pub(super) fn simpler<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    static SIMPLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let simpler = SIMPLER.import(py, "tradebus.typed", "simpler")?.call1((value,))?;
    // The value itself means that there is none: `None` would be a value.
    Ok(Some(simpler).filter(|simpler| !simpler.is(value)))
}
