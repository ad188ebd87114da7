//! What is answered when a request cannot be fulfilled: problem details (RFC 9457), the one shape of all errors.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use tradebus::store::StoreError;
use tradebus::{ManageError, PublishError, Refused, RequestError, ServiceError, SubscribeError};

/// Why a request was not fulfilled.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    /// Seconds after which it may do.
    retry_after: Option<u64>,
    more: Map<String, Value>,
}

pub(crate) type Outcome<T> = Result<T, Problem>;

impl Problem {
    /// A problem of a kind: a word or two that stay the same, for programs.
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), retry_after: None, more: Map::new() }
    }

    /// The request itself is wrong: what is, and what is allowed.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// A value is wrong, and this is the one.
    pub(crate) fn bad_value(field: &str, detail: impl std::fmt::Display) -> Self {
        Self::bad_request(format!("{field}: {detail}")).with("field", field)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Too much is asked for at once; it may do in a while.
    pub(crate) fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", detail).retry_after(retry_after)
    }

    /// What is needed is not there at the moment.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1)
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member for programs.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The same about a part of what was given.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.detail.insert_str(0, &format!("{place}."));
        if let Some(Value::String(field)) = self.more.get_mut("field") {
            field.insert_str(0, &format!("{place}."));
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// As an object: `type`, `title`, `status`, `detail`, and what else is known.
    pub(crate) fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".to_owned(), format!("urn:tradebus:problem:{}", self.kind).into());
        object.insert("title".to_owned(), self.status.canonical_reason().unwrap_or("Error").into());
        object.insert("status".to_owned(), self.status.as_u16().into());
        object.insert("detail".to_owned(), self.detail.clone().into());
        object.extend(self.more.clone());
        Value::Object(object)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.to_value().to_string();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tradebus\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl From<ManageError> for Problem {
    fn from(error: ManageError) -> Self {
        match &error {
            ManageError::NoStream { .. } | ManageError::NoGroup { .. } | ManageError::NoDeadLetter { .. } => {
                Self::not_found(error.to_string())
            }
            ManageError::NotADeadLetter { .. } => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string())
            }
            _ => Self::unavailable(error.to_string()),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let detail = error.to_string();
        match error {
            PublishError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).with("field", "payload")
            }
            PublishError::Topic(_) | PublishError::Reserved { .. } => Self::bad_value("topic", detail),
            PublishError::Filtered { .. } => Self::bad_value("type", detail),
            PublishError::BufferFull { .. } | PublishError::Dropped { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail).retry_after(1)
            }
            _ => Self::unavailable(detail),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "full", refused.to_string()).retry_after(1)
    }
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        match &error {
            SubscribeError::Pattern(_) => Self::bad_value("pattern", error),
            SubscribeError::Name { what, .. } => Self::bad_value(what, &error),
            _ => Self::unavailable(error.to_string()),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let detail = error.to_string();
        match error {
            RequestError::Publish(error) => error.into(),
            _ => Self::new(StatusCode::GATEWAY_TIMEOUT, "no-answer", detail),
        }
    }
}

/// What a service said instead of an answer.
impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (status, retry) = match &*error.code {
            "bad_request" => (StatusCode::BAD_REQUEST, None),
            "unknown_topic" | "not_found" => (StatusCode::NOT_FOUND, None),
            "overloaded" | "unavailable" => (StatusCode::SERVICE_UNAVAILABLE, Some(5)),
            "rate_limited" => (StatusCode::TOO_MANY_REQUESTS, Some(5)),
            "timeout" => (StatusCode::GATEWAY_TIMEOUT, None),
            "bad_upstream" => (StatusCode::BAD_GATEWAY, None),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let problem = Self::new(status, "service", error.message).with("code", error.code.into_owned());
        match retry {
            Some(seconds) => problem.retry_after(seconds),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use http::{StatusCode, header};
    use tradebus::{ErrorCode, ServiceError};

    use super::Problem;

    #[test]
    fn a_problem_says_what_is_wrong() {
        let problem = Problem::bad_value("limit", "use 1 to 1000");
        let value = problem.to_value();
        assert_eq!(value["status"], 400);
        assert_eq!(value["title"], "Bad Request");
        assert_eq!(value["type"], "urn:tradebus:problem:bad-request");
        assert_eq!(value["detail"], "limit: use 1 to 1000");
        assert_eq!(value["field"], "limit");
        let response = problem.into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn what_a_service_says_has_a_status() {
        let status = |code| Problem::from(ServiceError::new(code, "why")).into_response().status();
        assert_eq!(status(ErrorCode::BadRequest), StatusCode::BAD_REQUEST);
        assert_eq!(status(ErrorCode::RateLimited), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(status(ErrorCode::BadUpstream), StatusCode::BAD_GATEWAY);
        assert_eq!(status(ErrorCode::Internal), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
