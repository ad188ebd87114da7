//! What the one does that has the lease: reads, waits, moves.

use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};
use tradebus_engine::EntryId;

use super::intake::Intake;
use super::waiting::{Due, Waiting};
use super::{Desk, LOOK_EVERY};
use crate::clock::now_ns;
use crate::layout::Streams;
use crate::store::{EntryRef, MovedEntry, ReadBatch, StoreError};
use crate::wire::record::RawRecord;
use crate::{StreamKey, Topic};

/// How long messages wait whose stream is none.
const SHUT: Duration = Duration::from_secs(5);
/// Streams that are remembered to be none.
const MOST_SHUT: usize = 1_000;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The bus closes.
    Leaving,
    /// Somebody else has the lease.
    Lost,
}

/// The time of one lease, with its renewals.
pub(super) struct Session<'a> {
    desk: &'a mut Desk,
    intake: Intake,
    waiting: Waiting,
    /// Due, but the key of their stream holds something else.
    set_aside: Vec<Due>,
    /// Those keys, and until when they are left alone.
    shut: HashMap<StreamKey, Instant>,
    renew_at: Instant,
    look_at: Instant,
    /// Nothing is read, or moved, before.
    resume_at: Instant,
    /// A move may have been made without our knowing it.
    unsure: bool,
    broken_said: bool,
}

impl<'a> Session<'a> {
    /// Of a lease that was taken just now.
    pub(super) fn new(desk: &'a mut Desk) -> Self {
        let now = Instant::now();
        Self {
            intake: Intake::new(desk.store.clone(), desk.stream.clone()),
            waiting: Waiting::new(desk.most_known),
            set_aside: Vec::new(),
            shut: HashMap::new(),
            renew_at: now + desk.ttl / 3,
            look_at: now,
            resume_at: now,
            unsure: false,
            broken_said: false,
            desk,
        }
    }

    pub(super) async fn run(mut self) -> Ended {
        loop {
            match self.step().await {
                Ok(()) => self.desk.backoff.reset(),
                Err(Trouble::Ended(ended)) => return ended,
                Err(Trouble::Store(error)) => self.rest(&error),
            }
        }
    }

    /// The next thing that is to be done.
    async fn step(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        if self.resume_at <= now {
            self.intake.ask(self.room());
        }
        let (renew_at, look_at, due_at) = (self.renew_at, self.look_at, self.due_at());
        tokio::select! {
            () = Desk::leaves(&mut self.desk.leaving) => Err(Trouble::Ended(Ended::Leaving)),
            () = sleep_until(renew_at) => self.renew().await,
            () = sleep_until(look_at) => self.look().await,
            read = self.intake.answer() => {
                self.take(&read?);
                Ok(())
            }
            () = sleep_until(due_at.unwrap_or(now)), if due_at.is_some() => self.deliver().await,
        }
    }

    /// The store could not do it: waits a little, and finds out first whether the lease is held still.
    fn rest(&mut self, error: &StoreError) {
        let pause = self.desk.backoff.next();
        tracing::debug!(stream = %self.desk.stream, %error, ?pause, "delayed messages wait for the store");
        self.unsure = true;
        self.resume_at = Instant::now() + pause;
        self.renew_at = self.resume_at;
        self.look_at = self.resume_at + LOOK_EVERY;
    }

    fn room(&self) -> usize {
        self.waiting.room().saturating_sub(self.set_aside.len())
    }

    /// When the next message is to be moved. Not before all is known that was there at the beginning, as far as there is room for it:
    /// otherwise what is due first might come last.
    fn due_at(&self) -> Option<Instant> {
        if !self.intake.caught_up && self.room() > 0 {
            return None;
        }
        let left = Duration::from_nanos(self.waiting.next_at()?.saturating_sub(now_ns()));
        // Clocks may be set: that is noticed with the next look.
        Some((Instant::now() + left.min(2 * LOOK_EVERY)).max(self.resume_at))
    }

    /// Renews the lease. Whatever somebody under a lost connection may still do by it is made void by that.
    async fn renew(&mut self) -> Result<(), Trouble> {
        self.renew_at = Instant::now() + self.desk.ttl / 3;
        match self.desk.take_lease().await? {
            Some(_token) => {
                self.unsure = false;
                Ok(())
            }
            None => Err(Trouble::Ended(Ended::Lost)),
        }
    }

