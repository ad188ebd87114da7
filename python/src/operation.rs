//! What is awaited: something that is done already, or a future of the loop.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;

/// Something that goes on, or has happened already. It began when it was made, and is awaited once, like a coroutine.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Operation {
    state: State,
}

enum State {
    /// Awaiting what is done costs no turn of the loop, unless the loop has waited for one long enough.
    Done { value: Py<PyAny>, wants_turn: AtomicBool },
    /// The iterator over the future, once it is awaited.
    Pending { future: Py<PyAny>, awaited: Mutex<Option<Py<PyAny>>> },
}

impl Operation {
    /// Done; with a turn of the loop in between, if it is time for one.
    pub(crate) fn ready(value: Py<PyAny>, wants_turn: bool) -> Self {
        Self { state: State::Done { value, wants_turn: AtomicBool::new(wants_turn) } }
    }

    pub(crate) fn pending(future: Py<PyAny>) -> Self {
        Self { state: State::Pending { future, awaited: Mutex::new(None) } }
    }

    fn iterator<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let State::Pending { future, awaited } = &self.state else { return Ok(None) };
        let known = awaited.lock().as_ref().map(|iterator| iterator.clone_ref(py));
        if let Some(iterator) = known {
            return Ok(Some(iterator.into_bound(py)));
        }
        let iterator = future.bind(py).call_method0(intern!(py, "__await__"))?;
        *awaited.lock() = Some(iterator.clone().unbind());
        Ok(Some(iterator))
    }
}

#[pymethods]
impl Operation {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.state {
            State::Done { wants_turn, .. } if wants_turn.swap(false, Ordering::Relaxed) => Ok(py.None()),
            State::Done { value, .. } => Err(PyStopIteration::new_err((value.clone_ref(py),))),
            State::Pending { .. } => match self.iterator(py)? {
                Some(iterator) => iterator.call_method0(intern!(py, "__next__")).map(Bound::unbind),
                None => Ok(py.None()),
            },
        }
    }

    /// As of a coroutine.
    fn send(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if !value.is_none() {
            return Err(PyRuntimeError::new_err("there is nothing to send to an operation of tradebus"));
        }
        self.__next__(py)
    }

    /// As of a coroutine: whoever awaits is cancelled.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw(
        &self,
        py: Python<'_>,
        kind: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if let Some(iterator) = self.iterator(py)? {
            let thrown = match (value, traceback) {
                (None, None) => iterator.call_method1(intern!(py, "throw"), (kind,)),
                _ => iterator.call_method1(intern!(py, "throw"), (kind, value, traceback)),
            };
            return thrown.map(Bound::unbind);
        }
        let error = match value {
            Some(value) => value.clone(),
            None if kind.is_instance_of::<pyo3::types::PyType>() => kind.call0()?,
            None => kind.clone(),
        };
        Err(PyErr::from_value(error))
    }

    /// As of a coroutine: nobody awaits it any more.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if let State::Pending { future, .. } = &self.state {
            future.call_method0(py, intern!(py, "cancel"))?;
        }
        Ok(())
    }

    /// Whether it has ended.
    fn done(&self, py: Python<'_>) -> PyResult<bool> {
        match &self.state {
            State::Done { .. } => Ok(true),
            State::Pending { future, .. } => future.bind(py).call_method0(intern!(py, "done"))?.is_truthy(),
        }
    }
}
