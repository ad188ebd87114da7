//! Publishing: from the caller to the store.
//!
//! A message waits in the [queue](queue) of its tier, leaves with its batch through the tier's [lane](lane), and its
//! [receipt](Receipt) is settled when the store has answered. Tiers share nothing, so a flood of LOW messages cannot hold up a CRITICAL one.
//! In [basic](basic) mode there is none of this: who publishes a message waits until it is stored.

mod attempt;
mod basic;
mod buffered;
mod courtesy;
mod keys;
mod lane;
mod numbering;
mod queue;
mod queued;
mod receipt;
mod retention;
mod trimmer;

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use self::attempt::Refused;
pub(crate) use self::queue::Fill;
pub use self::receipt::Receipt;

use self::basic::Basic;
use self::buffered::Buffered;
use self::queue::Offer;
use self::retention::Due;
pub(crate) use self::retention::Retention;
use self::trimmer::Trimmer;
use crate::clock::now_ns;
use crate::config::{BusConfig, Layout, Mode};
use crate::connectivity::Connectivity;
use crate::layout::is_reserved;
use crate::metrics::Meters;
use crate::otel::Tracer;
use crate::store::{StoreError, StreamStore};
use crate::{Message, Priority, Topic, TopicError};

/// Why a message was not published.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The topic breaks the rules.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The payload is too large.
    #[error("a payload of {bytes} bytes is too large: max_payload_bytes allows {limit}")]
    TooLarge {
        /// Size of the payload.
        bytes: usize,
        /// Largest size allowed.
        limit: usize,
    },
    /// The topic is none with a stream for each: its stream holds the delayed messages, or the dead letters.
    #[error(
        "the topic `{topic}` cannot be used with layout = \"topic\": the stream of that name holds what the bus keeps there itself"
    )]
    Reserved {
        /// The topic.
        topic: Topic,
    },
    /// The type is one of those that are not published.
    #[error("messages of the type {type_name} are not published: types_filter names it")]
    Filtered {
        /// The type.
        type_name: SmolStr,
    },
    /// The tier is full, and its policy is `on_full = "error"`.
    #[error(
        "the {tier} tier is full: {messages} messages wait, and it pushes back until it has drained to its low-water mark"
    )]
    BufferFull {
        /// The tier.
        tier: Priority,
        /// Messages in its queue.
        messages: usize,
    },
    /// The tier was full, and its policy is to drop.
    #[error("the message was dropped: the {tier} tier was full")]
    Dropped {
        /// The tier.
        tier: Priority,
    },
    /// The bus is closed.
    #[error("the bus is closed")]
    Closed,
    /// The store refuses the message.
    #[error("the store refused the message: {0}")]
    Store(#[source] Arc<StoreError>),
    /// The store cannot be reached. Only with `mode = "basic"`: otherwise the bus keeps the message until it can.
    #[error("the message was not sent: {0}")]
    NotSent(#[source] Arc<StoreError>),
    /// The store did not answer: the message may be stored or not. Only with `mode = "basic"`: otherwise the bus sends it again.
    #[error("the store did not confirm the message, which may be stored or not: {0}")]
    Unconfirmed(#[source] Arc<StoreError>),
    /// The bus was closed before the store confirmed the message: it may be stored or not.
    #[error("the bus was closed before the store confirmed the message; it may be stored or not")]
    Unknown,
}

impl PublishError {
    /// The kind of error, as traces have it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Topic(_) => "topic",
            Self::TooLarge { .. } => "too_large",
            Self::Reserved { .. } => "reserved",
            Self::Filtered { .. } => "filtered",
            Self::BufferFull { .. } => "buffer_full",
            Self::Dropped { .. } => "dropped",
            Self::Closed => "closed",
            Self::Store(_) => "store",
            Self::NotSent(_) => "not_sent",
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Unknown => "unknown",
        }
    }
}

/// Takes messages and gets them to the store.
#[derive(Debug)]
pub(crate) struct Publisher {
    way: Way,
    trimmer: JoinHandle<()>,
    due: Arc<Due>,
    /// A message was accepted that is not due yet.
    delayed: Arc<Notify>,
    meters: Arc<Meters>,
    config: Arc<BusConfig>,
    tracer: Tracer,
}

/// How messages get to the store, as `mode` says.
#[derive(Debug)]
enum Way {
    Buffered(Buffered),
    Basic(Arc<Basic>),
}

