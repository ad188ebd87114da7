//! One look at all series that are watched.
//!
//! `DBnomics` is asked first when it has read each series last, which costs little; only of those that it has read since are the
//! observations fetched, and compared with what is remembered. News are published before they are remembered: a crash in between
//! publishes them once more.

use serde::Serialize;
use serde_json::json;
use tradebus::{Bus, ErrorCode, Message, ServiceError, Topic};

use super::settings::Watched;
use crate::dbnomics::model::{Series, SeriesAnswer};
use crate::dbnomics::service::DbnomicsService;
use crate::dbnomics::service::ask::{Asked, bad_upstream};
use crate::dbnomics::service::load::{How, Missed, batches, probe};
use crate::dbnomics::service::memory::Memory;
use crate::dbnomics::service::view::{Identity, observations};
use crate::dbnomics::{Observations, SeriesId};

/// Errors that a round names.
const MAX_ERRORS: usize = 100;

/// What came of a round.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Round {
    /// When it ended, RFC 3339.
    pub(super) ended_at: Option<jiff::Timestamp>,
    /// Series that were looked at.
    pub(super) looked_at: usize,
    /// Series that `DBnomics` had read since the round before, or that were seen for the first time.
    pub(super) fetched: usize,
    /// Series that were seen for the first time: they are remembered, and nothing is published.
    pub(super) first_seen: usize,
    /// Messages.
    pub(super) published: usize,
    /// Series of which nothing came, the first 100.
    pub(super) errors: Vec<Missed>,
    /// How many of them there are.
    pub(super) failed: usize,
}

impl Round {
    fn miss(&mut self, id: &SeriesId, error: &ServiceError) {
        self.failed += 1;
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Missed::new(id.as_str(), error.clone()));
        }
    }

    fn miss_all(&mut self, ids: &[SeriesId], error: &ServiceError) {
        for id in ids {
            self.miss(id, error);
        }
    }

    /// Whether nothing at all could be asked.
    pub(super) fn is_in_vain(&self) -> bool {
        self.looked_at == 0 && self.failed > 0
    }
}

/// A series as it was fetched.
struct Found {
    id: SeriesId,
    identity: Identity,
    now: Observations,
}

impl DbnomicsService {
    /// Looks at all that is watched.
    ///
    /// # Errors
    ///
    /// When the store cannot be used: what was not remembered comes with the next round.
    pub(super) async fn look_round(&self, watched: &Watched, bus: &Bus) -> Result<Round, ServiceError> {
        let mut round = Round::default();
        let ids: Vec<SeriesId> = watched.keys().cloned().collect();
        for batch in batches(&ids, self.batch) {
            let moved = self.moved(&batch, &mut round).await?;
            if moved.is_empty() {
                continue;
            }
            round.fetched += moved.len();
            for found in self.fetch_moved(&moved, &mut round).await {
                if let Some(topic) = watched.get(&found.id) {
                    self.compare(topic, found, bus, &mut round).await?;
                }
            }
        }
        round.ended_at = Some(jiff::Timestamp::now());
        Ok(round)
    }

    /// Which of these `DBnomics` has read since they were remembered.
    async fn moved(&self, ids: &[SeriesId], round: &mut Round) -> Result<Vec<SeriesId>, ServiceError> {
        let answer: SeriesAnswer = match self.ask_now(probe(ids)).await {
            Ok(Asked { answer, .. }) => answer,
            Err(error) => {
                round.miss_all(ids, &error);
                return Ok(Vec::new());
            }
        };
        for (id, told) in answer.missing(ids) {
            let message = told.unwrap_or_else(|| "DBnomics sent nothing for it".to_owned());
            round.miss(id, &ServiceError::not_found(message));
        }
        let memories = self.memories.of_all(ids).await?;
        let mut moved = Vec::new();
        for series in answer.series.docs() {
            let Some(id) = series.id().ok().filter(|id| ids.contains(id)) else { continue };
            round.looked_at += 1;
            if memories.get(&id).is_none_or(|memory| memory.is_older_than(series.indexed_at.as_deref())) {
                moved.push(id);
            }
        }
        Ok(moved)
    }

    async fn fetch_moved(&self, moved: &[SeriesId], round: &mut Round) -> Vec<Found> {
        let read = |series: &Series| {
            let id = series.id().map_err(|error| bad_upstream(&error))?;
            Ok(Found { id, identity: Identity::of(series), now: observations(series, &self.sentinels)? })
        };
        match self.each(moved, How::Now, read).await {
            Ok(made) => {
                round.failed += made.errors.len();
                round.errors.extend(made.errors);
                round.errors.truncate(MAX_ERRORS);
                made.series
            }
            Err(error) => {
                round.miss_all(moved, &error);
                Vec::new()
            }
        }
    }

    /// Publishes what is new in a series, and remembers it.
    async fn compare(
        &self,
        topic: &Topic,
        found: Found,
        bus: &Bus,
        round: &mut Round,
    ) -> Result<(), ServiceError> {
        let indexed_at = found.identity.indexed_at.clone();
        let memory = match self.memories.of(&found.id).await? {
            None => {
                round.first_seen += 1;
                Memory::first(&found.id, indexed_at, &found.now)
            }
            Some(before) => before.then(indexed_at, &found.now),
        };
        if memory.changes.as_ref().is_some_and(|changes| !changes.is_empty()) {
            self.publish(topic, &found, &memory, bus).await?;
            round.published += 1;
        }
        self.memories.keep(&found.id, &memory).await
    }

    async fn publish(
        &self,
        topic: &Topic,
        found: &Found,
        memory: &Memory,
        bus: &Bus,
    ) -> Result<(), ServiceError> {
        let unpublished = |error: &dyn std::fmt::Display| {
            ServiceError::new(ErrorCode::Unavailable, format!("news of {}: {error}", found.id))
        };
        let latest = found.now.values().next_back();
        let mut news = json!({
            "frequency": found.now.frequency(),
            "latest": latest.map(|(period, value)| json!({ "period": period, "value": value })),
            "timestamp": jiff::Timestamp::now(),
        });
        let parts = [serde_json::to_value(&found.identity), serde_json::to_value(&memory.changes)];
        for part in parts {
            let part = part.map_err(|error| unpublished(&error))?;
            if let (Some(news), serde_json::Value::Object(part)) = (news.as_object_mut(), part) {
                news.extend(part);
            }
        }
        if let Some(origin) = self.source.origin() {
            news["source"] = origin.into();
        }
        let message = Message::new(topic.as_str(), news.to_string()).map_err(|error| unpublished(&error))?;
        let receipt = bus.publish(message).await.map_err(|error| unpublished(&error))?;
        receipt.await.map(|_id| ()).map_err(|error| unpublished(&error))
    }
}
