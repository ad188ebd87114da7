//! What a request for a walk makes of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tradebus::{Answer, Call, ErrorCode, ServiceError};
use xxhash_rust::xxh3::xxh3_64;

use super::progress;
use super::{DatagovService, Task};
use crate::datagov::Catalogue;
use crate::datagov::catalogue::{Walk, WalkRight, WalkState};
use crate::datagov::service::api::Api;
use crate::datagov::service::bounds;
use crate::datagov::service::filters::{self, Filters, Sort, SpatialFilter};
use crate::datagov::service::shelf::blocking;
use crate::params;

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
    /// 1 to 1000, by default 1000.
    per_page: Option<i64>,
    /// The walk stops after so many datasets, those of before included.
    max_records: Option<i64>,
    /// From the first page on, also if it could go on.
    restart: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Begun<'a> {
    load: &'a str,
    state: WalkState,
    /// Whether it goes on where it was, or is under way already.
    resumed: bool,
    records: u64,
    pages: u64,
    topic: String,
}

impl DatagovService {
    /// Begins a walk, takes it up again, or says that it is under way.
    pub(in crate::datagov::service) async fn load(&self, call: &Call) -> Result<Answer, ServiceError> {
        let params: Params = params::read(call)?;
        let per_page = bounds::number("per_page", params.per_page, 1000, 1..=1000)? as u64;
        let max = params.max_records.map(|max| bounds::number("max_records", Some(max), 1, 1..=i64::MAX));
        let max = max.transpose()?.map(|max| max as u64);
        let restart = params.restart == Some(true);
        let filters = params.filters();
        filters.check()?;
        let load = filters.load();
        let _gate = self.loads.gate.lock().await;
        if let Some(under_way) = self.loads.under_way() {
            return self.already(&load, &under_way, max, restart).await;
        }
        let catalogue = self.shelf.make().await?;
        let plan = Plan { load, filters: json(&filters)?, per_page, max, restart };
        let (walk, resumed, right) = write_down(catalogue.clone(), plan).await?;
        let begun = self.own_answer(Begun::of(&walk, resumed));
        if let Some(right) = right {
            *self.loads.under_way.lock() = Some(walk.load.clone());
            // There is room: the one before it has ended.
            let given = self.loads.give.try_send(Task { catalogue, walk, filters, _right: right });
            if given.is_err() {
                *self.loads.under_way.lock() = None;
                return Err(ServiceError::new(ErrorCode::Internal, "nobody is there to walk"));
            }
        }
        begun
    }

    async fn already(
        &self,
        load: &str,
        under_way: &str,
        max: Option<u64>,
        restart: bool,
    ) -> Result<Answer, ServiceError> {
        if load != under_way {
            return Err(ServiceError::bad_request(format!(
                "the walk `{under_way}` is under way, and there is one at a time: see `datagov.catalogue.get`"
            )));
        }
        let (catalogue, id) = (self.shelf.make().await?, load.to_owned());
        let walk = blocking(move || catalogue.walk(&id)).await?;
        let walk = walk.unwrap_or_else(|| Walk::new(load, serde_json::Value::Null, 0));
        if restart || max != walk.max_records {
            let bound = walk.max_records.map_or_else(
                || "without `max_records`".to_owned(),
                |max| format!("with `max_records` {max}"),
            );
            return Err(ServiceError::bad_request(format!(
                "the walk `{load}` is under way, {bound}: it can be followed, and not be changed or begun anew"
            )));
        }
        self.own_answer(Begun { state: WalkState::Running, ..Begun::of(&walk, true) })
    }
}

/// What a request wants.
struct Plan {
    load: String,
    filters: serde_json::Value,
    per_page: u64,
    max: Option<u64>,
    restart: bool,
}

/// Writes down the walk, before anybody makes it. Without a right there is nothing to be walked.
async fn write_down(
    catalogue: Arc<Catalogue>,
    plan: Plan,
) -> Result<(Walk, bool, Option<WalkRight>), ServiceError> {
    let written = blocking(move || {
        let Some(right) = catalogue.claim_walking()? else { return Ok(None) };
        let before = catalogue.walk(&plan.load)?.filter(|walk| walk.goes_on() && !plan.restart);
        let resumed = before.is_some();
        let mut walk = before.unwrap_or_else(|| Walk::new(&plan.load, plan.filters, plan.per_page));
        (walk.per_page, walk.max_records) = (plan.per_page, plan.max);
        (walk.state, walk.message, walk.began_anew) = (WalkState::Running, None, false);
        walk.stop_if_full();
        catalogue.put_walk(&mut walk)?;
        let right = Some(right).filter(|_| walk.state == WalkState::Running);
        Ok(Some((walk, resumed, right)))
    });
    written.await?.ok_or_else(|| {
        let message = "another instance walks into this catalogue: see `datagov.catalogue.get`";
        ServiceError::bad_request(message)
    })
}

fn json(filters: &Filters) -> Result<serde_json::Value, ServiceError> {
    let filters = serde_json::to_value(filters);
    filters.map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))
}

impl Begun<'_> {
    fn of(walk: &Walk, resumed: bool) -> Begun<'_> {
        let Walk { load, state, records, pages, .. } = walk;
        let topic = progress::topic(load);
        Begun { load, state: *state, resumed, records: *records, pages: *pages, topic }
    }
}

impl Params {
    fn filters(self) -> Filters {
        let Self { q, sort, org_slug, org_type, keyword, publisher, spatial_filter, has_download, .. } = self;
        Filters { q, sort, org_slug, org_type, keyword, publisher, spatial_filter, has_download }
    }
}

impl Filters {
    /// The id of the walk with these filters. Lists count as sets.
    fn load(&self) -> String {
        let mut one = self.clone();
        for list in [&mut one.org_type, &mut one.keyword] {
            list.sort();
            list.dedup();
        }
        format!("{:016x}", xxh3_64(one.narrow(Api::search()).key().as_bytes()))
    }
}
