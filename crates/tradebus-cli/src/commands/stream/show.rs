//! A stream as an object for programs.

use std::time::Duration;

use serde_json::{Value, json};
use tradebus::{EntryId, StreamDescription};

use crate::entry::put_stream;

/// What a stream is like.
pub(super) fn object(described: &StreamDescription) -> Value {
    let info = &described.info;
    let id = |id: Option<EntryId>| id.map(|id| id.to_string());
    let ms = |age: Option<Duration>| age.map(|age| age.as_millis() as u64);
    let mut object = json!({
        "length": info.len,
        "memory_bytes": info.memory_bytes,
        "first_id": id(info.first),
        "first_age_ms": ms(described.first_age),
        "last_id": id(info.last),
        "last_age_ms": ms(described.last_age),
        "last_generated_id": info.last_id.to_string(),
        "entries_added": info.entries_added,
        "groups": info.groups,
        "rate_per_second": described.rate_per_second,
    });
    put_stream(&mut object, &described.stream);
    object
}
