//! What goes wrong, as the exceptions of `tradebus.errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use serde_json::Value;
use tradebus::config::ConfigError;
use tradebus::{
    ConnectError, ManageError, PatternError, PublishError, Refused, RequestError, ServeError, StoreError,
    SubscribeError, TopicError,
};
use tradebus_services::running::StartError;

use crate::payload;

/// An exception in the making: it needs no interpreter.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    details: Vec<(&'static str, Value)>,
}

/// The class of the exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Auth,
    BufferFull,
    Closed,
    Config,
    Connection,
    NotFound,
    Publish,
    Request,
    RequestTimeout,
    Serialization,
    Store,
    Topic,
}

impl Kind {
    /// Its name in `tradebus.errors`.
    const fn class(self) -> &'static str {
        match self {
            Self::Auth => "AuthError",
            Self::BufferFull => "BufferFullError",
            Self::Closed => "ClosedError",
            Self::Config => "ConfigError",
            Self::Connection => "StoreConnectionError",
            Self::NotFound => "NotFoundError",
            Self::Publish => "PublishError",
            Self::Request => "RequestError",
            Self::RequestTimeout => "RequestTimeoutError",
            Self::Serialization => "SerializationError",
            Self::Store => "StoreError",
            Self::Topic => "TopicError",
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new() }
    }

    /// With something that programs may look at, an attribute of the exception.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    fn raise(self, py: Python<'_>) -> PyResult<PyErr> {
        static ERRORS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
        let errors = ERRORS.get_or_try_init(py, || py.import("tradebus.errors").map(Bound::unbind))?;
        let details = PyDict::new(py);
        for (name, value) in &self.details {
            details.set_item(name, payload::to_python(py, value)?)?;
        }
        let class = errors.bind(py).getattr(self.kind.class())?;
        Ok(PyErr::from_value(class.call((self.message,), Some(&details))?))
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.raise(py).unwrap_or_else(|error| error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Url(_) | StoreError::Authorities { .. } => Kind::Config,
            StoreError::Login { .. } => Kind::Auth,
            StoreError::Connect { .. }
            | StoreError::Disconnected { .. }
            | StoreError::TimedOut { .. }
            | StoreError::Insecure { .. } => Kind::Connection,
            StoreError::NoGroup { .. } => Kind::NotFound,
            _ => Kind::Store,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new(Kind::Config, error.to_string());
        let ConfigError::Invalid { findings } = error else { return failure };
        let findings: Vec<Value> = findings
            .iter()
            .map(|it| serde_json::json!({"path": it.path, "given": it.given, "allowed": it.allowed, "message": it.message}))
            .collect();
        failure.with("findings", findings)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Config(error) => error.into(),
            ConnectError::Store(error) => error.into(),
            other => Self::new(Kind::Store, other.to_string()),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let message = error.to_string();
        match error {
            PublishError::Topic(error) => error.into(),
            PublishError::BufferFull { tier, .. } => {
                Self::new(Kind::BufferFull, message).with("priority", tier.name())
            }
            PublishError::Closed => Self::new(Kind::Closed, message),
            PublishError::NotSent(_) => Self::new(Kind::Connection, message),
            _ => Self::new(Kind::Publish, message),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let kind = match refused {
            Refused::BackPressured => Kind::BufferFull,
            Refused::Closed => Kind::Closed,
            Refused::NotConnected => Kind::Connection,
            _ => Kind::Publish,
        };
        Self::new(kind, refused.to_string())
    }
}

impl From<TopicError> for Failure {
    fn from(error: TopicError) -> Self {
        Self::new(Kind::Topic, error.to_string())
    }
}

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        Self::new(Kind::Topic, error.to_string())
    }
}

impl From<SubscribeError> for Failure {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Pattern(error) => error.into(),
            SubscribeError::Store(error) => error.into(),
            SubscribeError::Name { .. } => Self::new(Kind::Topic, error.to_string()),
            SubscribeError::Closed => Self::new(Kind::Closed, error.to_string()),
            other => Self::new(Kind::Store, other.to_string()),
        }
    }
}

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Config(error) => error.into(),
            ManageError::Store(error) => error.into(),
            other => Self::new(Kind::NotFound, other.to_string()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Topic(error) => error.into(),
            RequestError::Publish(error) => error.into(),
            RequestError::Closed => Self::new(Kind::Closed, error.to_string()),
            RequestError::TimedOut { .. } => Self::new(Kind::RequestTimeout, error.to_string()),
            other => Self::new(Kind::Request, other.to_string()),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Subscribe(error) => error.into(),
            other => Self::new(Kind::Topic, other.to_string()),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Serve { error, .. } => error.into(),
            other => Self::new(Kind::Config, other.to_string()),
        }
    }
}
