//! Publishing with `mode = "basic"`: each message is written by itself, and whoever publishes it waits for the store's answer. Nothing is queued,
//! batched, spooled or tried again: a store that fails is an error for the caller, at once.
//!
//! A [connection](writer) has one write under way at a time, so the messages of a caller who waits for each are stored in order. Callers that publish at the
//! same time have a connection each, up to `connection_pool_size`; beyond that they wait for their turn. Connections are made when they are needed, and
//! kept.

mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use self::writer::{Failed, Writer};
use super::keys::Keys;
use super::queued::Queued;
use super::retention::Retention;
use super::{PublishError, Receipt};
use crate::clock::now_ns;
use crate::config::BusConfig;
use crate::metrics::Meters;
use crate::store::StreamStore;
use crate::{Message, Priority, StreamKey};

/// Name of the connections.
const ROLE: &str = "publish-basic";

/// Writes messages one by one.
#[derive(Debug)]
pub(super) struct Basic {
    store: Arc<dyn StreamStore>,
    config: Arc<BusConfig>,
    meters: Arc<Meters>,
    /// Told when a message was stored that is not due yet.
    delayed: Arc<Notify>,
    places: Mutex<Places>,
    /// As many as there may be connections. Whoever writes holds one.
    turns: Arc<Semaphore>,
    /// Connections that nobody uses at the moment.
    idle: Mutex<Vec<Writer>>,
    closed: AtomicBool,
    /// Closing took too long: what is under way is not waited for any longer.
    given_up: watch::Sender<bool>,
}

/// Where messages go, and how long what is there has become.
#[derive(Debug)]
struct Places {
    keys: Keys,
    retention: Retention,
}

impl Basic {
    pub(super) fn new(
        config: &Arc<BusConfig>,
        store: &Arc<dyn StreamStore>,
        meters: &Arc<Meters>,
        delayed: &Arc<Notify>,
        retention: Retention,
    ) -> Self {
        Self {
            store: store.clone(),
            config: config.clone(),
            meters: meters.clone(),
            delayed: delayed.clone(),
            places: Mutex::new(Places { keys: Keys::new(config), retention }),
            turns: Arc::new(Semaphore::new(config.connection_pool_size)),
            idle: Mutex::default(),
            closed: AtomicBool::new(false),
            given_up: watch::Sender::new(false),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    /// Stores a message; the receipt is settled. A call that is dropped once the write has begun counts as failed: the message may be stored or not.
    pub(super) async fn publish(&self, message: Message) -> Result<Receipt, PublishError> {
        // Whoever closes stands in the line: nobody waits behind him for an error.
        if self.is_closed() {
            return Err(PublishError::Closed);
        }
        let turn = self.turns.acquire().await;
        if turn.is_err() || self.is_closed() {
            return Err(PublishError::Closed);
        }
        self.write(message).await
    }

    /// Stores a message in the background, if it need not wait for its turn. Tells whether that is so.
    pub(super) fn publish_aside(self: &Arc<Self>, message: Message) -> Result<bool, PublishError> {
        let Ok(turn) = self.turns.clone().try_acquire_owned() else { return Ok(false) };
        if self.is_closed() {
            return Err(PublishError::Closed);
        }
        let basic = self.clone();
        tokio::spawn(async move {
            let topic = message.topic.clone();
            if let Err(error) = basic.write(message).await {
                tracing::debug!(%topic, %error, "a message of the bus itself was not stored");
            }
            drop(turn);
        });
        Ok(true)
    }

    /// Accepts nothing more and waits for the writes under way, or until the time is up; those left then are given up.
    pub(super) async fn close(&self, deadline: Instant) {
        self.closed.store(true, SeqCst);
        let all = self.config.connection_pool_size;
        if timeout_at(deadline, self.turns.acquire_many(all as u32)).await.is_ok() {
            self.idle.lock().clear();
        } else if !self.given_up.send_replace(true) {
            let left = all - self.turns.available_permits();
            self.meters.abandoned.add(left as u64);
            tracing::error!(
                messages = left,
                "messages were given up: the bus ended before the store had confirmed them"
            );
        }
    }

    /// For whoever has a turn.
    async fn write(&self, message: Message) -> Result<Receipt, PublishError> {
        let accepted = Accepted::count(&self.meters, message.priority);
        let mut given_up = self.given_up.subscribe();
        let receipt = tokio::select! {
            biased;
            stored = self.store(message) => stored?,
            _ = given_up.wait_for(|given_up| *given_up) => return Err(PublishError::Unknown),
        };
        accepted.settle();
        Ok(receipt)
    }

    async fn store(&self, message: Message) -> Result<Receipt, PublishError> {
        let stream = self.stream(&message);
        let mut writer = self.writer().await?;
        let (queued, receipt) = writer.prepare(message, &stream);
        match writer.write(&queued, &stream).await {
            Ok(id) => {
                self.idle.lock().push(writer);
                self.note_stored(&queued, &stream);
                queued.promise.stored(id);
                Ok(receipt)
            }
            Err(Failed::Refused(error)) => {
                self.idle.lock().push(writer);
                Err(PublishError::Store(Arc::new(error)))
            }
            Err(Failed::Unanswered(error)) => {
                // The others lead to the same place: each would cost a message to find that out.
                self.idle.lock().clear();
                Err(PublishError::Unconfirmed(Arc::new(error)))
            }
        }
    }

    fn stream(&self, message: &Message) -> StreamKey {
        let keys = &mut self.places.lock().keys;
        keys.learn(std::iter::once(&message.topic));
        keys.get(message).clone()
    }

    /// A connection that nobody uses, or a new one.
    async fn writer(&self) -> Result<Writer, PublishError> {
        let idle = self.idle.lock().pop();
        match idle {
            Some(writer) => Ok(writer),
            None => Writer::connect(&self.store, ROLE, &self.config)
                .await
                .map_err(|error| PublishError::NotSent(Arc::new(error))),
        }
    }

    fn note_stored(&self, queued: &Queued, stream: &StreamKey) {
        let message = &queued.message;
        let meters = self.meters.tier(message.priority);
        meters.sent.add(1);
        meters.sent_bytes.add(message.payload.len() as u64);
        meters.publish_latency.record_since(now_ns(), std::iter::once(message.ts));
        // What is delayed is kept until it is due, however much and however long that is.
        if message.due().is_some() {
            self.delayed.notify_one();
        } else {
            self.places.lock().retention.appended(stream, 1);
        }
    }
}

/// A message that was accepted: it is stored, or it counts as failed, whatever ends its write.
struct Accepted<'a> {
    meters: &'a Meters,
    stored: bool,
}

impl<'a> Accepted<'a> {
    fn count(meters: &'a Meters, tier: Priority) -> Self {
        meters.accepted.add(1);
        // Each message is a batch of its own.
        meters.note_flush(tier, 1);
        Self { meters, stored: false }
    }

    fn settle(mut self) {
        self.stored = true;
    }
}

impl Drop for Accepted<'_> {
    fn drop(&mut self) {
        if !self.stored {
            self.meters.failed.add(1);
        }
    }
}
