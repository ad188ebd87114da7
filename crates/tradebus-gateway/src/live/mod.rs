//! What a node does, second by second: a sampler takes a [`Snapshot`] each second, and all who look get the same one; a history keeps what charts show.

mod events;
mod history;
mod process;
mod sampler;
mod snapshot;
mod streams;
mod tiers;

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use history::History;
pub use sampler::Watched;
pub use snapshot::{
    EventView, GroupView, HealthView, NodeView, Percentiles, ProcessView, Rates, RouteView, ScalingView,
    ServiceView, Snapshot, StreamView, StreamsView, TierView, Totals, WorkersView,
};

pub(crate) use self::process::spent as processor_time;
use self::sampler::Sampler;
pub(crate) use self::sampler::now_ms;
pub(crate) use self::streams::view as stream_view;

/// A snapshot, written as JSON once for all who get it.
#[derive(Debug)]
pub struct Frame {
    /// What it says.
    pub snapshot: Snapshot,
    /// The same as JSON.
    pub json: Bytes,
}

impl Frame {
    fn new(snapshot: Snapshot) -> Self {
        // Strings, numbers and lists of them can always be written.
        let json = serde_json::to_vec(&snapshot).unwrap_or_default().into();
        Self { snapshot, json }
    }
}

/// What a node does. Sampling ends when this is dropped.
#[derive(Debug)]
pub struct Live {
    frames: watch::Receiver<Arc<Frame>>,
    history: Arc<Mutex<History>>,
    sampling: JoinHandle<()>,
}

impl Live {
    /// Takes the first snapshot, and then one each second.
    pub async fn start(watched: Watched) -> Self {
        let mut sampler = Sampler::new(watched);
        let history = Arc::new(Mutex::new(History::default()));
        let first = sampler.sample().await;
        history.lock().add(&first);
        let (sender, frames) = watch::channel(Arc::new(Frame::new(first)));
        let sampling = tokio::spawn(sampler.run(sender, history.clone()));
        Self { frames, history, sampling }
    }

    /// The newest snapshot.
    pub fn latest(&self) -> Arc<Frame> {
        self.frames.borrow().clone()
    }

    /// Every snapshot from now on; who is slow gets the newest.
    pub fn frames(&self) -> watch::Receiver<Arc<Frame>> {
        self.frames.clone()
    }

    /// What charts show, of so many seconds.
    pub fn history(&self, seconds: usize) -> serde_json::Value {
        self.history.lock().columns(seconds)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.sampling.abort();
    }
}
