//! The node itself: its health, its connections, and its process.

use tradebus::BreakerState;

use super::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::info("tradebus_build_info", "The version that runs.", &["version"], |it, out| {
        out.of([&it.snapshot.node.version], true);
    }),
    Family::info(
        "tradebus_node_info",
        "The store, without secrets, and the streams in it.",
        &["store", "base", "layout"],
        |it, out| {
            let node = &it.snapshot.node;
            out.of([&node.store, &node.base, &node.layout], true);
        },
    ),
    Family::gauge(
        "tradebus_health_status",
        "1 for the state in which the node is.",
        &["status"],
        |it, out| {
            for status in ["healthy", "degraded", "unhealthy"] {
                out.of([status], it.snapshot.health.status == status);
            }
        },
    ),
    Family::gauge("tradebus_connection_up", "Whether the store can be used.", &[], |it, out| {
        out.one(it.metrics.connected);
    }),
    Family::counter("tradebus_reconnects_total", "Connections to the store made again.", &[], |it, out| {
        out.one(it.metrics.reconnects);
    }),
    Family::gauge(
        "tradebus_breaker_state",
        "1 for the state of the circuit breaker of the health checks.",
        &["state"],
        |it, out| {
            let all = [
                ("closed", BreakerState::Closed),
                ("open", BreakerState::Open),
                ("half_open", BreakerState::HalfOpen),
            ];
            for (name, state) in all {
                out.of([name], it.metrics.breaker == state);
            }
        },
    ),
    Family::counter(
        "tradebus_breaker_trips_total",
        "Times that the circuit breaker has opened because the store did not answer.",
        &[],
        |it, out| out.one(it.metrics.breaker_trips),
    ),
    Family::gauge(
        "tradebus_store_answer_seconds",
        "How long the store took to answer the last health check.",
        &[],
        |it, out| {
            if let Some(took) = it.snapshot.health.store_latency_ms {
                out.one(took / 1000.0);
            }
        },
    ),
    Family::gauge("tradebus_uptime_seconds", "Time since the bus was made.", &[], |it, out| {
        out.one(it.snapshot.health.uptime_seconds);
    }),
    Family::gauge("tradebus_http_connections", "Connections to the gateway.", &[], |it, out| {
        out.one(it.snapshot.process.http_connections);
    }),
    Family::gauge("tradebus_http_subscriptions", "Subscriptions through the gateway.", &[], |it, out| {
        out.one(it.snapshot.process.http_subscriptions);
    }),
    Family::gauge("process_resident_memory_bytes", "Resident memory of the process.", &[], |it, out| {
        out.one(it.snapshot.process.memory_bytes);
    }),
    Family::counter(
        "process_cpu_seconds_total",
        "Processor time that the process has used.",
        &[],
        |it, out| {
            if let Some(seconds) = it.cpu_seconds {
                out.one(seconds);
            }
        },
    ),
];
