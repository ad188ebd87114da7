//! How well a bus is.

use serde::Serialize;

/// What a health check found.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The verdict.
    pub status: HealthStatus,
    /// What speaks against `healthy`, one sentence each.
    pub reasons: Vec<String>,
    /// Whether the store answered, and all connections work.
    pub connected: bool,
    /// How full the fullest publishing queue is, 0 to 1.
    pub buffer_utilization: f64,
    /// Handlers at work.
    pub worker_count: u64,
    /// Part of all messages that failed, 0 to 1.
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
    /// It works, but not as it should: a tier pushes back, or more than one message in a hundred fails.
    Degraded,
    /// The store cannot be used.
    Unhealthy,
}
