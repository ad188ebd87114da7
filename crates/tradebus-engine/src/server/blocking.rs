//! XREAD BLOCK and XREADGROUP BLOCK: a reader is served at the end of the batch that brings it entries, while the store is still
//! locked, so that it gets what was there at that moment, whatever happens to the stream next.

use std::sync::Arc;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tradebus_resp::{Protocol, ReplyEncoder};

use super::entries;
use crate::keyspace::{Key, Touched};
use crate::listen::{Registration, Waiter};
use crate::{Db, EntryId, KeyType, LogPosition, Member};

/// Entries for a blocked reader that named no COUNT.
const DEFAULT_COUNT: usize = 1000;

const KEY_IS_GONE: &str = "UNBLOCKED the stream key no longer exists";
const GROUP_IS_GONE: &str = "NOGROUP the consumer group this client was blocked on no longer exists";

/// What a blocked reader asked for.
pub(super) struct Wanted {
    /// Streams, and the id that the first entry must be above; a group knows better where it is.
    pub(super) after: Vec<(Key, EntryId)>,
    pub(super) group: Option<GroupRead>,
    /// Entries of one stream; `None` if the client did not say.
    pub(super) count: Option<usize>,
    pub(super) protocol: Protocol,
    pub(super) max_bytes: usize,
}

/// As which consumer of which group a client reads.
pub(super) struct GroupRead {
    pub(super) group: Box<[u8]>,
    pub(super) consumer: Box<[u8]>,
    /// What is delivered has to be acknowledged.
    pub(super) pending: bool,
}

impl GroupRead {
    pub(super) fn member<'a>(&'a self, key: &'a [u8]) -> Member<'a> {
        Member { key, group: &self.group, consumer: &self.consumer }
    }
}

/// A reader that waits.
pub(super) struct BlockedRead {
    wanted: Wanted,
    state: Mutex<State>,
    notify: Arc<Notify>,
}

/// How far a wait has come.
enum State {
    Waiting,
    Ended(Outcome),
    /// Its connection knows how it ended, and nobody may serve it again, though it is still registered for a moment.
    Over,
}

impl State {
    /// Ends the wait, if it has not ended yet.
    fn end(&mut self, outcome: impl FnOnce() -> Option<Outcome>) -> bool {
        let Some(outcome) = matches!(self, Self::Waiting).then(outcome).flatten() else { return false };
        *self = Self::Ended(outcome);
        true
    }

    /// The end of the wait, for its connection.
    fn take(&mut self) -> Option<Outcome> {
        if matches!(self, Self::Waiting) {
            return None;
        }
        match std::mem::replace(self, Self::Over) {
            Self::Ended(outcome) => Some(outcome),
            Self::Waiting | Self::Over => None,
        }
    }
}

/// How the wait ended.
pub(super) enum Outcome {
    /// With this reply, when everything in front of a position of the log is settled.
    Served(BytesMut, LogPosition),
    /// Without entries.
    TimedOut,
    /// With an error.
    Failed(&'static str),
}

impl Waiter for BlockedRead {
    fn touched(&self, key: &[u8], how: Touched, db: &mut Db) -> Option<Arc<Notify>> {
        if !how.ready {
            return None;
        }
        self.state.lock().end(|| self.wanted.look(key, db)).then(|| Arc::clone(&self.notify))
    }
}

impl Wanted {
    /// What a key has for the reader now.
    fn look(&self, key: &[u8], db: &mut Db) -> Option<Outcome> {
        let (key, after) = self.after.iter().find(|(wanted, _)| **wanted == *key)?;
        let Some(read) = &self.group else {
            return (db.last_id(key).ok()? > *after).then(|| self.serve(key, *after, db));
        };
        if db.key_type(key) != Some(KeyType::Stream) {
            return Some(Outcome::Failed(KEY_IS_GONE));
        }
        let Some(group) = db.group(key, &read.group).ok()? else {
            return Some(Outcome::Failed(GROUP_IS_GONE));
        };
        if db.last_id(key).ok()? > group.last_delivered() { self.deliver(key, read, db) } else { None }
    }

    fn limit(&self) -> usize {
        self.count.unwrap_or(DEFAULT_COUNT)
    }

    fn serve(&self, key: &[u8], after: EntryId, db: &Db) -> Outcome {
        let found = db.read_after(key, after, self.limit(), entries::skip).unwrap_or(0);
        let mut reply = BytesMut::new();
        let mut out = self.begin(&mut reply, key, found);
        // It was read a moment ago: it cannot be refused.
        let _ = db.read_after(key, after, self.limit(), entries::writer(&mut out, self.max_bytes));
        Outcome::Served(reply, db.log_position())
    }

    /// `None` if nothing can be delivered, since the log does not take it: then the reader goes on waiting.
    fn deliver(&self, key: &[u8], read: &GroupRead, db: &mut Db) -> Option<Outcome> {
        let found = db.deliverable(key, &read.group, self.limit()).ok()?;
        let mut reply = BytesMut::new();
        let mut out = self.begin(&mut reply, key, found);
        let writer = entries::writer(&mut out, self.max_bytes);
        db.deliver(read.member(key), self.limit(), read.pending, writer).ok()?;
        Some(Outcome::Served(reply, db.log_position()))
    }

    fn begin<'a>(&self, reply: &'a mut BytesMut, key: &[u8], entries: usize) -> ReplyEncoder<'a> {
        let mut out = ReplyEncoder::new(reply, self.protocol);
        write_stream_header(&mut out, 1);
        write_key(&mut out, key);
        out.list(entries);
        out
    }
}

/// Begins the reply of XREAD with so many streams.
pub(super) fn write_stream_header(out: &mut ReplyEncoder<'_>, streams: usize) {
    match out.protocol() {
        Protocol::Resp2 => out.list(streams),
        Protocol::Resp3 => out.map(streams),
    }
}

/// Begins one stream of that reply; the list of its entries follows.
pub(super) fn write_key(out: &mut ReplyEncoder<'_>, key: &[u8]) {
    if out.protocol() == Protocol::Resp2 {
        out.list(2);
    }
    out.bulk(key);
}

impl BlockedRead {
    /// Ends the wait from outside; `false` when it had ended already.
    pub(super) fn unblock(&self, outcome: Outcome) -> bool {
        let ended = self.state.lock().end(|| Some(outcome));
        if ended {
            self.notify.notify_one();
        }
        ended
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
        let read =
            Arc::new(BlockedRead { wanted, state: Mutex::new(State::Waiting), notify: Arc::default() });
        let waiter: Arc<dyn Waiter> = Arc::clone(&read) as _;
        Self { _registration: engine.register(keys, waiter), read, deadline }
    }

    pub(super) const fn read(&self) -> &Arc<BlockedRead> {
        &self.read
    }

    /// Waits for the end. Cancel safe: the outcome stays until it is returned.
    pub(super) async fn outcome(&self) -> Outcome {
        loop {
            if let Some(outcome) = self.read.state.lock().take() {
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

#[cfg(test)]
mod tests {
    use super::{Outcome, State};

    #[test]
    fn nobody_is_served_twice() {
        let mut state = State::Waiting;
        assert!(state.take().is_none());
        assert!(!state.end(|| None));
        assert!(state.end(|| Some(Outcome::TimedOut)));
        assert!(!state.end(|| Some(Outcome::TimedOut)));
        assert!(state.take().is_some());
        // Still registered, but its connection has the reply already.
        assert!(!state.end(|| Some(Outcome::TimedOut)));
        assert!(state.take().is_none());
    }
}
