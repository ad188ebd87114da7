//! Looking after streams and consumer groups.

use std::time::Duration;

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use serde_json::{Value, json};
use tradebus::store::{
    Acks, Claim, ConsumerInfo, GroupInfo, PendingEntry, PendingQuery, RangeQuery, ReadBatch,
};
use tradebus::{EntryId, OwnedFields, StartFrom, StreamDescription, StreamKey, StreamManager, TrimTo};

use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::logs;
use crate::outgoing;
use crate::payload;
use crate::subscribing;
use crate::waiter::Waiter;

/// Connects to the store of a configuration to look after its streams.
#[pyfunction]
#[pyo3(signature = (config, blocking=false))]
pub(crate) fn connect_streams(py: Python<'_>, config: &Config, blocking: bool) -> PyResult<Py<PyAny>> {
    logs::install();
    let waiter = Waiter::here(py, blocking)?;
    let (config, connected) = (config.config.clone(), waiter.clone());
    let opening = async move { Ok(StreamManager::connect(&config).await?) };
    waiter.run(py, opening, |py, manager| Ok(Py::new(py, Streams::new(manager, connected, true))?.into_any()))
}

/// Looks after the streams of a store.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Streams {
    manager: StreamManager,
    waiter: Waiter,
    /// The store was opened for this.
    owns_store: bool,
}

impl Streams {
    pub(crate) fn new(manager: StreamManager, waiter: Waiter, owns_store: bool) -> Self {
        Self { manager, waiter, owns_store }
    }

    /// Runs something, and gives its result to Python as JSON would have it.
    fn ask<F>(&self, py: Python<'_>, work: F) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<Value, Failure>> + Send + 'static,
    {
        self.waiter.run(py, work, |py, value| payload::to_python(py, &value))
    }
}

#[pymethods]
impl Streams {
    /// What the keys of all streams of the bus start with.
    #[getter]
    fn base(&self) -> &str {
        self.manager.base()
    }

    /// Keys of the streams of the bus; of all that start with a prefix, if one is given.
    #[pyo3(signature = (prefix=None))]
    fn list(&self, py: Python<'_>, prefix: Option<String>) -> PyResult<Py<PyAny>> {
        let manager = self.manager.clone();
        self.ask(py, async move {
            let keys = match prefix {
                Some(prefix) => manager.list_with_prefix(prefix.as_bytes()).await?,
                None => manager.list().await?,
            };
            Ok(keys.iter().map(ToString::to_string).collect())
        })
    }

    /// What a stream is like.
    fn info(&self, py: Python<'_>, stream: &str) -> PyResult<Py<PyAny>> {
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move { Ok(described(&manager.describe(&stream).await?)) })
    }

