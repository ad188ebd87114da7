//! Lists of the catalogue: organizations, keywords, publishers, places. `unreadable` is the number of entries that could not be read.

use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ServiceError};

use super::{DatagovService, NoParams, bounds, filters};
use crate::datagov::model::{KeywordList, LocationList, OrganizationList};
use crate::params;

/// The most keywords that a keyword may have to occur together with.
const MOST_KEYWORDS: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Categories {
    /// How many, 1 to 1000, by default 100.
    size: Option<i64>,
    /// In how many datasets they occur at least, 1 to 1000000000, by default 1.
    min_count: Option<i64>,
    /// A part of the keyword, at most 200 characters.
    search: Option<String>,
    /// Keywords that they occur together with, at most 20.
    #[serde(default, deserialize_with = "filters::texts")]
    keyword: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locations {
    /// A part of the name, 1 to 200 characters.
    q: String,
    /// How many, 1 to 2000, by default 100.
    size: Option<i64>,
}

impl DatagovService {
    /// Organizations, the largest first.
    pub(super) async fn organizations(&self, call: &Call) -> Result<Answer, ServiceError> {
        let NoParams {} = params::read(call)?;
        let asked = self.api.path(&["organizations"]);
        let (list, got) = self.api.ask(asked, call.cache_ttl, OrganizationList::parse).await?;
        got.answer(json!({ "organizations": list.organizations, "unreadable": list.skipped }))
    }

    /// The most used keywords.
    pub(super) async fn categories(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Categories { size, min_count, search, keyword } = params::read(call)?;
        let size = bounds::number("size", size, 100, 1..=1000)?;
        let min_count = bounds::number("min_count", min_count, 1, 1..=1_000_000_000)?;
        bounds::text("search", search.as_deref().unwrap_or_default(), 0..=bounds::NAME_LENGTH)?;
        bounds::texts("keyword", &keyword, MOST_KEYWORDS)?;
        let asked = self
            .api
            .path(&["keywords"])
            .query("size", size.to_string())
            .query("min_count", min_count.to_string())
            .queries(search.filter(|part| !part.is_empty()).map(|part| ("search", part)))
            .queries(keyword.into_iter().map(|keyword| ("keyword", keyword)));
        let (list, got) = self.api.ask(asked, call.cache_ttl, KeywordList::parse).await?;
        got.answer(json!({ "keywords": list.keywords, "unreadable": list.skipped }))
    }

    /// The publishers with the most datasets.
    pub(super) async fn publishers(&self, call: &Call) -> Result<Answer, ServiceError> {
        let NoParams {} = params::read(call)?;
        let asked = self.api.path(&["publishers"]);
        let (list, got) = self.api.ask(asked, call.cache_ttl, KeywordList::parse_publishers).await?;
        got.answer(json!({ "publishers": list.keywords, "unreadable": list.skipped }))
    }

    /// Places whose name holds a text.
    pub(super) async fn locations(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Locations { q, size } = params::read(call)?;
        bounds::text("q", &q, 1..=bounds::NAME_LENGTH)?;
        let size = bounds::number("size", size, 100, 1..=2000)?;
        let asked = self.api.path(&["locations", "search"]).query("q", q).query("size", size.to_string());
        let (list, got) = self.api.ask(asked, call.cache_ttl, LocationList::parse).await?;
        got.answer(json!({ "locations": list.locations, "unreadable": list.skipped }))
    }
}
