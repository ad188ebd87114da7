//! Dead letters: looking at them, putting them back, dropping them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use tradebus::{DeadEntry, DeadLetters, EntryId, ManageError, Redriven};
use utoipa::ToSchema;

use super::entry::Content;
use super::streams::{LONGEST, MOST_BYTES};
use crate::body::Body;
use crate::node::Shared;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

/// Dead letters of one request.
const MOST: usize = 1_000;

/// The dead letters, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/dead", tag = "dead letters",
    params(
        ("limit" = Option<u64>, Query, description = "1 to 1000, by default 50"),
        ("after" = Option<String>, Query, description = "`next_after` of the page before"),
    ),
    responses((status = 200, description = "`{letters: [{id, stream, entry_id, topic, group, consumer, deliveries, error, died_at_ms, message}], \
        total, next_after}`"))
)]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, query: Query) -> Outcome<Json<Page>> {
    let query = query.only(&["limit", "after"])?;
    let limit = query.number("limit", 1..=MOST as u64)?.unwrap_or(50) as usize;
    let after = query.read("after")?.unwrap_or(EntryId::MIN);
    let all = shared.streams.dead_letters();
    let (mut pages, mut letters) = (all.pages(after, limit + 1), Vec::new());
    let mut bytes = 0;
    while bytes < MOST_BYTES
        && let Some(page) = pages.next().await?
    {
        bytes += page.bytes();
        letters.extend(all.entries(&page).map(|entry| Letter::of(&all, &entry)));
    }
    let is_more = letters.len() > limit || bytes >= MOST_BYTES;
    letters.truncate(limit);
    let next_after = letters.last().filter(|_| is_more).map(|letter| letter.id.clone());
    Ok(Json(Page { letters, total: all.count().await?, next_after }))
}

/// A page of dead letters.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    letters: Vec<Letter>,
    total: u64,
    next_after: Option<String>,
}

/// A dead letter; what is about it is null in an entry that is none.
#[derive(Debug, Serialize)]
struct Letter {
    id: String,
    stream: Option<String>,
    entry_id: Option<String>,
    topic: Option<String>,
    group: Option<String>,
    consumer: Option<String>,
    deliveries: Option<u64>,
    error: Option<String>,
    died_at_ms: Option<u64>,
    #[serde(flatten)]
    content: Content,
}

impl Letter {
    fn of(all: &DeadLetters, entry: &DeadEntry) -> Self {
        let (letter, message) = (entry.letter.as_ref(), all.message(entry));
        let fields = entry.fields.iter().map(|(name, value)| (&name[..], &value[..]));
        Self {
            id: entry.id.to_string(),
            stream: letter.map(|it| it.stream.to_string()),
            entry_id: letter.map(|it| it.id.to_string()),
            topic: message.as_ref().map(|it| it.topic.to_string()),
            group: letter.map(|it| it.group.clone()),
            consumer: letter.map(|it| it.consumer.clone()),
            deliveries: letter.map(|it| it.deliveries),
            error: letter.map(|it| it.error.clone()),
            died_at_ms: letter.map(|it| it.ts / 1_000_000),
            content: Content::of(message.as_ref(), fields),
        }
    }
}

/// Which dead letters: some by their `ids`, or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Up to 1,000 ids.
    #[serde(default)]
    ids: Vec<String>,
    /// All that are there now.
    #[serde(default)]
    all: bool,
}

impl Which {
    /// The ids; `None` for all.
    fn ids(&self) -> Outcome<Option<Vec<EntryId>>> {
        if self.all != self.ids.is_empty() || self.ids.len() > MOST {
            return Err(Problem::bad_request(format!("give 1 to {MOST} ids, or \"all\": true")));
        }
        if self.all {
            return Ok(None);
        }
        let read = |id: &String| id.parse().map_err(|error| Problem::bad_value("ids", error));
        self.ids.iter().map(read).collect::<Outcome<_>>().map(Some)
    }
}

/// Puts dead letters back where they came from. `all` stops after 10,000 or 20 seconds: ask again for the rest.
#[utoipa::path(
    post, path = "/api/v1/dead/redrive", tag = "dead letters", request_body = Which,
    responses((status = 200, description = "`{redriven: [{dead_id, stream, id}], count, failed: [{id, error}]}`"))
)]
pub(crate) async fn redrive(
    State(shared): State<Arc<Shared>>,
    Body(which): Body<Which>,
) -> Outcome<Json<Value>> {
    let letters = shared.streams.dead_letters();
    let (mut redriven, mut failed) = (Vec::new(), Vec::new());
    let until = Instant::now() + LONGEST;
    match which.ids()? {
        None => {
            let mut all = letters.redrive_all().await?;
            while redriven.len() + failed.len() < 10 * MOST && Instant::now() < until {
                match all.next().await {
                    Ok(Some(one)) => redriven.push(redriven_object(&one)),
                    Ok(None) => break,
                    Err(ManageError::NotADeadLetter { id, .. }) => {
                        failed.push(
                            json!({ "id": id.to_string(), "error": "it does not say where it came from" }),
                        );
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Some(ids) => {
            for id in ids {
                if Instant::now() >= until {
                    failed.push(json!({ "id": id.to_string(), "error": "there was no time for it" }));
                    continue;
                }
                match letters.redrive(id).await {
                    Ok(one) => redriven.push(redriven_object(&one)),
                    Err(error @ (ManageError::NoDeadLetter { .. } | ManageError::NotADeadLetter { .. })) => {
                        failed.push(json!({ "id": id.to_string(), "error": error.to_string() }));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(Json(json!({ "count": redriven.len(), "redriven": redriven, "failed": failed })))
}

fn redriven_object(one: &Redriven) -> Value {
    json!({ "dead_id": one.dead_id.to_string(), "stream": one.stream.to_string(), "id": one.id.to_string() })
}

/// Drops dead letters for good. `all` stops after 20 seconds: ask again for the rest.
#[utoipa::path(
    post, path = "/api/v1/dead/drop", tag = "dead letters", request_body = Which,
    responses((status = 200, description = "`{dropped}`"))
)]
pub(crate) async fn drop_letters(
    State(shared): State<Arc<Shared>>,
    Body(which): Body<Which>,
) -> Outcome<Json<Value>> {
    let letters = shared.streams.dead_letters();
    let dropped = match which.ids()? {
        None => {
            let (mut dropping, mut dropped) = (letters.drop_all().await?, 0);
            let until = Instant::now() + LONGEST;
            while Instant::now() < until
                && let Some(entries) = dropping.next().await?
            {
                dropped += entries;
            }
            dropped
        }
        Some(ids) => letters.drop(&ids).await?,
    };
    Ok(Json(json!({ "dropped": dropped })))
}
