//! Searching and ranking what was loaded, without the API; and `datagov.catalogue.get`: what that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::Serialize;
use serde_json::Map;
use tradebus::{Answer, Call, ErrorCode, ServiceError};

use super::filters::{Filters, Sort};
use super::ranking::Walk;
use super::rated::{Rated, today};
use super::search::Page;
use super::shelf::blocking;
use super::sieve::Sieve;
use super::{DatagovService, NoParams};
use crate::datagov::catalogue::{self, Holds, Order, Wanted};
use crate::params;

/// What the catalogue holds.
#[derive(Debug, Serialize)]
struct Contents {
    #[serde(flatten)]
    holds: Holds,
    max_bytes: u64,
    /// Its file; null where there is none yet.
    path: Option<String>,
    /// At most 100, the latest first.
    walks: Vec<catalogue::Walk>,
}

impl DatagovService {
    /// A page of what was loaded.
    pub(super) async fn search_locally(
        &self,
        filters: Filters,
        per_page: usize,
        after: Option<String>,
    ) -> Result<Answer, ServiceError> {
        let (wanted, order) = filters.locally(None)?;
        let relevance = self.relevance.clone();
        let page = self.shelf.read(move |catalogue| {
            let found = catalogue.search(&wanted, order, after.as_deref(), per_page)?;
            let today = today();
            let rated = found.hits.into_iter().map(|hit| Rated::new(hit, &relevance, today).in_short());
            Ok(Page { results: rated.collect(), after: found.after, unreadable: Vec::new(), local: true })
        });
        self.own_answer(page.await?)
    }

    /// A ranking of all that was loaded and matches. `not_local` is a parameter that was given and says nothing here.
    pub(super) async fn rank_locally(
        &self,
        filters: Filters,
        not_local: Option<&'static str>,
        mut sieve: Sieve,
    ) -> Result<Answer, ServiceError> {
        let (wanted, _any) = filters.locally(not_local)?;
        let asker = Asker::default();
        let gone = asker.gone.clone();
        let ranking = self.shelf.read(move |catalogue| {
            let mut walk = Walk::default();
            catalogue.each(&wanted, |hit| {
                walk.looked_at += 1;
                sieve.take(hit);
                !gone.load(Relaxed)
            })?;
            Ok(sieve.ranking(walk, true))
        });
        self.own_answer(ranking.await?)
    }

    /// What the catalogue holds.
    pub(super) async fn catalogue(&self, call: &Call) -> Result<Answer, ServiceError> {
        let NoParams {} = params::read(call)?;
        let max_bytes = self.shelf.max_bytes();
        let Some(catalogue) = self.shelf.look().await? else {
            let holds = Holds { records: 0, bytes: 0 };
            return self.own_answer(Contents { holds, max_bytes, path: None, walks: Vec::new() });
        };
        let contents = blocking(move || {
            let path = Some(catalogue.path().display().to_string());
            Ok(Contents { holds: catalogue.holds()?, max_bytes, path, walks: catalogue.walks()? })
        });
        self.own_answer(contents.await?)
    }

    /// An answer that is not the API's.
    pub(super) fn own_answer(&self, data: impl Serialize) -> Result<Answer, ServiceError> {
        let data = serde_json::to_value(data)
            .map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
        let mut more = Map::new();
        if let Some(origin) = self.api.source().origin() {
            more.insert("source".to_owned(), origin.into());
        }
        Ok(Answer { data: data.into(), cached: None, more })
    }
}

impl Filters {
    /// The same for the catalogue on disk, which cannot do everything.
    fn locally(self, not_local: Option<&'static str>) -> Result<(Wanted, Order), ServiceError> {
        let order = match self.sort {
            None | Some(Sort::Relevance) => Some(Order::Relevance),
            Some(Sort::LastHarvestedDate) => Some(Order::LastHarvestedDate),
            Some(Sort::Popularity) => None,
        };
        let place = self.spatial_filter.map(|_given| "spatial_filter");
        let sort = order.is_none().then_some("sort: popularity");
        let wrong: Vec<String> =
            [place, sort, not_local].into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let (Some(order), true) = (order, wrong.is_empty()) else {
            let wrong = wrong.join(", ");
            return Err(ServiceError::bad_request(format!("{wrong}: this is not for `local`")));
        };
        let Self { q, org_slug, org_type, keyword, publisher, has_download, .. } = self;
        let has_download = has_download == Some(true);
        Ok((Wanted { q, org_slug, org_type, keyword, publisher, has_download }, order))
    }
}

/// Whoever waits for a ranking. When nobody does any more (it takes too long, or the service ends), nothing more is looked at.
#[derive(Debug, Default)]
struct Asker {
    gone: Arc<AtomicBool>,
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.gone.store(true, Relaxed);
    }
}
