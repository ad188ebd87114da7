//! Traces through a bus over the embedded engine, as an exporter in memory gets them.

mod handling;
mod sending;

use std::sync::OnceLock;

use opentelemetry::global;
use opentelemetry::trace::{SpanContext, TraceId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::sync::mpsc;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use super::traceparent::read;
use crate::{Bus, BusConfig, Delivery, Message};

/// The provider of the process: traces of all tests end in one exporter, and each test looks for its own.
fn provider() -> &'static (SdkTracerProvider, InMemorySpanExporter) {
    static PROVIDER: OnceLock<(SdkTracerProvider, InMemorySpanExporter)> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        global::set_tracer_provider(provider.clone());
        (provider, exporter)
    })
}

/// Spans of the crate `tracing` on this thread become spans of OpenTelemetry, as in a program that traces.
fn tracing_on_this_thread() -> DefaultGuard {
    let tracer = provider().0.tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
}

/// The spans that have ended which this holds for, in the order in which they ended.
fn ended(wanted: impl Fn(&SpanData) -> bool) -> Vec<SpanData> {
    provider().1.get_finished_spans().unwrap().into_iter().filter(wanted).collect()
}

/// The one span of a trace with this name.
fn one(trace: TraceId, name: &str) -> SpanData {
    let mut found = ended(|span| span.span_context.trace_id() == trace && span.name == name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

/// The value of an attribute as text.
fn value(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.as_str().into_owned())
}

fn carried(message: &Message) -> Option<SpanContext> {
    read(message.headers.as_ref()?.traceparent.as_deref()?)
}

fn config() -> BusConfig {
    provider();
    BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() }
}

async fn bus() -> Bus {
    Bus::connect(config()).await.unwrap()
}

/// A handler that hands on what it gets.
fn handing_on()
-> (impl Fn(Delivery) -> std::future::Ready<Result<(), &'static str>>, mpsc::Receiver<Delivery>) {
    let (sender, receiver) = mpsc::channel(64);
    let handler = move |delivery| {
        sender.try_send(delivery).unwrap();
        std::future::ready(Ok(()))
    };
    (handler, receiver)
}
