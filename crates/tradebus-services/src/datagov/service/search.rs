//! `datagov.datasets.search`: a page of datasets.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradebus::{Answer, Call, ServiceError};

use super::api::Api;
use super::filters::{self, Filters, Sort, SpatialFilter};
use super::rated::{Rated, today};
use super::{DatagovService, bounds};
use crate::datagov::SearchPage;
use crate::datagov::model::Unreadable;
use crate::params;
use crate::source::Got;

/// The longest cursor that is taken, in characters. Those seen have about 80.
const CURSOR_LENGTH: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    q: Option<String>,
    sort: Option<Sort>,
    /// 1 to 1000, by default 20.
    per_page: Option<i64>,
    /// The cursor of the page before; it goes with the same other parameters.
    after: Option<String>,
    org_slug: Option<String>,
    #[serde(default, deserialize_with = "filters::texts")]
    org_type: Vec<String>,
    #[serde(default, deserialize_with = "filters::texts")]
    keyword: Vec<String>,
    publisher: Option<String>,
    spatial_filter: Option<SpatialFilter>,
    has_download: Option<bool>,
    /// Look at what was loaded, and do not ask the API.
    local: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) results: Vec<Rated>,
    /// The cursor of the next page; null after the last.
    pub(super) after: Option<String>,
    pub(super) unreadable: Vec<Unreadable>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) local: bool,
}

impl DatagovService {
    /// A page of datasets, each with its relevance.
    pub(super) async fn search(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Params {
            q,
            sort,
            per_page,
            after,
            org_slug,
            org_type,
            keyword,
            publisher,
            spatial_filter,
            has_download,
            local,
        } = params::read(call)?;
        let filters =
            Filters { q, sort, org_slug, org_type, keyword, publisher, spatial_filter, has_download };
        filters.check()?;
        let per_page = bounds::number("per_page", per_page, 20, 1..=1000)?;
        if let Some(after) = &after {
            bounds::text("after", after, 1..=CURSOR_LENGTH)?;
        }
        if local == Some(true) {
            return self.search_locally(filters, per_page as usize, after).await;
        }
        let (page, got) = self.page(&filters, per_page, after.as_deref(), call.cache_ttl).await?;
        let today = today();
        let results =
            page.hits.into_iter().map(|hit| Rated::new(hit, &self.relevance, today).in_short()).collect();
        got.answer(Page { results, after: page.after, unreadable: page.unreadable, local: false })
    }

    /// One page as it comes.
    pub(super) async fn page(
        &self,
        filters: &Filters,
        per_page: i64,
        after: Option<&str>,
        max_age: Option<Duration>,
    ) -> Result<(SearchPage, Got), ServiceError> {
        let mut asked = filters.narrow(Api::search()).query("per_page", per_page.to_string());
        if let Some(after) = after {
            asked = asked.query("after", after).with_cursor();
        }
        self.api.ask(asked, max_age, SearchPage::parse).await
    }
}
