//! A subscription whose messages go to a handler.

use crate::workers::Pool;

/// A handler at work. Dropping it ends the subscription; the messages at hand are not finished then, see [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "a handler ends when it is dropped"]
pub struct HandlerTask {
    pool: Pool,
}

impl HandlerTask {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Begins no further message, and returns when those at hand are finished.
    pub async fn stop(self) {
        self.pool.stop().await;
    }

    /// Returns when the bus is closed and all messages are handled. Cancel safe.
    pub async fn finished(&mut self) {
        self.pool.finished().await;
    }
}
