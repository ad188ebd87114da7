//! Says how well the node is at its start. When that changes, the bus itself logs one line.

use tradebus::{Health, HealthStatus};

use super::node::Node;
use crate::shutdown::Shutdown;

/// Returns when the program is asked to end.
pub(super) async fn watch(node: &Node, mut shutdown: Shutdown) {
    tokio::select! {
        health = node.bus.health_check() => tell(&health),
        () = shutdown.requested() => return,
    }
    shutdown.requested().await;
}

fn tell(health: &Health) {
    let reasons = health.reasons.join("; ");
    match health.status {
        HealthStatus::Healthy => tracing::info!("healthy"),
        HealthStatus::Degraded => tracing::warn!(reasons, "degraded"),
        HealthStatus::Unhealthy => tracing::error!(reasons, "unhealthy"),
    }
}
