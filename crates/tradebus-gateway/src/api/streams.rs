//! The streams of the bus: what there is, what is in them, who reads them, and making them shorter.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tradebus::store::{EntryRef, RangeQuery};
use tradebus::{EntryId, StreamKey, TrimTo};
use utoipa::ToSchema;

use super::entry::Content;
use crate::body::Body;
use crate::live::{StreamView, stream_view};
use crate::node::Shared;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

/// The streams of the bus, by key.
#[utoipa::path(
    get, path = "/api/v1/streams", tag = "streams",
    params(
        ("limit" = Option<u64>, Query, description = "1 to 1000, by default 100"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("search" = Option<String>, Query, description = "Only keys that hold this text"),
    ),
    responses((status = 200, description = "`{streams, next_cursor, total}`", body = Vec<StreamView>))
)]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Value>> {
    let query = query.only(&["limit", "cursor", "search"])?;
    let limit = query.number("limit", 1..=1000)?.unwrap_or(100) as usize;
    let (cursor, search) = (query.one("cursor")?, query.one("search")?.unwrap_or_default().to_lowercase());
    let mut keys = shared.streams.list().await?;
    keys.retain(|key| key.to_string().to_lowercase().contains(&search));
    let total = keys.len();
    if let Some(cursor) = cursor {
        let behind = keys.partition_point(|key| key.as_bytes() <= cursor.as_bytes());
        keys.drain(..behind);
    }
    let next_cursor = (keys.len() > limit).then(|| keys[limit - 1].to_string());
    keys.truncate(limit);
    let now_ms = shared.streams.store().now_ms().await?;
    let known = shared.live.latest();
    let mut streams = Vec::with_capacity(keys.len());
    for sample in shared.streams.watch(Some(keys)).sample().await? {
        let Some(state) = sample.state else { continue };
        let mut view = stream_view(&sample.stream, shared.streams.tier_of(&sample.stream), &state, now_ms);
        // Its rate takes two looks: the sampler has had them.
        view.rate =
            known.snapshot.streams.rows.iter().find(|row| row.stream == view.stream).and_then(|row| row.rate);
        streams.push(view);
    }
    Ok(Json(json!({ "streams": streams, "next_cursor": next_cursor, "total": total })))
}

/// Entries of a stream, the newest first.
#[utoipa::path(
    get, path = "/api/v1/streams/entries", tag = "streams",
    params(
        ("stream" = String, Query, description = "Its key"),
        ("limit" = Option<u64>, Query, description = "1 to 1000, by default 50"),
        ("before" = Option<String>, Query, description = "`next_before` of the page before"),
    ),
    responses((status = 200, description = "`{entries: [{id, message} or {id, fields}], next_before}`"), (status = 404))
)]
pub(crate) async fn entries(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Entries>> {
    let query = query.only(&["stream", "limit", "before"])?;
    let stream = stream(&shared, query.required("stream")?)?;
    let limit = query.number("limit", 1..=1000)?.unwrap_or(50) as usize;
    let end = match query.read::<EntryId>("before")? {
        Some(before) => before.previous().unwrap_or(EntryId::MIN),
        None => EntryId::MAX,
    };
    shared.streams.describe(&stream).await?;
    let range = RangeQuery { end, limit: limit + 1, reverse: true, ..RangeQuery::default() };
    let (mut pages, mut entries) = (shared.streams.read(&stream, range), Vec::new());
    let mut bytes = 0;
    while bytes < MOST_BYTES
        && let Some(page) = pages.next().await?
    {
        bytes += page.bytes();
        entries.extend(page.entries().map(|entry| Entry::of(&shared, entry)));
    }
    let is_more = entries.len() > limit || bytes >= MOST_BYTES;
    entries.truncate(limit);
    let next_before = entries.last().filter(|_| is_more).map(|entry| entry.id.clone());
    Ok(Json(Entries { entries, next_before }))
}

/// A page of entries.
#[derive(Debug, Serialize)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
    next_before: Option<String>,
}

