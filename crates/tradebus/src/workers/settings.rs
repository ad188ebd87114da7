//! What is set about a pool.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::scaler::Bounds;
use crate::config::{BusConfig, HandlingOrder};
use crate::otel::Consumer;

/// The settings of the pools of a bus; each gets a copy of its own.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// By which the log names the pool.
    pub(super) name: String,
    /// By which traces name it.
    pub(super) consumer: Consumer,
    pub(super) bounds: Bounds,
    pub(super) order: HandlingOrder,
    /// Longest that a handler may take.
    pub(super) timeout: Option<Duration>,
    /// Most payload bytes that wait for their topics.
    pub(super) parked_bytes: usize,
    /// A permit for each handler that may run; the pools of a bus share them.
    pub(super) handlers: Arc<Semaphore>,
}

impl Settings {
    /// Call it once a bus, or its pools do not share `max_concurrent_handlers`.
    pub(crate) fn new(config: &BusConfig) -> Self {
        let min = config.min_workers.max(1);
        let max = if config.auto_scale_enabled { config.max_workers.max(min) } else { min };
        let (up, down) = (config.scale_up_threshold, config.scale_down_threshold);
        Self {
            name: String::new(),
            consumer: Consumer::default(),
            bounds: Bounds { min, max, up, down },
            order: config.ordering,
            timeout: config.handler_timeout(),
            parked_bytes: config.default_buffer_config.max_bytes,
            handlers: Arc::new(Semaphore::new(config.max_concurrent_handlers)),
        }
    }

    /// Longest that a handler may take.
    pub(crate) const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The same for one pool, with what its subscriber has chosen. A time-out of zero is none.
    pub(crate) fn for_pool(
        &self,
        name: impl Into<String>,
        consumer: Consumer,
        order: Option<HandlingOrder>,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            name: name.into(),
            consumer,
            order: order.unwrap_or(self.order),
            timeout: timeout.map_or(self.timeout, |given| Some(given).filter(|it| !it.is_zero())),
            ..self.clone()
        }
    }
}
