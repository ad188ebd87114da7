//! What the commands that look after streams have in common.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use clap::builder::{OsStringValueParser, TypedValueParser};
use tradebus::{StartFrom, StreamKey, StreamManager};

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::settings;

/// Most streams that an error names.
const MOST_NAMED: usize = 5;

/// Opens the store of the configuration, does something with its streams, and closes it.
pub(crate) async fn with_manager<T>(
    global: &Global,
    work: impl AsyncFnOnce(&StreamManager) -> Outcome<T>,
) -> Outcome<T> {
    let config = settings::load(global)?.config;
    settings::note_store_in_memory(&config);
    let manager = StreamManager::connect(&config).await?;
    let mut outcome = work(&manager).await;
    if let Err(Failure::NoStream(stream)) = outcome {
        outcome = Err(Failure::NotFound(no_stream(&manager, &stream).await));
    }
    manager.close().await;
    outcome
}

/// Says that there is no such stream, and which there are.
pub(crate) async fn no_stream(manager: &StreamManager, missing: &StreamKey) -> String {
    // If they cannot be listed, the error says less.
    let mut streams = manager.list().await.unwrap_or_default();
    let name = missing.to_string();
    streams.sort_by_key(|stream| !stream.to_string().contains(&name));
    let named: Vec<String> = streams.iter().take(MOST_NAMED).map(|stream| format!("`{stream}`")).collect();
    let there_are = match streams.len() - named.len() {
        _ if named.is_empty() => format!("the bus `{}` has none", manager.base()),
        0 => format!("the bus has {}", named.join(", ")),
        more => format!("the bus has {} and {more} more", named.join(", ")),
    };
    format!(
        "there is no stream `{missing}`; {there_are}; `tradebus stream ls --all` lists those of the whole store"
    )
}

/// Reads the key of a stream: any bytes.
pub(crate) fn key_parser() -> impl TypedValueParser<Value = StreamKey> {
    OsStringValueParser::new().map(|key: OsString| StreamKey::new(key.as_bytes()))
}

/// Reads a place in a stream.
pub(crate) fn parse_start(text: &str) -> Result<StartFrom, tradebus::ParseStartError> {
    text.parse()
}
