//! The services for economic data as routes: `/api/v1/datagov/...` and `/api/v1/dbnomics/...`. Each is a request on the topic of the service, with the
//! parameters of the address as its parameters.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{RawPathParams, State};
use axum::routing::{MethodRouter, get, post};
use serde_json::{Map, Value};
use tradebus::{Bus, Request, Response};

use crate::body::Body;
use crate::node::Shared;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

/// Routes that only look: the path behind `/api/v1`, and the topic.
pub(crate) const LOOKS: [(&str, &str); 22] = [
    ("/datagov/datasets/search", "datagov.datasets.search"),
    ("/datagov/datasets/{slug}", "datagov.datasets.get"),
    ("/datagov/catalogue", "datagov.catalogue.get"),
    ("/datagov/organizations", "datagov.organizations.list"),
    ("/datagov/categories", "datagov.categories.list"),
    ("/datagov/publishers", "datagov.publishers.list"),
    ("/datagov/locations", "datagov.locations.search"),
    ("/datagov/trading-relevant", "datagov.analytics.trading_relevant"),
    ("/datagov/health", "datagov.health.check"),
    ("/dbnomics/series", "dbnomics.series.fetch"),
    ("/dbnomics/series/search", "dbnomics.series.search"),
    ("/dbnomics/search", "dbnomics.search.global"),
    ("/dbnomics/datasets", "dbnomics.datasets.list"),
    ("/dbnomics/datasets/{provider}/{dataset}", "dbnomics.datasets.get"),
    ("/dbnomics/providers", "dbnomics.providers.list"),
    ("/dbnomics/providers/{provider}", "dbnomics.providers.info"),
    ("/dbnomics/categories", "dbnomics.meta.categories"),
    ("/dbnomics/last-updates", "dbnomics.meta.last_updates"),
    ("/dbnomics/trading-indicators", "dbnomics.analytics.trading_indicators"),
    ("/dbnomics/watch", "dbnomics.watch.get"),
    ("/dbnomics/metrics", "dbnomics.metrics.get"),
    ("/dbnomics/health", "dbnomics.health.check"),
];

/// Routes that begin something; their parameters are the body.
pub(crate) const BEGINNINGS: [(&str, &str); 2] =
    [("/datagov/datasets/load", "datagov.datasets.load"), ("/dbnomics/watch/poll", "dbnomics.watch.poll")];

/// How long an answer may take, as long as nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(25);

/// What a parameter is. Those that are not named are texts, or lists of texts if they are given more than once.
const KINDS: [(&str, Kind); 15] = [
    ("limit", Kind::Number),
    ("offset", Kind::Number),
    ("per_page", Kind::Number),
    ("size", Kind::Number),
    ("min_count", Kind::Number),
    ("pages", Kind::Number),
    ("min_score", Kind::Number),
    ("window", Kind::Number),
    ("trend_window", Kind::Number),
    ("max_records", Kind::Number),
    ("has_download", Kind::Flag),
    ("local", Kind::Flag),
    ("restart", Kind::Flag),
    ("observations", Kind::Flag),
    ("dimensions", Kind::Json),
];

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Flag,
    Json,
}

/// All of them.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let looks = LOOKS.into_iter().map(|(path, topic)| (path, look(topic)));
    let beginnings = BEGINNINGS.into_iter().map(|(path, topic)| (path, begin(topic)));
    looks
        .chain(beginnings)
        .fold(Router::new(), |router, (path, route)| router.route(&format!("/api/v1{path}"), route))
}

fn look(topic: &'static str) -> MethodRouter<Arc<Shared>> {
    get(async move |State(shared): State<Arc<Shared>>, path: RawPathParams, query: Query| {
        let mut params = params(&query)?;
        for (name, value) in &path {
            if params.insert(name.to_owned(), value.into()).is_some() {
                return Err(Problem::bad_value(name, "it is part of the path"));
            }
        }
        let cache_ttl = params.remove("cache_ttl_seconds");
        let mut request =
            Request::new(topic, params.into()).map_err(|error| Problem::bad_value("topic", error))?;
        if let Some(seconds) = cache_ttl {
            request = request.cache_ttl(Duration::from_secs(seconds_of(&seconds)?));
        }
        ask(&shared.bus, &request.timeout(PATIENCE)).await
    })
}

fn begin(topic: &'static str) -> MethodRouter<Arc<Shared>> {
    post(async move |State(shared): State<Arc<Shared>>, Body(params): Body<Map<String, Value>>| {
        let request =
            Request::new(topic, params.into()).map_err(|error| Problem::bad_value("topic", error))?;
        ask(&shared.bus, &request.timeout(PATIENCE)).await
    })
}

/// Asks, and makes a problem of what is no answer.
pub(super) async fn ask(bus: &Bus, request: &Request) -> Outcome<Json<Response>> {
    let response = bus.request_with(request).await?;
    if response.success {
        return Ok(Json(response));
    }
    let Err(error) = response.into_data() else {
        return Err(Problem::unavailable("the service did not say why it failed"));
    };
    Err(error.into())
}

fn seconds_of(value: &Value) -> Outcome<u64> {
    let seconds = value.as_str().and_then(|text| text.parse().ok());
    seconds.ok_or_else(|| Problem::bad_value("cache_ttl_seconds", "it is no whole number of seconds"))
}

/// The parameters of an address as those of a request.
fn params(query: &Query) -> Outcome<Map<String, Value>> {
    let mut params = Map::new();
    for name in query.names() {
        let kind = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let value = match kind {
            Some(kind) => kind.read(name, query.one(name)?.unwrap_or_default())?,
            None => match query.all(name).collect::<Vec<_>>().as_slice() {
                [one] => Value::from(*one),
                several => Value::from(several.to_vec()),
            },
        };
        params.insert(name.to_owned(), value);
    }
    Ok(params)
}

impl Kind {
    fn read(self, name: &str, text: &str) -> Outcome<Value> {
        let value: Option<Value> = serde_json::from_str(text).ok();
        let (fits, wanted): (fn(&Value) -> bool, _) = match self {
            Self::Number => (Value::is_number, "a number"),
            Self::Flag => (Value::is_boolean, "true or false"),
            Self::Json => (Value::is_object, "a JSON object"),
        };
        value.filter(fits).ok_or_else(|| Problem::bad_value(name, format!("`{text}` is not {wanted}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Query, params};

    #[test]
    fn parameters_are_what_they_should_be() {
        let read = |text: &str| params(&Query::parse(text)).map(Value::from);
        let text =
            "q=rates&limit=5&has_download=true&keyword=a&keyword=b&dimensions=%7B%22F%22%3A%5B%22M%22%5D%7D";
        let expected = json!({
            "q": "rates", "limit": 5, "has_download": true, "keyword": ["a", "b"], "dimensions": {"F": ["M"]},
        });
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("q=5").unwrap(), json!({ "q": "5" }), "a text may look like a number");
        for (text, expected) in [
            ("limit=many", "limit: `many` is not a number"),
            ("local=yes", "local: `yes` is not true or false"),
            ("limit=1&limit=2", "limit: it is given more than once"),
            ("dimensions=x", "dimensions: `x` is not a JSON object"),
        ] {
            assert_eq!(read(text).unwrap_err().detail(), expected);
        }
    }
}
