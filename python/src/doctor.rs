//! The checks of a deployment, as `tradebus doctor` makes them.

use pyo3::prelude::*;
use tradebus_doctor::Doctor;

use crate::config::Config;
use crate::payload;
use crate::waiter::Waiter;

/// Checks the deployment of a configuration from end to end: ends with a report.
#[pyfunction]
#[pyo3(signature = (config, quick=false, blocking=false))]
pub(crate) fn run_doctor(
    py: Python<'_>,
    config: &Config,
    quick: bool,
    blocking: bool,
) -> PyResult<Py<PyAny>> {
    let doctor = Doctor::new((*config.config).clone()).quick(quick);
    let waiter = Waiter::here(py, blocking)?;
    waiter.run(py, async move { Ok(doctor.run(|_| {}).await) }, |py, report| payload::to_python(py, &report))
}
