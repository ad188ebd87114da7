//! Shortens the streams that this process writes, as they grow and as time goes by, and never by what a consumer group has not got
//! yet, unless that is allowed.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use tokio::time::{Instant, sleep, sleep_until};
use tradebus_engine::EntryId;

use super::retention::{AGE_TRIM_INTERVAL, Due, Growth, MOST_STREAMS, max_length};
use crate::StreamKey;
use crate::config::BusConfig;
use crate::metrics::Meters;
use crate::store::{GroupInfo, RangeQuery, StoreError, StreamStore, Trim};

/// Pause after the store could not be asked.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Above this limit a stream may be shortened by length at once, if its groups are no further behind than half of the limit: so many
/// entries are not appended between a question and the trim that follows it.
const LONG: u64 = 20_000;
/// Entries that are looked at, at one time, where the limit is lower or a group is further behind.
const LOOKED_AT: usize = 10_000;

/// Trims for one bus.
pub(super) struct Trimmer {
    store: Arc<dyn StreamStore>,
    config: Arc<BusConfig>,
    meters: Arc<Meters>,
    due: Arc<Due>,
    /// The streams that are written, and when each was last trimmed by age.
    aged: HashMap<StreamKey, Instant>,
    /// Streams that have grown and could not be looked at yet.
    grown: HashSet<StreamKey>,
    /// Streams that could not be shortened as they should, which was said.
    held_back: HashSet<StreamKey>,
}

/// What the groups of a stream have got.
#[derive(Debug, PartialEq, Eq)]
struct Progress {
    /// The last entry that every group has got.
    delivered: EntryId,
    /// Entries that some group has not got, if that is known.
    unread: Option<u64>,
    /// The group that is furthest behind.
    slowest: String,
}

impl Progress {
    fn of(groups: &[GroupInfo]) -> Option<Self> {
        let slowest = groups.iter().min_by_key(|group| group.last_delivered)?;
        let unread = groups.iter().map(|group| group.lag).collect::<Option<Vec<u64>>>();
        Some(Self {
            delivered: slowest.last_delivered,
            unread: unread.and_then(|unread| unread.into_iter().max()),
            slowest: slowest.name.clone(),
        })
    }

    /// The first entry that some group has not got.
    fn first_unread(&self) -> EntryId {
        self.delivered.next().unwrap_or(EntryId::MAX)
    }
}

impl Trimmer {
    pub(super) fn new(
        store: Arc<dyn StreamStore>,
        config: Arc<BusConfig>,
        meters: Arc<Meters>,
        due: Arc<Due>,
    ) -> Self {
        let (aged, grown, held_back) = (HashMap::new(), HashSet::new(), HashSet::new());
        Self { store, config, meters, due, aged, grown, held_back }
    }

    /// Trims until it is dropped.
    pub(super) async fn run(mut self) {
        let mut age_at = Instant::now() + AGE_TRIM_INTERVAL;
        loop {
            tokio::select! {
                () = self.due.changed.notified() => {}
                () = sleep_until(age_at) => {}
            }
            self.take_due();
            let mut trimmed = self.trim_grown().await;
            if Instant::now() >= age_at {
                age_at = Instant::now() + AGE_TRIM_INTERVAL;
                trimmed = trimmed.and(self.trim_aged().await);
            }
            if let Err(error) = trimmed {
                // The lanes say it when the store is away.
                tracing::debug!(%error, "streams could not be trimmed");
                sleep(TRY_AGAIN).await;
                self.due.changed.notify_one();
            }
        }
    }

    fn take_due(&mut self) {
        for (stream, growth) in self.due.take() {
            if self.aged.len() >= MOST_STREAMS {
                self.aged.clear();
            }
            // A process that publishes a single message trims nothing.
            self.aged.entry_ref(&stream).or_insert_with(Instant::now);
            if growth == Growth::Grown {
                self.grown.insert(stream);
            }
        }
    }

    async fn trim_grown(&mut self) -> Result<(), StoreError> {
        let grown: Vec<StreamKey> = self.grown.iter().cloned().collect();
        for stream in grown {
            let keep = max_length(&self.config, &stream);
            passing(&stream, self.trim_to(&stream, keep).await)?;
            self.grown.remove(&stream);
        }
        Ok(())
    }

    async fn trim_aged(&mut self) -> Result<(), StoreError> {
        let Some(age) = self.config.autotrim() else { return Ok(()) };
        let old: Vec<StreamKey> = self
            .aged
            .iter()
            .filter(|(_, trimmed)| trimmed.elapsed() >= AGE_TRIM_INTERVAL)
            .map(|(stream, _)| stream.clone())
            .collect();
        for stream in old {
            passing(&stream, self.trim_older_than(&stream, age).await)?;
            self.aged.insert(stream, Instant::now());
        }
        Ok(())
    }

