//! What there is without the feature `otel`: nothing, which costs nothing.
#![allow(clippy::unused_self, reason = "the same can be said as with the feature")]

use crate::config::BusConfig;
use crate::{Delivery, Message, Pattern, Priority};

/// Begins no spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracer;

/// Nothing to be told about a message that is sent.
pub(crate) struct Sending;

/// Nothing to be told about a batch.
#[derive(Debug, Default)]
pub(crate) struct Flushing(());

/// Nothing to be told about those who handle messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consumer(());

/// Nothing to be told about a message that is handled.
pub(crate) struct Processing;

/// Nothing is entered.
pub(crate) struct Entered;

impl Tracer {
    pub(crate) fn new(config: &BusConfig, _system: &'static str) -> Self {
        if config.enable_tracing {
            tracing::debug!("enable_tracing does nothing: this program was built without the feature `otel`");
        }
        Self
    }

    pub(crate) fn send(self, _message: &mut Message) -> Sending {
        Sending
    }

    pub(crate) fn flush<'a>(self, _tier: Priority, _messages: impl Iterator<Item = &'a Message>) -> Flushing {
        Flushing(())
    }

    pub(crate) fn consumer(self, _pattern: &Pattern, _group: Option<&str>) -> Consumer {
        Consumer(())
    }
}

impl Sending {
    pub(crate) fn failed(&mut self, _kind: &'static str) {}
}

impl Flushing {
    pub(crate) fn is_recorded(&self) -> bool {
        false
    }

    pub(crate) fn destination(&mut self, _stream: &[u8]) {}

    pub(crate) fn failed(&mut self, _kind: &'static str) {}
}

impl Consumer {
    pub(crate) fn process(&self, _delivery: &Delivery, _deliveries: Option<u64>) -> Processing {
        Processing
    }
}

impl Processing {
    pub(crate) fn enter(&self) -> Entered {
        Entered
    }

    pub(crate) fn failed(&self, _kind: &str, _text: &str) {}

    pub(crate) fn end(self) {}
}
