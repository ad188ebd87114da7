//! What handlers run in, and what goes on from there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, TraceId};
use rstest::rstest;
use serde_json::json;
use tracing::Instrument as _;

use super::{bus, carried, config, ended, handing_on, one, tracing_on_this_thread, value};
use crate::otel::traceparent::read;
use crate::{
    Answer, Bus, BusConfig, Call, Delivery, Message, Route, Service, ServiceError, ServiceOptions,
    SubscribeOptions,
};

/// A context of somebody else, in a trace of its own.
fn context(number: u64) -> String {
    format!("00-0af7651916cd43dd{number:016x}-b7ad6b7169203331-01")
}

fn trace(number: u64) -> TraceId {
    read(&context(number)).unwrap().trace_id()
}

fn message(topic: &str, traceparent: &str) -> Message {
    let mut message = Message::new(topic, "{}").unwrap().correlation_id("c-2");
    message.headers_mut().traceparent = Some(traceparent.into());
    message
}

#[tokio::test]
async fn a_handler_goes_on_with_the_trace() {
    let _tracing = tracing_on_this_thread();
    let bus = bus().await;
    let mut answers = bus.subscribe("fills.*", SubscribeOptions::default()).await.unwrap();
    let from_handler = bus.clone();
    let handler = move |order: Delivery| {
        let bus = from_handler.clone();
        async move {
            // It has to wait, so that the span is entered more than once.
            tokio::task::yield_now().await;
            let own = tracing::info_span!("own work");
            let fill = Message::new(format!("fills.{}", order.topic), "1").unwrap();
            async { bus.publish(fill).await.unwrap().await.map(|_id| ()) }.instrument(own).await
        }
    };
    let options = SubscribeOptions::group("desk");
    let task = bus.subscribe_with("orders.*", options, handler).await.unwrap();
    let id = bus.publish(message("orders.new", &context(1))).await.unwrap().await.unwrap();
    let fill = carried(&answers.next().await.unwrap()).unwrap();
    task.stop().await;

    assert_eq!(fill.trace_id(), trace(1));
    let (process, own) = (one(trace(1), "process orders.*"), one(trace(1), "own work"));
    let send = one(trace(1), "send fills.orders.*");
    assert_eq!(process.parent_span_id, read(&context(1)).unwrap().span_id());
    assert!(process.parent_span_is_remote);
    assert_eq!(own.parent_span_id, process.span_context.span_id());
    assert_eq!(send.parent_span_id, own.span_context.span_id());
    assert_eq!(send.span_context.span_id(), fill.span_id());
    assert_eq!((&process.span_kind, &process.status), (&SpanKind::Consumer, &Status::Unset));
    let id = id.to_string();
    let expected = [
        ("messaging.system", "tradebus"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "orders.new"),
        ("messaging.destination.template", "orders.*"),
        ("messaging.consumer.group.name", "desk"),
        ("messaging.message.id", id.as_str()),
        ("messaging.message.conversation_id", "c-2"),
        ("messaging.message.body.size", "2"),
        ("tradebus.delivery_count", "1"),
        ("tradebus.priority", "normal"),
    ];
    for (name, expected) in expected {
        assert_eq!(value(&process, name).as_deref(), Some(expected), "{name}");
    }
    let _ = bus.close().await;
}

#[rstest]
#[case("fail", 2, "handler_failed", "on purpose")]
#[case("panic", 3, "handler_panicked", "by accident")]
#[case("hang", 4, "handler_timeout", "the handler took too long and was dropped")]
#[tokio::test]
async fn what_goes_wrong_is_said(
    #[case] how: &'static str,
    #[case] number: u64,
    #[case] kind: &str,
    #[case] text: &'static str,
) {
    let bus = bus().await;
    let handler = move |_: Delivery| async move {
        match how {
            "fail" => Err("on purpose"),
            "panic" => panic!("by accident"),
            _ => std::future::pending().await,
        }
    };
    let options = SubscribeOptions::default().handler_timeout(Duration::from_millis(1));
    let mut task = bus.subscribe_with("wrong.*", options, handler).await.unwrap();
    bus.publish(message("wrong.a", &context(number))).await.unwrap().await.unwrap();
    let _ = bus.close().await;
    // What was there when the bus was closed is handled.
    task.finished().await;

    let process = one(trace(number), "process wrong.*");
    assert_eq!(value(&process, "error.type").as_deref(), Some(kind));
    assert_eq!(process.status, Status::error(text));
    assert_eq!(value(&process, "tradebus.delivery_count"), None, "there is no group");
}

