//! What others may see of a client, and do to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::warn;

use super::blocking::BlockedRead;
use super::outbox::Outbox;
use super::stats::Stats;

/// Why a connection ends, for the log.
pub(super) type Reason = &'static str;

/// Where a connection comes from.
pub(super) struct Origin {
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    /// The number of its file.
    pub(super) file: i32,
}

/// A connection as the others see it.
pub(super) struct Client {
    /// Numbers rise and are never used again.
    pub(super) id: u64,
    pub(super) origin: Origin,
    pub(super) since: Instant,
    pub(super) names: Mutex<Names>,
    pub(super) figures: Figures,
    /// Messages of channels, until the connection has room for them.
    pub(super) outbox: Outbox,
    /// Nobody is evicted here; only CLIENT LIST shows that the client asked for it.
    pub(super) no_evict: AtomicBool,
    /// It waits: for entries, or for the end of a pause.
    waits: AtomicBool,
    blocked: Mutex<Option<Arc<BlockedRead>>>,
    end: OnceLock<Reason>,
    call: Notify,
}

/// What a client calls itself.
#[derive(Default, Clone)]
pub(super) struct Names {
    pub(super) name: Vec<u8>,
    pub(super) library: Vec<u8>,
    pub(super) library_version: Vec<u8>,
}

/// What CLIENT LIST shows. The connection brings them up to date after each batch of requests, which costs less than a lock.
#[derive(Default)]
pub(super) struct Figures {
    /// The [tick](super::TICK) of the last sign of life.
    pub(super) seen: AtomicU64,
    /// The place of the last command, plus one; 0 if there was none that is known.
    pub(super) last_command: AtomicUsize,
    /// Letters for what state it is in.
    pub(super) flags: AtomicU64,
    pub(super) protocol: AtomicUsize,
    pub(super) channels: AtomicUsize,
    pub(super) patterns: AtomicUsize,
    /// Commands that wait for EXEC, plus one; 0 outside of MULTI.
    pub(super) queued: AtomicUsize,
    pub(super) queued_bytes: AtomicUsize,
    pub(super) input_bytes: AtomicUsize,
    pub(super) input_room: AtomicUsize,
    pub(super) output_bytes: AtomicUsize,
    pub(super) output_capacity: AtomicUsize,
    pub(super) output_peak: AtomicUsize,
}

impl Figures {
    pub(super) fn note_input(&self, input: &BytesMut, tick: u64) {
        self.seen.store(tick, Ordering::Relaxed);
        // While nothing comes, an empty buffer is given back.
        let room = if input.is_empty() { 0 } else { input.capacity() - input.len() };
        self.input_bytes.store(input.len(), Ordering::Relaxed);
        self.input_room.store(room, Ordering::Relaxed);
    }

    pub(super) fn note_output(&self, output: &BytesMut, peak: usize) {
        self.output_bytes.store(output.len(), Ordering::Relaxed);
        self.output_capacity.store(output.capacity(), Ordering::Relaxed);
        self.output_peak.store(peak, Ordering::Relaxed);
    }
}

impl Client {
    pub(super) fn new(id: u64, origin: Origin, tick: u64) -> Self {
        let figures = Figures { seen: tick.into(), protocol: 2.into(), ..Figures::default() };
        Self {
            id,
            origin,
            since: Instant::now(),
            names: Mutex::default(),
            figures,
            outbox: Outbox::default(),
            no_evict: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            blocked: Mutex::default(),
            end: OnceLock::new(),
            call: Notify::new(),
        }
    }

    /// Ends its connection, without waiting for that; `false` if it ends already.
    pub(super) fn end(&self, reason: Reason) -> bool {
        let is_first = self.end.set(reason).is_ok();
        self.call();
        is_first
    }

    /// Ends its connection since it does not read what it gets.
    pub(super) fn end_as_slow(&self, stats: &Stats) {
        if self.end("it did not read what it got") {
            stats.slow_readers.add(1);
            warn!(client = self.id, "does not read what it gets: disconnected");
        }
    }

    /// Why it has to end, if it has to.
    pub(super) fn ends(&self) -> Option<Reason> {
        self.end.get().copied()
    }

    /// Makes its connection look at what has changed here.
    pub(super) fn call(&self) {
        self.call.notify_one();
    }

    /// Returns when somebody called. Cancel safe; only the connection itself may wait.
    pub(super) async fn called(&self) {
        self.call.notified().await;
    }

    /// Shows to others that it waits, and for which entries.
    pub(super) fn set_waiting(&self, waits: bool, blocked: Option<Arc<BlockedRead>>) {
        *self.blocked.lock() = blocked;
        self.waits.store(waits, Ordering::Relaxed);
    }

    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// What entries it waits for.
    pub(super) fn blocked(&self) -> Option<Arc<BlockedRead>> {
        self.blocked.lock().clone()
    }

    /// Whether it waits for messages of channels.
    pub(super) fn is_subscriber(&self) -> bool {
        let count = |figure: &AtomicUsize| figure.load(Ordering::Relaxed);
        count(&self.figures.channels) + count(&self.figures.patterns) > 0
    }
}
