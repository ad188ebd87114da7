//! Messages as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;
use tradebus::Delivery;

use super::source::{Next, Source};
use crate::guard::Pass;

/// How often a connection on which nothing happens is kept open.
pub(crate) const BEAT: Duration = Duration::from_secs(15);
/// How long a browser waits until it comes again.
pub(crate) const RETRY: Duration = Duration::from_secs(2);

/// The answer to a client: it goes on as long as the source does, or the client.
pub(super) fn stream(source: Source, pass: Pass) -> Response {
    let events = stream::unfold((source, pass, true), |(mut source, pass, is_first)| async move {
        if is_first {
            // What is sent at once opens the stream for the client.
            let opened = Event::default().retry(RETRY).comment("open");
            return Some((Ok::<_, Infallible>(opened), (source, pass, false)));
        }
        let event = match source.next().await? {
            Next::Message(delivery) => message(&delivery),
            Next::Skipped(skipped) => {
                Event::default().event("skipped").data(json!({ "skipped": skipped }).to_string())
            }
            Next::End(reason) => Event::default().event("end").data(json!({ "reason": reason }).to_string()),
        };
        Some((Ok(event), (source, pass, false)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(BEAT)).into_response()
}

fn message(delivery: &Delivery) -> Event {
    // A message is one line: line breaks within a payload that was taken to the letter become spaces, which mean the same there.
    let line = delivery.to_json_line().replace(['\r', '\n'], " ");
    Event::default().event("message").id(delivery.id.to_string()).data(line)
}
