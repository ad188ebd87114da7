//! A lane: takes the messages of one tier to the store, in batches, on a connection of its own.
//!
//! A message leaves at once when the lane is idle. While a batch is under way the next one gathers; it leaves when it is
//! full, when its oldest message has waited for `flush_interval_ms`, or when the lane is idle again. So an idle bus has the
//! latency of one round trip and a busy one has large batches, with no knob to turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tradebus_engine::EntryId;

use super::PublishError;
use super::courtesy::{Courtesy, Urgent, Wait};
use super::keys::Keys;
use super::numbering::Numbering;
use super::queue::{Batch, TierQueue};
use super::queued::{Queued, packer};
use super::retention::{Due, Retention};
use crate::Priority;
use crate::clock::now_ns;
use crate::config::{BufferConfig, BusConfig, Flush};
use crate::connectivity::{Backoff, Connectivity};
use crate::metrics::Meters;
use crate::otel::{Flushing, Tracer};
use crate::store::{Appender, NewEntry, StoreError, StreamStore};
use crate::wire::compress::Packer;

/// Name of a lane's connection.
pub(super) const fn role(tier: Priority) -> &'static str {
    match tier {
        Priority::Critical => "publish-critical",
        Priority::High => "publish-high",
        Priority::Normal => "publish-normal",
        Priority::Low => "publish-low",
    }
}

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
    /// Where records are numbered.
    numbering: Option<Numbering>,
    pub(super) buffer: BufferConfig,
    pub(super) patience: Duration,
    pub(super) backoff: Backoff,
    courtesy: Courtesy,
    /// Sent and not yet answered, batch by batch, in order.
    under_way: VecDeque<UnderWay>,
    /// Refused for the time being, in order; to be sent again before anything else.
    refused: VecDeque<Queued>,
    /// A refusal for good was logged, and no message was stored since.
    refusal_said: bool,
    acks: Vec<Result<EntryId, StoreError>>,
    tracer: Tracer,
}

/// A batch that was sent.
struct UnderWay {
    messages: VecDeque<Queued>,
    sent: Instant,
    /// Ends when all of it is answered.
    flushing: Flushing,
}

impl Lane {
    pub(super) fn new(
        tier: Priority,
        queue: Arc<TierQueue>,
        store: Arc<dyn StreamStore>,
        shared: (Arc<Meters>, Arc<Connectivity>, Arc<Urgent>, Arc<Due>),
        config: &Arc<BusConfig>,
    ) -> Self {
        let buffer = config.buffer(tier);
        let tracer = Tracer::new(config, store.system());
        Self {
            tier,
            queue,
            store,
            meters: shared.0,
            connectivity: shared.1,
            keys: Keys::new(config),
            retention: Retention::new(config.clone(), shared.3),
            packer: packer(config, tier),
            numbering: config.sequence.then(Numbering::new),
            buffer,
            patience: config.command_timeout(),
            backoff: Backoff::new(config.reconnect_min(), config.reconnect_max()),
            courtesy: Courtesy::of(tier, &shared.2),
            under_way: VecDeque::new(),
            refused: VecDeque::new(),
            refusal_said: false,
            acks: Vec::new(),
            tracer,
        }
    }

    /// Works until the queue is closed and everything in it is stored. A lost connection is made again and what was under
    /// way is sent again: at least once, in order.
    pub(super) async fn run(mut self) {
        let role = role(self.tier);
        loop {
            match self.work(role).await {
                Ok(()) => break,
                Err(error) => {
                    self.connectivity.down(role, &error);
                    tracing::debug!(tier = %self.tier, %error, under_way = self.messages_under_way(), "a lane lost its connection");
                }
            }
            sleep(self.backoff.next()).await;
        }
        self.connectivity.forget(role);
    }

    async fn work(&mut self, role: &str) -> Result<(), StoreError> {
        let mut appender = self.store.appender(role).await?;
        self.send_again(&mut *appender).await?;
        loop {
            while let Some(batch) = self.next_batch() {
                self.send(&mut *appender, batch).await?;
            }
            if !self.under_way.is_empty() {
                self.advance(&mut *appender, role).await?;
            } else if !self.refused.is_empty() {
                sleep(self.backoff.next()).await;
                self.send_again(&mut *appender).await?;
            } else if self.queue.is_drained() {
                return Ok(());
            } else {
                self.idle(role).await;
            }
        }
    }