    /// To so many entries, the newest ones, and those that some group has not got.
    async fn trim_to(&mut self, stream: &StreamKey, keep: u64) -> Result<(), StoreError> {
        let by_length = Trim::ToLength { keep, approximate: true };
        if self.config.trim_unread {
            return self.trim_and_count(stream, by_length).await;
        }
        let groups = self.store.consumer_groups().groups(stream).await?;
        let Some(progress) = Progress::of(&groups) else {
            return self.trim(stream, by_length).await.map(drop);
        };
        if keep >= LONG && progress.unread.is_some_and(|unread| unread <= keep / 2) {
            return self.trim(stream, by_length).await.map(drop);
        }
        self.trim_read(stream, keep, &progress).await
    }

    /// To so many entries, by their ids: what is appended meanwhile makes no difference.
    async fn trim_read(
        &mut self,
        stream: &StreamKey,
        keep: u64,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        loop {
            let excess = self.store.len(stream).await?.saturating_sub(keep);
            if excess == 0 {
                self.held_back.remove(stream);
                return Ok(());
            }
            let limit = usize::try_from(excess).unwrap_or(usize::MAX).min(LOOKED_AT);
            let oldest = self.store.range(stream, RangeQuery { limit, ..RangeQuery::default() }).await?;
            let Some(last) = oldest.entries().last().map(crate::store::EntryRef::id) else { return Ok(()) };
            let first = last.next().unwrap_or(EntryId::MAX).min(progress.first_unread());
            self.trim(stream, Trim::FromId { first, approximate: false }).await?;
            if first <= last {
                self.hold_back(stream, progress, excess);
                return Ok(());
            }
        }
    }

    async fn trim_older_than(&mut self, stream: &StreamKey, age: Duration) -> Result<(), StoreError> {
        let now = self.store.now_ms().await?;
        let first = EntryId::new(now.saturating_sub(age.as_millis() as u64), 0);
        let by_age = Trim::FromId { first, approximate: true };
        if self.config.trim_unread {
            return self.trim_and_count(stream, by_age).await;
        }
        let groups = self.store.consumer_groups().groups(stream).await?;
        let progress = Progress::of(&groups).filter(|progress| progress.first_unread() < first);
        let Some(progress) = progress else { return self.trim(stream, by_age).await.map(drop) };
        let read = Trim::FromId { first: progress.first_unread(), approximate: true };
        self.trim(stream, read).await?;
        self.hold_back(stream, &progress, progress.unread.unwrap_or(0));
        Ok(())
    }

    /// Trims, whoever has not got what goes, and counts it.
    async fn trim_and_count(&mut self, stream: &StreamKey, trim: Trim) -> Result<(), StoreError> {
        // The length first: what is appended before the groups are asked must not look as if it had been read.
        let before = self.store.len(stream).await?;
        let groups = self.store.consumer_groups().groups(stream).await?;
        let removed = self.trim(stream, trim).await?;
        if let Some(progress) = Progress::of(&groups) {
            self.count_unread(stream, &progress, before, removed);
        }
        Ok(())
    }

    async fn trim(&self, stream: &StreamKey, trim: Trim) -> Result<u64, StoreError> {
        let removed = self.store.trim(stream, trim).await?;
        self.meters.trimmed.add(removed);
        Ok(removed)
    }

    /// A stream is longer, or older, than it should be, because of a group that is behind.
    fn hold_back(&mut self, stream: &StreamKey, progress: &Progress, entries: u64) {
        if self.held_back.insert(stream.clone()) {
            let group = &progress.slowest;
            tracing::warn!(
                %stream, group, entries,
                "the stream cannot be trimmed as it should: a consumer group has not got these entries; let it catch up, remove it, or set trim_unread"
            );
        }
    }

    fn count_unread(&self, stream: &StreamKey, progress: &Progress, before: u64, removed: u64) {
        let Some(unread) = progress.unread else { return };
        let lost = removed.saturating_sub(before.saturating_sub(unread));
        if lost > 0 {
            let group = &progress.slowest;
            self.meters.trimmed_unread.add(lost);
            tracing::warn!(%stream, group, entries = lost, "entries were trimmed that a consumer group has not got");
        }
    }
}

/// A key that is no stream, or not there any more, has nothing to trim.
fn passing(stream: &StreamKey, trimmed: Result<(), StoreError>) -> Result<(), StoreError> {
    match trimmed {
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            tracing::debug!(%stream, %error, "the stream is not trimmed");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, GroupInfo, Progress};

    fn group(name: &str, delivered: u64, lag: Option<u64>) -> GroupInfo {
        let last_delivered = EntryId::new(delivered, 0);
        let (consumers, pending, entries_read) = (0, 0, None);
        GroupInfo { name: name.into(), consumers, pending, last_delivered, entries_read, lag }
    }

    #[test]
    fn the_slowest_group_counts() {
        assert_eq!(Progress::of(&[]), None);
        let progress = Progress::of(&[group("a", 9, Some(1)), group("b", 5, Some(7))]).unwrap();
        let expected = Progress { delivered: EntryId::new(5, 0), unread: Some(7), slowest: "b".into() };
        assert_eq!(progress, expected);
        assert_eq!(progress.first_unread(), EntryId::new(5, 1));
        let unknown = Progress::of(&[group("a", 9, Some(1)), group("b", 5, None)]).unwrap();
        assert_eq!(unknown.unread, None, "one that is unknown may be the largest");
    }
}
