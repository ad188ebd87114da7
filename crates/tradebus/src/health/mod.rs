//! How well a bus is.
//!
//! A [check](check) asks the store, through the [guard](guard), and looks at what the bus counts. The [monitor](monitor) checks again and again, [patrols](streams)
//! the streams and their groups, and makes up its mind by the checks in a row ([standing](standing)); when it changes, it says so in the log and in an
//! [event](event) on `system.health.{client_name}`.

mod check;
mod event;
mod guard;
mod monitor;
mod standing;
mod streams;
mod window;

use serde::Serialize;

pub(crate) use self::monitor::{Monitor, Watched, watch};
pub use self::standing::HealthState;

use crate::connectivity::BreakerState;

/// What a health check found.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The verdict, as of now.
    pub status: HealthStatus,
    /// What speaks against `healthy`, one sentence each.
    pub reasons: Vec<String>,
    /// Whether the store answered, and all connections work.
    pub connected: bool,
    /// Whether the store was not asked because it did not answer shortly before: what is said about it is what was known then.
    pub stale: bool,
    /// The verdict of the monitor, which takes the checks before into account.
    pub state: HealthState,
    /// The circuit breaker of the questions that are asked now and then.
    pub breaker: BreakerState,
    /// How full the fullest publishing queue is, 0 to 1.
    pub buffer_utilization: f64,
    /// Workers that run handlers, busy or not.
    pub worker_count: u64,
    /// Part of all messages that failed since the bus was made, 0 to 1.
    pub error_rate: f64,
    /// Time since the bus was made.
    pub uptime_seconds: f64,
    /// How long the store took to answer; `None` if it did not.
    pub store_latency_ms: Option<f64>,
}

/// The verdict of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Everything works.
    Healthy,
    /// It works, but not as it should: a tier pushes back, more than one message in a hundred fails, subscribers take nothing, a stream grows without
    /// a reader, or a consumer group falls behind or does not get past a message.
    Degraded,
    /// The store cannot be used.
    Unhealthy,
}

impl HealthStatus {
    /// Its name: `healthy`, `degraded` or `unhealthy`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
