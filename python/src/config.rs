//! The configuration: put together and checked by the core.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use serde_json::Value;
use tradebus::BusConfig;
use tradebus::config::{Loaded, Loader, Source};

use crate::failure::{Failure, Kind};
use crate::outgoing;
use crate::payload;

/// A configuration without an error.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Config {
    pub(crate) config: Arc<BusConfig>,
    loaded: Loaded,
}

/// Puts a configuration together: defaults, a preset, a file, the environment, and values, each over the one before.
#[pyfunction]
#[pyo3(signature = (values=None, *, file=None, discover=false, environment=true))]
pub(crate) fn load_config(
    values: Option<&Bound<'_, PyAny>>,
    file: Option<PathBuf>,
    discover: bool,
    environment: bool,
) -> PyResult<Config> {
    let mut loader = Loader::new();
    if let Some(file) = file {
        loader = loader.file(file);
    } else if discover {
        loader = loader.discover();
    }
    if environment {
        loader = loader.process_environment();
    }
    let values = values.map(payload::from_python).transpose()?;
    if let Some(Value::Object(values)) = values {
        for (name, value) in values {
            loader = loader.set(&quoted(&name), value, Source::Argument);
        }
    }
    let loaded = loader.load().map_err(Failure::from)?;
    Ok(Config { config: Arc::new(loaded.config.clone()), loaded })
}

/// A name as one step of a path: dots in it do not lead anywhere.
fn quoted(name: &str) -> String {
    if name.contains(['.', '"', '\\']) { format!("{name:?}") } else { name.to_owned() }
}

/// The JSON Schema of the configuration.
#[pyfunction]
pub(crate) fn config_schema(py: Python<'_>) -> PyResult<Py<PyAny>> {
    payload::to_python(py, &tradebus::config::schema())
}

#[pymethods]
impl Config {
    /// All values. Secrets are shown only if that is asked for.
    #[pyo3(signature = (secrets=false))]
    fn to_dict(&self, py: Python<'_>, secrets: bool) -> PyResult<Py<PyAny>> {
        let unwritable = |error: serde_json::Error| Failure::new(Kind::Serialization, error.to_string());
        let mut values = serde_json::to_value(&*self.config).map_err(unwritable)?;
        if secrets {
            if let Some(store) = &self.config.store {
                values["store"] = store.expose().into();
            }
            if let Some(password) = &self.config.redis_password {
                values["redis_password"] = password.expose().into();
            }
        }
        payload::to_python(py, &values)
    }

    /// The values that differ from the defaults, by path, without secrets.
    fn changes(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let changes: serde_json::Map<String, Value> =
            self.config.changes().into_iter().map(|change| (change.path, change.value)).collect();
        payload::to_python(py, &changes)
    }

    /// Where the value of a field comes from.
    fn source(&self, path: &str) -> String {
        self.loaded.sources.get(path).to_string()
    }

    /// What is unwise, and what could be better.
    fn advice(&self) -> (Vec<String>, Vec<String>) {
        let lines =
            |findings: &[tradebus::config::Finding]| findings.iter().map(ToString::to_string).collect();
        (lines(&self.loaded.report.warnings), lines(&self.loaded.report.suggestions))
    }

    /// The queue of a tier, with everything that applies to it.
    fn buffer(&self, py: Python<'_>, priority: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        payload::to_python(py, &self.config.buffer(outgoing::tier(priority)?))
    }

    /// The settings of a stream, with everything that applies to it.
    fn stream(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        payload::to_python(py, &self.config.stream(name))
    }

    /// What every stream key starts with.
    #[getter]
    fn stream_base(&self) -> String {
        self.config.stream_base()
    }

    /// Where the store is, without secrets.
    #[getter]
    fn store_url(&self) -> String {
        self.config.store_url().to_string()
    }
}
