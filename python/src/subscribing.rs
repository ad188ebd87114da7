//! How to subscribe, as Python says it.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use serde::de::DeserializeOwned;
use tradebus::{GroupOptions, Pattern, StartFrom, SubscribeOptions};

use crate::failure::Failure;
use crate::outgoing;

/// The pattern in a text, or in bytes: topics of others may be no text.
pub(crate) fn pattern(given: &Bound<'_, PyAny>) -> PyResult<Pattern> {
    let pattern = if let Ok(text) = given.cast::<PyString>() {
        Pattern::new(text.to_cow()?.as_bytes())
    } else if let Ok(bytes) = given.cast::<PyBytes>() {
        Pattern::new(bytes.as_bytes())
    } else {
        return Err(outgoing::wrong_type("pattern", given, "a str"));
    };
    Ok(pattern.map_err(Failure::from)?)
}

/// For every message, or for a share of them.
pub(crate) enum Options {
    Broadcast(SubscribeOptions),
    Group(GroupOptions),
}

impl Options {
    /// The typed layer has given them names: what is not set is `None`.
    pub(crate) fn read(given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(given) = given else { return Ok(Self::Broadcast(SubscribeOptions::default())) };
        let mut options = match given.get_item("group")?.filter(|group| !group.is_none()) {
            Some(group) => Self::Group(SubscribeOptions::group(group.extract::<String>()?)),
            None => Self::Broadcast(SubscribeOptions::default()),
        };
        for (name, value) in given.iter() {
            let name: String = name.extract()?;
            if !value.is_none() && name != "group" {
                options = options.with(&name, &value)?;
            }
        }
        Ok(options)
    }

    fn with(self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        match (self, name) {
            (Self::Broadcast(options), _) => broadcast_with(options, name, value).map(Self::Broadcast),
            (Self::Group(options), _) => group_with(options, name, value).map(Self::Group),
        }
    }
}

fn broadcast_with(
    options: SubscribeOptions,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<SubscribeOptions> {
    Ok(match name {
        "start" => options.from(start(value)?),
        "streams" => {
            value.extract::<Vec<String>>()?.iter().fold(options, |options, key| options.stream(key.as_str()))
        }
        "policy" => options.policy(choice("policy", value)?),
        "capacity" => options.capacity(value.extract()?),
        "priorities" => {
            let tiers = value.try_iter()?.map(|tier| outgoing::tier(&tier?)).collect::<PyResult<Vec<_>>>()?;
            options.tiers(tiers)
        }
        "sampling" if value.is_truthy()? => options.sampling(),
        "sampling" => options,
        other => {
            return Err(PyTypeError::new_err(format!(
                "`{other}` is for consumer groups: name one with group="
            )));
        }
    })
}

fn group_with(options: GroupOptions, name: &str, value: &Bound<'_, PyAny>) -> PyResult<GroupOptions> {
    Ok(match name {
        "consumer" => options.consumer(value.extract::<String>()?),
        "start" => options.from(start(value)?),
        "streams" => {
            value.extract::<Vec<String>>()?.iter().fold(options, |options, key| options.stream(key.as_str()))
        }
        "capacity" => options.capacity(value.extract()?),
        "max_deliveries" => options.max_deliveries(value.extract()?),
        "ordering" => options.ordering(choice("ordering", value)?),
        "single_active" if value.is_truthy()? => options.single_active(),
        "dead_letter_expired" if value.is_truthy()? => options.dead_letter_expired(),
        "single_active" | "dead_letter_expired" => options,
        other => {
            return Err(PyTypeError::new_err(format!("a subscription of a consumer group has no `{other}`")));
        }
    })
}

/// `latest`, `earliest`, an entry id, a duration such as `10m`, or so many seconds ago.
pub(crate) fn start(value: &Bound<'_, PyAny>) -> PyResult<StartFrom> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_cow()?.parse().map_err(|error| PyValueError::new_err(format!("start: {error}")));
    }
    outgoing::seconds("start", value).map(StartFrom::Ago)
}

/// One of a few words, as the configuration has them.
fn choice<T: DeserializeOwned>(what: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    let word: String = value.extract()?;
    serde_json::from_value(word.into()).map_err(|error| PyValueError::new_err(format!("{what}: {error}")))
}

/// The matcher of a pattern.
#[pyclass(frozen, name = "Pattern", module = "tradebus._native")]
pub(crate) struct Matcher(Pattern);

#[pymethods]
impl Matcher {
    #[new]
    fn new(pattern: &Bound<'_, PyAny>) -> PyResult<Self> {
        self::pattern(pattern).map(Self)
    }

    /// Whether the whole topic matches.
    fn matches(&self, topic: &str) -> bool {
        self.0.matches(topic.as_bytes())
    }
}
