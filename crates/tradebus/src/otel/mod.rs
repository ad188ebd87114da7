//! Traces, where the feature `otel` is there: a message carries the W3C trace context of whoever published it (`tp`), and its handler goes on with that.
//!
//! [Sending](sending) is a span where somebody traces, a [batch](flushing) with such messages is one, and so is [handling](processing) a message
//! that carries a [context](traceparent). Spans go to the global tracer provider of OpenTelemetry, whoever has set it. The [names](names) are those of
//! its conventions for messaging. Without the feature all of this is [nothing](off).

#[cfg(feature = "otel")]
mod flushing;
#[cfg(feature = "otel")]
mod names;
#[cfg(not(feature = "otel"))]
mod off;
#[cfg(feature = "otel")]
mod processing;
#[cfg(feature = "otel")]
mod sending;
#[cfg(feature = "otel")]
mod span;
#[cfg(feature = "otel")]
mod traceparent;
#[cfg(feature = "otel")]
mod tracer;

#[cfg(all(test, feature = "otel"))]
mod tests;

#[cfg(feature = "otel")]
pub(crate) use self::{
    flushing::Flushing,
    processing::{Consumer, Processing},
    tracer::Tracer,
};

#[cfg(not(feature = "otel"))]
pub(crate) use self::off::{Consumer, Flushing, Processing, Tracer};

use std::future::poll_fn;
use std::pin::pin;

impl Processing {
    /// Runs a future so that what it traces and publishes belongs to this span.
    pub(crate) async fn within<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            let _entered = self.enter();
            future.as_mut().poll(cx)
        })
        .await
    }
}
