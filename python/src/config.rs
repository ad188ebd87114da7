//! The configuration: put together and checked by the core.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use serde_json::Value;
use tradebus::BusConfig;
use tradebus::config::{Loaded, Loader, MigrationSource, Source};

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
        // Whoever names a server means that one, and not the store that a file or the environment names.
        if ["redis_host", "redis_port"].iter().any(|name| values.contains_key(*name))
            && !values.contains_key("store")
        {
            loader = loader.set("store", Value::Null, Source::Argument);
        }
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

/// Turns a configuration of `nautilus` or of the `original` system into one of ours: all of it as JSON, with its secrets, and what was done to each field.
#[pyfunction]
#[pyo3(signature = (values, kind=None))]
pub(crate) fn migrate_config(
    py: Python<'_>,
    values: &Bound<'_, PyAny>,
    kind: Option<&str>,
) -> PyResult<(Py<PyAny>, Py<PyAny>, String)> {
    let kind = match kind {
        None => None,
        Some("nautilus") => Some(MigrationSource::Nautilus),
        Some("original") => Some(MigrationSource::Original),
        Some(other) => {
            let why = format!("`{other}` is no kind of configuration: allowed are nautilus and original");
            return Err(pyo3::exceptions::PyValueError::new_err(why));
        }
    };
    let migration = tradebus::config::migrate(payload::from_python(values)?, kind).map_err(Failure::from)?;
    let mut config = migration.to_json();
    reveal(&mut config, &migration.config);
    Ok((payload::to_python(py, &config)?, payload::to_python(py, &migration)?, migration.to_toml()))
}

/// Puts the secrets in.
fn reveal(values: &mut Value, config: &BusConfig) {
    if let Some(store) = &config.store {
        values["store"] = store.expose().into();
    }
    if let Some(password) = &config.redis_password {
        values["redis_password"] = password.expose().into();
    }
}

#[pymethods]
impl Config {
    /// All values. Secrets are shown only if that is asked for.
    #[pyo3(signature = (secrets=false))]
    fn to_dict(&self, py: Python<'_>, secrets: bool) -> PyResult<Py<PyAny>> {
        let unwritable = |error: serde_json::Error| Failure::new(Kind::Serialization, error.to_string());
        let mut values = serde_json::to_value(&*self.config).map_err(unwritable)?;
        if secrets {
            reveal(&mut values, &self.config);
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
