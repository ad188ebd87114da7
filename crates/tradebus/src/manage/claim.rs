//! Giving pending entries to another consumer.

use std::time::Duration;

use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::StreamKey;
use crate::store::{Claim, EntryRef, PendingQuery};

/// Entries that are claimed at once. Their fields come along, so it is not many.
const STEP: usize = 100;

/// Gives pending entries to a consumer, step by step. Dropping it leaves the rest to whom it belongs.
#[derive(Debug)]
pub struct Claiming {
    manager: StreamManager,
    stream: StreamKey,
    group: String,
    consumer: String,
    min_idle: Duration,
    /// Where to look next; `None` once everything was looked at.
    start: Option<EntryId>,
    left: u64,
}

impl Claiming {
    /// Claims some more and tells which (perhaps none of those that were looked at); `None` when all is done.
    ///
    /// # Errors
    ///
    /// When the stream or the group is gone, or the store cannot be used.
    pub async fn next(&mut self) -> Result<Option<Vec<EntryId>>, ManageError> {
        let Some(start) = self.start.filter(|_| self.left > 0) else { return Ok(None) };
        let query =
            PendingQuery { consumer: None, ids: start..=EntryId::MAX, min_idle: self.min_idle, limit: STEP };
        let page = self.manager.pending(&self.stream, &self.group, query).await?;
        let Some(last) = page.last() else {
            self.start = None;
            return Ok(None);
        };
        self.start = last.id.next();
        // What the consumer has already would only count as delivered once more.
        let of_others = page.iter().filter(|entry| entry.consumer != self.consumer).map(|entry| entry.id);
        let ids: Vec<EntryId> = of_others.take(usize::try_from(self.left).unwrap_or(usize::MAX)).collect();
        let (stream, group, consumer) = (&self.stream, &self.group, &self.consumer);
        let claimed =
            self.manager.claim(stream, group, consumer, Claim { ids: &ids, min_idle: self.min_idle });
        let claimed = claimed.await?;
        self.left -= claimed.len() as u64;
        Ok(Some(claimed))
    }
}

impl StreamManager {
    /// Gives pending entries of other consumers to this one, at most so many, the oldest id first: those that were last delivered so
    /// long ago. This counts as a delivery of each.
    pub fn claim_idle(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        min_idle: Duration,
        limit: u64,
    ) -> Claiming {
        Claiming {
            manager: self.clone(),
            stream: stream.clone(),
            group: group.to_owned(),
            consumer: consumer.to_owned(),
            min_idle,
            start: Some(EntryId::MIN),
            left: limit,
        }
    }

    /// Gives these pending entries to a consumer, and returns those that it got: entries that are not pending, not idle for long enough, or no
    /// longer in the stream are not among them. This counts as a delivery of each.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn claim(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        claim: Claim<'_>,
    ) -> Result<Vec<EntryId>, ManageError> {
        let mut claimed = Vec::new();
        for ids in claim.ids.chunks(STEP) {
            let claim = Claim { ids, min_idle: claim.min_idle };
            let batch = self.store.consumer_groups().claim(stream, group, consumer, claim).await;
            claimed.extend(self.of_group(stream, batch).await?.entries().map(EntryRef::id));
        }
        Ok(claimed)
    }
}
