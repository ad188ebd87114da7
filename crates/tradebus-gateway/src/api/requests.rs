//! `POST /api/v1/request`: asks any service.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use tradebus::{Request, Response};
use utoipa::ToSchema;

use super::economics::ask;
use super::incoming::Tier;
use crate::body::Body;
use crate::live::ServiceView;
use crate::node::Shared;
use crate::problem::{Outcome, Problem};

/// The longest that an answer may take, in milliseconds: the request itself ends a little later.
const LONGEST_MS: u64 = 25_000;

/// A request to a service.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The topic that the service answers.
    #[schema(example = "dbnomics.series.fetch")]
    topic: String,
    /// Its parameters.
    #[serde(default)]
    #[schema(value_type = serde_json::Value)]
    params: Map<String, Value>,
    /// How long the answer may take: 1 to 25000, by default 5000.
    timeout_ms: Option<u64>,
    /// The tier in which it travels.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    priority: Tier,
    /// How old an answer out of a cache may be.
    cache_ttl_seconds: Option<u64>,
}

/// Asks a service, and answers with what it says.
#[utoipa::path(
    post, path = "/api/v1/request", tag = "services", request_body = Asked,
    responses(
        (status = 200, description = "The answer: `{request_id, success, data, cached, processing_time_ms, timestamp, ...}`"),
        (status = 400, description = "The request is wrong, or the service says so: `code` is what it says"),
        (status = 504, description = "Nobody answered in time"),
    )
)]
pub(crate) async fn request(
    State(shared): State<Arc<Shared>>,
    Body(asked): Body<Asked>,
) -> Outcome<Json<Response>> {
    let timeout_ms = asked.timeout_ms.unwrap_or(5_000);
    if !(1..=LONGEST_MS).contains(&timeout_ms) {
        let detail = format!("`{timeout_ms}` is no whole number from 1 to {LONGEST_MS}");
        return Err(Problem::bad_value("timeout_ms", detail));
    }
    let request = Request::new(asked.topic.as_str(), asked.params.into());
    let request = request.map_err(|error| Problem::bad_value("topic", error))?;
    let mut request = request.timeout(Duration::from_millis(timeout_ms)).priority(asked.priority.0);
    if let Some(seconds) = asked.cache_ttl_seconds {
        request = request.cache_ttl(Duration::from_secs(seconds));
    }
    ask(&shared.bus, &request).await
}

/// The services of this process.
#[utoipa::path(
    get, path = "/api/v1/services", tag = "services",
    responses((status = 200, description = "`{services}`", body = Vec<ServiceView>))
)]
pub(crate) async fn services(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(serde_json::json!({ "services": shared.live.latest().snapshot.services }))
}
