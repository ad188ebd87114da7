//! Services: they answer the requests on their topics.
//!
//! The [host](host) reads the requests of a service as a consumer of the group `service.{name}`, so that instances share the work, in one process or
//! many. It runs as many handlers at a time as it may, answers for those that fail, panic or take too long, and acknowledges a request when its
//! answer is on its way: one that is lost with its instance is handled by another.

mod host;

use std::time::Duration;

use async_trait::async_trait;

pub use self::host::{ServeError, ServiceTask};

pub(crate) use self::host::{Hosting, serve};
use super::{Answer, Call, ServiceError};
use crate::HealthStatus;
use crate::{Bus, Topic, TopicError};

/// Something that answers requests.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Its name: part of topics and of the group, so without white space, `*` and `?`.
    fn name(&self) -> &str;

    /// The topics that it answers. They should begin with its name and a dot: the host reads all topics that begin as they and
    /// `{name}.health.check` do.
    fn routes(&self) -> Vec<Route>;

    /// Answers a request on one of them. A handler that panics, or takes longer than it may, is answered for.
    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError>;

    /// How it is, as far as the host cannot know.
    async fn health(&self) -> ServiceHealth {
        ServiceHealth::healthy()
    }

    /// What it does besides, unasked, such as to publish what is new. The host begins it with the service, begins it again a while after it has
    /// panicked, and drops it when the service has answered its last request. By default there is nothing to do.
    async fn work(&self, bus: &Bus) {
        let _ = bus;
    }
}

/// A topic that a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The topic.
    pub topic: Topic,
    /// What it is for, in a few words.
    pub about: String,
}

impl Route {
    /// A route.
    ///
    /// # Errors
    ///
    /// When the topic breaks the rules of [`Topic::new`].
    pub fn new(topic: &str, about: impl Into<String>) -> Result<Self, TopicError> {
        Ok(Self { topic: Topic::new(topic)?, about: about.into() })
    }
}

/// How a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceHealth {
    /// The verdict.
    pub status: HealthStatus,
    /// What speaks against `healthy`: sentences for people.
    pub reasons: Vec<String>,
}

impl ServiceHealth {
    /// Nothing speaks against it.
    pub fn healthy() -> Self {
        Self { status: HealthStatus::Healthy, reasons: Vec::new() }
    }

    /// It works, but not as it should.
    pub fn degraded(reason: impl Into<String>) -> Self {
        Self { status: HealthStatus::Degraded, reasons: vec![reason.into()] }
    }

    /// It does not work.
    pub fn unhealthy(reason: impl Into<String>) -> Self {
        Self { status: HealthStatus::Unhealthy, reasons: vec![reason.into()] }
    }
}

/// How a service is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOptions {
    /// Requests that are handled at one time, at least 1. Others wait in the store.
    pub concurrency: usize,
    /// How long a handler may take.
    pub timeout: Duration,
    /// How often the health is looked at.
    pub health_interval: Duration,
}

impl Default for ServiceOptions {
    /// 64 requests at a time, 30 seconds for each, a look at the health every 5 seconds.
    fn default() -> Self {
        Self { concurrency: 64, timeout: Duration::from_secs(30), health_interval: Duration::from_secs(5) }
    }
}
