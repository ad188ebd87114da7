//! `dbnomics.series.fetch`: observations of series.

use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ServiceError};

use super::DbnomicsService;
use super::ask::{provider_info, with_provider};
use super::bounds::wrong;
use super::ids::Ids;
use super::view::{Observed, Span, today};
use crate::dbnomics::{Period, SeriesId};
use crate::params;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    series_ids: Ids,
    /// The API gives whole series only: the span is cut out here.
    start: Option<Period>,
    end: Option<Period>,
}

impl DbnomicsService {
    /// `{series, errors}`: what was found, in the order of the ids, and the ids of which nothing could be read.
    pub(super) async fn fetch(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Wanted { series_ids: Ids(ids), start, end } = params::read(call)?;
        let span = Span { start, end };
        if let (Some(start), Some(end)) = (start, end)
            && start.start_day() > end.end_day()
        {
            return Err(wrong("start", start, &format!("allowed are periods up to `end`, {end}")));
        }
        let (today, provider) = (today(), only_provider(&ids));
        let loaded = self.load(ids, call.cache_ttl).await;
        let (series, errors, got) =
            loaded.each(|series| Observed::of(series, span, &self.sentinels, today))?;
        let answer = got.answer(json!({ "series": series, "errors": errors }))?;
        Ok(of_provider(answer, provider.as_deref()))
    }
}

/// The provider of all ids, if they have one in common.
pub(super) fn only_provider(ids: &[SeriesId]) -> Option<String> {
    let first = ids.first()?.provider();
    ids.iter().all(|id| id.provider() == first).then(|| first.to_owned())
}

/// The answer with `provider_info`, if all data are of one provider.
pub(super) fn of_provider(answer: Answer, provider: Option<&str>) -> Answer {
    match provider {
        Some(code) => with_provider(answer, provider_info(code, None, None)),
        None => answer,
    }
}
