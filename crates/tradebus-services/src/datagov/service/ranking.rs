//! `datagov.analytics.trading_relevant`: what a search finds, ranked by its relevance to trading.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use tradebus::{Answer, Call, ServiceError};

use super::filters::{self, Filters, Sort, SpatialFilter};
use super::rated::Rated;
use super::sieve::Sieve;
use super::{DatagovService, bounds};
use crate::datagov::Hit;
use crate::params;
use crate::source::Got;

/// How many datasets a page of the walk has.
const PER_PAGE: i64 = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    q: Option<String>,
    sort: Option<Sort>,
    org_slug: Option<String>,
    #[serde(default, deserialize_with = "filters::texts")]
    org_type: Vec<String>,
    #[serde(default, deserialize_with = "filters::texts")]
    keyword: Vec<String>,
    publisher: Option<String>,
    spatial_filter: Option<SpatialFilter>,
    has_download: Option<bool>,
    /// Pages of 100 datasets to look at, 1 to 20, by default 5.
    pages: Option<i64>,
    /// The least score of what is returned, 0 to 1, by default the threshold of relevance.
    min_score: Option<f64>,
    /// How many to return, 1 to 1000, by default 50.
    limit: Option<i64>,
    /// Look at all that was loaded, and do not ask the API.
    local: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Ranking {
    /// The best first.
    pub(super) results: Vec<Rated>,
    /// How many reach `min_score`, also those beyond the limit.
    pub(super) found: usize,
    pub(super) min_score: f64,
    #[serde(flatten)]
    pub(super) walk: Walk,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) local: bool,
}

/// How far the catalogue was looked at.
#[derive(Debug, Default, Serialize)]
pub(super) struct Walk {
    pages: usize,
    /// Different datasets that were scored.
    pub(super) looked_at: usize,
    /// Datasets that could not be read.
    unreadable: usize,
    /// Why there may be more than was looked at; null at the end of what the search finds.
    cut: Option<Cut>,
}

#[derive(Debug, Serialize)]
struct Cut {
    reason: CutReason,
    message: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum CutReason {
    /// As many pages as were asked for.
    Pages,
    /// The catalogue leads in a circle.
    Circle,
    /// A page after the first could not be had.
    Failed,
}

impl DatagovService {
    /// A ranking with explained scores.
    pub(super) async fn ranking(&self, call: &Call) -> Result<Answer, ServiceError> {
        let params: Params = params::read(call)?;
        let pages = bounds::number("pages", params.pages, 5, 1..=20)?;
        let min_score = bounds::share("min_score", params.min_score, self.relevance.threshold())?;
        let limit = bounds::number("limit", params.limit, 50, 1..=1000)?;
        let (local, with_pages) = (params.local == Some(true), params.pages.is_some());
        let filters = params.filters();
        filters.check()?;
        let mut sieve = Sieve::new(self.relevance.clone(), min_score, limit as usize);
        if local {
            let not_local = with_pages.then_some("pages");
            return self.rank_locally(filters, not_local, sieve).await;
        }
        let (walk, got) = self.walk(call, &filters, pages as usize, &mut sieve).await?;
        got.answer(sieve.ranking(walk, false))
    }

    /// Looks at one page after the other. Only the first one has to be there.
    async fn walk(
        &self,
        call: &Call,
        filters: &Filters,
        pages: usize,
        sieve: &mut Sieve,
    ) -> Result<(Walk, Got), ServiceError> {
        let (mut walk, mut whole, mut after) = (Walk::default(), None::<Got>, None::<String>);
        // Pages of a walk can overlap when the catalogue changes meanwhile.
        let (mut cursors, mut seen) = (HashSet::new(), HashSet::new());
        loop {
            let asked = self.page(filters, PER_PAGE, after.as_deref(), call.cache_ttl).await;
            let (page, got) = match (asked, whole.take()) {
                (Ok((page, got)), None) => (page, got),
                (Ok((page, got)), Some(mut before)) => {
                    before.join(&got);
                    (page, before)
                }
                (Err(error), Some(got)) => {
                    walk.cut = Some(Cut { reason: CutReason::Failed, message: error.message });
                    return Ok((walk, got));
                }
                (Err(error), None) => return Err(error),
            };
            walk.pages += 1;
            walk.unreadable += page.unreadable.len();
            for hit in page.hits.into_iter().filter(|hit| seen.insert(name(hit).to_owned())) {
                walk.looked_at += 1;
                sieve.take(hit);
            }
            after = page.after;
            let Some(next) = &after else { return Ok((walk, got)) };
            walk.cut = Cut::before(pages, walk.pages, cursors.insert(next.clone()));
            if walk.cut.is_some() {
                return Ok((walk, got));
            }
            whole = Some(got);
        }
    }
}

impl Params {
    fn filters(self) -> Filters {
        let Self { q, sort, org_slug, org_type, keyword, publisher, spatial_filter, has_download, .. } = self;
        Filters { q, sort, org_slug, org_type, keyword, publisher, spatial_filter, has_download }
    }
}

impl Cut {
    /// Why the next page is not looked at, if so.
    fn before(allowed: usize, walked: usize, new_cursor: bool) -> Option<Self> {
        if !new_cursor {
            let message = "the catalogue gave the same cursor twice".to_owned();
            return Some(Self { reason: CutReason::Circle, message });
        }
        let message = format!("there are more than the {walked} pages that `pages` allows");
        (walked >= allowed).then_some(Self { reason: CutReason::Pages, message })
    }
}

/// What a dataset is known by on a walk.
fn name(hit: &Hit) -> &str {
    let slug = if hit.slug.is_empty() { &hit.title } else { &hit.slug };
    hit.id.as_ref().unwrap_or(slug)
}
