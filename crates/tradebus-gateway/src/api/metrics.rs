//! `GET /metrics`: for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};

use crate::exposition::{self, Format, Reading};
use crate::live::processor_time;
use crate::node::Shared;

/// What the node has counted and measured, in the text format of Prometheus, or as `OpenMetrics` for those who ask for it.
#[utoipa::path(
    get, path = "/metrics", tag = "node",
    responses((status = 200, description = "deploy/README.md says how to scrape it", content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::of_accept(accept);
    let (metrics, histograms, frame) = (shared.bus.metrics(), shared.bus.histograms(), shared.live.latest());
    let reading = Reading {
        metrics: &metrics,
        histograms: &histograms,
        snapshot: &frame.snapshot,
        cpu_seconds: Some(processor_time().as_secs_f64()),
    };
    let text = exposition::write(&reading, format);
    ([(header::CONTENT_TYPE, format.content_type())], text).into_response()
}
