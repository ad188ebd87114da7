//! What travels: a message as it is published, and a delivery as it arrives.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use tradebus_engine::EntryId;

use crate::clock::now_ns;
use crate::{Priority, Topic, TopicError};

/// How a payload is encoded: the `encoding` header of `NautilusTrader`, written with its spelling and read in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// `MessagePack`.
    MsgPack,
    /// Simple Binary Encoding: market data of Rust-native nodes.
    Sbe,
    /// Cap'n Proto.
    Capnp,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 4] = [Self::Json, Self::MsgPack, Self::Sbe, Self::Capnp];

    /// The value on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "Json",
            Self::MsgPack => "MsgPack",
            Self::Sbe => "Sbe",
            Self::Capnp => "Capnp",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Encoding {
    type Err = ParseEncodingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|encoding| text.eq_ignore_ascii_case(encoding.name()))
            .ok_or_else(|| ParseEncodingError(text.to_owned()))
    }
}

/// A text that names no encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no encoding: use json, msgpack, sbe or capnp")]
pub struct ParseEncodingError(String);

/// A message: a payload with a topic and what goes with them.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub topic: Topic,
    /// The content; never copied on its way through the bus.
    pub payload: Bytes,
    /// Name of the payload's type (`QuoteTick`), or empty.
    pub type_name: SmolStr,
    /// How the payload is encoded.
    pub encoding: Encoding,
    /// Its tier.
    pub priority: Priority,
    /// Time of publishing in nanoseconds since 1970 UTC; 0 where unknown. The bus sets it when it accepts the message.
    pub ts: u64,
    /// What few messages carry.
    pub headers: Option<Box<Headers>>,
}

/// Headers beyond those of every message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// Ties an answer to its request (`cid`).
    pub correlation_id: Option<SmolStr>,
    /// The topic on which an answer is expected (`reply`).
    pub reply_to: Option<SmolStr>,
    /// W3C trace context (`tp`).
    pub traceparent: Option<SmolStr>,
    /// When it is of no more use (`exp`), in nanoseconds since 1970 UTC: it is not handed to a subscriber after that.
    pub expires_at: Option<u64>,
    /// When it is to be delivered (`due`), in nanoseconds since 1970 UTC: not before. See [`Message::deliver_at`].
    pub deliver_at: Option<u64>,
    /// Anything else (`hdr`), in the order given.
    pub other: Vec<(SmolStr, SmolStr)>,
}

impl Message {
    /// A message of NORMAL priority, JSON encoding and no type.
    ///
    /// # Errors
    ///
    /// When the topic breaks the rules of [`Topic::new`]. A [`Topic`] that exists already is taken without a check or an allocation.
    pub fn new<T>(topic: T, payload: impl Into<Bytes>) -> Result<Self, TopicError>
    where
        T: TryInto<Topic>,
        TopicError: From<T::Error>,
    {
        Ok(Self::of(topic.try_into()?, payload))
    }

    /// The same on a topic that is known to be one.
    pub(crate) fn of(topic: Topic, payload: impl Into<Bytes>) -> Self {
        Self {
            topic,
            payload: payload.into(),
            type_name: SmolStr::default(),
            encoding: Encoding::default(),
            priority: Priority::default(),
            ts: 0,
            headers: None,
        }
    }

    /// The same with another tier.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The same with the name of the payload's type.
    #[must_use]
    pub fn type_name(mut self, name: impl Into<SmolStr>) -> Self {
        self.type_name = name.into();
        self
    }

    /// The same with another encoding.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The same with a correlation id.
    #[must_use]
    pub fn correlation_id(mut self, id: impl Into<SmolStr>) -> Self {
        self.headers_mut().correlation_id = Some(id.into());
        self
    }

    /// The same with the topic on which an answer is expected.
    #[must_use]
    pub fn reply_to(mut self, topic: &Topic) -> Self {
        self.headers_mut().reply_to = Some(SmolStr::new(topic.as_str()));
        self
    }

