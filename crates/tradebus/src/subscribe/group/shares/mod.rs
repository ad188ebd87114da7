//! Exclusive shares: parts of a group's streams that one member at a time may have.
//!
//! A group of which one member is active has one share, with everything. A group over shards that keeps the order of each topic has a
//! share for each shard: all messages of a topic lie in one, so whoever has it handles them in order. A share is leased from the store by
//! the [steward](steward), which keeps the [balance](balance) among the members. Of a share that is given up nothing more is read or begun; what is
//! in the hands of the subscriber is awaited, the rest is handed back, and then the lease. A share that was lost (its lease expired
//! before it could be renewed) is forgotten at once: somebody else may have it. The fencing token tells such a one from its successor.

mod balance;
mod readable;
mod steward;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

pub(super) use self::readable::Readable;
pub(super) use self::steward::{Steward, Terms};
use crate::StreamKey;

/// The shares of a group, and which of them a member has.
#[derive(Debug)]
pub(in crate::subscribe) struct Shares {
    /// The share of each stream of the bus, where there are several. Other streams go by their hash.
    of: HashMap<StreamKey, usize>,
    all: Vec<Share>,
    /// Rises with every change of what may be read.
    generation: watch::Sender<u64>,
    /// The generation by which each reader goes.
    readers: Mutex<Vec<Arc<AtomicU64>>>,
    /// A reader has followed a change.
    followed: Notify,
    /// The fencing token of the one share, while this member is active.
    active: watch::Sender<Option<u64>>,
}

#[derive(Debug)]
struct Share {
    /// The fencing token of its lease; 0 without one.
    token: AtomicU64,
    /// It is being given up.
    closing: AtomicBool,
    /// Until then nobody else can have it.
    until: Mutex<Instant>,
}

impl Share {
    fn nobodys() -> Self {
        Self { token: AtomicU64::new(0), closing: AtomicBool::new(false), until: Mutex::new(Instant::now()) }
    }

    fn open_token(&self) -> Option<u64> {
        let token = self.token.load(Ordering::Acquire);
        (token != 0 && !self.closing.load(Ordering::Acquire)).then_some(token)
    }
}

impl Shares {
    /// One share, with everything.
    pub(super) fn one() -> Self {
        Self::new(HashMap::new(), 1)
    }

    /// A share for each shard. The lanes are by tier, the streams of a lane by shard.
    pub(super) fn of_shards(lanes: &[Vec<StreamKey>; 4]) -> Self {
        let of = lanes.iter().flat_map(|lane| lane.iter().enumerate());
        let of = of.map(|(shard, stream)| (stream.clone(), shard)).collect();
        Self::new(of, lanes[0].len())
    }

    fn new(of: HashMap<StreamKey, usize>, count: usize) -> Self {
        Self {
            of,
            all: (0..count).map(|_| Share::nobodys()).collect(),
            generation: watch::channel(0).0,
            readers: Mutex::default(),
            followed: Notify::new(),
            active: watch::channel(None).0,
        }
    }

    fn count(&self) -> usize {
        self.all.len()
    }

    fn share_of(&self, stream: &StreamKey) -> usize {
        if self.count() == 1 {
            return 0;
        }
        let by_hash = || (xxh3_64(stream.as_bytes()) % self.count() as u64) as usize;
        self.of.get(stream).copied().unwrap_or_else(by_hash)
    }

    /// The fencing token under which a stream may be read; `None` while it may not.
    pub(super) fn token(&self, stream: &StreamKey) -> Option<u64> {
        self.all[self.share_of(stream)].open_token()
    }

    /// Until when nobody else can have any of these streams.
    pub(super) fn last_until(&self, streams: &[StreamKey]) -> Option<Instant> {
        streams.iter().map(|stream| self.until(self.share_of(stream))).min()
    }

    /// The fencing token of the one share, as it comes and goes; always `None` where there are several.
    pub(super) fn active(&self) -> watch::Receiver<Option<u64>> {
        self.active.subscribe()
    }

    /// How many shares this member has.
    pub(super) fn held(&self) -> usize {
        self.all.iter().filter(|share| share.open_token().is_some()).count()
    }

    fn gain(&self, share: usize, token: u64, until: Instant) {
        let it = &self.all[share];
        *it.until.lock() = until;
        it.closing.store(false, Ordering::Release);
        it.token.store(token, Ordering::Release);
        self.changed();
    }

    /// Whether this member has a share under this token.
    fn is_under(&self, share: usize, token: u64) -> bool {
        self.all[share].token.load(Ordering::Acquire) == token
    }

    fn until(&self, share: usize) -> Instant {
        *self.all[share].until.lock()
    }

    fn extend(&self, share: usize, until: Instant) {
        *self.all[share].until.lock() = until;
    }

    /// Nothing more of it may be read or begun. Returns the generation from which on the readers know.
    fn close(&self, share: usize) -> u64 {
        self.all[share].closing.store(true, Ordering::Release);
        self.changed()
    }

    fn lose(&self, share: usize) {
        self.all[share].token.store(0, Ordering::Release);
        self.changed();
    }

    fn changed(&self) -> u64 {
        if self.count() == 1 {
            let token = self.all[0].open_token();
            self.active.send_if_modified(|active| std::mem::replace(active, token) != token);
        }
        self.generation.send_modify(|generation| *generation += 1);
        *self.generation.borrow()
    }

    /// Whether all readers go by this generation, or a later one.
    fn is_followed(&self, generation: u64) -> bool {
        let mut readers = self.readers.lock();
        readers.retain(|reader| Arc::strong_count(reader) > 1);
        readers.iter().all(|reader| reader.load(Ordering::Acquire) >= generation)
    }
}
