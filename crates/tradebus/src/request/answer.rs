//! Answers, as they are given and as they arrive.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// An answer as it arrives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Id of the request.
    pub request_id: String,
    /// Whether the request was fulfilled.
    pub success: bool,
    /// What was asked for; null without success.
    #[serde(default)]
    pub data: Value,
    /// Why it was not fulfilled.
    #[serde(default)]
    pub error: Option<ServiceError>,
    /// How long the service took, in milliseconds.
    #[serde(default)]
    pub processing_time_ms: f64,
    /// Whether the answer comes out of a cache.
    #[serde(default)]
    pub cached: bool,
    /// When it was given: RFC 3339, UTC.
    #[serde(default)]
    pub timestamp: String,
    /// What else the service says: `stale`, `age_seconds`, `provider_info`, `source`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Response {
    /// What was asked for.
    ///
    /// # Errors
    ///
    /// What the service said instead.
    pub fn into_data(self) -> Result<Value, ServiceError> {
        if self.success {
            return Ok(self.data);
        }
        let unsaid = || ServiceError::new(ErrorCode::Internal, "the service did not say why it failed");
        Err(self.error.unwrap_or_else(unsaid))
    }
}

/// An answer as a service gives it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// What was asked for.
    pub data: Data,
    /// Whether it comes out of a cache; `None` where there is none.
    pub cached: Option<bool>,
    /// What goes beside it, such as `stale`, `age_seconds`, `provider_info`. The names of [`Response`]'s own fields are left out.
    pub more: Map<String, Value>,
}

impl From<Value> for Answer {
    fn from(data: Value) -> Self {
        Self { data: Data::Value(data), ..Self::default() }
    }
}

/// What a service gives: a value, or JSON that was written before and can be given many times.
#[derive(Debug, Clone)]
pub enum Data {
    /// To be written.
    Value(Value),
    /// Written.
    Written(Arc<RawValue>),
}

impl Data {
    /// Writes it down, if that was not done yet.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn written(self) -> serde_json::Result<Arc<RawValue>> {
        match self {
            Self::Value(value) => serde_json::value::to_raw_value(&value).map(Arc::from),
            Self::Written(json) => Ok(json),
        }
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Written(json) => json.as_ref().serialize(serializer),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Value(Value::Null)
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Arc<RawValue>> for Data {
    fn from(json: Arc<RawValue>) -> Self {
        Self::Written(json)
    }
}

/// Why a service did not fulfil a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct ServiceError {
    /// What kind of reason it is: one of [`ErrorCode`], or one of the service's own.
    pub code: Cow<'static, str>,
    /// What is wrong and what is allowed, for people.
    pub message: String,
}

impl ServiceError {
    /// A reason of a known kind.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code.name()), message: message.into() }
    }

    /// A parameter is missing or wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// What is asked for is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }
}

/// The kinds of reasons that all services share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is no request, or its parameters are wrong.
    BadRequest,
    /// The service knows no such topic.
    UnknownTopic,
    /// What is asked for is not there.
    NotFound,
    /// The service has more to do than it takes on.
    Overloaded,
    /// It took too long.
    Timeout,
    /// What the service itself depends on does not answer.
    Unavailable,
    /// What the service itself depends on wants to be asked less.
    RateLimited,
    /// What the service itself depends on gave an answer that makes no sense.
    BadUpstream,
    /// The service has a defect.
    Internal,
}

impl ErrorCode {
    /// As it is written in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::UnknownTopic => "unknown_topic",
            Self::NotFound => "not_found",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::RateLimited => "rate_limited",
            Self::BadUpstream => "bad_upstream",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ErrorCode, Response, ServiceError};

    #[test]
    fn a_response_is_read_leniently() {
        let read = |json| serde_json::from_value::<Response>(json);
        let response = read(json!({"request_id": "1", "success": true, "data": [1], "stale": true})).unwrap();
        assert_eq!(response.more["stale"], json!(true));
        assert_eq!(response.into_data(), Ok(json!([1])));
        let failed = json!({"request_id": "1", "success": false, "error": {"code": "own", "message": "no"}});
        assert_eq!(read(failed).unwrap().into_data().unwrap_err().to_string(), "no (own)");
        let silent = read(json!({"request_id": "1", "success": false})).unwrap();
        assert_eq!(silent.into_data().unwrap_err().code, ErrorCode::Internal.name());
        assert!(read(json!({"success": true})).is_err() && read(json!(7)).is_err());
        assert_eq!(ServiceError::bad_request("x").to_string(), "x (bad_request)");
    }
}
