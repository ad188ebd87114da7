//! What there is without the feature `otlp`: a word to those who expect more.

use std::env;

use tokio::runtime::Handle;

/// Exports nothing.
pub(crate) struct Telemetry;

/// Says what is missing where the environment asks for it.
pub(crate) fn start(_runtime: &Handle) -> Telemetry {
    let asks = |name| env::var(name).is_ok_and(|value| !value.is_empty());
    if asks("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        tracing::debug!("no traces are exported: this program was built without the feature `otlp`");
    }
    Telemetry
}

impl Telemetry {
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn finish(self) {}
}
