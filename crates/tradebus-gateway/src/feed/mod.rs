//! Messages as they arrive, for clients over HTTP: `GET /api/v1/subscribe`.
//!
//! What a client [asks](asked) for becomes a [source] of messages, which goes out as [server-sent events](events) or through a [WebSocket](socket). A client
//! that reads too slowly fills its own queue, which is bounded, and nobody else's.

mod asked;
mod desk;
mod events;
mod frames;
mod group;
mod pulse;
mod socket;
mod source;

use std::sync::Arc;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};

pub(crate) use self::events::{BEAT, RETRY};

use self::asked::Asked;
use self::group::Membership;
use crate::guard::Client;
use crate::node::Shared;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

/// Sends messages as they arrive: as server-sent events, or through a WebSocket if the request is one for that.
#[utoipa::path(
    get, path = "/api/v1/subscribe", tag = "messages",
    params(
        ("pattern" = String, Query, description = "Topics: `*` is any run of bytes, `?` exactly one. Again for more"),
        ("from" = Option<String>, Query, description = "`latest` (the default), `earliest`, an entry id, or a duration such as `10m`"),
        ("priority" = Option<String>, Query, description = "Only these tiers, with commas between them"),
        ("on_slow" = Option<String>, Query, description = "What becomes of a client that reads too slowly: `disconnect` (the default), \
            `drop` (the messages that have waited longest, which are counted), `conflate` (the newest of each topic is kept)"),
        ("buffer" = Option<u64>, Query, description = "Messages of each tier that may wait for the client: 1 to 100000, by default 10000"),
        ("max_rate" = Option<u64>, Query, description = "At most so many messages a second, 1 to 10000: others are left out, and counted. \
            Only with `on_slow` `drop` or `conflate`, and without a group"),
        ("group" = Option<String>, Query, description = "WebSocket: a share of the messages, as a member of this consumer group"),
        ("consumer" = Option<String>, Query, description = "WebSocket: name of the member; by default one is made up"),
        ("prefetch" = Option<u64>, Query, description = "WebSocket: messages that may be unacknowledged, 1 to 10000, by default 64"),
    ),
    responses(
        (status = 200, description = "`event: message` with `id` and a message as JSON; `event: skipped` with what was left out; `event: end` with the reason",
            content_type = "text/event-stream"),
        (status = 101, description = "A WebSocket: see docs/http.md for its frames"),
        (status = 400, description = "A parameter is wrong"),
        (status = 429, description = "There are too many subscriptions"),
    )
)]
pub(crate) async fn subscribe(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    query: Query,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Outcome<Response> {
    let asked = Asked::read(query, &headers)?;
    let upgrade = headers.get(header::UPGRADE).map(|wanted| wanted.as_bytes().to_ascii_lowercase());
    let wants_socket = upgrade.is_some_and(|wanted| wanted == b"websocket");
    let pass = shared.subscriptions.enter(client)?;
    if !wants_socket {
        if asked.group.is_some() {
            return Err(Problem::bad_value("group", "only a WebSocket can acknowledge messages"));
        }
        let source = asked.source(&shared.bus, shared.closing.clone()).await?;
        return Ok(events::stream(source, pass));
    }
    let socket = socket.map_err(|rejection| {
        let status = rejection.into_response().status();
        Problem::new(status, "upgrade", "the request is not one for a WebSocket")
    })?;
    let socket = socket.max_message_size(shared.limits.body_bytes).max_frame_size(shared.limits.body_bytes);
    let bus = shared.bus.clone();
    if asked.group.is_some() {
        let (messages, prefetch) = (asked.members(&bus).await?, asked.prefetch);
        let member = Membership { messages, prefetch, closing: shared.closing.clone(), _pass: pass };
        return Ok(socket.on_upgrade(move |socket| group::run(socket, bus, member)));
    }
    let source = asked.source(&bus, shared.closing.clone()).await?;
    Ok(socket.on_upgrade(move |socket| socket::run(socket, bus, source, pass)))
}