    /// Removes a stream: with the number of entries that it had.
    fn delete(&self, py: Python<'_>, stream: &str) -> PyResult<Py<PyAny>> {
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move { Ok(manager.remove(&stream).await?.finish().await?.into()) })
    }

    /// Adds an entry of these fields: with its id.
    fn add(&self, py: Python<'_>, stream: &str, fields: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        let (manager, stream, fields) = (self.manager.clone(), StreamKey::from(stream), owned(fields)?);
        self.ask(py, async move {
            let added = manager.adder(&stream).await?.add(&[fields]).await?.pop();
            let missing = || Failure::new(Kind::Store, "the store gave no id");
            Ok(added.ok_or_else(missing)??.to_string().into())
        })
    }

    /// Entries behind an id, at most so many: pairs of an id and its fields.
    #[pyo3(signature = (stream, after, count, reverse=false))]
    fn read(
        &self,
        py: Python<'_>,
        stream: &str,
        after: &str,
        count: usize,
        reverse: bool,
    ) -> PyResult<Py<PyAny>> {
        let start = id(after)?.next().unwrap_or(EntryId::MAX);
        let (store, stream) = (self.manager.store().clone(), StreamKey::from(stream));
        let query = RangeQuery { start, limit: count, reverse, ..RangeQuery::default() };
        let reading = async move { Ok(store.range(&stream, query).await?) };
        self.waiter.run(py, reading, |py, batch| entries(py, &batch))
    }

    /// Shortens a stream to so many entries, or to those of the last seconds: with the number of entries that went.
    #[pyo3(signature = (stream, length=None, age=None, exact=true))]
    fn trim(
        &self,
        py: Python<'_>,
        stream: &str,
        length: Option<u64>,
        age: Option<&Bound<'_, PyAny>>,
        exact: bool,
    ) -> PyResult<Py<PyAny>> {
        let to = match (length, age) {
            (Some(length), None) => TrimTo::Length(length),
            (None, Some(age)) => TrimTo::Age(outgoing::seconds("age", age)?),
            _ => return Err(PyTypeError::new_err("trim needs a length or an age, and not both")),
        };
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move { Ok(manager.trim(&stream, to, exact).await?.finish().await?.into()) })
    }

    /// Gives a stream a consumer group: whether it is new. A missing stream is created.
    fn create_group(
        &self,
        py: Python<'_>,
        stream: &str,
        group: String,
        start: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let start: StartFrom = subscribing::start(start)?;
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move { Ok(manager.create_group(&stream, &group, start).await?.into()) })
    }

    /// Removes a consumer group with everything that is pending in it.
    fn delete_group(&self, py: Python<'_>, stream: &str, group: String) -> PyResult<Py<PyAny>> {
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move {
            manager.destroy_group(&stream, &group).await?;
            Ok(Value::Null)
        })
    }

    /// The consumer groups of a stream, and the consumers of each.
    fn groups(&self, py: Python<'_>, stream: &str) -> PyResult<Py<PyAny>> {
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move {
            let mut groups = Vec::new();
            for group in manager.groups(&stream).await? {
                let consumers = manager.consumers(&stream, &group.name).await?;
                groups.push(group_info(&group, &consumers));
            }
            Ok(groups.into())
        })
    }

    /// New entries for a consumer of a group, at most so many; waits so many seconds for the first.
    fn read_group(
        &self,
        py: Python<'_>,
        stream: &str,
        group: String,
        consumer: String,
        count: usize,
        block: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let block = Some(outgoing::seconds("block", block)?).filter(|block| !block.is_zero());
        let (store, stream) = (self.manager.store().clone(), StreamKey::from(stream));
        let reading = async move {
            let mut reader = store.consumer_groups().group_reader(&group, &consumer, "python").await?;
            Ok(reader.read(&[stream], count, block).await?)
        };
        self.waiter.run(py, reading, |py, batch| entries(py, &batch))
    }

    /// Entries were handled: with the number of those that were pending.
    fn ack(&self, py: Python<'_>, stream: &str, group: String, ids: Vec<String>) -> PyResult<Py<PyAny>> {
        let ids = ids.iter().map(|text| id(text)).collect::<PyResult<Vec<_>>>()?;
        let (store, stream) = (self.manager.store().clone(), StreamKey::from(stream));
        self.ask(py, async move {
            let acks = Acks { stream: &stream, ids: &ids };
            Ok(store.consumer_groups().acknowledge(&group, &[acks]).await?.into())
        })
    }

    /// Entries of a group that were delivered and not acknowledged.
    #[pyo3(signature = (stream, group, consumer=None, count=1000))]
    fn pending(
        &self,
        py: Python<'_>,
        stream: &str,
        group: String,
        consumer: Option<String>,
        count: usize,
    ) -> PyResult<Py<PyAny>> {
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move {
            let query =
                PendingQuery { consumer: consumer.as_deref(), limit: count, ..PendingQuery::default() };
            Ok(manager.pending(&stream, &group, query).await?.iter().map(pending_entry).collect())
        })
    }

    /// Gives pending entries that were delivered so many seconds ago to a consumer: with their ids.
    fn claim(
        &self,
        py: Python<'_>,
        stream: &str,
        group: String,
        consumer: String,
        ids: Vec<String>,
        min_idle: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let ids = ids.iter().map(|text| id(text)).collect::<PyResult<Vec<_>>>()?;
        let min_idle: Duration = outgoing::seconds("min_idle", min_idle)?;
        let (manager, stream) = (self.manager.clone(), StreamKey::from(stream));
        self.ask(py, async move {
            let claim = Claim { ids: &ids, min_idle };
            let claimed = manager.claim(&stream, &group, &consumer, claim).await?;
            Ok(claimed.iter().map(ToString::to_string).collect())
        })
    }

    /// How long the store takes to answer, in milliseconds.
    fn ping(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let store = self.manager.store().clone();
        self.ask(py, async move {
            let before = std::time::Instant::now();
            store.now_ms().await?;
            Ok((before.elapsed().as_secs_f64() * 1e3).into())
        })
    }

    /// Where the store is, without secrets.
    fn describe(&self) -> String {
        self.manager.store().describe()
    }

    /// Closes the store, if it was opened for this.
    fn close(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (manager, owns) = (self.manager.clone(), self.owns_store);
        self.ask(py, async move {
            if owns {
                manager.close().await;
            }
            Ok(Value::Null)
        })
    }
}

