//! XREAD BLOCK: a reader is served at the end of the batch that brings it entries, while the store is still locked, so
//! that it gets what was there at that moment, whatever happens to the stream next.

use std::sync::Arc;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tradebus_resp::{Protocol, ReplyEncoder};

use super::entries;
use crate::EntryId;
use crate::keyspace::Key;
use crate::listen::{Registration, Waiter};
use crate::stream::Stream;

/// Entries for a blocked reader that named no COUNT.
const DEFAULT_COUNT: usize = 1000;

/// What a blocked reader asked for.
pub(super) struct Wanted {
    /// Streams, and the id that the first entry must be above.
    pub(super) after: Vec<(Key, EntryId)>,
    /// Entries of one stream; `None` if the client did not say.
    pub(super) count: Option<usize>,
    pub(super) protocol: Protocol,
    pub(super) max_bytes: usize,
}

/// A reader that waits.
pub(super) struct BlockedRead {
    wanted: Wanted,
    outcome: Mutex<Option<Outcome>>,
    notify: Arc<Notify>,
}

/// How the wait ended.
pub(super) enum Outcome {
    /// With this reply.
    Served(BytesMut),
    /// Without entries.
    TimedOut,
    /// Another client ended it with an error.
    Unblocked,
}

impl Waiter for BlockedRead {
    fn changed(&self, key: &[u8], stream: Option<&Stream>) -> Option<Arc<Notify>> {
        let stream = stream?;
        let (_, after) = self.wanted.after.iter().find(|(wanted, _)| **wanted == *key)?;
        let start = after.next()?;
        let mut outcome = self.outcome.lock();
        if outcome.is_some() {
            return None;
        }
        let limit = self.wanted.count.unwrap_or(DEFAULT_COUNT);
        let found = stream.range(start, EntryId::MAX, limit, entries::skip);
        if found == 0 {
            return None;
        }
        let mut reply = BytesMut::new();
        let mut out = ReplyEncoder::new(&mut reply, self.wanted.protocol);
        write_stream_header(&mut out, 1);
        write_key(&mut out, key, found);
        stream.range(start, EntryId::MAX, limit, entries::writer(&mut out, self.wanted.max_bytes));
        *outcome = Some(Outcome::Served(reply));
        Some(Arc::clone(&self.notify))
    }
}

/// Begins the reply of XREAD with so many streams.
pub(super) fn write_stream_header(out: &mut ReplyEncoder<'_>, streams: usize) {
    match out.protocol() {
        Protocol::Resp2 => out.list(streams),
        Protocol::Resp3 => out.map(streams),
    }
}

/// Begins one stream of that reply, with so many entries.
pub(super) fn write_key(out: &mut ReplyEncoder<'_>, key: &[u8], entries: usize) {
    if out.protocol() == Protocol::Resp2 {
        out.list(2);
    }
    out.bulk(key);
    out.list(entries);
}

impl BlockedRead {
    /// Ends the wait from outside; `false` when it had ended already.
    pub(super) fn unblock(&self, outcome: Outcome) -> bool {
        let mut slot = self.outcome.lock();
        if slot.is_some() {
            return false;
        }
        *slot = Some(outcome);
        self.notify.notify_one();
        true
    }
}

/// The wait of a connection. The store forgets the reader when this is dropped.
pub(super) struct Blocked {
    read: Arc<BlockedRead>,
    deadline: Option<Instant>,
    _registration: Registration,
}

impl Blocked {
    /// Begins to wait, which must happen while the store is locked: right after nothing was found.
    pub(super) fn new(engine: &crate::Engine, wanted: Wanted, deadline: Option<Instant>) -> Self {
        let keys = wanted.after.iter().map(|(key, _)| Arc::clone(key)).collect();
        let read = Arc::new(BlockedRead { wanted, outcome: Mutex::new(None), notify: Arc::default() });
        let waiter: Arc<dyn Waiter> = Arc::clone(&read) as _;
        Self { _registration: engine.register(keys, waiter), read, deadline }
    }

    pub(super) const fn read(&self) -> &Arc<BlockedRead> {
        &self.read
    }

    /// Waits for the end. Cancel safe: the outcome stays until it is returned.
    pub(super) async fn outcome(&self) -> Outcome {
        loop {
            if let Some(outcome) = self.read.outcome.lock().take() {
                return outcome;
            }
            match self.deadline {
                None => self.read.notify.notified().await,
                Some(deadline) => {
                    let notified = self.read.notify.notified();
                    if tokio::time::timeout_at(deadline, notified).await.is_err() {
                        // Whoever serves at this very moment wins: then the next round returns it.
                        self.read.unblock(Outcome::TimedOut);
                    }
                }
            }
        }
    }
}
