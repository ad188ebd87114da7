//! The watch list: series that are looked at unasked. When one has new or revised observations, that is published.
//!
//! All instances of the service look at the time; one of them takes the [turn](turn) when it has come, and makes a [round](round).

mod round;
mod settings;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Map, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tradebus::{Answer, Bus, Call, ErrorCode, ServiceError, StreamStore};

pub use self::settings::WatchSettings;

use self::round::Round;
use self::settings::Watched;
use self::turn::Turns;
use super::memory::unusable;
use super::routes::Nothing;
use super::{DbnomicsService, DbnomicsSettings};
use crate::dbnomics::{Catalogue, SeriesId};
use crate::params;
use crate::settings::SettingsError;

/// Longest time between two looks at the time.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After a round in vain, the next one comes no later than this.
const AGAIN: Duration = Duration::from_mins(1);
/// Requests for a round that wait.
const MAX_WISHES: usize = 64;

/// Somebody who wants a round now.
type Wish = oneshot::Sender<Result<Round, ServiceError>>;

/// What one instance knows of the watch list.
#[derive(Debug)]
pub(super) struct Watch {
    watched: Watched,
    interval: Duration,
    turns: Turns,
    /// The last round of this instance.
    last: Mutex<Option<Round>>,
    wishes: mpsc::Sender<Wish>,
    /// Those who work take them from here, one at a time.
    wished: tokio::sync::Mutex<mpsc::Receiver<Wish>>,
}

impl Watch {
    pub(super) fn new(
        settings: &DbnomicsSettings,
        catalogue: &Catalogue,
        store: Arc<dyn StreamStore>,
        prefix: &str,
    ) -> Result<Self, SettingsError> {
        let (wishes, wished) = mpsc::channel(MAX_WISHES);
        Ok(Self {
            watched: settings.watch.watched(catalogue)?,
            interval: settings.watch.interval()?,
            turns: Turns::new(store, &format!("{prefix}:watch")),
            last: Mutex::default(),
            wishes,
            wished: wished.into(),
        })
    }

    /// Whether a series is watched.
    pub(super) fn has(&self, id: &SeriesId) -> bool {
        self.watched.contains_key(id)
    }

    /// Whether it is time for a round, or how long to wait before looking again.
    async fn due_in(&self) -> Duration {
        match self.turns.since_last().await {
            Ok(Some(since)) => self.interval.saturating_sub(since).min(LOOK_EVERY),
            Ok(None) => Duration::ZERO,
            Err(_) => LOOK_EVERY,
        }
    }
}

impl DbnomicsService {
    /// Makes rounds when they are due, and when somebody wants one. Ends when the service does.
    pub(super) async fn keep_watch(&self, bus: &Bus) {
        let mut wished = self.watch.wished.lock().await;
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                wish = wished.recv() => {
                    let Some(wish) = wish else { return };
                    let mut wishes = vec![wish];
                    wishes.extend(std::iter::from_fn(|| wished.try_recv().ok()));
                    self.fulfil(wishes, bus).await;
                }
                () = sleep(pause), if !self.watch.watched.is_empty() => {
                    pause = self.look_at_the_time(bus).await;
                }
            }
        }
    }

    /// One round for all who want one now.
    async fn fulfil(&self, mut wishes: Vec<Wish>, bus: &Bus) {
        wishes.retain(|wish| !wish.is_closed());
        if wishes.is_empty() {
            return;
        }
        let made = self.make_round(bus).await;
        for wish in wishes {
            // Whoever has gone does not need the answer.
            let _ = wish.send(made.clone());
        }
    }

    /// Makes a round if it is due. Returns how long to wait before looking again.
    async fn look_at_the_time(&self, bus: &Bus) -> Duration {
        let due_in = self.watch.due_in().await;
        if !due_in.is_zero() {
            // Instances look at different times.
            return due_in.mul_f64(1.0 + fastrand::f64() / 10.0);
        }
        match self.make_round(bus).await {
            Ok(round) if !round.is_in_vain() => LOOK_EVERY.min(self.watch.interval),
            Ok(round) => {
                let reason = round.errors.first().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(
                    series = round.failed,
                    reason,
                    "none of the series that are watched could be looked at"
                );
                AGAIN.min(self.watch.interval)
            }
            Err(error) => {
                tracing::debug!(%error, "no round was made");
                AGAIN.min(self.watch.interval)
            }
        }
    }

    async fn make_round(&self, bus: &Bus) -> Result<Round, ServiceError> {
        let turns = &self.watch.turns;
        if !turns.take().await.map_err(|error| unusable(&error))? {
            return Err(unavailable("another instance looks at the series at this moment"));
        }
        let made = tokio::select! {
            made = self.make_whole_round(bus) => made,
            () = turns.until_lost() => return Err(unavailable("another instance has taken over the round")),
        };
        turns.end().await;
        made
    }

    async fn make_whole_round(&self, bus: &Bus) -> Result<Round, ServiceError> {
        let round = self.look_round(&self.watch.watched, bus).await?;
        *self.watch.last.lock() = Some(round.clone());
        if !round.is_in_vain() {
            let remembered = self.watch.interval * 2;
            self.watch.turns.note_end(remembered).await.map_err(|error| unusable(&error))?;
        }
        Ok(round)
    }

    /// `dbnomics.watch.poll`: a round now, and what came of it.
    pub(super) async fn poll(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Nothing {} = params::read(call)?;
        if self.watch.watched.is_empty() {
            return Err(ServiceError::not_found(
                "nothing is watched: `[services.dbnomics.watch]` has no series",
            ));
        }
        let (wish, made) = oneshot::channel();
        if self.watch.wishes.try_send(wish).is_err() {
            return Err(unavailable(&format!("{MAX_WISHES} others wait for a round already")));
        }
        let round = made.await.unwrap_or_else(|_gone| Err(unavailable("the service ends")))?;
        Ok(json!(round).into())
    }

    /// `dbnomics.watch.get`: what is watched, and how the last round went.
    pub(super) async fn watch_list(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Nothing {} = params::read(call)?;
        let since = self.watch.turns.since_last().await.map_err(|error| unusable(&error))?;
        let last = self.watch.last.lock().clone();
        let topics = self.watch.watched.iter().map(|(id, topic)| (id.to_string(), json!(topic.as_str())));
        Ok(json!({
            "series": topics.collect::<Map<_, _>>(),
            "interval_seconds": self.watch.interval.as_secs_f64(),
            "seconds_since_last_round": since.map(|since| since.as_secs_f64()),
            "last_round_here": last,
        })
        .into())
    }
}

fn unavailable(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::Unavailable, message)
}
