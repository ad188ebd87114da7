//! What the readers of a bus have in common.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::queue::Queue;
use super::sequences::Sequences;
use crate::config::BusConfig;
use crate::connectivity::{Backoff, Connectivity};
use crate::layout::{Streams, is_reserved};
use crate::metrics::Meters;
use crate::store::{EntryRef, ReadBatch, StoreError, StreamStore};
use crate::wire::nautilus::topic_of_key;
use crate::wire::record::{Limits, Malformed, RawRecord};
use crate::{Delivery, Pattern, Priority, StreamKey, Topic};

/// A read should bring about so many bytes at most, whatever the size of the entries.
const READ_BYTES: usize = 8 << 20;

/// Entries of the first read, before anything is known about their size.
const FIRST_ENTRIES: usize = 64;

/// A subscription, as its readers see it.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) pattern: Pattern,
    pub(super) queue: Queue,
    /// What it knows about those who number their records; locked by the batch, and only where records are numbered.
    pub(super) sequences: Mutex<Sequences>,
    /// It wants some of the messages: what it drops is nobody's loss.
    pub(super) samples: bool,
    /// Only these; all if there are none.
    pub(super) tiers: Vec<Priority>,
}

impl Subscriber {
    /// Puts messages into its queue, as far as there is room.
    pub(super) fn push(&self, deliveries: &mut VecDeque<Delivery>, meters: &Meters) {
        if !self.tiers.is_empty() {
            deliveries.retain(|delivery| self.tiers.contains(&delivery.priority));
        }
        let dropped = self.queue.push(deliveries);
        if !self.samples {
            meters.dropped.add(dropped);
        }
    }
}

/// What a reader works with.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) store: Arc<dyn StreamStore>,
    pub(super) meters: Arc<Meters>,
    pub(super) connectivity: Arc<Connectivity>,
    pub(super) streams: Streams,
    pub(super) block: Duration,
    batch_size: usize,
    pub(super) topic_cache: usize,
    pub(super) search_interval: Duration,
    limits: Limits,
    backoff: Backoff,
    roles: AtomicU64,
    tasks: Mutex<JoinSet<()>>,
    /// The bus is closed: no further reader starts.
    stopped: AtomicBool,
}

impl Reading {
    pub(super) fn new(
        config: &BusConfig,
        store: Arc<dyn StreamStore>,
        meters: Arc<Meters>,
        connectivity: Arc<Connectivity>,
    ) -> Self {
        let stream = &config.default_stream_config;
        Self {
            store,
            meters,
            connectivity,
            streams: Streams::new(config),
            block: stream.block_timeout(),
            batch_size: stream.batch_size,
            topic_cache: config.topic_cache_size,
            search_interval: config.discovery_interval(),
            // What was published elsewhere may be larger than what may be published here.
            limits: Limits { payload_bytes: config.max_payload_bytes.max(64 << 20) },
            backoff: Backoff::new(config.reconnect_min(), config.reconnect_max()),
            roles: AtomicU64::new(0),
            tasks: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    pub(super) fn backoff(&self) -> Backoff {
        self.backoff.clone()
    }

    /// A name for a connection that no other has.
    pub(super) fn next_role(&self, kind: &str) -> String {
        format!("{kind}-{}", self.roles.fetch_add(1, Relaxed))
    }

    /// Runs a reader until it ends or the bus does.
    pub(super) fn spawn(&self, reader: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock();
        while let Some(ended) = tasks.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                tracing::error!(%error, "a reader broke: its subscriptions get nothing more");
            }
        }
        if !self.stopped.load(Relaxed) {
            tasks.spawn(reader);
        }
    }

    /// Ends all readers.
    pub(super) async fn stop(&self) {
        self.stopped.store(true, Relaxed);
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
    }

    /// Ends all readers without waiting for them.
    pub(super) fn abort(&self) {
        self.tasks.lock().abort_all();
    }

    /// How many entries of a stream to ask for at first.
    pub(super) fn first_limit(&self) -> usize {
        FIRST_ENTRIES.min(self.batch_size)
    }

    /// How many entries of each of so many streams to ask for next, given what the last ones were like.
    pub(super) fn limit_for(&self, batch: &ReadBatch, streams: usize) -> usize {
        let entry = (batch.bytes() / batch.len().max(1)).max(1);
        (READ_BYTES / entry / streams.max(1)).clamp(1, self.batch_size)
    }

    /// The message of an entry; one that is none is counted if it is met for the first time.
    pub(super) fn delivery<'a>(
        &self,
        entry: EntryRef<'a>,
        raw: RawRecord<'a>,
        topic: Topic,
        fresh: bool,
    ) -> Option<Delivery> {
        let read = self.read(entry, raw, topic);
        if let Err(kind) = &read
            && fresh
        {
            self.meters.note_malformed(*kind, format_args!("{} in {}", entry.id(), entry.stream()));
        }
        read.ok()
    }

    /// The message of an entry.
    pub(super) fn read<'a>(
        &self,
        entry: EntryRef<'a>,
        raw: RawRecord<'a>,
        topic: Topic,
    ) -> Result<Delivery, Malformed> {
        let tier = self.streams.tier_of(entry.stream()).unwrap_or_default();
        let (message, ignored) = raw.into_message(topic, |value| entry.share(value), tier, self.limits)?;
        if !ignored.is_empty() {
            let fields: Vec<_> = ignored.names().collect();
            tracing::debug!(id = %entry.id(), stream = %entry.stream(), ?fields, "left out fields that make no sense");
        }
        Ok(Delivery::new(entry.id(), entry.stream().clone(), message))
    }

    /// The tier whose room a stream needs, where the stream tells.
    pub(super) fn tier_of(&self, stream: &StreamKey) -> Option<Priority> {
        self.streams.tier_of(stream)
    }
}

/// Which streams a subscription reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// These.
    Keys(Vec<StreamKey>),
    /// Those of the topics that are wanted, as they appear; and these.
    Topics {
        /// What the keys start with, before the colon and the topic.
        base: String,
        /// Streams that are read besides.
        also: Vec<StreamKey>,
    },
}

impl Source {
    /// Whether streams may appear later.
    pub(super) fn is_searched(&self) -> bool {
        matches!(self, Self::Topics { .. })
    }

    /// Whether a stream is one of these.
    pub(super) fn covers(&self, stream: &StreamKey) -> bool {
        match self {
            Self::Keys(keys) => keys.contains(stream),
            Self::Topics { also, .. } => self.topic_of(stream).is_some() || also.contains(stream),
        }
    }

    /// The topic of a stream that holds just one.
    pub(super) fn topic_of<'a>(&self, stream: &'a StreamKey) -> Option<&'a [u8]> {
        match self {
            Self::Keys(_) => None,
            Self::Topics { base, .. } => {
                topic_of_key(base, stream.as_bytes()).filter(|topic| !is_reserved(topic))
            }
        }
    }

    /// The streams that there are now, the most urgent first.
    pub(super) async fn find(
        &self,
        store: &dyn StreamStore,
        wanted: &impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<StreamKey>, StoreError> {
        match self {
            Self::Keys(keys) => Ok(keys.clone()),
            Self::Topics { base, also } => {
                let mut streams = store.streams(format!("{base}:").as_bytes()).await?;
                streams.retain(|stream| self.topic_of(stream).is_some_and(wanted) && !also.contains(stream));
                streams.extend_from_slice(also);
                Ok(streams)
            }
        }
    }
}