    /// Looks how the stream is.
    async fn look(&mut self) -> Result<(), Trouble> {
        self.look_at = Instant::now() + LOOK_EVERY;
        let now = self.look_at - LOOK_EVERY;
        self.shut.retain(|_, until| *until > now);
        if self.shut.is_empty() {
            self.waiting.put_back(self.set_aside.drain(..));
        }
        let stream = std::slice::from_ref(&self.desk.stream);
        let last = self.desk.store.last_ids(stream).await?.pop().unwrap_or(EntryId::MIN);
        if last < self.intake.after() {
            tracing::warn!(stream = %self.desk.stream, "the stream of delayed messages was made anew");
            self.waiting.clear();
            self.set_aside.clear();
            self.intake.start_over();
        }
        let entries = self.desk.store.len(&self.desk.stream).await?;
        let known = (self.waiting.len() + self.set_aside.len()) as u64;
        let unread = if self.room() == 0 { entries.saturating_sub(known) } else { 0 };
        self.desk.meters.delayed.set_waiting(entries, unread);
        Ok(())
    }

    /// Learns of entries.
    fn take(&mut self, batch: &ReadBatch) {
        for entry in batch.entries() {
            let record = RawRecord::parse(entry.fields()).ok();
            match record.and_then(|record| record.due()) {
                Some(at) => {
                    let bytes = entry.fields().map(|(name, value)| name.len() + value.len()).sum();
                    self.waiting.push(Due { at, id: entry.id() }, bytes);
                }
                None => self.note_broken(entry.id()),
            }
        }
    }

    fn note_broken(&mut self, id: EntryId) {
        self.desk.meters.delayed.broken.add(1);
        if !std::mem::replace(&mut self.broken_said, true) {
            tracing::warn!(stream = %self.desk.stream, %id, "an entry is no delayed message; it is left where it is (further ones are only counted)");
        }
    }

    /// Moves the next messages whose time has come.
    async fn deliver(&mut self) -> Result<(), Trouble> {
        if self.unsure {
            self.renew().await?;
        }
        let batch = self.waiting.take_due(now_ns());
        let moved = self.transfer(&batch).await;
        match moved {
            Ok(Some(moved)) => {
                self.note_moved(&batch, &moved);
                Ok(())
            }
            Ok(None) => Err(Trouble::Ended(Ended::Lost)),
            Err(error) => {
                self.waiting.put_back(batch);
                match error {
                    StoreError::WrongType { stream } if stream != self.desk.stream => {
                        self.shut_out(stream);
                        Ok(())
                    }
                    error => Err(error.into()),
                }
            }
        }
    }

    /// Moves messages, and sets those aside whose streams are none.
    async fn transfer(&mut self, batch: &[Due]) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        let ids: Vec<EntryId> = batch.iter().map(|due| due.id).collect();
        let kept = Mutex::new(Vec::new());
        let (streams, shut) = (&self.desk.streams, &self.shut);
        let target = |entry: EntryRef<'_>| {
            let stream = target(streams, entry)?;
            if shut.contains_key(&stream) {
                kept.lock().push(entry.id());
                return None;
            }
            Some(stream)
        };
        let Desk { store, stream, .. } = &*self.desk;
        let moved = store.move_entries(stream, &ids, &target, Some(self.desk.lease())).await?;
        let kept = kept.into_inner();
        if moved.is_some() {
            let is_kept = |due: &&Due| !kept.is_empty() && kept.contains(&due.id);
            self.set_aside.extend(batch.iter().filter(is_kept));
            self.waiting.forget(batch.iter().filter(|due| !is_kept(due)));
        }
        Ok(moved)
    }

    fn shut_out(&mut self, stream: StreamKey) {
        tracing::warn!(%stream, "the key holds another type than a stream; delayed messages for it wait");
        if self.shut.len() >= MOST_SHUT {
            self.shut.clear();
        }
        self.shut.insert(stream, Instant::now() + SHUT);
    }

    fn note_moved(&mut self, batch: &[Due], moved: &[MovedEntry]) {
        let now = now_ns();
        // Both are in the same order.
        let mut due = batch.iter();
        for entry in moved {
            if let Some(due) = due.find(|due| due.id == entry.was) {
                self.desk.meters.delayed.note_delivered(now.saturating_sub(due.at));
            }
        }
        for run in moved.chunk_by(|one, next| one.stream == next.stream) {
            self.desk.retention.appended(&run[0].stream, run.len() as u64);
        }
    }
}

/// The stream of a delayed message; `None` if it is none.
fn target(streams: &Streams, entry: EntryRef<'_>) -> Option<StreamKey> {
    let record = RawRecord::parse(entry.fields()).ok()?;
    Some(streams.of(record.tier().unwrap_or_default(), &Topic::as_read(record.topic)))
}

/// Why a step did not do what it should.
enum Trouble {
    Ended(Ended),
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests;
