//! The span of a message that is handled: it goes on with the trace in which the message was published.

use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, ContextGuard, KeyValue};
use smol_str::{SmolStr, ToSmolStr as _};

use super::names::{
    BODY_SIZE, CONSUMER_GROUP, DELIVERY_COUNT, DESTINATION_NAME, DESTINATION_TEMPLATE, ERROR_TYPE,
    MESSAGE_ID, PROCESS, STREAM,
};
use super::span::{attributes, conversation, number, traceparent};
use super::traceparent::read;
use super::tracer::{Tracer, global};
use crate::{Delivery, Message, Pattern};

/// Characters of a malformed context that are logged.
const MOST_SHOWN: usize = 64;

/// Those who handle the messages of a subscription.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consumer {
    system: &'static str,
    pattern: SmolStr,
    group: Option<SmolStr>,
}

/// Lasts until its [end](Self::end), or until it is dropped with all of its contexts. Empty for a message that carries no context.
pub(crate) struct Processing(Option<Context>);

impl Tracer {
    /// Those who handle what matches a pattern, alone or as a group.
    pub(crate) fn consumer(self, pattern: &Pattern, group: Option<&str>) -> Consumer {
        Consumer { system: self.system, pattern: pattern.to_smolstr(), group: group.map(SmolStr::new) }
    }
}

impl Consumer {
    /// Begins the span of a message, if it carries a context.
    pub(crate) fn process(&self, delivery: &Delivery, deliveries: Option<u64>) -> Processing {
        let Some(parent) = delivery.trace_context() else { return Processing(None) };
        let tracer = global();
        let span = tracer
            .span_builder(format!("{PROCESS} {}", self.pattern))
            .with_kind(SpanKind::Consumer)
            .with_attributes(self.attributes(delivery, deliveries))
            .start_with_context(&tracer, &parent);
        Processing(Some(parent.with_span(span)))
    }

    fn attributes(&self, delivery: &Delivery, deliveries: Option<u64>) -> Vec<KeyValue> {
        let mut attributes = attributes(self.system, PROCESS, PROCESS, delivery.priority);
        attributes.extend([
            KeyValue::new(DESTINATION_NAME, delivery.topic.to_string()),
            KeyValue::new(DESTINATION_TEMPLATE, self.pattern.to_string()),
            KeyValue::new(MESSAGE_ID, delivery.id.to_string()),
            KeyValue::new(STREAM, delivery.stream.to_string()),
            KeyValue::new(BODY_SIZE, number(delivery.payload.len() as u64)),
        ]);
        attributes.extend(self.group.as_ref().map(|group| KeyValue::new(CONSUMER_GROUP, group.to_string())));
        attributes.extend(deliveries.map(|count| KeyValue::new(DELIVERY_COUNT, number(count))));
        attributes.extend(conversation(delivery));
        attributes
    }
}

impl Processing {
    /// Until the guard is dropped, what is traced and published on this thread belongs to the span.
    pub(crate) fn enter(&self) -> Option<ContextGuard> {
        self.0.clone().map(Context::attach)
    }

    /// Handling has ended, whoever else holds the context: a task that the handler has left behind, for example.
    pub(crate) fn end(self) {
        if let Some(context) = self.0 {
            context.span().end();
        }
    }

    /// Handling failed.
    pub(crate) fn failed(&self, kind: &str, text: &str) {
        if let Some(context) = &self.0 {
            let span = context.span();
            span.set_attribute(KeyValue::new(ERROR_TYPE, kind.to_owned()));
            span.set_status(Status::error(text.to_owned()));
        }
    }
}

impl Message {
    /// The trace context that the message carries, as the parent of the spans of whoever takes it from a subscription; handlers run in such a span
    /// already. `None` if it carries none, or one that is malformed, which is logged (debug). Only with the feature `otel`.
    pub fn trace_context(&self) -> Option<Context> {
        let text = traceparent(self)?;
        let Some(parent) = read(text) else {
            let start = || text.chars().take(MOST_SHOWN).collect::<String>();
            tracing::debug!(topic = %self.topic, traceparent = ?start(), "a message carries a trace context that is none");
            return None;
        };
        Some(Context::new().with_remote_span_context(parent))
    }
}
