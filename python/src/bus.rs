//! The bus: connecting, publishing, subscribing, asking, closing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use tradebus::{BusConfig, Message, PublishError, Request};

use crate::answering::{self, ServiceHost};
use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::inlet::Subscription;
use crate::operation::Operation;
use crate::outgoing;
use crate::payload;
use crate::receipt::Receipt;
use crate::runtime;
use crate::service::{self, ServiceTask};
use crate::streams::Streams;
use crate::waiter::{Waiter, Who};
use crate::{logs, subscribing};

/// Awaiting what is done gives the loop no turn: whoever publishes without a pause gives it one after so much time, or so many messages.
const TURN: Duration = Duration::from_millis(1);
const MESSAGES_A_TURN: u32 = 256;

/// Connects to the store of a configuration: for the event loop that runs here, or for threads.
#[pyfunction]
#[pyo3(signature = (config, blocking=false))]
pub(crate) fn connect(py: Python<'_>, config: &Config, blocking: bool) -> PyResult<Py<PyAny>> {
    logs::install();
    let waiter = Waiter::here(py, blocking)?;
    let (config, connected) = (config.config.clone(), waiter.clone());
    let opening = {
        let config = BusConfig::clone(&config);
        async move { Ok(tradebus::Bus::connect(config).await?) }
    };
    waiter.run(py, opening, move |py, bus| {
        let bus = Arc::new(bus);
        runtime::remember(&bus);
        Ok(Py::new(py, Bus::new(bus, config, connected))?.into_any())
    })
}

/// A bus.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Bus {
    inner: Arc<tradebus::Bus>,
    config: Arc<BusConfig>,
    waiter: Waiter,
    turns: Mutex<Turns>,
    closed: AtomicBool,
}

struct Turns {
    last: Instant,
    messages: u32,
}

type Publishing = Pin<Box<dyn Future<Output = Result<tradebus::Receipt, PublishError>> + Send>>;

impl Bus {
    fn new(inner: Arc<tradebus::Bus>, config: Arc<BusConfig>, waiter: Waiter) -> Self {
        let turns = Mutex::new(Turns { last: Instant::now(), messages: 0 });
        Self { inner, config, waiter, turns, closed: AtomicBool::new(false) }
    }

    /// Publishes as far as that is possible at once.
    fn begin(&self, message: Message) -> Result<(Publishing, Poll<tradebus::Receipt>), Failure> {
        self.waiter.check()?;
        let bus = self.inner.clone();
        let mut publishing: Publishing = Box::pin(async move { bus.publish(message).await });
        let _runtime = self.waiter.runtime.enter();
        // Whoever goes on with it is told, not this.
        let polled = publishing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let polled = match polled {
            Poll::Ready(receipt) => Poll::Ready(receipt?),
            Poll::Pending => Poll::Pending,
        };
        Ok((publishing, polled))
    }

    fn wants_turn(&self) -> bool {
        let mut turns = self.turns.lock();
        turns.messages += 1;
        // The clock is not asked for each message.
        let due = turns.messages >= MESSAGES_A_TURN
            || (turns.messages.is_multiple_of(16) && turns.last.elapsed() >= TURN);
        if due {
            *turns = Turns { last: Instant::now(), messages: 0 };
        }
        due
    }

    fn receipt(&self, py: Python<'_>, receipt: tradebus::Receipt, stored: bool) -> PyResult<Py<PyAny>> {
        let receipt = Receipt::new(receipt, self.waiter.clone());
        if stored {
            return receipt.wait(py);
        }
        let receipt = Py::new(py, receipt)?.into_any();
        match self.waiter.who {
            Who::Loop(_) => Ok(Py::new(py, Operation::ready(receipt, self.wants_turn()))?.into_any()),
            Who::Thread => Ok(receipt),
        }
    }
}

#[pymethods]
impl Bus {
    /// Publishes a message: ends when it is accepted, with a receipt, or when it is stored, with its id.
    #[pyo3(signature = (topic, message, priority=None, options=None, stored=false))]
    fn publish(
        &self,
        py: Python<'_>,
        topic: &Bound<'_, PyAny>,
        message: &Bound<'_, PyAny>,
        priority: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
        stored: bool,
    ) -> PyResult<Py<PyAny>> {
        let message = outgoing::message(&self.config, topic, message, priority, options)?;
        let (publishing, begun) = self.begin(message)?;
        if let Poll::Ready(receipt) = begun {
            return self.receipt(py, receipt, stored);
        }
        if stored {
            let id = async move { Ok(publishing.await?.stored().await?.to_string()) };
            return self.waiter.run(py, id, |py, id| Ok(PyString::new(py, &id).into_any().unbind()));
        }
        let waiter = self.waiter.clone();
        self.waiter.run(py, async move { Ok(publishing.await?) }, move |py, receipt| {
            Ok(Py::new(py, Receipt::new(receipt, waiter))?.into_any())
        })
    }

