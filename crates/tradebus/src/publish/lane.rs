//! A lane: takes the messages of one tier to the store, in batches, on a connection of its own.
//!
//! A message leaves at once when the lane is idle. While a batch is under way the next one gathers; it leaves when it is
//! full, when its oldest message has waited for `flush_interval_ms`, or when the lane is idle again. So an idle bus has the
//! latency of one round trip and a busy one has large batches, with no knob to turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hashbrown::HashMap;
use tokio::time::{Instant, sleep, sleep_until};
use tradebus_engine::EntryId;

use super::PublishError;
use super::queue::{Batch, Queued, TierQueue};
use super::retention::Retention;
use crate::clock::now_ns;
use crate::config::{BufferConfig, BusConfig, Flush};
use crate::connectivity::{Backoff, Connectivity};
use crate::layout::Streams;
use crate::metrics::Meters;
use crate::store::{Appender, EntryFields, NewEntry, StoreError, StreamStore, Trim};
use crate::wire::compress::Packer;
use crate::wire::record::with_fields;
use crate::{Priority, StreamKey, Topic};

/// What a lane works with.
pub(super) struct Lane {
    pub(super) tier: Priority,
    pub(super) queue: Arc<TierQueue>,
    pub(super) store: Arc<dyn StreamStore>,
    pub(super) meters: Arc<Meters>,
    pub(super) connectivity: Arc<Connectivity>,
    pub(super) keys: Keys,
    pub(super) retention: Retention,
    pub(super) packer: Option<Packer>,
    pub(super) buffer: BufferConfig,
    pub(super) patience: Duration,
    pub(super) backoff: Backoff,
    /// Sent and not yet answered, batch by batch, in order.
    under_way: VecDeque<UnderWay>,
    /// Refused for the time being, in order; to be sent again before anything else.
    refused: VecDeque<Queued>,
    acks: Vec<Result<EntryId, StoreError>>,
    trims: Vec<(StreamKey, Trim)>,
}

/// A batch that was sent.
struct UnderWay {
    messages: VecDeque<Queued>,
    sent: Instant,
}

/// How a round of work ended.
enum Round {
    /// There is more to do.
    Again,
    /// The queue is closed and empty, and everything is answered.
    Drained,
}

impl Lane {
    pub(super) fn new(
        tier: Priority,
        queue: Arc<TierQueue>,
        store: Arc<dyn StreamStore>,
        shared: (Arc<Meters>, Arc<Connectivity>),
        config: &BusConfig,
    ) -> Self {
        let buffer = config.buffer(tier);
        let packs = buffer.enable_compression || config.compression_enabled;
        let packer = packs.then(|| Packer::new(config.compression_level, buffer.compression_threshold));
        Self {
            tier,
            queue,
            store,
            meters: shared.0,
            connectivity: shared.1,
            keys: Keys::new(Streams::new(config), config.topic_cache_size),
            retention: Retention::new(config),
            // A level that was validated is not refused; without memory for it payloads go as they are.
            packer: packer.and_then(Result::ok),
            buffer,
            patience: config.command_timeout(),
            backoff: Backoff::new(config.reconnect_min(), config.reconnect_max()),
            under_way: VecDeque::new(),
            refused: VecDeque::new(),
            acks: Vec::new(),
            trims: Vec::new(),
        }
    }

    /// Works until the queue is closed and everything in it is stored. A lost connection is made again and what was under
    /// way is sent again: at least once, in order.
    pub(super) async fn run(mut self) {
        let role = self.role();
        loop {
            match self.work(&role).await {
                Ok(()) => break,
                Err(error) => {
                    self.connectivity.down(&role, &error);
                    tracing::debug!(tier = %self.tier, %error, under_way = self.messages_under_way(), "a lane lost its connection");
                }
            }
            sleep(self.backoff.next()).await;
        }
        self.connectivity.forget(&role);
    }

    fn role(&self) -> String {
        format!("publish-{}", self.tier)
    }

    async fn work(&mut self, role: &str) -> Result<(), StoreError> {
        let mut appender = self.store.appender(role).await?;
        self.send_again(&mut *appender).await?;
        loop {
            while let Some(batch) = self.next_batch() {
                self.send(&mut *appender, batch).await?;
            }
            let round = if self.under_way.is_empty() {
                self.idle(role).await
            } else {
                self.advance(&mut *appender, role).await?;
                Round::Again
            };
            if let Round::Drained = round {
                return Ok(());
            }
        }
    }

