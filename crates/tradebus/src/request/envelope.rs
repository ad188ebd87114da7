//! A request, as it is sent.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::{Encoding, Message, Priority, Topic, TopicError};

/// How long a request waits unless it is told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request to a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(crate) topic: Topic,
    params: Value,
    pub(crate) priority: Priority,
    pub(crate) timeout: Duration,
    cache_ttl: Option<Duration>,
}

impl Request {
    /// A request on this topic, of NORMAL priority, that waits for 30 seconds. The parameters are a JSON object, or null for none.
    ///
    /// # Errors
    ///
    /// When the topic breaks the rules of [`Topic::new`].
    pub fn new<T>(topic: T, params: Value) -> Result<Self, TopicError>
    where
        T: TryInto<Topic>,
        TopicError: From<T::Error>,
    {
        let topic = topic.try_into()?;
        Ok(Self { topic, params, priority: Priority::default(), timeout: TIMEOUT, cache_ttl: None })
    }

    /// Its tier, which the answer has too.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// How long to wait for the answer. A service that gets the request later does not begin with it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How old an answer out of a cache may be; zero asks for a fresh one. Otherwise the service decides.
    #[must_use]
    pub fn cache_ttl(mut self, ttl: Duration) -> Self {
        self.cache_ttl = Some(ttl);
        self
    }

    /// The message of this request: the envelope as JSON, with the id and the topic of the answer in the headers too.
    pub(super) fn message(&self, id: &SmolStr, reply: &Topic, callback: Option<&Topic>) -> Message {
        let body = json!({
            "request_id": id.as_str(),
            "topic": self.topic.as_str(),
            "endpoint": self.topic.as_str(),
            "params": self.params,
            "priority": self.priority.name(),
            "callback_topic": callback.map(Topic::as_str),
            "cache_ttl": self.cache_ttl.map(|ttl| ttl.as_secs_f64()),
            "timestamp": Timestamp::now().to_string(),
        });
        let message = Message::of(self.topic.clone(), body.to_string());
        message.encoding(Encoding::Json).priority(self.priority).correlation_id(id.clone()).reply_to(reply)
    }
}
