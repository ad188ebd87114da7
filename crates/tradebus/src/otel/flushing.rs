//! The span of a batch on its way to the store: there is one if any of its messages carries a context.

use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Link, Span, SpanContext, SpanKind, Tracer as _};
use opentelemetry::{Context, KeyValue};

use super::names::{BATCH_COUNT, DESTINATION_NAME, FLUSH, SEND};
use super::span::{attributes, context, fail, number};
use super::tracer::{Tracer, global};
use crate::{Message, Priority};

/// Most messages to which the span of a batch is linked: the default limit of OpenTelemetry.
const MOST_LINKS: usize = 128;

/// Lasts until it is dropped: the store has answered for all of the batch then.
#[derive(Debug, Default)]
pub(crate) struct Flushing(Option<BoxedSpan>);

impl Tracer {
    /// Begins the span of a batch, linked to the traces of its messages, if any is traced.
    pub(crate) fn flush<'a>(
        self,
        tier: Priority,
        messages: impl Iterator<Item = &'a Message> + Clone,
    ) -> Flushing {
        let traced = messages.clone().filter_map(context).filter(SpanContext::is_sampled);
        let links: Vec<Link> = traced.take(MOST_LINKS).map(Link::with_context).collect();
        if links.is_empty() {
            return Flushing(None);
        }
        let mut attributes = attributes(self.system, FLUSH, SEND, tier);
        attributes.push(KeyValue::new(BATCH_COUNT, number(messages.count() as u64)));
        let tracer = global();
        let span = tracer
            .span_builder(format!("{FLUSH} {}", tier.name()))
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .with_links(links)
            .start_with_context(&tracer, &Context::new());
        Flushing(Some(span))
    }
}

impl Flushing {
    /// Whether it is worth telling more.
    pub(crate) fn is_recorded(&self) -> bool {
        self.0.as_ref().is_some_and(Span::is_recording)
    }

    /// All of the batch goes to this stream.
    pub(crate) fn destination(&mut self, stream: &[u8]) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(DESTINATION_NAME, String::from_utf8_lossy(stream).into_owned()));
        }
    }

    /// The store refused some of it.
    pub(crate) fn failed(&mut self, kind: &'static str) {
        if let Some(span) = &mut self.0 {
            fail(span, kind);
        }
    }
}
