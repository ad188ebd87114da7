//! The span of a message that is handed to the bus: where somebody traces, or where the bus begins a trace.

use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global::BoxedSpan};

use super::names::{BODY_SIZE, DESTINATION_NAME, DESTINATION_TEMPLATE, SEND};
use super::span::{attributes, conversation, fail, number, traceparent};
use super::traceparent::write;
use super::tracer::{Tracer, global};
use crate::Message;

/// Lasts until it is dropped: the message is queued then, in basic mode stored, or was not taken.
pub(crate) struct Sending(Option<BoxedSpan>);

impl Tracer {
    /// Begins the span of a message, which carries its context then; unless it carries one already.
    pub(crate) fn send(self, message: &mut Message) -> Sending {
        let Some(parent) = self.parent().filter(|_| traceparent(message).is_none()) else {
            return Sending(None);
        };
        let template = template(&message.topic);
        let mut attributes = attributes(self.system, SEND, SEND, message.priority);
        attributes.extend([
            KeyValue::new(DESTINATION_NAME, message.topic.to_string()),
            KeyValue::new(DESTINATION_TEMPLATE, template.clone()),
            KeyValue::new(BODY_SIZE, number(message.payload.len() as u64)),
        ]);
        attributes.extend(conversation(message));
        let tracer = global();
        let span = tracer
            .span_builder(format!("{SEND} {template}"))
            .with_kind(SpanKind::Producer)
            .with_attributes(attributes)
            .start_with_context(&tracer, &parent);
        let context = span.span_context();
        if context.is_valid() && context.is_sampled() {
            message.headers_mut().traceparent = Some(write(context));
        }
        Sending(Some(span))
    }

    /// What a span belongs to that begins now: the trace of whoever publishes, or a new one. `None` if there is to be no span.
    fn parent(self) -> Option<Context> {
        let (active, sampled) = Context::map_current(|current| {
            (current.has_active_span(), current.span().span_context().is_sampled())
        });
        match self.new_traces {
            _ if active => sampled.then(Context::current),
            Some(rate) => (rate >= 1.0 || fastrand::f64() < rate).then(Context::new),
            None => None,
        }
    }
}

impl Sending {
    /// The message was not taken.
    pub(crate) fn failed(&mut self, kind: &'static str) {
        if let Some(span) = &mut self.0 {
            fail(span, kind);
        }
    }
}

/// What many topics have in common: their first two parts, and never the last.
fn template(topic: &str) -> String {
    let parts = topic.bytes().filter(|byte| *byte == b'.').count();
    let kept: Vec<&str> = topic.split('.').take(parts.min(2)).chain(["*"]).collect();
    kept.join(".")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::template;

    #[rstest]
    #[case("data.quotes.BINANCE.BTCUSDT", "data.quotes.*")]
    #[case("data.quotes.X", "data.quotes.*")]
    #[case("orders.17", "orders.*")]
    #[case("orders", "*")]
    #[case("..", "..*")]
    fn a_template_is_no_topic(#[case] topic: &str, #[case] expected: &str) {
        assert_eq!(template(topic), expected);
    }
}
