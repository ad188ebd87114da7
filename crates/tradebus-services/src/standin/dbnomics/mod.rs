//! `DBnomics`: the web API v22 and the editor.

mod arguments;
mod database;
mod editor;
mod lists;
mod periods;
mod select;
mod series;
mod tables;
mod values;

pub(super) use database::Database;
pub(super) use editor::apply as apply_filters;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Route;
use super::pairs::Pairs;
use super::reply::Reply;
use super::route::{DBNOMICS, Target};

/// What `_meta.version` says.
const VERSION: &str = "22.1.17";

/// What stays as it is in a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// Answers a request to the web API.
pub(super) fn answer(database: &Database, target: &Target, query: &Pairs, endless: bool) -> Reply {
    let arguments: Vec<&str> = target.arguments.iter().map(String::as_str).collect();
    if let Some(to) = newest(database, target.route, &arguments, query) {
        return Reply::redirect(&to);
    }
    let answer = match (target.route, &arguments[..]) {
        (Route::DbnomicsProviders, _) => lists::providers(database, query),
        (Route::DbnomicsProvider, [provider]) => lists::provider(database, provider, query),
        (Route::DbnomicsDatasets, [provider]) => lists::datasets(database, provider, query, endless),
        (Route::DbnomicsDataset, [provider, dataset]) => lists::dataset(database, provider, dataset, query),
        (Route::DbnomicsSeriesIds, _) => series::by_ids(database, query),
        (Route::DbnomicsSeriesOfDataset, [provider, dataset]) => {
            series::of_dataset(database, provider, dataset, None, query, endless)
        }
        (Route::DbnomicsSeries, [provider, dataset, code]) => {
            series::of_dataset(database, provider, dataset, Some(code), query, endless)
        }
        (Route::DbnomicsSearch, _) => lists::search(database, query, endless),
        (Route::DbnomicsLastUpdates, _) => lists::last_updates(database, query),
        // The words for an unknown path are not known to us; Flask says this.
        _ => Err(failure(404, "The requested URL was not found on the server.")),
    };
    answer.map_or_else(|refusal| refusal, |body| Reply::json(200, &body))
}

/// Where `CODE:latest` leads: to the same address with the code of the newest release.
fn newest(database: &Database, route: Route, arguments: &[&str], query: &Pairs) -> Option<String> {
    let place = match route {
        Route::DbnomicsDataset => "datasets",
        Route::DbnomicsSeries | Route::DbnomicsSeriesOfDataset => "series",
        _ => return None,
    };
    let [provider, dataset, rest @ ..] = arguments else { return None };
    let release =
        database.newest(provider, dataset.strip_suffix("latest").filter(|code| code.ends_with(':'))?)?;
    let mut to = format!("{DBNOMICS}/{place}");
    for part in [*provider, release.as_str()].iter().chain(rest) {
        to.push('/');
        to.extend(utf8_percent_encode(part, PART));
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query.iter()).finish();
    if !query.is_empty() {
        to = format!("{to}?{query}");
    }
    Some(to)
}

fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message}))
}

fn not_found(kind: &str, id: &str) -> Reply {
    failure(404, &format!("{kind} '{id}' not found"))
}

fn meta(args: &Value) -> Value {
    json!({"args": args, "version": VERSION})
}
