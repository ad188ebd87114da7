//! What a reader may read: it follows the shares of its member, and says when it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;

use super::Shares;
use crate::StreamKey;

/// The generation of a reader that reads nothing.
const NOT_READING: u64 = u64::MAX;

/// What one reader reads.
#[derive(Debug)]
pub(in crate::subscribe::group) struct Readable {
    shares: Arc<Shares>,
    changes: watch::Receiver<u64>,
    /// The generation of the shares by which it goes.
    generation: Arc<AtomicU64>,
    streams: Vec<StreamKey>,
    /// The tokens under which it reads them.
    tokens: Vec<u64>,
}

impl Readable {
    pub(in crate::subscribe::group) fn new(shares: &Arc<Shares>) -> Self {
        let generation = Arc::new(AtomicU64::new(NOT_READING));
        shares.readers.lock().push(generation.clone());
        let changes = shares.generation.subscribe();
        Self { shares: shares.clone(), changes, generation, streams: Vec::new(), tokens: Vec::new() }
    }

    /// The streams that may be read, of all that have been opened.
    pub(in crate::subscribe::group) fn streams(&self) -> &[StreamKey] {
        &self.streams
    }

    /// Goes by what the member has now: leaves what it has no more, and returns what has come to it, to be opened.
    pub(in crate::subscribe::group) fn follow(&mut self, all: &[StreamKey]) -> Vec<(StreamKey, u64)> {
        let generation = *self.changes.borrow_and_update();
        self.generation.store(generation, Ordering::Release);
        let read: Vec<(StreamKey, u64)> = self.streams.drain(..).zip(self.tokens.drain(..)).collect();
        let open = all.iter().filter_map(|stream| Some((stream.clone(), self.shares.token(stream)?)));
        let (kept, new): (Vec<_>, Vec<_>) = open.partition(|it| read.contains(it));
        (self.streams, self.tokens) = kept.into_iter().unzip();
        self.shares.followed.notify_one();
        new
    }

    /// A stream is read from now on, under this token.
    pub(in crate::subscribe::group) fn open(&mut self, stream: StreamKey, token: u64) {
        self.streams.push(stream);
        self.tokens.push(token);
    }

    /// Nothing is read until it follows again.
    pub(in crate::subscribe::group) fn rest(&mut self) {
        self.streams.clear();
        self.tokens.clear();
        self.generation.store(NOT_READING, Ordering::Release);
        self.shares.followed.notify_one();
    }

    /// Returns when there is something to follow. Cancel safe.
    pub(in crate::subscribe::group) async fn changed(&mut self) {
        let followed = &self.generation;
        // The sender lives as long as this.
        let _ = self.changes.wait_for(|now| *now != followed.load(Ordering::Acquire)).await;
    }

    /// Until when nobody else can have any of what is read.
    pub(in crate::subscribe::group) fn last_until(&self) -> Option<Instant> {
        self.shares.last_until(&self.streams)
    }
}