impl Publisher {
    /// Starts what the mode needs.
    pub(crate) fn start(
        config: &Arc<BusConfig>,
        store: &Arc<dyn StreamStore>,
        meters: &Arc<Meters>,
        connectivity: &Arc<Connectivity>,
    ) -> Self {
        let (due, delayed): (Arc<Due>, Arc<Notify>) = Default::default();
        let way = match config.mode {
            Mode::Buffered => Way::Buffered(Buffered::start(config, store, meters, connectivity, &due)),
            Mode::Basic => {
                let retention = Retention::new(config.clone(), due.clone());
                Way::Basic(Arc::new(Basic::new(config, store, meters, &delayed, retention)))
            }
        };
        let trimmer = Trimmer::new(store.clone(), config.clone(), meters.clone(), due.clone());
        Self {
            way,
            trimmer: tokio::spawn(trimmer.run()),
            due,
            delayed,
            meters: meters.clone(),
            config: config.clone(),
            tracer: Tracer::new(config, store.system()),
        }
    }

    /// Puts a message into the queue of its tier; in basic mode, into the store. Cancel safe unless in basic mode: a message that was not queued is
    /// not published.
    pub(crate) async fn publish(&self, mut message: Message) -> Result<Receipt, PublishError> {
        self.check(&message)?;
        let mut sending = self.tracer.send(&mut message);
        let mut failed = |error: &PublishError| sending.failed(error.kind());
        let stamp = Stamp::put(&mut message);
        let buffered = match &self.way {
            Way::Buffered(buffered) => buffered,
            // In a box, so that the future of a message that is only queued stays small.
            Way::Basic(basic) => return Box::pin(basic.publish(message)).await.inspect_err(failed),
        };
        let queue = &buffered.queues[stamp.tier.number()];
        loop {
            match queue.offer(message).inspect_err(&mut failed)? {
                Offer::Queued(receipt) => {
                    self.queued(buffered, &stamp);
                    return Ok(receipt);
                }
                Offer::Wait(waiting) => message = waiting,
            }
            queue.room().await;
        }
    }

    /// Publishes a message unless it would have to wait; tells whether that is so.
    pub(crate) fn publish_if_room(&self, mut message: Message) -> Result<bool, PublishError> {
        self.check(&message)?;
        let stamp = Stamp::put(&mut message);
        let buffered = match &self.way {
            Way::Buffered(buffered) => buffered,
            Way::Basic(basic) => return basic.publish_aside(message),
        };
        match buffered.queues[stamp.tier.number()].offer(message)? {
            Offer::Queued(_stored_or_counted) => {
                self.queued(buffered, &stamp);
                Ok(true)
            }
            Offer::Wait(_) => Ok(false),
        }
    }

    fn queued(&self, buffered: &Buffered, stamp: &Stamp) {
        buffered.urgent.note(stamp.tier, stamp.ts);
        self.meters.accepted.add(1);
        if stamp.delayed {
            self.delayed.notify_one();
        }
    }

    /// Told when a message was accepted that is not due yet.
    pub(crate) fn delayed(&self) -> Arc<Notify> {
        self.delayed.clone()
    }

    /// For others who append to the streams of this bus: they are shortened as if its lanes had done it.
    pub(crate) fn retention(&self) -> Retention {
        Retention::new(self.config.clone(), self.due.clone())
    }

    fn check(&self, message: &Message) -> Result<(), PublishError> {
        let (bytes, limit) = (message.payload.len(), self.config.max_payload_bytes);
        if bytes > limit {
            return Err(PublishError::TooLarge { bytes, limit });
        }
        if self.config.layout() == Layout::Topic && is_reserved(message.topic.as_bytes()) {
            return Err(PublishError::Reserved { topic: message.topic.clone() });
        }
        if self.config.types_filter.iter().any(|name| *name == message.type_name) {
            return Err(PublishError::Filtered { type_name: message.type_name.clone() });
        }
        Ok(())
    }

    /// How full the queue of a tier is; in basic mode there is none.
    pub(crate) fn fill(&self, tier: Priority) -> Fill {
        match &self.way {
            Way::Buffered(buffered) => buffered.queues[tier.number()].fill(),
            Way::Basic(_) => Fill::default(),
        }
    }

    /// Accepts nothing more and waits until everything that was accepted is stored, or until the time is up. Returns how many
    /// messages were given up then. Cancel safe: what was not waited for is waited for by the next call.
    pub(crate) async fn close(&self, patience: Duration) -> u64 {
        let deadline = Instant::now() + patience;
        match &self.way {
            Way::Buffered(buffered) => buffered.close(deadline).await,
            Way::Basic(basic) => basic.close(deadline).await,
        }
        self.trimmer.abort();
        self.meters.abandoned.get()
    }
}

/// What is to be remembered of a message that is queued.
struct Stamp {
    tier: Priority,
    ts: u64,
    delayed: bool,
}

impl Stamp {
    /// Gives a message its time; a delay that is over by then is none.
    fn put(message: &mut Message) -> Self {
        message.ts = now_ns();
        let delayed = message.is_delayed_at(message.ts);
        Self { tier: message.priority, ts: message.ts, delayed }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.trimmer.abort();
    }
}
