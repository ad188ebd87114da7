//! Says how well the node is whenever that changes.

use tokio::time::{MissedTickBehavior, interval};
use tradebus::{Health, HealthStatus};

use super::node::Node;
use crate::shutdown::Shutdown;

/// Asks again and again, until the program is asked to end.
pub(super) async fn watch(node: &Node, mut shutdown: Shutdown) {
    let mut checks = interval(node.config.health_check_interval());
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        tokio::select! {
            _ = checks.tick() => {}
            () = shutdown.requested() => return,
        }
        let health = tokio::select! {
            health = node.bus.health_check() => health,
            () = shutdown.requested() => return,
        };
        if last != Some(health.status) {
            tell(&health);
            last = Some(health.status);
        }
    }
}

fn tell(health: &Health) {
    let reasons = health.reasons.join("; ");
    match health.status {
        HealthStatus::Healthy => tracing::info!("healthy"),
        HealthStatus::Degraded => tracing::warn!(reasons, "degraded"),
        HealthStatus::Unhealthy => tracing::error!(reasons, "unhealthy"),
    }
}
