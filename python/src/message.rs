//! A message as it arrives.

use std::ops::Deref;
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};
use tradebus::{Delivery, GroupDelivery, Priority};

use crate::failure::{Failure, Kind};
use crate::payload;

/// A message as it arrives. Its data is decoded when it is asked for.
#[pyclass(frozen, module = "tradebus")]
pub(crate) struct Message {
    delivery: Delivery,
    deliveries: u64,
    /// To be settled, where it was delivered to a consumer group.
    unsettled: Mutex<Option<GroupDelivery>>,
    data: PyOnceLock<Py<PyAny>>,
}

impl Message {
    pub(crate) fn broadcast(delivery: Delivery) -> Self {
        Self { delivery, deliveries: 1, unsettled: Mutex::new(None), data: PyOnceLock::new() }
    }

    pub(crate) fn group(group: GroupDelivery) -> Self {
        let deliveries = group.deliveries();
        let delivery = group.deref().clone();
        Self { delivery, deliveries, unsettled: Mutex::new(Some(group)), data: PyOnceLock::new() }
    }

    /// Nobody has looked at it.
    pub(crate) fn hand_back(&self) {
        if let Some(group) = self.unsettled.lock().take() {
            group.hand_back(false);
        }
    }
}

/// The member of `MessagePriority` for a tier.
pub(crate) fn priority(py: Python<'_>, tier: Priority) -> PyResult<Py<PyAny>> {
    static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
    let members = MEMBERS.get_or_try_init(py, || {
        let class = py.import("tradebus.priority")?.getattr("MessagePriority")?;
        (0..Priority::ALL.len())
            .map(|number| class.call1((number,)).map(Bound::unbind))
            .collect::<PyResult<_>>()
    })?;
    Ok(members[tier.number()].clone_ref(py))
}

#[pymethods]
impl Message {
    /// Id of the entry: `1700000000000-0`.
    #[getter]
    fn id(&self) -> String {
        self.delivery.id.to_string()
    }

    /// Key of the stream in which it lies.
    #[getter]
    fn stream(&self) -> String {
        self.delivery.stream.to_string()
    }

    /// What it is about.
    #[getter]
    fn topic<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, self.delivery.topic.as_str())
    }

    /// The payload as it was published.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.delivery.payload)
    }

    /// What the payload holds: decoded JSON or `MessagePack`; text that is neither; otherwise the bytes.
    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyAny> {
        let message = &self.delivery.message;
        let data = self.data.get_or_init(py, || payload::decode(py, &message.payload, message.encoding));
        data.clone_ref(py)
    }

    /// The payload as text. An error where it is not UTF-8.
    #[getter]
    fn text(&self) -> PyResult<&str> {
        let wrong = |error: std::str::Utf8Error| {
            Failure::new(Kind::Serialization, format!("the payload is no text: {error}"))
        };
        Ok(std::str::from_utf8(&self.delivery.payload).map_err(wrong)?)
    }

    /// Name of the payload's type, such as `QuoteTick`; empty where nothing says it.
    #[getter]
    fn r#type(&self) -> String {
        self.delivery.payload_type().to_string()
    }

    /// How the payload is encoded, as its publisher says: `json`, `msgpack`, `sbe` or `capnp`.
    #[getter]
    fn encoding(&self) -> &'static str {
        payload::encoding_name(self.delivery.encoding)
    }

    /// Its tier.
    #[getter]
    fn priority(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        priority(py, self.delivery.priority)
    }

    /// Time of publishing in nanoseconds since 1970 UTC; 0 where it is not known.
    #[getter]
    fn timestamp(&self) -> u64 {
        self.delivery.ts
    }

    /// Ties an answer to its request.
    #[getter]
    fn correlation_id(&self) -> Option<&str> {
        self.delivery.headers.as_ref()?.correlation_id.as_deref()
    }

    /// The topic on which an answer is expected.
    #[getter]
    fn reply_to(&self) -> Option<&str> {
        self.delivery.headers.as_ref()?.reply_to.as_deref()
    }

    /// When it is of no more use, in nanoseconds since 1970 UTC.
    #[getter]
    fn expires_at(&self) -> Option<u64> {
        self.delivery.headers.as_ref()?.expires_at
    }

    /// Further headers.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        for (name, value) in self.delivery.headers.iter().flat_map(|headers| &headers.other) {
            headers.set_item(name.as_str(), value.as_str())?;
        }
        Ok(headers)
    }

    /// How often it was delivered to its group, this time included; 1 without a group.
    #[getter]
    fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// With `single_active`: the token of whoever may have it.
    #[getter]
    fn fencing_token(&self) -> Option<u64> {
        self.delivery.fencing_token
    }

    /// Whether it waits to be settled: it was delivered to a group, and neither `ack`, `nack` nor `reject` was called.
    #[getter]
    fn is_pending(&self) -> bool {
        self.unsettled.lock().is_some()
    }

    /// It was handled. Without a group there is nothing to acknowledge.
    fn ack(&self) {
        if let Some(group) = self.unsettled.lock().take() {
            group.ack();
        }
    }

    /// It could not be handled now: it is delivered again after so many seconds, or as its number of deliveries has it.
    #[pyo3(signature = (delay=None))]
    fn nack(&self, delay: Option<f64>) -> PyResult<()> {
        let delay = delay.map(Duration::try_from_secs_f64).transpose();
        let delay =
            delay.map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("delay: {error}")))?;
        if let Some(group) = self.unsettled.lock().take() {
            group.nack(delay);
        }
        Ok(())
    }

    /// It could not be handled, for this reason: it is delivered again, and becomes a dead letter with this reason in the end.
    fn fail(&self, reason: &str) {
        if let Some(group) = self.unsettled.lock().take() {
            group.fail(reason);
        }
    }

    /// It cannot be handled, ever: it becomes a dead letter with this reason.
    #[pyo3(signature = (reason="rejected"))]
    fn reject(&self, reason: &str) {
        if let Some(group) = self.unsettled.lock().take() {
            group.reject(reason);
        }
    }

    /// The message as one line of JSON, as the program and the gateway print it.
    fn to_json(&self) -> String {
        self.delivery.to_json_line().trim_end().to_owned()
    }

    /// The data as an object of this type: a `msgspec` structure, a dataclass, or anything that `msgspec.convert` knows.
    fn decode<'py>(&self, py: Python<'py>, kind: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let data = self.data(py);
        py.import("tradebus.typed")?.call_method1(intern!(py, "convert"), (data, kind))
    }

    fn __repr__(&self) -> String {
        let Delivery { id, message, .. } = &self.delivery;
        format!(
            "<tradebus.Message {id} {:?} {} {} bytes>",
            message.topic.as_str(),
            message.priority,
            message.payload.len()
        )
    }
}
