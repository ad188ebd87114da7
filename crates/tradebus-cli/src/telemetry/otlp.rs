//! Exports traces by OTLP (HTTP, protobuf), as the environment variables of OpenTelemetry say.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry::{Key, KeyValue, global};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use super::collector::Collector;

/// Longest that the end of the program waits for the last spans.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest that a request may take, where the environment does not say.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The one way of OTLP that there is.
const PROTOCOL: &str = "http/protobuf";

/// The export of traces, if there is one.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

/// Begins to export, if the environment names a collector. Spans are collected and sent by a thread of their own; what it cannot keep up with is
/// dropped, so that nobody waits for it.
pub(crate) fn start(runtime: &Handle) -> Telemetry {
    if !is_wanted(variable) {
        return Telemetry(None);
    }
    match provider(runtime) {
        Ok(provider) => {
            global::set_tracer_provider(provider.clone());
            Telemetry(Some(provider))
        }
        Err(error) => {
            tracing::warn!(%error, "no traces are exported: see the environment variables OTEL_EXPORTER_OTLP_*");
            Telemetry(None)
        }
    }
}

impl Telemetry {
    /// Sends what is left, as far as that is done in time.
    pub(crate) fn finish(self) {
        let Some(provider) = self.0 else { return };
        if let Err(error) = provider.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}

/// Whether there is a collector to which traces are to be sent.
fn is_wanted(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name, value: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    let named = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    named.into_iter().any(|name| variable(name).is_some())
        && !is("OTEL_SDK_DISABLED", "true")
        && !is("OTEL_TRACES_EXPORTER", "none")
}

fn provider(runtime: &Handle) -> Result<SdkTracerProvider, ExporterBuildError> {
    if let Some(other) = signal_or_all("PROTOCOL").filter(|protocol| protocol != PROTOCOL) {
        tracing::warn!(
            "traces are exported with {PROTOCOL}: {other}, which the environment names, is not there"
        );
    }
    let authorities = signal_or_all("CERTIFICATE").map(PathBuf::from);
    let collector = Collector::new(runtime, timeout(signal_or_all("TIMEOUT")), authorities.as_deref())
        .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(collector)
        .build()?;
    // The sampler, the limits and the batches are read from the environment.
    Ok(SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build())
}

/// What the environment says of this process; its name is `tradebus` unless it says another.
fn resource() -> Resource {
    let named = Resource::builder().build();
    let has_name = named
        .get(&Key::from_static_str("service.name"))
        .is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder();
    let resource = if has_name { resource } else { resource.with_service_name("tradebus") };
    if named.get(&version.key).is_some() {
        resource.build()
    } else {
        resource.with_attribute(version).build()
    }
}

/// A setting of the exporter for traces, or else for all signals.
fn signal_or_all(name: &str) -> Option<String> {
    let traces = variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
    traces.or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
}

/// Milliseconds, as OpenTelemetry has them.
fn timeout(text: Option<String>) -> Duration {
    text.and_then(|text| text.parse().ok()).map_or(TIMEOUT, Duration::from_millis)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{TIMEOUT, is_wanted, timeout};

    #[test]
    fn nothing_is_exported_unless_a_collector_is_named() {
        let wanted = |given: &[(&str, &str)]| {
            let look =
                |name: &str| given.iter().find(|(it, _)| *it == name).map(|(_, text)| (*text).to_owned());
            is_wanted(look)
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        assert!(!wanted(&[]));
        assert!(wanted(&[endpoint]));
        assert!(wanted(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces")]));
        assert!(wanted(&[endpoint, ("OTEL_SDK_DISABLED", "false")]));
        assert!(!wanted(&[endpoint, ("OTEL_SDK_DISABLED", "True")]));
        assert!(!wanted(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]));
    }

    #[test]
    fn a_timeout_is_milliseconds() {
        assert_eq!(timeout(Some("250".to_owned())), Duration::from_millis(250));
        assert_eq!((timeout(Some("soon".to_owned())), timeout(None)), (TIMEOUT, TIMEOUT));
    }
}
