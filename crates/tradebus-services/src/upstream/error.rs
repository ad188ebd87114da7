//! What can go wrong between a call and its answer.

use std::time::Duration;

/// Why there is no answer. No variant holds a header, a query or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// The call itself cannot be sent.
    #[error("the call cannot be sent: {reason}")]
    Invalid {
        /// What is wrong with it, and what is allowed.
        reason: String,
    },
    /// The time for the call was used up.
    #[error("{upstream}{path}: no answer within {} ms", .after.as_millis())]
    Timeout {
        /// Host and port.
        upstream: String,
        /// The path that was asked for.
        path: String,
        /// The time that was allowed.
        after: Duration,
    },
    /// No connection, or one that ended before the answer began.
    #[error("{upstream} cannot be reached: {reason}")]
    Unreachable {
        /// Host and port.
        upstream: String,
        /// What the system or the network said.
        reason: String,
        /// Whether the request cannot have arrived.
        unsent: bool,
    },
    /// Too many requests: the upstream said so, or would.
    #[error("{upstream} takes no more requests for now{}{}", after(*.retry_after), told(.message.as_ref()))]
    RateLimited {
        /// Host and port.
        upstream: String,
        /// When it makes sense to ask again.
        retry_after: Option<Duration>,
        /// What the upstream said.
        message: Option<String>,
    },
    /// The upstream failed (a status of 500 and above), or has failed so often that it is left alone for a while.
    #[error("{upstream} does not work for now{}{}{}", with(*.status), after(*.retry_after), told(.message.as_ref()))]
    Unavailable {
        /// Host and port.
        upstream: String,
        /// The HTTP status; none if nothing was sent, because the circuit breaker is open.
        status: Option<u16>,
        /// When it makes sense to ask again.
        retry_after: Option<Duration>,
        /// What the upstream said.
        message: Option<String>,
    },
    /// There is no such thing (404, 410).
    #[error("{upstream}{path}: not found{}", told(.message.as_ref()))]
    NotFound {
        /// Host and port.
        upstream: String,
        /// The path that was asked for.
        path: String,
        /// What the upstream said.
        message: Option<String>,
    },
    /// The upstream did not want the call (any other status of 400 to 499).
    #[error("{upstream}{path}: refused with status {status}{}", told(.message.as_ref()))]
    Refused {
        /// Host and port.
        upstream: String,
        /// The path that was asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The upstream's own code for it, such as `API_KEY_INVALID`.
        reason: Option<String>,
        /// What the upstream said.
        message: Option<String>,
    },
    /// The answer cannot be used.
    #[error("the answer cannot be used: {kind}: {detail}")]
    Broken {
        /// In which way.
        kind: Breakage,
        /// Where and how.
        detail: String,
    },
    /// The answer is larger than is allowed.
    #[error("{upstream}{path}: the answer has more than {limit_bytes} bytes, which is the most that is read")]
    TooLarge {
        /// Host and port.
        upstream: String,
        /// The path that was asked for.
        path: String,
        /// The most that is read, in bytes.
        limit_bytes: u64,
    },
}

/// The ways in which an answer can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// It is a page for a browser.
    Html,
    /// It ends too early.
    Cut,
    /// It says that it is JSON and is not.
    NotJson,
    /// It is JSON, but not of the form that is wanted.
    Shape,
    /// It leads elsewhere in a way that is not followed.
    Redirect,
}

impl UpstreamError {
    /// A short name for the kind of error, for metrics and for answers of services. It does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::Timeout { .. } => "timeout",
            Self::Unreachable { .. } => "unreachable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::NotFound { .. } => "not_found",
            Self::Refused { .. } => "refused",
            Self::Broken { .. } => "broken_answer",
            Self::TooLarge { .. } => "too_large",
        }
    }

    /// The HTTP status that the upstream gave, where the kind of error leaves one open.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unavailable { status, .. } => *status,
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// When it makes sense to ask again, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the upstream is at fault, which the circuit breaker counts.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Unreachable { .. } | Self::Unavailable { .. } => true,
            // What is JSON of another form than wanted is a matter between the caller and the upstream.
            Self::Broken { kind, .. } => *kind != Breakage::Shape,
            _ => false,
        }
    }
}

impl std::fmt::Display for Breakage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Html => "it is an HTML page",
            Self::Cut => "it ends too early",
            Self::NotJson => "it is no JSON",
            Self::Shape => "it has another form than expected",
            Self::Redirect => "it leads elsewhere",
        })
    }
}

fn after(retry_after: Option<Duration>) -> String {
    retry_after
        .map_or_else(String::new, |wait| format!(", try again after {} s", wait.as_millis().div_ceil(1000)))
}

fn with(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!(" (status {status})"))
}

fn told(message: Option<&String>) -> String {
    message.map_or_else(String::new, |message| format!(": {message}"))
}
