//! Asking, and being answered: requests and their answers are messages like any other.
//!
//! A request is published on the topic of what is asked for. Its answer comes on the reply topic of the bus that asked, tied to it by a correlation
//! id. Answers lie in a stream of their own, `{base}:reply`, whatever the layout: who only asks need not read everything else.
//! One subscription, made with the first request, hands each answer to whoever [waits](desk) for it. [Services](service) answer.

mod answer;
mod call;
mod desk;
mod envelope;
pub(crate) mod service;

pub use self::answer::{Answer, Data, ErrorCode, Response, ServiceError};
pub use self::call::Call;
pub(crate) use self::desk::{Asking, Desk};
pub use self::envelope::Request;
pub use self::service::{Route, ServeError, Service, ServiceHealth, ServiceOptions, ServiceTask};

use std::sync::Arc;
use std::time::Duration;

use crate::store::StoreError;
use crate::{PublishError, SubscribeError, Topic, TopicError};

/// Why a request got no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The topic breaks the rules.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The request could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Answers cannot be read.
    #[error("answers cannot be read: {0}")]
    Unreadable(#[source] Arc<SubscribeError>),
    /// The store refused the request, or could not be reached.
    #[error("the request could not be stored: {0}")]
    Store(#[source] Arc<StoreError>),
    /// Nobody answered in time: either no service is there for the topic, or it takes longer. An answer that comes later is dropped, and counted.
    #[error("no answer on `{topic}` within {} ms: is a service running that answers it, and does it get the time it needs?", after.as_millis())]
    TimedOut {
        /// The topic of the request.
        topic: Topic,
        /// The time that it was given.
        after: Duration,
    },
    /// What came as an answer is none.
    #[error("the answer on `{topic}` is no response: {detail}")]
    Malformed {
        /// The topic of the request.
        topic: Topic,
        /// What is wrong.
        detail: String,
    },
    /// The bus was closed before the answer came.
    #[error("the bus is closed")]
    Closed,
}
