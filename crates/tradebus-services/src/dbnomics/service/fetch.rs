//! `dbnomics.series.fetch`: observations of series.

use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ServiceError};

use super::DbnomicsService;
use super::ask::{provider_info, with_provider};
use super::bounds::wrong;
use super::ids::Ids;
use super::load::{How, Made};
use super::view::{Budget, Observed, Span, today};
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
        let (today, mut budget) = (today(), Budget::default());
        let made = self.each(&ids, How::Cached(call.cache_ttl), |series| {
            let mut observed = Observed::of(series, span, &self.sentinels, today)?;
            budget.spend(&mut observed);
            Ok(observed)
        });
        let Made { series, errors, got } = made.await?;
        budget.check("series_ids", "ask for fewer, or for a span from `start` to `end`")?;
        let answer = got.answer(json!({ "series": series, "errors": errors }))?;
        Ok(of_provider(answer, &ids))
    }
}

/// The answer with `provider_info`, if all ids are of one provider.
pub(super) fn of_provider(answer: Answer, ids: &[SeriesId]) -> Answer {
    let Some(code) = ids.first().map(SeriesId::provider) else { return answer };
    if ids.iter().all(|id| id.provider() == code) {
        return with_provider(answer, provider_info(code, None, None));
    }
    answer
}
