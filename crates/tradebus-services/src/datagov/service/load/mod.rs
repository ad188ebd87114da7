//! `datagov.datasets.load`: a search becomes part of the catalogue on disk.
//!
//! A request writes down the walk (`begin`) and hands it to the work of the service, which goes from page to page (`walk`) and tells of it
//! (`progress`). What was under way when the service ended is taken up again when it runs.

mod begin;
mod circle;
mod progress;
mod walk;

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;
use tradebus::{Bus, ServiceError};

use super::DatagovService;
use super::filters::Filters;
use super::shelf::blocking;
use crate::datagov::Catalogue;
use crate::datagov::catalogue::{Walk, WalkRight, WalkState};

/// The walk under way, and the way to the one who walks.
#[derive(Debug)]
pub(super) struct Loads {
    /// Whoever begins a walk holds it: one begins at a time.
    gate: tokio::sync::Mutex<()>,
    under_way: Mutex<Option<String>>,
    /// Holds one: none is given before the one before it has ended.
    give: mpsc::Sender<Task>,
    take: tokio::sync::Mutex<mpsc::Receiver<Task>>,
}

/// A walk that is to be made.
#[derive(Debug)]
struct Task {
    catalogue: Arc<Catalogue>,
    walk: Walk,
    filters: Filters,
    /// That nobody else walks into this catalogue meanwhile.
    _right: WalkRight,
}

impl Default for Loads {
    fn default() -> Self {
        let (give, take) = mpsc::channel(1);
        Self { gate: tokio::sync::Mutex::default(), under_way: Mutex::default(), give, take: take.into() }
    }
}

impl Loads {
    fn under_way(&self) -> Option<String> {
        self.under_way.lock().clone()
    }
}

/// Says that a walk is under way, for as long as it lives.
struct UnderWay<'a>(&'a Loads);

impl<'a> UnderWay<'a> {
    fn say(loads: &'a Loads, load: &str) -> Self {
        *loads.under_way.lock() = Some(load.to_owned());
        Self(loads)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.under_way.lock() = None;
    }
}

impl DatagovService {
    /// Walks, as long as the service runs.
    pub(super) async fn run_loads(&self, bus: &Bus) {
        let mut tasks = self.loads.take.lock().await;
        if let Some(task) = self.unfinished().await {
            let under_way = UnderWay::say(&self.loads, &task.walk.load);
            self.walk_into(task, under_way, bus).await;
        }
        while let Some(task) = tasks.recv().await {
            let under_way = UnderWay::say(&self.loads, &task.walk.load);
            self.walk_into(task, under_way, bus).await;
        }
    }

    /// What was under way when the service ended: one at most, as there is but one right to walk.
    async fn unfinished(&self) -> Option<Task> {
        let _gate = self.loads.gate.lock().await;
        // A request was faster, and has taken it up.
        if self.loads.under_way().is_some() {
            return None;
        }
        let found = self.find_unfinished().await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a walk is unfinished is not known, or it cannot go on");
            None
        })
    }

    async fn find_unfinished(&self) -> Result<Option<Task>, ServiceError> {
        let Some(catalogue) = self.shelf.look().await? else { return Ok(None) };
        let look = catalogue.clone();
        let found = blocking(move || {
            // The right first: whoever has it writes the walks.
            let Some(right) = look.claim_walking()? else { return Ok(None) };
            let running = look.walks()?.into_iter().find(|walk| walk.state == WalkState::Running);
            Ok(running.map(|walk| (walk, right)))
        });
        let Some((walk, right)) = found.await? else { return Ok(None) };
        tracing::info!(load = walk.load, records = walk.records, "an unfinished walk goes on");
        let filters = read_filters(&walk.filters)?;
        *self.loads.under_way.lock() = Some(walk.load.clone());
        Ok(Some(Task { catalogue, walk, filters, _right: right }))
    }
}

fn read_filters(filters: &Value) -> Result<Filters, ServiceError> {
    serde_json::from_value(filters.clone())
        .map_err(|error| ServiceError::bad_request(format!("the filters of the walk: {error}")))
}
