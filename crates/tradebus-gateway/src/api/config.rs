//! `GET /api/v1/config`: the settings of the node, without secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::node::Shared;

/// Every setting, and where it comes from. Secrets are hidden.
#[utoipa::path(
    get, path = "/api/v1/config", tag = "node", responses((status = 200, description = "`{config, sources}`"))
)]
pub(crate) async fn config(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.shown_config.clone())
}
