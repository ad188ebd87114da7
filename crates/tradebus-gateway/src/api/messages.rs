//! `POST /api/v1/messages`: publishing.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use smol_str::SmolStr;
use tokio::time::{Instant, timeout_at};
use tradebus::{Bus, EntryId, Message, Receipt};

use super::Incoming;
use crate::body::{self, Body};
use crate::node::Shared;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

/// What the caller waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// That the store has the messages.
    Stored,
    /// That there is room for them.
    Accepted,
}

/// One message or several. Which, is seen by the first character, so that errors speak of what was meant.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Given(Box<RawValue>);

/// Name of the header with the trace of the caller, and the lengths in which it can be one. Whether it is, is seen by whoever reads the messages.
const TRACEPARENT: &str = "traceparent";
const TRACEPARENT_BYTES: std::ops::RangeInclusive<usize> = 55..=128;

/// Publishes one message, or a list of up to 1,000. All are looked at before the first is published.
#[utoipa::path(
    post, path = "/api/v1/messages", tag = "messages",
    params(("wait" = Option<String>, Query, description = "`stored` (the default): answers with the ids of the entries; `accepted`: \
        answers at once, and says no when a tier is full"),
        ("traceparent" = Option<String>, Header, description = "W3C trace context, for messages that have none of their own")),
    request_body(content = Incoming, description = "One message, or a list of messages"),
    responses(
        (status = 200, description = "All are stored: `{results: [{topic, id}], stored}`"),
        (status = 202, description = "All are accepted: `{accepted}`"),
        (status = 400, description = "A message is wrong, and none was published"),
        (status = 504, description = "Not all are known to be stored in time: `results` says which"),
        (status = 503, description = "Not all were stored or accepted: `results` says which"),
    )
)]
pub(crate) async fn publish(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    query: Query,
    Body(given): Body<Given>,
) -> Outcome<Response> {
    let query = query.only(&["wait"])?;
    let wait = query.choice("wait", &[("stored", Wait::Stored), ("accepted", Wait::Accepted)])?;
    let mut messages = given.messages(shared.limits.messages)?;
    continue_trace(&headers, &mut messages);
    match wait.unwrap_or(Wait::Stored) {
        Wait::Stored => store(&shared.bus, messages).await,
        Wait::Accepted => accept(&shared.bus, messages),
    }
}

impl Given {
    fn messages(&self, most: usize) -> Outcome<Vec<Message>> {
        let text = self.0.get();
        if !text.starts_with('[') {
            return Ok(vec![body::read::<Incoming>(text.as_bytes())?.into_message()?]);
        }
        let given: Vec<Incoming> = body::read(text.as_bytes())?;
        if given.is_empty() || given.len() > most {
            let detail = format!("a list of {} messages: use 1 to {most}", given.len());
            return Err(Problem::bad_request(detail));
        }
        let in_order = |(index, message): (usize, Incoming)| {
            message.into_message().map_err(|problem| problem.at(&format!("[{index}]")))
        };
        given.into_iter().enumerate().map(in_order).collect()
    }
}

/// Messages without a trace context get that of the request. One that is malformed is ignored, as the W3C wants it.
fn continue_trace(headers: &HeaderMap, messages: &mut [Message]) {
    let given = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let is_sound = |text: &&str| {
        TRACEPARENT_BYTES.contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    };
    let Some(trace) = given.filter(is_sound) else { return };
    let trace: SmolStr = trace.into();
    for message in messages {
        message.headers_mut().traceparent.get_or_insert_with(|| trace.clone());
    }
}

/// What is not done by then is answered with what is known, before the request itself ends without an answer.
const PATIENCE: Duration = Duration::from_secs(25);

async fn store(bus: &Bus, messages: Vec<Message>) -> Outcome<Response> {
    let until = Instant::now() + PATIENCE;
    let mut under_way = Vec::with_capacity(messages.len());
    for message in messages {
        let topic = message.topic.clone();
        under_way.push((topic, accepted(bus, message, until).await));
    }
    let (mut results, mut problem) = (Vec::with_capacity(under_way.len()), None);
    for (topic, accepted) in under_way {
        let stored = match accepted {
            Ok(receipt) => stored(&receipt, until).await,
            Err(problem) => Err(problem),
        };
        results.push(match stored {
            Ok(id) => json!({ "topic": topic.as_str(), "id": id.to_string() }),
            Err(error) => failed(topic.as_str(), error, &mut problem),
        });
    }
    conclude(problem, results, |results| {
        let stored = results.len();
        Json(json!({ "results": results, "stored": stored })).into_response()
    })
}

async fn accepted(bus: &Bus, message: Message, until: Instant) -> Outcome<Receipt> {
    match timeout_at(until, bus.publish(message)).await {
        Ok(outcome) => outcome.map_err(Problem::from),
        Err(_) => Err(Problem::unavailable("its tier had no room for it in time: it was not published")),
    }
}

async fn stored(receipt: &Receipt, until: Instant) -> Outcome<EntryId> {
    if let Ok(outcome) = timeout_at(until, receipt.stored()).await {
        return Ok(outcome?);
    }
    let detail = "it was accepted, and is not known to be stored yet: it is kept until the store takes it";
    Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "unconfirmed", detail))
}

fn accept(bus: &Bus, messages: Vec<Message>) -> Outcome<Response> {
    let (mut results, mut problem) = (Vec::with_capacity(messages.len()), None);
    for message in messages {
        let topic = message.topic.clone();
        let accepted: Result<Receipt, Problem> = match bus.try_publish(message) {
            Ok(outcome) => outcome.map_err(Problem::from),
            Err(error) => Err(error.into()),
        };
        results.push(match accepted {
            Ok(_receipt) => json!({ "topic": topic.as_str() }),
            Err(error) => failed(topic.as_str(), error, &mut problem),
        });
    }
    conclude(problem, results, |results| {
        (StatusCode::ACCEPTED, Json(json!({ "accepted": results.len() }))).into_response()
    })
}

/// What became of a message that was not published. The first problem stands for all.
fn failed(topic: &str, error: impl Into<Problem>, first: &mut Option<Problem>) -> Value {
    let error = error.into();
    let result = json!({ "topic": topic, "error": error.detail() });
    first.get_or_insert(error);
    result
}

fn conclude(
    problem: Option<Problem>,
    results: Vec<Value>,
    done: impl FnOnce(Vec<Value>) -> Response,
) -> Outcome<Response> {
    match problem {
        None => Ok(done(results)),
        Some(problem) => Err(problem.with("results", results)),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use tradebus::Message;

    use super::continue_trace;

    #[test]
    fn messages_without_a_trace_get_that_of_the_request() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let plain = Message::new("a", "1").unwrap();
        let mut own = plain.clone();
        own.headers_mut().traceparent = Some("own".into());
        let traces = |header: &'static str| {
            let mut messages = [plain.clone(), own.clone()];
            let headers =
                HeaderMap::from_iter([("traceparent".parse().unwrap(), HeaderValue::from_static(header))]);
            continue_trace(&headers, &mut messages);
            messages.map(|message| message.headers.and_then(|headers| headers.traceparent))
        };
        assert_eq!(traces(trace), [Some(trace.into()), Some("own".into())]);
        assert_eq!(traces("00-1"), [None, Some("own".into())]);
    }
}