    /// The batch that should leave now, if any.
    fn next_batch(&mut self) -> Option<Batch> {
        if !self.refused.is_empty() || self.under_way.len() >= self.buffer.max_in_flight {
            return None;
        }
        let any = match self.buffer.flush {
            Flush::Adaptive => self.under_way.is_empty() || self.overdue(),
            Flush::Interval => self.overdue() || self.queue.is_closed(),
        };
        self.queue.take(any)
    }

    /// Whether the oldest message has waited for the flush interval.
    fn overdue(&self) -> bool {
        self.due().is_some_and(|due| due <= Instant::now())
    }

    /// When the oldest message will have waited for the flush interval.
    fn due(&self) -> Option<Instant> {
        let waited = Duration::from_nanos(now_ns().saturating_sub(self.queue.oldest()?));
        Some(Instant::now() + self.buffer.flush_interval().saturating_sub(waited))
    }

    /// Nothing is under way: waits for work.
    async fn idle(&mut self, role: &str) -> Round {
        if !self.refused.is_empty() {
            sleep(self.backoff.next()).await;
            let messages = std::mem::take(&mut self.refused);
            self.meters.retried.add(messages.len() as u64);
            self.under_way.push_back(UnderWay { messages, sent: Instant::now() });
            return Round::Again;
        }
        self.backoff.reset();
        self.connectivity.up(role);
        match self.due() {
            None if self.queue.is_closed() => return Round::Drained,
            None => self.queue.work.notified().await,
            // Only the interval mode lets messages wait in an idle lane.
            Some(due) => tokio::select! {
                () = sleep_until(due) => {}
                () = self.queue.work.notified() => {}
            },
        }
        Round::Again
    }

    /// Batches are under way: waits for answers, or for the next batch to be ready.
    async fn advance(&mut self, appender: &mut dyn Appender, role: &str) -> Result<(), StoreError> {
        let may_send = self.refused.is_empty() && self.under_way.len() < self.buffer.max_in_flight;
        let due = if may_send { self.due() } else { None };
        let answer_by = self.under_way.front().map_or_else(Instant::now, |batch| batch.sent) + self.patience;
        let mut acks = std::mem::take(&mut self.acks);
        let received = tokio::select! {
            biased;
            received = appender.receive(&mut acks) => received,
            () = self.queue.work.notified(), if may_send => Ok(()),
            () = sleep_until(due.unwrap_or(answer_by)), if due.is_some() => Ok(()),
            () = sleep_until(answer_by) => Err(StoreError::TimedOut {
                server: self.store.describe().into(),
                what: "a batch",
                after: self.patience,
            }),
        };
        self.settle(&mut acks, role);
        self.acks = acks;
        received
    }

    /// Tells the publishers what became of their messages, in the order in which they were sent.
    fn settle(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>, role: &str) {
        let now = now_ns();
        let (mut sent, mut bytes, mut failed) = (0, 0, 0);
        let mut times = Vec::with_capacity(acks.len());
        for ack in acks.drain(..) {
            let Some(queued) = self.next_answered() else { break };
            match ack {
                Ok(id) => {
                    sent += 1;
                    bytes += queued.message.payload.len() as u64;
                    times.push(queued.message.ts);
                    queued.promise.stored(id);
                }
                Err(error) if error.is_transient() => {
                    self.connectivity.down(role, &error);
                    self.refused.push_back(queued);
                }
                Err(error) => {
                    failed += 1;
                    tracing::error!(topic = %queued.message.topic, %error, "a message was refused and is lost");
                    queued.promise.failed(Arc::new(PublishError::Store(Arc::new(error))));
                }
            }
        }
        // A busy lane is never idle: here is where it knows that an outage is over.
        if sent > 0 && self.refused.is_empty() {
            self.backoff.reset();
            self.connectivity.up(role);
        }
        self.meters.sent.add(sent);
        self.meters.sent_bytes.add(bytes);
        self.meters.failed.add(failed);
        self.meters.publish_latency[self.tier.number()].record_since(now, times.into_iter());
    }