    /// The same with a time after which it is of no more use, in nanoseconds since 1970 UTC: subscribers that have not got it by then do
    /// not get it, and count it.
    #[must_use]
    pub fn expires_at(mut self, ns: u64) -> Self {
        self.headers_mut().expires_at = Some(ns);
        self
    }

    /// The same, of no more use after this time from now on. See [`expires_at`](Self::expires_at).
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        let ttl = u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX);
        self.expires_at(now_ns().saturating_add(ttl))
    }

    /// The same to be delivered at this time, in nanoseconds since 1970 UTC, and not before. Until then the store has it, in the stream
    /// `{base}:delayed`, to which the id of its [`Receipt`](crate::Receipt) belongs; then any bus over the same streams that runs puts it
    /// into the stream of its topic, whatever became of the one that has published it. A time that is past is no delay.
    ///
    /// Times are compared with the clock of the machine whose bus does it: clocks are meant to agree. `ts` stays the time of publishing.
    /// A message that [expires](Self::expires_at) before it is due is not handed to subscribers.
    #[must_use]
    pub fn deliver_at(mut self, ns: u64) -> Self {
        self.headers_mut().deliver_at = Some(ns);
        self
    }

    /// The same to be delivered after this time from now on. See [`deliver_at`](Self::deliver_at).
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.deliver_at(now_ns().saturating_add(delay))
    }

    /// When it is to be delivered, if that is said.
    pub(crate) fn due(&self) -> Option<u64> {
        self.headers.as_ref().and_then(|headers| headers.deliver_at)
    }

    /// Forgets a time of delivery that has come. Returns whether there is one that has not.
    pub(crate) fn is_delayed_at(&mut self, now: u64) -> bool {
        let delayed = self.due().is_some_and(|due| due > now);
        if let Some(headers) = self.headers.as_mut().filter(|_| !delayed) {
            headers.deliver_at = None;
        }
        delayed
    }

    /// From when on it could be delivered, in nanoseconds since 1970 UTC: publishing, or the time for which it was delayed.
    pub(crate) fn deliverable_at(&self) -> u64 {
        self.due().map_or(self.ts, |due| due.max(self.ts))
    }

    /// Whether there is a time after which it is of no more use.
    pub(crate) fn may_expire(&self) -> bool {
        self.headers.as_ref().is_some_and(|headers| headers.expires_at.is_some())
    }

    /// Whether it is of no more use at this time, in nanoseconds since 1970 UTC.
    pub fn is_expired(&self, now: u64) -> bool {
        self.headers.as_ref().and_then(|headers| headers.expires_at).is_some_and(|at| at <= now)
    }

    /// The same with a further header.
    #[must_use]
    pub fn header(mut self, name: impl Into<SmolStr>, value: impl Into<SmolStr>) -> Self {
        self.headers_mut().other.push((name.into(), value.into()));
        self
    }

    /// The headers, made where there were none.
    pub fn headers_mut(&mut self) -> &mut Headers {
        self.headers.get_or_insert_default()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("payload_bytes", &self.payload.len())
            .field("type", &self.type_name)
            .field("encoding", &self.encoding)
            .field("priority", &self.priority)
            .field("ts", &self.ts)
            .field("headers", &self.headers)
            .finish()
    }
}

/// Key of a stream: any bytes, cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey(Arc<[u8]>);

impl StreamKey {
    /// A key of these bytes.
    pub fn new(key: impl AsRef<[u8]>) -> Self {
        Self(key.as_ref().into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}

impl From<&str> for StreamKey {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

/// A message as it arrives, with the place where it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Id of the entry.
    pub id: EntryId,
    /// The stream in which it lies.
    pub stream: StreamKey,
    /// The message.
    pub message: Message,
    /// Where one consumer of a group at a time may have it: the fencing token of the lease under which it was delivered. A consumer that takes
    /// over has a larger one.
    pub fencing_token: Option<u64>,
}

impl Delivery {
    /// A message that is stored there.
    pub fn new(id: EntryId, stream: impl Into<StreamKey>, message: Message) -> Self {
        Self { id, stream: stream.into(), message, fencing_token: None }
    }
}

impl Deref for Delivery {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}
