//! Which messages carry a context, and whose.

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, SpanKind, TraceContextExt as _};
use tracing::Instrument as _;

use super::{bus, carried, config, ended, one, tracing_on_this_thread, value};
use crate::otel::traceparent::read;
use crate::{Bus, BusConfig, Encoding, Message, Mode, Priority, SubscribeOptions};

const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80aaaa-b7ad6b7169203331-00";
const OWN: &str = "00-0af7651916cd43dd8448eb211c80bbbb-b7ad6b7169203331-01";

fn message(topic: &str) -> Message {
    Message::new(topic, "12345").unwrap()
}

#[tokio::test]
async fn what_is_published_in_a_span_carries_its_trace() {
    let _tracing = tracing_on_this_thread();
    let bus = bus().await;
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let alert = message("risk.alerts.LIMIT.gross").priority(Priority::Critical).correlation_id("c-1");
    let publish = async { bus.publish(alert).await.unwrap().await.unwrap() };
    publish.instrument(tracing::info_span!("caller")).await;

    let context = carried(&all.next().await.unwrap()).unwrap();
    let (caller, send) = (one(context.trace_id(), "caller"), one(context.trace_id(), "send risk.alerts.*"));
    assert!(context.is_sampled());
    assert_eq!(send.span_context.span_id(), context.span_id());
    assert_eq!(send.parent_span_id, caller.span_context.span_id());
    assert_eq!(send.span_kind, SpanKind::Producer);
    let expected = [
        ("messaging.system", "tradebus"),
        ("messaging.operation.name", "send"),
        ("messaging.operation.type", "send"),
        ("messaging.destination.name", "risk.alerts.LIMIT.gross"),
        ("messaging.destination.template", "risk.alerts.*"),
        ("messaging.message.body.size", "5"),
        ("messaging.message.conversation_id", "c-1"),
        ("tradebus.priority", "critical"),
    ];
    for (name, expected) in expected {
        assert_eq!(value(&send, name).as_deref(), Some(expected), "{name}");
    }
    let _ = bus.close().await;
}

#[tokio::test]
async fn publishing_without_waiting_does_the_same() {
    let _tracing = tracing_on_this_thread();
    let bus = bus().await;
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let receipt = tracing::info_span!("caller").in_scope(|| bus.try_publish(message("tried.a")));
    receipt.unwrap().unwrap().await.unwrap();
    let trace = carried(&all.next().await.unwrap()).unwrap().trace_id();
    assert_eq!(one(trace, "send tried.*").parent_span_id, one(trace, "caller").span_context.span_id());

    let _ = bus.close().await;
    let span = tracing::info_span!("late caller");
    let trace = span.in_scope(|| {
        assert!(bus.try_publish(message("tried.late")).unwrap().is_err());
        Context::current().span().span_context().trace_id()
    });
    assert_eq!(value(&one(trace, "send tried.*"), "error.type").as_deref(), Some("closed"));
}

#[tokio::test]
async fn a_batch_is_linked_to_the_traces_of_its_messages() {
    let _tracing = tracing_on_this_thread();
    let bus = bus().await;
    bus.publish(message("batch.plain")).await.unwrap().await.unwrap();
    let span = tracing::info_span!("caller");
    let trace = span.in_scope(|| Context::current().span().span_context().trace_id());
    async { bus.publish(message("batch.traced")).await.unwrap().await.unwrap() }.instrument(span).await;

    let send = one(trace, "send batch.*").span_context;
    let is_linked = |link: &opentelemetry::trace::Link| link.span_context.span_id() == send.span_id();
    let flushes = ended(|span| span.name == "flush normal" && span.links.iter().any(is_linked));
    let [flush] = &flushes[..] else { panic!("{flushes:?}") };
    assert_eq!((&flush.span_kind, flush.parent_span_id), (&SpanKind::Client, SpanId::INVALID));
    assert_eq!(value(flush, "messaging.batch.message_count").as_deref(), Some("1"));
    assert_eq!(value(flush, "messaging.operation.type").as_deref(), Some("send"));
    let stream = value(flush, "messaging.destination.name").unwrap();
    assert!(stream.ends_with(":normal"), "{stream}");
    let _ = bus.close().await;
}

#[tokio::test]
async fn without_a_sampled_span_nothing_is_added() {
    let bus = bus().await;
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let _ = bus.publish(message("quiet.a")).await.unwrap();
    assert_eq!(all.next().await.unwrap().headers, None);
    let remote = Context::new().with_remote_span_context(read(UNSAMPLED).unwrap());
    let receipt = {
        let _entered = remote.attach();
        bus.try_publish(message("quiet.b")).unwrap()
    };
    receipt.unwrap().await.unwrap();
    assert_eq!(all.next().await.unwrap().headers, None);
    assert!(ended(|span| span.name == "send quiet.*").is_empty());
    let _ = bus.close().await;
}

#[tokio::test]
async fn a_context_of_its_own_is_kept() {
    let _tracing = tracing_on_this_thread();
    let bus = bus().await;
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for own in [OWN, "00-malformed"] {
        let mut sent = message("kept.a");
        sent.headers_mut().traceparent = Some(own.into());
        let _ = tracing::info_span!("caller").in_scope(|| bus.try_publish(sent)).unwrap().unwrap();
        assert_eq!(all.next().await.unwrap().headers.as_ref().unwrap().traceparent.as_deref(), Some(own));
    }
    let _ = bus.close().await;
}

#[tokio::test]
async fn a_bus_that_traces_begins_traces() {
    let traces =
        |rate| BusConfig { enable_tracing: true, trace_sample_rate: rate, mode: Mode::Basic, ..config() };
    for (rate, expected) in [(1.0, true), (0.0, false)] {
        let bus = Bus::connect(traces(rate)).await.unwrap();
        let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
        let _ = bus.publish(message("begun.a").encoding(Encoding::MsgPack)).await.unwrap();
        let context = carried(&all.next().await.unwrap());
        assert_eq!(context.is_some(), expected, "{rate}");
        if let Some(context) = context {
            assert_eq!(one(context.trace_id(), "send begun.*").parent_span_id, SpanId::INVALID);
        }
        let _ = bus.close().await;
    }
}