    /// Publishes a message if there is room for it.
    #[pyo3(signature = (topic, message, priority=None, options=None))]
    fn publish_nowait(
        &self,
        topic: &Bound<'_, PyAny>,
        message: &Bound<'_, PyAny>,
        priority: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Receipt> {
        if self.config.mode == tradebus::Mode::Basic {
            let why = "with mode = \"basic\" there is no queue, so that publishing waits for the store: await publish";
            return Err(Failure::new(Kind::Publish, why).into());
        }
        let message = outgoing::message(&self.config, topic, message, priority, options)?;
        let tier = message.priority;
        match self.begin(message)? {
            (_, Poll::Ready(receipt)) => Ok(Receipt::new(receipt, self.waiter.clone())),
            // It is dropped, and so the message is not published.
            (_, Poll::Pending) => {
                let why =
                    format!("the {tier} tier is full: await publish, which waits for room, or publish later");
                Err(Failure::new(Kind::BufferFull, why).with("priority", tier.name()).into())
            }
        }
    }

    /// Subscribes to a pattern.
    #[pyo3(signature = (pattern, options=None))]
    fn subscribe(
        &self,
        py: Python<'_>,
        pattern: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let pattern = subscribing::pattern(pattern)?;
        let (bus, waiter) = (self.inner.clone(), self.waiter.clone());
        match subscribing::Options::read(options)? {
            subscribing::Options::Broadcast(options) => {
                let subscribing = async move { Ok(bus.subscribe(pattern, options).await?) };
                self.waiter.run(py, subscribing, |py, made| {
                    Ok(Py::new(py, Subscription::broadcast(made, waiter))?.into_any())
                })
            }
            subscribing::Options::Group(options) => {
                let subscribing = async move { Ok(bus.subscribe(pattern, options).await?) };
                self.waiter.run(py, subscribing, |py, made| {
                    Ok(Py::new(py, Subscription::group(made, waiter))?.into_any())
                })
            }
        }
    }

    /// Asks a service, and ends with its answer; with a callback topic, with the id of the request when it is stored.
    #[pyo3(signature = (topic, params=None, timeout=None, priority=None, cache_ttl=None, callback_topic=None))]
    #[expect(clippy::too_many_arguments, reason = "they are those of Python, which gives them names")]
    fn request(
        &self,
        py: Python<'_>,
        topic: &Bound<'_, PyAny>,
        params: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        priority: Option<&Bound<'_, PyAny>>,
        cache_ttl: Option<&Bound<'_, PyAny>>,
        callback_topic: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let params = params.map(payload::from_python).transpose()?.unwrap_or_default();
        if !(params.is_object() || params.is_null()) {
            return Err(pyo3::exceptions::PyTypeError::new_err("params must be a dict, or None"));
        }
        let mut request = Request::new(outgoing::topic(topic)?, params).map_err(Failure::from)?;
        if let Some(timeout) = timeout {
            request = request.timeout(outgoing::seconds("timeout", timeout)?);
        }
        if let Some(priority) = priority {
            request = request.priority(outgoing::tier(priority)?);
        }
        if let Some(ttl) = cache_ttl {
            request = request.cache_ttl(outgoing::seconds("cache_ttl", ttl)?);
        }
        let bus = self.inner.clone();
        if let Some(callback) = callback_topic.map(outgoing::topic).transpose()? {
            let asking = async move { Ok(bus.request_to(&request, &callback).await?) };
            return self.waiter.run(py, asking, |py, id| Ok(PyString::new(py, &id).into_any().unbind()));
        }
        let asking = async move { Ok(bus.request_with(&request).await?) };
        self.waiter.run(py, asking, |py, response| payload::to_python(py, &response))
    }

    /// Runs a service whose handlers are in Python: ends with its host.
    fn serve(&self, py: Python<'_>, spec: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        let (service, options, calls) = answering::prepare(spec)?;
        let (bus, waiter) = (self.inner.clone(), self.waiter.clone());
        let serving = async move { Ok(bus.serve(service, options).await?) };
        self.waiter
            .run(py, serving, |py, task| Ok(Py::new(py, ServiceHost::new(task, calls, waiter))?.into_any()))
    }

    /// Runs a service that comes with tradebus, with these settings; with `demo`, over a stand-in for the API.
    #[pyo3(signature = (name, settings=None, demo=false))]
    fn start_service(
        &self,
        py: Python<'_>,
        name: String,
        settings: Option<&Bound<'_, PyAny>>,
        demo: bool,
    ) -> PyResult<Py<PyAny>> {
        let settings = settings.map(payload::from_python).transpose()?;
        let (bus, waiter, base) = (self.inner.clone(), self.waiter.clone(), self.config.stream_base());
        let starting = async move { service::start(&bus, &base, &name, settings, demo).await };
        self.waiter
            .run(py, starting, |py, started| Ok(Py::new(py, ServiceTask::new(started, waiter))?.into_any()))
    }

    /// Looks after the streams.
    fn streams(&self) -> Streams {
        Streams::new(self.inner.streams(), self.waiter.clone(), false)
    }

    /// A reading of all metrics.
    fn metrics(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        payload::to_python(py, &self.inner.metrics())
    }

    /// How the bus is.
    fn health(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let bus = self.inner.clone();
        let checking = async move { Ok(bus.health_check().await) };
        self.waiter.run(py, checking, |py, health| payload::to_python(py, &health))
    }

    /// Where the store is, without secrets.
    fn describe(&self) -> String {
        self.inner.store().describe()
    }

    /// Stores what was accepted, and ends: with the number of messages that were given up.
    fn close(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.closed.store(true, Ordering::Relaxed);
        let bus = self.inner.clone();
        // It goes on also when nobody waits any more: what was accepted is stored.
        let closing = self.waiter.runtime.spawn(async move { bus.close().await.unconfirmed });
        let closed = async move {
            closing.await.map_err(|_| Failure::new(Kind::Closed, "the threads of tradebus have ended"))
        };
        self.waiter.run(py, closed, |py, unconfirmed| Ok(unconfirmed.into_pyobject(py)?.into_any().unbind()))
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // After a fork its threads are those of the parent.
        if self.closed.load(Ordering::Relaxed) || self.waiter.check().is_err() {
            return;
        }
        let bus = self.inner.clone();
        self.waiter.runtime.spawn(async move { bus.close().await });
    }
}
