//! What begins the spans of a bus.

use opentelemetry::global::{self, BoxedTracer};

use super::names::SCOPE;
use crate::config::BusConfig;

/// Begins the spans of a bus.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracer {
    /// Name of the messaging system.
    pub(super) system: &'static str,
    /// Part of the messages that begin a trace, of those published where nobody traces. `None` begins none.
    pub(super) new_traces: Option<f64>,
}

impl Tracer {
    pub(crate) fn new(config: &BusConfig, system: &'static str) -> Self {
        let new_traces = config.enable_tracing.then_some(config.trace_sample_rate).filter(|rate| *rate > 0.0);
        Self { system, new_traces }
    }
}

/// That of whatever provider is set now: it may come after the bus.
pub(super) fn global() -> BoxedTracer {
    global::tracer(SCOPE)
}
