//! The services that come with tradebus.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use pyo3::prelude::*;
use serde_json::{Value, json};
use tradebus::Bus;
use tradebus_services::running::ServicesSettings;
use tradebus_services::standin::Standin;

use crate::failure::{Failure, Kind};
use crate::payload;
use crate::waiter::Waiter;

/// A service at work, and the stand-in that it asks, if there is one.
pub(crate) struct Started {
    task: tradebus::ServiceTask,
    standin: Option<Standin>,
}

/// Starts one of them.
pub(crate) async fn start(
    bus: &Bus,
    base: &str,
    name: &str,
    settings: Option<Value>,
    demo: bool,
) -> Result<Started, Failure> {
    let mut tables = BTreeMap::new();
    let standin = if demo {
        let failed = |error: std::io::Error| Failure::new(Kind::Store, format!("the stand-in: {error}"));
        Some(Standin::start().await.map_err(failed)?)
    } else {
        tables.insert(name.to_owned(), settings.unwrap_or_else(|| json!({})));
        None
    };
    let mut services = ServicesSettings::read(&tables)?;
    if let Some(standin) = &standin {
        services.stand_in(standin);
    }
    let prepared = services.prepare(bus.store(), base)?.into_iter().find(|service| service.name() == name);
    let Some(prepared) = prepared else {
        return Err(Failure::new(Kind::Config, format!("there is no service `{name}`")));
    };
    Ok(Started { task: prepared.start(bus).await?, standin })
}

/// A service that runs.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct ServiceTask {
    started: Mutex<Option<Started>>,
    waiter: Waiter,
}

impl ServiceTask {
    pub(crate) fn new(started: Started, waiter: Waiter) -> Self {
        Self { started: Mutex::new(Some(started)), waiter }
    }
}

#[pymethods]
impl ServiceTask {
    /// How it is: a status and reasons; `None` once it was stopped.
    fn health(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let health = self.started.lock().as_ref().map(|started| started.task.health().borrow().clone());
        let shown = health.map(|health| json!({"status": health.status.name(), "reasons": health.reasons}));
        payload::to_python(py, &shown)
    }

    /// Answers what it has begun, and ends.
    fn stop(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let started = self.started.lock().take();
        let stopping = async move {
            if let Some(Started { task, standin }) = started {
                task.stop().await;
                drop(standin);
            }
            Ok(())
        };
        self.waiter.run(py, stopping, |py, ()| Ok(py.None()))
    }
}
