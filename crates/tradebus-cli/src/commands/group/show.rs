//! A group as a row for people and as an object for programs, and the arguments that name one.

use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};
use tradebus::StreamKey;
use tradebus::store::GroupInfo;

use crate::entry::put_stream;
use crate::human::or_unknown;
use crate::listing::Column;
use crate::streams::key_parser;

/// A group of a stream.
#[derive(clap::Args)]
pub(super) struct Named {
    /// The stream.
    #[arg(value_name = "KEY", value_parser = key_parser())]
    pub(super) stream: StreamKey,

    /// The group.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) group: String,
}

impl Named {
    /// An object about this group with more in it.
    pub(super) fn object(&self, mut more: Value) -> Value {
        put_stream(&mut more, &self.stream);
        more["group"] = self.group.as_str().into();
        more
    }
}

pub(in crate::commands) const COLUMNS: [Column; 6] = [
    Column::Left("STREAM"),
    Column::Left("GROUP"),
    Column::Right("CONSUMERS"),
    Column::Right("PENDING"),
    Column::Right("LAG"),
    Column::Left("LAST DELIVERED"),
];

pub(in crate::commands) fn cells(stream: &StreamKey, group: &GroupInfo) -> Vec<String> {
    vec![
        stream.to_string(),
        group.name.clone(),
        group.consumers.to_string(),
        group.pending.to_string(),
        or_unknown(group.lag, |lag| lag.to_string()),
        group.last_delivered.to_string(),
    ]
}

pub(in crate::commands) fn object(stream: &StreamKey, group: &GroupInfo) -> Value {
    let mut object = json!({
        "group": group.name,
        "consumers": group.consumers,
        "pending": group.pending,
        "last_delivered_id": group.last_delivered.to_string(),
        "entries_read": group.entries_read,
        "lag": group.lag,
    });
    put_stream(&mut object, stream);
    object
}
