//! What spans of all kinds have.

use opentelemetry::trace::{Span, Status};
use opentelemetry::{KeyValue, Value};

use super::names::{CONVERSATION_ID, ERROR_TYPE, OPERATION_NAME, OPERATION_TYPE, PRIORITY, SYSTEM};
use super::traceparent;
use crate::{Message, Priority};

/// The attributes of every span.
pub(super) fn attributes(
    system: &'static str,
    name: &'static str,
    kind: &'static str,
    tier: Priority,
) -> Vec<KeyValue> {
    vec![
        KeyValue::new(SYSTEM, system),
        KeyValue::new(OPERATION_NAME, name),
        KeyValue::new(OPERATION_TYPE, kind),
        KeyValue::new(PRIORITY, tier.name()),
    ]
}

/// A size or a count as the value of an attribute.
pub(super) fn number(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// The id that ties an answer to its request.
pub(super) fn conversation(message: &Message) -> Option<KeyValue> {
    let id = message.headers.as_ref()?.correlation_id.as_ref()?;
    Some(KeyValue::new(CONVERSATION_ID, id.to_string()))
}

/// The text of the context that a message carries.
pub(super) fn traceparent(message: &Message) -> Option<&str> {
    message.headers.as_ref()?.traceparent.as_deref()
}

/// The context that a message carries, if it is one.
pub(super) fn context(message: &Message) -> Option<opentelemetry::trace::SpanContext> {
    traceparent(message).and_then(traceparent::read)
}

/// The span is of something that went wrong.
pub(super) fn fail(span: &mut impl Span, kind: &'static str) {
    span.set_attribute(KeyValue::new(ERROR_TYPE, kind));
    span.set_status(Status::error(""));
}
