//! Looking at a store from here.

use std::sync::Arc;

use tokio::sync::watch;
use tradebus::{Bus, BusConfig};
use tradebus_gateway::live::{Frame, Live, Watched};

use super::News;
use crate::failure::Outcome;

/// Whoever looks does not publish how the bus is: the first check would be after so many seconds.
const NEVER: f64 = 86_400.0;

/// A bus that only looks.
pub(super) struct Looking {
    bus: Bus,
    live: Live,
    frames: watch::Receiver<Arc<Frame>>,
}

impl Looking {
    pub(super) async fn start(mut config: BusConfig, with_rates: bool) -> Outcome<Self> {
        config.health_check_interval = NEVER;
        config.heartbeat_interval_secs = None;
        "top".clone_into(&mut config.client_name);
        let bus = Bus::connect(config.clone()).await?;
        let watched =
            Watched { bus: bus.clone(), config, services: Vec::new(), connections: Box::new(|| (0, 0)) };
        let live = Live::start(watched).await;
        let mut frames = live.frames();
        if !with_rates {
            // The one that was taken just now is new, too.
            frames.mark_changed();
        }
        Ok(Self { bus, live, frames })
    }

    /// Cancel safe.
    pub(super) async fn next(&mut self) -> Option<News> {
        self.frames.changed().await.ok()?;
        Some(News::Snapshot(self.frames.borrow_and_update().json.clone()))
    }

    pub(super) async fn close(self) {
        drop(self.live);
        // It has published nothing that could be lost.
        let _ = self.bus.close().await;
    }
}
