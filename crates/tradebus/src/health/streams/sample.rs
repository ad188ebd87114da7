//! Looking at a stream: a few small questions, whatever its size.

use std::cmp::Reverse;

use super::track::{GroupSample, Sample};
use crate::StreamKey;
use crate::health::guard::{Guard, Unanswered};
use crate::store::{GroupInfo, PendingQuery, StreamStore};

/// Groups of a stream that are looked at: those with the most to do.
const MOST_GROUPS: usize = 8;
/// Pending entries of a group that are looked at: the oldest.
const MOST_PENDING: usize = 100;

/// Whom to ask, and what for.
pub(super) struct Sampler<'a> {
    pub(super) store: &'a dyn StreamStore,
    pub(super) guard: &'a Guard,
    /// Deliveries from which on a pending entry is suspicious.
    pub(super) many_deliveries: u64,
}

impl Sampler<'_> {
    /// Asks for the length of a stream, its groups, and the oldest pending entries of those: ten questions at most.
    pub(super) async fn sample(&self, stream: &StreamKey, is_read: bool) -> Result<Sample, Unanswered> {
        let len = self.guard.ask(self.store.len(stream)).await?;
        let mut infos = self.guard.ask(self.store.consumer_groups().groups(stream)).await?;
        let is_read = is_read || !infos.is_empty();
        infos.sort_by_key(|info| Reverse(info.lag.unwrap_or(0).saturating_add(info.pending)));
        infos.truncate(MOST_GROUPS);
        let mut groups = Vec::with_capacity(infos.len());
        for info in infos {
            match self.group(stream, info).await {
                Ok(group) => groups.push(group),
                Err(error) if error.is_silence() => return Err(error),
                // It was removed just now.
                Err(_) => {}
            }
        }
        Ok(Sample { len, is_read, groups })
    }

    async fn group(&self, stream: &StreamKey, info: GroupInfo) -> Result<GroupSample, Unanswered> {
        let mut sample =
            GroupSample { name: info.name, lag: info.lag, pending: info.pending, ..GroupSample::default() };
        if info.pending == 0 {
            return Ok(sample);
        }
        let query = PendingQuery { limit: MOST_PENDING, ..PendingQuery::default() };
        let pending = self.store.consumer_groups().pending(stream, &sample.name, query);
        let pending = self.guard.ask(pending).await?;
        sample.oldest = pending.first().map(|oldest| (oldest.id, oldest.idle));
        let many = pending.iter().filter(|entry| entry.deliveries >= self.many_deliveries);
        sample.poisonous = many.clone().count();
        sample.deliveries = many.map(|entry| entry.deliveries).max().unwrap_or(0);
        Ok(sample)
    }
}
