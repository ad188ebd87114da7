//! Services whose handlers are in Python: the core's host reads the requests, and Python takes them in batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tradebus::{Answer, Data, HealthStatus, Route, Service, ServiceError, ServiceHealth, ServiceOptions};

use crate::failure::Failure;
use crate::inlet::Bell;
use crate::message;
use crate::payload;
use crate::waiter::Waiter;

type Given = Result<Answer, ServiceError>;

/// A request on its way to Python.
struct Asked {
    call: tradebus::Call,
    answer: oneshot::Sender<Given>,
}

/// Hands requests on, and waits for their answers.
struct PythonService {
    name: String,
    routes: Vec<Route>,
    calls: mpsc::Sender<Asked>,
    health: Arc<Mutex<ServiceHealth>>,
}

#[async_trait]
impl Service for PythonService {
    fn name(&self) -> &str {
        &self.name
    }

    fn routes(&self) -> Vec<Route> {
        self.routes.clone()
    }

    async fn handle(&self, call: &tradebus::Call) -> Given {
        let (answer, given) = oneshot::channel();
        let gone =
            |()| ServiceError { code: "internal".into(), message: "the handler gave no answer".into() };
        self.calls.send(Asked { call: call.clone(), answer }).await.map_err(|_| gone(()))?;
        given.await.map_err(|_| gone(()))?
    }

    async fn health(&self) -> ServiceHealth {
        self.health.lock().clone()
    }
}

/// Where requests come out, and the health goes in.
pub(crate) struct Calls {
    asked: mpsc::Receiver<Asked>,
    health: Arc<Mutex<ServiceHealth>>,
}

/// A service of a name, routes and options.
pub(crate) fn prepare(spec: &Bound<'_, PyDict>) -> PyResult<(Arc<dyn Service>, ServiceOptions, Calls)> {
    let field = |name: &str| {
        spec.get_item(name)?.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_owned()))
    };
    let routes: Vec<(String, String)> = field("routes")?.extract()?;
    let routes = routes.into_iter().map(|(topic, about)| Route::new(&topic, about)).collect::<Result<_, _>>();
    let defaults = ServiceOptions::default();
    let options = ServiceOptions {
        concurrency: field("concurrency")?.extract::<usize>()?.max(1),
        timeout: Duration::try_from_secs_f64(field("timeout")?.extract()?)
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("timeout: {error}")))?,
        ..defaults
    };
    let (calls, asked) = mpsc::channel(options.concurrency);
    let health = Arc::new(Mutex::new(ServiceHealth::healthy()));
    let service = PythonService {
        name: field("name")?.extract()?,
        routes: routes.map_err(Failure::from)?,
        calls,
        health: health.clone(),
    };
    Ok((Arc::new(service), options, Calls { asked, health }))
}

/// A service that runs, and its requests.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct ServiceHost {
    task: Mutex<Option<tradebus::ServiceTask>>,
    calls: Mutex<Calls>,
    bell: Arc<Bell>,
    waiter: Waiter,
}

impl ServiceHost {
    pub(crate) fn new(task: tradebus::ServiceTask, calls: Calls, waiter: Waiter) -> Self {
        let bell = Bell::new(waiter.who.clone());
        Self { task: Mutex::new(Some(task)), calls: Mutex::new(calls), bell, waiter }
    }

    fn ready(&self, most: usize) -> Option<VecDeque<Asked>> {
        self.bell.reset();
        let waker = Waker::from(self.bell.clone());
        let mut context = Context::from_waker(&waker);
        let mut calls = self.calls.lock();
        let mut ready = VecDeque::new();
        while ready.len() < most {
            match calls.asked.poll_recv(&mut context) {
                Poll::Ready(Some(asked)) => ready.push_back(asked),
                Poll::Ready(None) if ready.is_empty() => return None,
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Some(ready)
    }
}

#[pymethods]
impl ServiceHost {
    /// Requests that wait, at most so many; `None` when none will come any more.
    fn take<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Option<Bound<'py, PyList>>> {
        let Some(ready) = self.ready(most.max(1)) else { return Ok(None) };
        let calls: Vec<Py<Call>> =
            ready.into_iter().map(|asked| Py::new(py, Call::new(asked))).collect::<PyResult<_>>()?;
        PyList::new(py, calls).map(Some)
    }

    /// Ends when there are requests.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.bell.wait(py)
    }

    /// How the service is, as it says itself.
    fn set_health(&self, status: &str, reasons: Vec<String>) -> PyResult<()> {
        let known = [HealthStatus::Healthy, HealthStatus::Degraded, HealthStatus::Unhealthy];
        let status = known.into_iter().find(|known| known.name() == status).ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err(format!(
                "`{status}` is no health: allowed are healthy, degraded, unhealthy"
            ))
        })?;
        *self.calls.lock().health.lock() = ServiceHealth { status, reasons };
        Ok(())
    }

    /// Answers what it has begun, and ends.
    fn stop(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let task = self.task.lock().take();
        let stopping = async move {
            if let Some(task) = task {
                task.stop().await;
            }
            Ok(())
        };
        self.waiter.run(py, stopping, |py, ()| Ok(py.None()))
    }
}

/// A request to a service.
#[pyclass(frozen, module = "tradebus")]
pub(crate) struct Call {
    call: tradebus::Call,
    answer: Mutex<Option<oneshot::Sender<Given>>>,
}

impl Call {
    fn new(asked: Asked) -> Self {
        Self { call: asked.call, answer: Mutex::new(Some(asked.answer)) }
    }

    fn give(&self, given: Given) {
        if let Some(answer) = self.answer.lock().take() {
            // Whoever asked may have waited long enough.
            let _ = answer.send(given);
        }
    }
}

#[pymethods]
impl Call {
    /// Id of the request.
    #[getter]
    fn request_id(&self) -> &str {
        &self.call.request_id
    }

    /// What is asked for.
    #[getter]
    fn topic(&self) -> &str {
        self.call.topic.as_str()
    }

    /// The parameters.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static PARAMS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        PARAMS.import(py, "tradebus.service", "Params")?.call1((payload::to_python(py, &self.call.params)?,))
    }

    /// Its tier.
    #[getter]
    fn priority(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        message::priority(py, self.call.priority)
    }

    /// How old an answer out of a cache may be, in seconds; 0 asks for a fresh one.
    #[getter]
    fn cache_ttl(&self) -> Option<f64> {
        self.call.cache_ttl.map(|ttl| ttl.as_secs_f64())
    }

    /// Whether it was answered.
    #[getter]
    fn is_answered(&self) -> bool {
        self.answer.lock().is_none()
    }

    /// Answers it.
    #[pyo3(signature = (data, cached=None, more=None))]
    fn answer(
        &self,
        data: &Bound<'_, PyAny>,
        cached: Option<bool>,
        more: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let more = match more.map(payload::from_python).transpose()? {
            Some(Value::Object(more)) => more,
            _ => Map::new(),
        };
        let data = Data::Value(payload::from_python(data)?);
        self.give(Ok(Answer { data, cached, more }));
        Ok(())
    }

    /// Says why it is not fulfilled.
    fn fail(&self, code: String, message: String) {
        self.give(Err(ServiceError { code: code.into(), message }));
    }
}
