//! A receipt: the proof that a message was accepted.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::failure::Failure;
use crate::operation::Operation;
use crate::waiter::{Waiter, Who};

/// The proof that a message was accepted. Await it for the id under which it is stored.
#[pyclass(frozen, module = "tradebus")]
pub(crate) struct Receipt {
    receipt: Arc<tradebus::Receipt>,
    waiter: Waiter,
}

impl Receipt {
    pub(crate) fn new(receipt: tradebus::Receipt, waiter: Waiter) -> Self {
        Self { receipt: Arc::new(receipt), waiter }
    }

    /// The id, now or when it is known.
    pub(crate) fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(outcome) = self.receipt.outcome() {
            let id = outcome.map_err(Failure::from)?.to_string().into_pyobject(py)?.into_any().unbind();
            return match self.waiter.who {
                Who::Loop(_) => Ok(Py::new(py, Operation::ready(id, false))?.into_any()),
                Who::Thread => Ok(id),
            };
        }
        let receipt = self.receipt.clone();
        let stored = async move { Ok(receipt.stored().await?.to_string()) };
        self.waiter.run(py, stored, |py, id| Ok(id.into_pyobject(py)?.into_any().unbind()))
    }
}

#[pymethods]
impl Receipt {
    fn __await__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.wait(py)
    }

    /// The id under which the message is stored; `None` while that is not known. An error where it was not stored.
    #[getter]
    fn id(&self) -> PyResult<Option<String>> {
        let outcome = self.receipt.outcome().transpose().map_err(Failure::from)?;
        Ok(outcome.map(|id| id.to_string()))
    }

    /// Waits for the id in a thread; in an event loop, await the receipt instead.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Self { receipt: self.receipt.clone(), waiter: self.waiter.in_thread() }.wait(py)
    }

    fn __repr__(&self) -> String {
        match self.receipt.outcome() {
            None => "<tradebus.Receipt: accepted>".to_owned(),
            Some(Ok(id)) => format!("<tradebus.Receipt: stored as {id}>"),
            Some(Err(error)) => format!("<tradebus.Receipt: {error}>"),
        }
    }
}
