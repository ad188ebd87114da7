//! What a walk says about itself.

use std::time::Instant;

use serde::Serialize;
use tradebus::{Bus, Message};

use crate::datagov::catalogue::{Walk, WalkState};

/// Where a walk says how it is.
pub(super) fn topic(load: &str) -> String {
    format!("data.datagov.load.{load}")
}

/// A message.
#[derive(Debug, Serialize)]
struct Progress<'a> {
    load: &'a str,
    state: WalkState,
    pages: u64,
    records: u64,
    new: u64,
    replaced: u64,
    unreadable: u64,
    /// Since the walk began, or was taken up again.
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// Says how a walk is.
pub(super) struct Teller<'a> {
    bus: &'a Bus,
    begun: Instant,
}

impl<'a> Teller<'a> {
    pub(super) fn new(bus: &'a Bus) -> Self {
        Self { bus, begun: Instant::now() }
    }

    /// Publishes how the walk is. That it cannot be told is no reason to end it.
    pub(super) async fn tell(&self, walk: &Walk) {
        let Walk { load, state, pages, records, new, replaced, unreadable, message, .. } = walk;
        let progress = Progress {
            load,
            state: *state,
            pages: *pages,
            records: *records,
            new: *new,
            replaced: *replaced,
            unreadable: *unreadable,
            elapsed_ms: self.begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
            message: message.as_deref(),
        };
        let Ok(text) = serde_json::to_vec(&progress) else { return };
        let Ok(message) = Message::new(topic(load), text) else { return };
        if let Err(error) = self.bus.publish(message).await {
            tracing::debug!(load, %error, "the progress of a walk was not published");
        }
    }
}
