//! A message that is to be published, as Python gives it.

use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString};
use tradebus::{BusConfig, Encoding, Message, Priority, Topic};

use crate::failure::{Failure, Kind};
use crate::payload;

/// The message of these arguments.
pub(crate) fn message(
    config: &BusConfig,
    topic: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    priority: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Message> {
    let topic = self::topic(topic)?;
    // A text is no `MessagePack`, whatever the configuration says about values that are encoded.
    let mut encoding = if value.is_instance_of::<PyString>() { Encoding::Json } else { config.encoding() };
    if let Some(given) = options.map(|options| options.get_item("encoding")).transpose()?.flatten() {
        let name: String = given.extract()?;
        encoding = name.parse().map_err(|error| PyValueError::new_err(format!("encoding: {error}")))?;
    }
    let payload = match payload::raw(value)? {
        Some(raw) => raw,
        None if matches!(encoding, Encoding::Json | Encoding::MsgPack) => payload::encode(value, encoding)?,
        None => {
            let why =
                format!("a message in {} is bytes: it is not encoded here", payload::encoding_name(encoding));
            return Err(Failure::new(Kind::Serialization, why).into());
        }
    };
    let mut message = Message::new(topic, payload).map_err(Failure::from)?.encoding(encoding);
    if let Some(name) = payload::type_name_of(value)? {
        message.type_name = name.into();
    }
    if let Some(priority) = priority {
        message.priority = tier(priority)?;
    }
    match options {
        Some(options) => with_options(message, options),
        None => Ok(message),
    }
}

pub(crate) fn topic(given: &Bound<'_, PyAny>) -> PyResult<Topic> {
    let text = given.cast::<PyString>().map_err(|_| wrong_type("topic", given, "a str"))?;
    Ok(Topic::new(text.to_cow()?).map_err(Failure::from)?)
}

/// A tier: a `MessagePriority`, its number, or its name.
pub(crate) fn tier(given: &Bound<'_, PyAny>) -> PyResult<Priority> {
    if given.is_instance_of::<PyInt>() && !given.is_instance_of::<PyBool>() {
        let number = given.extract::<u8>().ok().and_then(Priority::from_number);
        return number.ok_or_else(|| {
            PyValueError::new_err(format!(
                "priority is {given}: allowed are 0 (low), 1 (normal), 2 (high), 3 (critical), and MessagePriority"
            ))
        });
    }
    let name = given
        .cast::<PyString>()
        .map_err(|_| wrong_type("priority", given, "a MessagePriority, a str or an int"))?;
    name.to_cow()?.parse().map_err(|error| PyValueError::new_err(format!("priority: {error}")))
}

pub(crate) fn wrong_type(what: &str, given: &Bound<'_, PyAny>, allowed: &str) -> PyErr {
    let kind = given.get_type().qualname().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{what} is of the type {kind}: it must be {allowed}"))
}

/// So many seconds.
pub(crate) fn seconds(what: &str, given: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let seconds: f64 = given.extract().map_err(|_| wrong_type(what, given, "a number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("{what} is {seconds}: {error}")))
}

fn with_options(mut message: Message, options: &Bound<'_, PyDict>) -> PyResult<Message> {
    for (name, value) in options.iter() {
        let name = name.cast_into::<PyString>()?;
        let name = name.to_cow()?;
        if value.is_none() {
            continue;
        }
        message = match &*name {
            "encoding" => message,
            "type" => message.type_name(text("type", &value)?),
            "correlation_id" => message.correlation_id(text("correlation_id", &value)?),
            "reply_to" => message.reply_to(&topic(&value)?),
            "ttl" => message.ttl(seconds("ttl", &value)?),
            "expires_at" => message.expires_at(nanoseconds("expires_at", &value)?),
            "delay" => message.delay(seconds("delay", &value)?),
            "deliver_at" => message.deliver_at(nanoseconds("deliver_at", &value)?),
            "headers" => with_headers(message, &value)?,
            other => {
                return Err(PyTypeError::new_err(format!("publish has no option `{other}`")));
            }
        };
    }
    Ok(message)
}

fn with_headers(mut message: Message, headers: &Bound<'_, PyAny>) -> PyResult<Message> {
    let headers = headers.cast::<PyDict>().map_err(|_| wrong_type("headers", headers, "a dict of texts"))?;
    for (name, value) in headers.iter() {
        message = message.header(text("the name of a header", &name)?, text("a header", &value)?);
    }
    Ok(message)
}

fn text(what: &str, given: &Bound<'_, PyAny>) -> PyResult<String> {
    given.extract().map_err(|_| wrong_type(what, given, "a str"))
}

fn nanoseconds(what: &str, given: &Bound<'_, PyAny>) -> PyResult<u64> {
    given.extract().map_err(|_| wrong_type(what, given, "a number of nanoseconds since 1970 UTC, as an int"))
}