    /// The batch that should leave now, if any.
    fn next_batch(&mut self) -> Option<Batch> {
        if !self.refused.is_empty() || self.under_way.len() >= self.buffer.max_in_flight {
            return None;
        }
        if self.courtesy.wait(self.under_way.len()).is_some() {
            return None;
        }
        let any = match self.buffer.flush {
            Flush::Adaptive => self.under_way.is_empty() || self.overdue(),
            Flush::Interval => self.overdue() || self.queue.is_closed(),
        };
        self.queue.take(any, self.courtesy.step())
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

    /// Everything is answered: waits for work.
    async fn idle(&mut self, role: &str) {
        self.works(role);
        let Some(due) = self.due() else { return self.queue.work.notified().await };
        let wait_until = match self.courtesy.wait(0) {
            Some(Wait::Until(rested)) => rested,
            _ if self.buffer.flush == Flush::Interval => due,
            _ => return,
        };
        tokio::select! {
            () = sleep_until(wait_until) => {}
            () = self.queue.work.notified() => {}
        }
    }

    /// Batches are under way: waits for answers, or for the next batch to be ready.
    async fn advance(&mut self, appender: &mut dyn Appender, role: &str) -> Result<(), StoreError> {
        let may_send = self.refused.is_empty()
            && self.under_way.len() < self.buffer.max_in_flight
            && self.courtesy.wait(self.under_way.len()).is_none();
        let due = if may_send { self.due() } else { None };
        let answer_by = self.under_way.front().map_or_else(Instant::now, |batch| batch.sent) + self.patience;
        let mut acks = std::mem::take(&mut self.acks);
        let received = tokio::select! {
            biased;
            received = appender.receive(&mut acks) => received,
            () = self.queue.work.notified(), if may_send => Ok(()),
            () = sleep_until(due.unwrap_or(answer_by)), if due.is_some() => Ok(()),
            () = sleep_until(answer_by) => Err(self.timed_out()),
        };
        self.settle(&mut acks, role);
        self.acks = acks;
        received
    }

    /// The store takes messages (again).
    fn works(&mut self, role: &str) {
        self.backoff.reset();
        self.connectivity.up(role);
    }

    /// Tells the publishers what became of their messages, in the order in which they were sent.
    fn settle(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>, role: &str) {
        let now = now_ns();
        let (mut sent, mut bytes, mut failed) = (0, 0, 0);
        let mut times = Vec::with_capacity(acks.len());
        let mut settled = Vec::with_capacity(acks.len());
        for ack in acks.drain(..) {
            let Some(queued) = self.next_answered(ack.is_ok()) else { break };
            match ack {
                Ok(id) => {
                    sent += 1;
                    bytes += queued.message.payload.len() as u64;
                    times.push(queued.message.ts);
                    self.refusal_said = false;
                    settled.push((queued.promise, Ok(id)));
                }
                Err(error) if error.is_transient() => {
                    self.connectivity.down(role, &error);
                    self.refused.push_back(queued);
                }
                Err(error) => {
                    failed += 1;
                    self.say_refused(&queued, &error);
                    settled.push((queued.promise, Err(error)));
                }
            }
        }
        let meters = self.meters.tier(self.tier);
        meters.sent.add(sent);
        meters.sent_bytes.add(bytes);
        meters.publish_latency.record_since(now, times.into_iter());
        self.meters.failed.add(failed);
        // Only now: who has a receipt finds its message in the metrics.
        for (promise, outcome) in settled {
            match outcome {
                Ok(id) => promise.stored(id),
                Err(error) => promise.failed(Arc::new(PublishError::Store(Arc::new(error)))),
            }
        }
        // A lane under load is never idle, so it has to be said here too.
        if sent > 0 && self.refused.is_empty() {
            self.works(role);
        }
    }

    /// Says the first of a run of refusals; the others are counted.
    fn say_refused(&mut self, queued: &Queued, error: &StoreError) {
        if !std::mem::replace(&mut self.refusal_said, true) {
            tracing::error!(topic = %queued.message.topic, %error, "a message was refused and is lost (further ones are only counted)");
        }
    }

    fn next_answered(&mut self, stored: bool) -> Option<Queued> {
        loop {
            let front = self.under_way.front_mut()?;
            if !stored {
                front.flushing.failed("refused");
            }
            if let Some(queued) = front.messages.pop_front() {
                if front.messages.is_empty() {
                    self.courtesy.answered(front.sent.elapsed());
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
            for queued in &mut messages {
                queued.compress(packer);
            }
        }
        self.number(&mut messages);
        self.meters.note_flush(self.tier, messages.len());
        let flushing = self.flushing(&messages);
        self.under_way.push_back(UnderWay { messages, sent: Instant::now(), flushing });
        self.send_nth(appender, self.under_way.len() - 1).await
    }

    /// The span of a batch, if any of it is traced.
    fn flushing(&mut self, messages: &VecDeque<Queued>) -> Flushing {
        let mut flushing = self.tracer.flush(self.tier, messages.iter().map(|queued| &queued.message));
        if flushing.is_recorded() {
            self.keys.learn(messages.iter().map(|queued| &queued.message.topic));
            let mut streams = messages.iter().map(|queued| self.keys.get(&queued.message));
            if let Some(first) = streams.next()
                && streams.all(|stream| stream == first)
            {
                flushing.destination(first.as_bytes());
            }
        }
        flushing
    }

    /// Numbers the messages where that is wanted: here, where their order in the streams is decided. What is sent again keeps its number.
    fn number(&mut self, messages: &mut VecDeque<Queued>) {
        let Some(numbering) = &mut self.numbering else { return };
        self.keys.learn(messages.iter().map(|queued| &queued.message.topic));
        // What is delayed gets its place in its stream from whoever delivers it, when it is due.
        for queued in messages.iter_mut().filter(|queued| queued.message.due().is_none()) {
            queued.sequence = Some(numbering.next(self.keys.get(&queued.message)));
        }
    }

    /// Sends what was refused for the time being, and what was under way when the connection was lost. Whether the latter was
    /// stored is not known: it may be doubled.
    async fn send_again(&mut self, appender: &mut dyn Appender) -> Result<(), StoreError> {
        // All of it is under way before any of it is sent, so that nothing is forgotten when this is cut short.
        if !self.refused.is_empty() {
            let messages = std::mem::take(&mut self.refused);
            // Its span has ended with the refusal.
            let flushing = Flushing::default();
            self.under_way.push_front(UnderWay { messages, sent: Instant::now(), flushing });
        }
        for nth in 0..self.under_way.len() {
            self.meters.retried.add(self.under_way[nth].messages.len() as u64);
            self.under_way[nth].sent = Instant::now();
            self.send_nth(appender, nth).await?;
        }
        Ok(())
    }

    /// Sends one of the batches that are under way.
    async fn send_nth(&mut self, appender: &mut dyn Appender, nth: usize) -> Result<(), StoreError> {
        let batch = &self.under_way[nth];
        self.keys.learn(batch.messages.iter().map(|queued| &queued.message.topic));
        let mut entries = Vec::with_capacity(batch.messages.len());
        for queued in &batch.messages {
            entries.push(NewEntry { stream: self.keys.get(&queued.message), fields: queued });
        }
        for run in entries.chunk_by(|one, next| one.stream == next.stream) {
            // What is delayed is kept until it is due, however much and however long that is.
            if !self.keys.is_delayed(run[0].stream) {
                self.retention.appended(run[0].stream, run.len() as u64);
            }
        }
        // A server that takes nothing is noticed only here: the buffers of the sockets are full.
        match timeout(self.patience, appender.send(&entries)).await {
            Ok(sent) => sent,
            Err(_) => Err(self.timed_out()),
        }
    }

    fn timed_out(&self) -> StoreError {
        StoreError::TimedOut { server: self.store.describe().into(), what: "a batch", after: self.patience }
    }

    fn messages_under_way(&self) -> usize {
        self.under_way.iter().map(|batch| batch.messages.len()).sum()
    }
}

impl Drop for Lane {
    /// What is left when a lane ends early was not confirmed.
    fn drop(&mut self) {
        let mut lost = self.messages_under_way() + self.refused.len();
        while let Some(batch) = self.queue.take(true, usize::MAX) {
            lost += batch.messages.len();
        }
        self.meters.failed.add(lost as u64);
        self.meters.abandoned.add(lost as u64);
        if lost > 0 {
            tracing::error!(tier = %self.tier, messages = lost, "messages were given up: the bus ended before the store had confirmed them");
        }
    }
}