fn id(text: &str) -> PyResult<EntryId> {
    text.parse().map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("{error}")))
}

/// Fields as the store has them: names and values are bytes.
fn owned(fields: &Bound<'_, PyDict>) -> PyResult<OwnedFields> {
    if fields.is_empty() {
        return Err(pyo3::exceptions::PyValueError::new_err("an entry needs at least one field"));
    }
    let bytes = |value: &Bound<'_, PyAny>| -> PyResult<Bytes> {
        match payload::raw(value)? {
            Some(raw) => Ok(raw),
            None => payload::encode(value, tradebus::Encoding::Json),
        }
    };
    fields.iter().map(|(name, value)| Ok((bytes(&name)?, bytes(&value)?))).collect()
}

/// Pairs of an id and a dictionary: names are texts, values bytes.
fn entries(py: Python<'_>, batch: &ReadBatch) -> PyResult<Py<PyAny>> {
    let list = PyList::empty(py);
    for entry in batch.entries() {
        let fields = PyDict::new(py);
        for (name, value) in entry.fields() {
            fields.set_item(PyString::new(py, &String::from_utf8_lossy(name)), PyBytes::new(py, value))?;
        }
        list.append((entry.id().to_string(), fields))?;
    }
    Ok(list.into_any().unbind())
}

fn described(description: &StreamDescription) -> Value {
    let info = &description.info;
    let id = |id: Option<EntryId>| id.map(|id| id.to_string());
    json!({
        "stream": description.stream.to_string(),
        "length": info.len,
        "first_id": id(info.first),
        "last_id": id(info.last),
        "last_generated_id": info.last_id.to_string(),
        "entries_added": info.entries_added,
        "groups": info.groups,
        "memory_bytes": info.memory_bytes,
        "first_age_seconds": description.first_age.map(|age| age.as_secs_f64()),
    })
}

fn group_info(group: &GroupInfo, consumers: &[ConsumerInfo]) -> Value {
    let consumer = |it: &ConsumerInfo| json!({"name": it.name, "pending": it.pending, "idle_seconds": it.idle.as_secs_f64()});
    json!({
        "name": group.name,
        "consumers": consumers.iter().map(consumer).collect::<Vec<_>>(),
        "pending": group.pending,
        "last_delivered_id": group.last_delivered.to_string(),
        "entries_read": group.entries_read,
        "lag": group.lag,
    })
}

fn pending_entry(entry: &PendingEntry) -> Value {
    json!({
        "id": entry.id.to_string(),
        "consumer": entry.consumer,
        "idle_seconds": entry.idle.as_secs_f64(),
        "deliveries": entry.deliveries,
    })
}
