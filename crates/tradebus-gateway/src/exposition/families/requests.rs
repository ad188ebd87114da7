//! Requests: those that services of this process answer, and those that it sends.

use tradebus::ServiceMetrics;

use super::Family;
use crate::exposition::Reading;
use crate::exposition::samples::Samples;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "tradebus_requests_total",
        "Requests that a service has answered: `error` where it did not fulfil them.",
        &["service", "result"],
        |it, out| {
            for service in &it.metrics.services {
                let failed = service.requests_failed;
                out.of([&service.name, "ok"], service.requests_processed.saturating_sub(failed));
                out.of([&service.name, "error"], failed);
            }
        },
    ),
    Family::histogram(
        "tradebus_request_duration_seconds",
        "Time from the arrival of a request at a service to its answer.",
        &["service"],
        |it, out| {
            for (name, time) in &it.histograms.services {
                out.of([name], time);
            }
        },
    ),
    Family::gauge(
        "tradebus_requests_active",
        "Requests that a service is handling.",
        &["service"],
        |it, out| by_service(it, out, |service| service.active),
    ),
    Family::counter(
        "tradebus_request_handlers_broken_total",
        "Requests whose handlers panicked or took too long.",
        &["service"],
        |it, out| by_service(it, out, |service| service.handlers_broken),
    ),
    Family::counter(
        "tradebus_requests_ignored_total",
        "Messages on the topics of a service that are no requests to it.",
        &["service"],
        |it, out| by_service(it, out, |service| service.ignored),
    ),
    Family::counter(
        "tradebus_cache_hits_total",
        "Answers of a service out of its cache.",
        &["service"],
        |it, out| {
            by_service(it, out, |service| service.cache_hits);
        },
    ),
    Family::counter(
        "tradebus_cache_misses_total",
        "Answers of a service that were not in its cache.",
        &["service"],
        |it, out| by_service(it, out, |service| service.cache_misses),
    ),
    Family::gauge(
        "tradebus_service_healthy",
        "Whether a service says that it is healthy.",
        &["service"],
        |it, out| {
            for service in &it.snapshot.services {
                out.of([&service.name], service.status == "healthy");
            }
        },
    ),
    Family::counter(
        "tradebus_client_requests_total",
        "Requests that this process has sent, by how they ended.",
        &["result"],
        |it, out| {
            out.of(["ok"], it.metrics.requests.answered);
            out.of(["timeout"], it.metrics.requests.timed_out);
        },
    ),
    Family::gauge(
        "tradebus_client_requests_waiting",
        "Requests that this process has sent and that wait for their answers.",
        &[],
        |it, out| out.one(it.metrics.requests.waiting),
    ),
    Family::counter(
        "tradebus_client_answers_late_total",
        "Answers for which nobody waited any more.",
        &[],
        |it, out| out.one(it.metrics.requests.late),
    ),
];

fn by_service(reading: &Reading<'_>, out: &mut Samples, count: fn(&ServiceMetrics) -> u64) {
    for service in &reading.metrics.services {
        out.of([&service.name], count(service));
    }
}