    fn next_answered(&mut self) -> Option<Queued> {
        loop {
            let front = self.under_way.front_mut()?;
            if let Some(queued) = front.messages.pop_front() {
                if front.messages.is_empty() {
                    self.under_way.pop_front();
                }
                return Some(queued);
            }
            self.under_way.pop_front();
        }
    }

    async fn send(&mut self, appender: &mut dyn Appender, batch: Batch) -> Result<(), StoreError> {
        let mut messages = batch.messages;
        if let Some(packer) = &mut self.packer {
            compress(packer, &mut messages);
        }
        self.meters.flushes.add(1);
        self.under_way.push_back(UnderWay { messages, sent: Instant::now() });
        self.send_last(appender).await
    }

    /// Sends what was under way when the connection was lost. Whether it was stored is not known: it may be doubled.
    async fn send_again(&mut self, appender: &mut dyn Appender) -> Result<(), StoreError> {
        let mut again = VecDeque::new();
        if !self.refused.is_empty() {
            again.push_back(std::mem::take(&mut self.refused));
        }
        again.extend(self.under_way.drain(..).map(|batch| batch.messages));
        let mut messages = again.into_iter();
        while let Some(batch) = messages.next() {
            self.meters.retried.add(batch.len() as u64);
            self.under_way.push_back(UnderWay { messages: batch, sent: Instant::now() });
            if let Err(error) = self.send_last(appender).await {
                let sent = Instant::now();
                self.under_way.extend(messages.map(|messages| UnderWay { messages, sent }));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sends the batch that was put under way last.
    async fn send_last(&mut self, appender: &mut dyn Appender) -> Result<(), StoreError> {
        let Some(batch) = self.under_way.back() else { return Ok(()) };
        self.keys.learn(batch.messages.iter().map(|queued| &queued.message.topic));
        let mut entries = Vec::with_capacity(batch.messages.len());
        for queued in &batch.messages {
            entries.push(NewEntry { stream: self.keys.get(self.tier, &queued.message.topic), fields: queued });
        }
        self.trims.clear();
        for run in entries.chunk_by(|one, next| one.stream == next.stream) {
            self.retention.appended(run[0].stream, run.len() as u64, &mut self.trims);
        }
        appender.send(&entries, &self.trims).await
    }

    fn messages_under_way(&self) -> usize {
        self.under_way.iter().map(|batch| batch.messages.len()).sum()
    }
}

impl Drop for Lane {
    /// What is left when a lane ends early was not confirmed.
    fn drop(&mut self) {
        let mut lost = self.messages_under_way() + self.refused.len();
        while let Some(batch) = self.queue.take(true) {
            lost += batch.messages.len();
        }
        self.meters.failed.add(lost as u64);
    }
}

fn compress(packer: &mut Packer, messages: &mut VecDeque<Queued>) {
    for queued in messages {
        if let Some(packed) = packer.pack(&queued.message.payload) {
            queued.message.payload = Bytes::copy_from_slice(packed);
            queued.compressed = true;
        }
    }
}

impl EntryFields for Queued {
    fn with(&self, use_fields: &mut dyn FnMut(&[(&[u8], &[u8])])) {
        let packed = self.compressed.then_some(&self.message.payload[..]);
        with_fields(&self.message, packed, |fields| use_fields(fields));
    }
}

/// The stream of each topic; those that depend on the text of the topic are remembered.
#[derive(Debug)]
pub(super) struct Keys {
    streams: Streams,
    of_topic: HashMap<Topic, StreamKey>,
    most: usize,
}

impl Keys {
    fn new(streams: Streams, most: usize) -> Self {
        Self { streams, of_topic: HashMap::new(), most }
    }

    /// Makes sure that [`get`](Self::get) knows these topics.
    fn learn<'a>(&mut self, topics: impl Iterator<Item = &'a Topic>) {
        let Streams::Topic { prefix } = &self.streams else { return };
        if self.of_topic.len() >= self.most {
            self.of_topic.clear();
        }
        for topic in topics {
            if !self.of_topic.contains_key(topic) {
                self.of_topic.insert(topic.clone(), Streams::of_topic(prefix, topic));
            }
        }
    }

    fn get(&self, tier: Priority, topic: &Topic) -> &StreamKey {
        self.streams.fixed(tier, topic).unwrap_or_else(|| &self.of_topic[topic])
    }
}
