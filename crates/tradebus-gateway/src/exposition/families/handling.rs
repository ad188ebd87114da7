//! Workers and the handlers that they run.

use super::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge("tradebus_workers", "Workers that run handlers, busy or not.", &[], |it, out| {
        out.one(it.metrics.worker_count);
    }),
    Family::gauge(
        "tradebus_worker_utilization_ratio",
        "Utilization by which the workers are scaled, of the pool where it is highest.",
        &[],
        |it, out| out.one(it.metrics.worker_utilization),
    ),
    Family::counter(
        "tradebus_worker_scale_events_total",
        "Changes of the number of workers of a pool.",
        &["direction"],
        |it, out| {
            out.of(["up"], it.metrics.scale_ups);
            out.of(["down"], it.metrics.scale_downs);
        },
    ),
    Family::counter(
        "tradebus_handler_errors_total",
        "Messages whose handlers failed, panicked or took too long.",
        &[],
        |it, out| out.one(it.metrics.handler_errors),
    ),
    Family::counter(
        "tradebus_handler_timeouts_total",
        "Messages whose handlers took too long.",
        &[],
        |it, out| out.one(it.metrics.handler_timeouts),
    ),
    Family::counter(
        "tradebus_handlers_blocked_total",
        "Handlers that blocked their thread for longer than they may take.",
        &[],
        |it, out| out.one(it.metrics.handlers_blocked),
    ),
];
