//! What the node does: `GET /api/v1/snapshot`, `/api/v1/live` and `/api/v1/history`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::header;
use serde_json::Value;

use crate::feed::{BEAT, RETRY};
use crate::guard::Client;
use crate::live::{Frame, Snapshot};
use crate::node::Shared;
use crate::problem::Outcome;
use crate::query::Query;

/// What the node looks like: at most a second old.
#[utoipa::path(
    get, path = "/api/v1/snapshot", tag = "node", responses((status = 200, body = Snapshot, description = "A snapshot"))
)]
pub(crate) async fn snapshot(State(shared): State<Arc<Shared>>) -> Response {
    let json = shared.live.latest().json.clone();
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// A snapshot each second.
#[utoipa::path(
    get, path = "/api/v1/live", tag = "node",
    responses((status = 200, description = "`event: snapshot` with a snapshot", content_type = "text/event-stream"))
)]
pub(crate) async fn live(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
) -> Outcome<Response> {
    let pass = shared.subscriptions.enter(client)?;
    let mut frames = shared.live.frames();
    frames.mark_changed();
    let given = (frames, shared.closing.clone(), pass);
    let events = stream::unfold(given, |(mut frames, mut closing, pass)| async move {
        tokio::select! {
            changed = frames.changed() => changed.ok()?,
            () = closing.begun() => return None,
        }
        let event = event(&frames.borrow_and_update());
        Some((Ok::<_, Infallible>(event), (frames, closing, pass)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(BEAT)).into_response())
}

fn event(frame: &Frame) -> Event {
    // What serde has written is UTF-8, and one line.
    let json = std::str::from_utf8(&frame.json).unwrap_or_default();
    let id = frame.snapshot.ts_ms.to_string();
    Event::default().event("snapshot").id(id).retry(RETRY).data(json)
}

/// What charts show: columns with a point each second.
#[utoipa::path(
    get, path = "/api/v1/history", tag = "node",
    params(("seconds" = Option<u64>, Query, description = "1 to 900, by default 900")),
    responses((status = 200, description = "`{interval_ms, ts_ms, tiers: {critical: {published, received, p99_ms, ...}}, workers, ...}`"))
)]
pub(crate) async fn history(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Value>> {
    let query = query.only(&["seconds"])?;
    let seconds = query.number("seconds", 1..=900)?.unwrap_or(900);
    Ok(Json(shared.live.history(seconds as usize)))
}