#[rstest]
#[case("")]
#[case("00-x")]
#[case("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
#[case("ff-0af7651916cd43dd0000000000000005-b7ad6b7169203331-01")]
#[case("no context\u{1F600}")]
#[tokio::test]
async fn a_malformed_context_is_no_error(#[case] malformed: &str) {
    let bus = bus().await;
    let (handler, mut handled) = handing_on();
    let task = bus.subscribe_with("odd.*", SubscribeOptions::default(), handler).await.unwrap();
    let _ = bus.publish(message("odd.a", malformed)).await.unwrap();
    let delivery = handled.recv().await.unwrap();
    task.stop().await;
    assert_eq!(delivery.headers.as_ref().unwrap().traceparent.as_deref(), Some(malformed));
    assert!(delivery.trace_context().is_none());
    assert!(ended(|span| span.name == "process odd.*").is_empty());
    let _ = bus.close().await;
}

#[tokio::test]
async fn an_entry_of_two_fields_is_handled_as_ever() {
    let bus = bus().await;
    let (handler, mut handled) = handing_on();
    let task = bus.subscribe_with("two.*", SubscribeOptions::default(), handler).await.unwrap();
    let streams = bus.streams();
    let stream = format!("{}:normal", streams.base()).as_str().into();
    let fields = [("topic", "two.fields"), ("payload", "[1]")];
    let entry = fields.map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())).into();
    streams.adder(&stream).await.unwrap().add(&[entry]).await.unwrap();
    let delivery = handled.recv().await.unwrap();
    task.stop().await;
    assert_eq!((delivery.topic.as_str(), &delivery.payload[..]), ("two.fields", &b"[1]"[..]));
    assert_eq!(delivery.headers, None);
    assert!(ended(|span| span.name == "process two.*").is_empty());
    let _ = bus.close().await;
}

struct Doubler;

#[async_trait]
impl Service for Doubler {
    fn name(&self) -> &'static str {
        "doubler"
    }

    fn routes(&self) -> Vec<Route> {
        Route::new("doubler.double", "doubles").into_iter().collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        assert!(Context::current().has_active_span());
        let n = call.params.get("n").and_then(serde_json::Value::as_i64);
        Ok(json!(n.ok_or_else(|| ServiceError::bad_request("no n"))? * 2).into())
    }
}

#[tokio::test]
async fn a_service_answers_within_the_trace_of_its_request() {
    let config = BusConfig { enable_tracing: true, trace_sample_rate: 1.0, ..config() };
    let bus = Bus::connect(config).await.unwrap();
    let mut all = bus.subscribe("doubler.double", SubscribeOptions::default()).await.unwrap();
    let service = bus.serve(Arc::new(Doubler), ServiceOptions::default()).await.unwrap();
    for (params, error) in [(json!({"n": 21}), None), (json!({}), Some("bad_request"))] {
        let patience = Duration::from_mins(1);
        let answer = bus.request("doubler.double", params, patience).await.unwrap();
        assert_eq!(answer.success, error.is_none());
        let request = all.next().await.unwrap();
        let sent = carried(&request).unwrap();
        let reply = ended(|span| {
            span.span_context.trace_id() == sent.trace_id() && span.name == "send tradebus.reply.*"
        });
        assert_eq!(reply.len(), 1, "{reply:?}");
    }
    service.stop().await;
    let processed = ended(|span| span.name == "process doubler.*");
    let errors: Vec<_> = processed.iter().map(|span| value(span, "error.type")).collect();
    assert_eq!(errors, [None, Some("bad_request".to_owned())]);
    let group = value(&processed[0], "messaging.consumer.group.name");
    assert_eq!(group.as_deref(), Some("service.doubler"));
    let _ = bus.close().await;
}
