//! `dbnomics.analytics.trading_indicators`: what a trader reads from series.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tradebus::{Answer, Call, ServiceError};

use super::DbnomicsService;
use super::ask::bad_upstream;
use super::bounds::{number, wrong};
use super::changes::Changes;
use super::fetch::of_provider;
use super::ids::Ids;
use super::load::{How, Made};
use super::memory::Memory;
use super::view::{Identity, observations, today};
use crate::dbnomics::indicators::indicators;
use crate::dbnomics::model::Series;
use crate::dbnomics::{Group, Indicators, Observations, SeriesId, Settings, TradingSeries};
use crate::params;

/// The longest window, in observations: about 40 years of business days.
const MAX_WINDOW: u64 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    group: Option<Group>,
    series_ids: Option<Ids>,
    /// Observations for z-score and percentile.
    window: Option<i64>,
    /// Observations for the trend.
    trend_window: Option<i64>,
}

/// A series and its indicators.
#[derive(Debug, Serialize)]
struct Read<'a> {
    #[serde(flatten)]
    identity: Identity,
    /// What the list of trading series says about it; null if it is not on the list.
    trading: Option<&'a TradingSeries>,
    indicators: Indicators,
    /// What had changed when `DBnomics` read it last, since the fetch before; null if there is none that is remembered.
    changes: Option<Changes>,
    #[serde(skip)]
    to_remember: Option<(SeriesId, Memory)>,
}

impl Wanted {
    /// The settings of the indicators, as of today.
    fn settings(&self) -> Result<Settings, ServiceError> {
        let plain = Settings::on(today());
        let window = |field, given, default: usize| {
            number(field, given, default as u64, 3..=MAX_WINDOW).map(|window| window as usize)
        };
        Ok(Settings {
            window: window("window", self.window, plain.window)?,
            trend_window: window("trend_window", self.trend_window, plain.trend_window)?,
            ..plain
        })
    }
}

/// What is remembered of a series, with this fetch: owned if that is not in the store yet.
fn remembered<'a>(
    id: &SeriesId,
    series: &Series,
    now: &Observations,
    known: Option<&'a Memory>,
) -> Cow<'a, Memory> {
    match known {
        Some(memory) if !memory.is_older_than(series.indexed_at.as_deref()) => Cow::Borrowed(memory),
        Some(memory) => Cow::Owned(memory.then(series.indexed_at.clone(), now)),
        None => Cow::Owned(Memory::first(id, series.indexed_at.clone(), now)),
    }
}

impl DbnomicsService {
    /// `{group, window, trend_window, series, errors}`: each series with its identity and its indicators.
    pub(super) async fn trading_indicators(&self, call: &Call) -> Result<Answer, ServiceError> {
        let wanted: Wanted = params::read(call)?;
        let settings = wanted.settings()?;
        let group = wanted.group;
        let ids = self.wanted_ids(wanted)?;
        let memories = self.memories.of_all(&ids).await?;
        let made = self
            .each(&ids, How::Cached(call.cache_ttl), |series| self.read_series(series, &settings, &memories));
        let Made { series, errors, got } = made.await?;
        // What is watched is remembered when it was published.
        for (id, memory) in series.iter().filter_map(|read| read.to_remember.as_ref()) {
            if !self.watch.has(id) {
                self.memories.keep(id, memory).await?;
            }
        }
        let answer = got.answer(json!({
            "group": group,
            "window": settings.window,
            "trend_window": settings.trend_window,
            "series": series,
            "errors": errors,
        }))?;
        Ok(of_provider(answer, &ids))
    }

    fn wanted_ids(&self, wanted: Wanted) -> Result<Vec<SeriesId>, ServiceError> {
        match (wanted.group, wanted.series_ids) {
            (None, Some(Ids(ids))) => Ok(ids),
            (Some(group), None) => {
                let ids: Vec<_> = self.catalogue.of(group).map(|series| series.id.clone()).collect();
                if ids.is_empty() {
                    return Err(ServiceError::not_found(format!("the group `{group}` has no series")));
                }
                Ok(ids)
            }
            (None, None) => Err(wrong("group", "missing", "needed is `group` or `series_ids`")),
            (Some(_), Some(_)) => Err(wrong("group", "given with `series_ids`", "allowed is one of both")),
        }
    }

    fn read_series(
        &self,
        series: &Series,
        settings: &Settings,
        memories: &HashMap<SeriesId, Memory>,
    ) -> Result<Read<'_>, ServiceError> {
        let observations = observations(series, &self.sentinels)?;
        let identity = Identity::of(series);
        let id = series.id().map_err(|error| bad_upstream(&error))?;
        let memory = remembered(&id, series, &observations, memories.get(&id));
        let settings = Settings {
            indexed_at: series.indexed_at(),
            sightings: memory.sightings.clone(),
            ..settings.clone()
        };
        let trading = self.catalogue.series().iter().find(|known| known.id == id);
        let changes = memory.changes.clone();
        let to_remember = matches!(memory, Cow::Owned(_)).then(|| (id, memory.into_owned()));
        Ok(Read { identity, trading, indicators: indicators(&observations, &settings), changes, to_remember })
    }
}