/// Bytes of the entries of an answer, more or less: with large ones it has fewer than were asked for.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// An entry.
#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    #[serde(flatten)]
    content: Content,
}

impl Entry {
    fn of(shared: &Shared, entry: EntryRef<'_>) -> Self {
        let message = shared.streams.message(entry);
        Self { id: entry.id().to_string(), content: Content::of(message.as_ref(), entry.fields()) }
    }
}

/// A stream of the bus: what else lies in the store is not shown, and not touched.
fn stream(shared: &Shared, key: &str) -> Outcome<StreamKey> {
    let behind = key.strip_prefix(shared.streams.base());
    match behind {
        Some(rest) if rest.is_empty() || rest.starts_with(':') => Ok(StreamKey::from(key)),
        _ => Err(Problem::not_found(format!("the bus has no stream `{key}`"))),
    }
}

/// The consumer groups of a stream.
#[utoipa::path(
    get, path = "/api/v1/streams/groups", tag = "streams",
    params(("stream" = String, Query, description = "Its key")),
    responses((status = 200, description = "`{groups: [{group, consumers, pending, lag, last_delivered, entries_read}]}`"), (status = 404))
)]
pub(crate) async fn groups(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Value>> {
    let query = query.only(&["stream"])?;
    let groups = shared.streams.groups(&stream(&shared, query.required("stream")?)?).await?;
    let groups = groups.iter().map(|group| {
        json!({
            "group": group.name, "consumers": group.consumers, "pending": group.pending, "lag": group.lag,
            "last_delivered": group.last_delivered.to_string(), "entries_read": group.entries_read,
        })
    });
    Ok(Json(json!({ "groups": groups.collect::<Vec<_>>() })))
}

/// The consumers of a group.
#[utoipa::path(
    get, path = "/api/v1/streams/consumers", tag = "streams",
    params(("stream" = String, Query, description = "The key of the stream"), ("group" = String, Query, description = "The group")),
    responses((status = 200, description = "`{consumers: [{consumer, pending, idle_ms}]}`"), (status = 404))
)]
pub(crate) async fn consumers(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Value>> {
    let query = query.only(&["stream", "group"])?;
    let stream = stream(&shared, query.required("stream")?)?;
    let consumers = shared.streams.consumers(&stream, query.required("group")?).await?;
    let consumers = consumers.iter().map(|consumer| {
        json!({
            "consumer": consumer.name, "pending": consumer.pending, "idle_ms": consumer.idle.as_millis() as u64,
        })
    });
    Ok(Json(json!({ "consumers": consumers.collect::<Vec<_>>() })))
}

/// Work in steps ends after this time, with what was done until then.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// What is to be left of a stream: one of `max_length` and `max_age_seconds`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trimmed {
    /// The key of the stream.
    stream: String,
    /// The newest entries.
    max_length: Option<u64>,
    /// What is not older.
    max_age_seconds: Option<u64>,
}

/// Removes the oldest entries of a stream. Answers when all are removed, or after 20 seconds with what was done until then.
#[utoipa::path(
    post, path = "/api/v1/streams/trim", tag = "streams", request_body = Trimmed,
    responses((status = 200, description = "`{removed, finished}`"), (status = 404))
)]
pub(crate) async fn trim(
    State(shared): State<Arc<Shared>>,
    Body(asked): Body<Trimmed>,
) -> Outcome<Json<Value>> {
    let to = match (asked.max_length, asked.max_age_seconds) {
        (Some(length), None) => TrimTo::Length(length),
        (None, Some(seconds)) => TrimTo::Age(Duration::from_secs(seconds)),
        _ => return Err(Problem::bad_request("give one of max_length and max_age_seconds")),
    };
    let mut trimming = shared.streams.trim(&stream(&shared, &asked.stream)?, to, true).await?;
    let (mut removed, until) = (0, tokio::time::Instant::now() + LONGEST);
    let finished = loop {
        match trimming.next().await? {
            None => break true,
            Some(entries) => removed += entries,
        }
        if tokio::time::Instant::now() > until {
            break false;
        }
    };
    Ok(Json(json!({ "removed": removed, "finished": finished })))
}
