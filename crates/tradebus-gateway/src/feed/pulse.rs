//! Whether the other end of a WebSocket is still there: a client that is cut off says nothing, and neither does the system while there is nothing to send.

use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::frames::Said;
use super::socket::{Heard, heard};
use crate::problem::Problem;

/// How often a client is asked for a sign of life.
const ASK: Duration = Duration::from_secs(15);
/// Who has not given one for so long is gone.
const GONE: Duration = Duration::from_secs(45);

/// Asks a client for signs of life, and takes note of them.
pub(super) struct Pulse {
    ticks: Interval,
    heard: Instant,
}

impl Pulse {
    pub(super) fn new() -> Self {
        let mut ticks = interval_at(Instant::now() + ASK, ASK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, heard: Instant::now() }
    }

    /// Returns when it is time to [`ask`](Self::ask). Cancel safe.
    pub(super) async fn tick(&mut self) {
        self.ticks.tick().await;
    }

    /// Asks; `false` if nobody is there.
    pub(super) async fn ask(&self, socket: &mut WebSocket) -> bool {
        self.heard.elapsed() < GONE
            && super::socket::send_frame(socket, Frame::Ping(axum::body::Bytes::new())).await
    }

    /// What came from the client: whatever it is, it lives.
    pub(super) fn note(&mut self, frame: Option<Result<Frame, axum::Error>>) -> Result<Option<Said>, Lost> {
        self.heard = Instant::now();
        match heard(frame) {
            Heard::Said(said) => Ok(Some(said)),
            Heard::Nothing => Ok(None),
            Heard::Nonsense(problem) => Err(Lost::Nonsense(problem)),
            Heard::Gone => Err(Lost::Gone),
        }
    }
}

/// What cannot be taken for something that was said.
pub(super) enum Lost {
    /// It has no meaning.
    Nonsense(Problem),
    /// Nobody is there any more.
    Gone,
}
