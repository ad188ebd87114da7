//! Probes: whether the process lives, and whether it can be used.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::live::{Snapshot, now_ms};
use crate::node::Shared;

/// The process turns its loop. That the store is away is no reason to start it again.
#[utoipa::path(get, path = "/health/live", tag = "node", responses((status = 200, description = "It lives")))]
pub(crate) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Whether messages can be published: the store answers, and no tier pushes back.
#[utoipa::path(
    get, path = "/health/ready", tag = "node",
    responses((status = 200, description = "It can be used"), (status = 503, description = "It cannot: `reasons` says why"))
)]
pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let frame = shared.live.latest();
    let reasons = reasons(&frame.snapshot, now_ms());
    if reasons.is_empty() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    let body = json!({ "status": "not ready", "reasons": reasons });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

/// What is known is taken for how it is, up to this age.
const OLDEST_MS: u64 = 10_000;

/// What speaks against it. Where the store is, is not for everybody.
fn reasons(snapshot: &Snapshot, now_ms: u64) -> Vec<String> {
    let age_ms = now_ms.saturating_sub(snapshot.ts_ms);
    let old =
        (age_ms > OLDEST_MS).then(|| format!("the node has not looked at itself for {} s", age_ms / 1000));
    let away = (!snapshot.health.connected).then(|| "the store does not answer".to_owned());
    let full = snapshot.tiers.iter().filter(|tier| tier.pushing_back);
    old.into_iter()
        .chain(away)
        .chain(full.map(|tier| format!("the {} tier pushes back", tier.tier)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::reasons;
    use crate::live::{HealthView, Snapshot, TierView};

    #[test]
    fn a_node_is_ready_when_it_takes_messages() {
        let tier = TierView { tier: "low".to_owned(), pushing_back: true, ..TierView::default() };
        let health = HealthView { connected: true, ..HealthView::default() };
        let mut snapshot = Snapshot { health, ..Snapshot::default() };
        assert!(reasons(&snapshot, 10_000).is_empty());
        assert_eq!(reasons(&snapshot, 11_500), ["the node has not looked at itself for 11 s"]);
        snapshot.tiers.push(tier);
        snapshot.health.connected = false;
        assert_eq!(reasons(&snapshot, 0), ["the store does not answer", "the low tier pushes back"]);
    }
}
