//! Data.gov: the catalogue API v4 and the gateway before it.

mod catalog;
mod cursor;
mod filters;
mod gateway;
mod hit;
mod lists;
mod organizations;
mod places;
mod record;
mod records;
mod search;
mod text;

pub(super) use catalog::Catalog;
pub(super) use gateway::over_rate_limit;
pub use gateway::{DEMO_KEY, STANDIN_KEY};

use http::HeaderMap;
use serde_json::json;

use super::Route;
use super::pairs::Pairs;
use super::reply::Reply;
use super::route::Target;

/// Answers a request to either way in.
pub(super) fn answer(
    catalog: &Catalog,
    target: &Target,
    query: &Pairs,
    headers: &HeaderMap,
    endless: bool,
) -> Reply {
    if !target.gateway {
        return inside(catalog, target, query, endless);
    }
    match catalog.gateway().admit(query, headers) {
        Err(refusal) => refusal,
        Ok(limit) => limit.mark(inside(catalog, target, query, endless)),
    }
}

fn inside(catalog: &Catalog, target: &Target, query: &Pairs, endless: bool) -> Reply {
    let argument = target.arguments.first().map_or("", String::as_str);
    match target.route {
        Route::DatagovSearch => search::search(catalog, query, endless),
        Route::DatagovDataset => lists::dataset(catalog, argument),
        Route::DatagovOrganizations => lists::organizations(catalog),
        Route::DatagovKeywords => lists::keywords(catalog, query),
        Route::DatagovPublishers => lists::publishers(catalog),
        Route::DatagovLocations => places::search(query),
        Route::DatagovLocation => places::location(argument),
        Route::DatagovHarvestRecord => lists::harvest_record(catalog, argument),
        Route::DatagovHarvestRaw => lists::harvest_raw(catalog, argument),
        Route::DatagovHarvestTransformed => lists::harvest_transformed(catalog, argument),
        Route::DatagovStats => lists::stats(catalog),
        Route::DatagovHealth => Reply::json(200, &json!({"status": "green"})),
        // So too where CKAN was (ckan-mcp-server issue 540).
        _ => Reply::json(404, &json!({"detail": {}, "message": "Not Found"})),
    }
}
