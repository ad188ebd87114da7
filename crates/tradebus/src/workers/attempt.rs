//! One attempt to handle a message: it may fail, panic or hang, and the worker goes on.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::contract::{Handler, Outcome};
use super::load::Seat;
use crate::Delivery;
use crate::otel::Processing;

/// What a handler came to, or its panic.
type Handled = Result<Result<(), String>, Box<dyn Any + Send>>;

/// Runs the handler, in its span. When it does not end at once, `on_wait` is called before waiting for it. `begun` is when it began, and
/// `limit` the longest that it may take.
pub(super) async fn attempt(
    handler: &impl Handler,
    delivery: Delivery,
    seat: &Seat,
    span: &Processing,
    begun: Instant,
    limit: Option<Duration>,
    on_wait: impl FnOnce() + Send,
) -> Outcome {
    // An `Option`, so that dropping it can be guarded too. Making the future belongs to what may panic.
    let mut run = pin!(Some(async { handler.handle(delivery).await }));
    let mut handled = poll_fn(|cx| Poll::Ready(guarded(run.as_mut(), cx, span))).await;
    if handled.is_pending() {
        seat.waits();
        on_wait();
        let rest = poll_fn(|cx| {
            seat.runs();
            let handled = guarded(run.as_mut(), cx, span);
            seat.waits();
            handled
        });
        // Centuries are no limit.
        handled = match limit.and_then(|limit| begun.checked_add(limit)) {
            None => Poll::Ready(rest.await),
            Some(deadline) => match timeout_at(deadline.into(), rest).await {
                Ok(handled) => Poll::Ready(handled),
                Err(_elapsed) => Poll::Pending,
            },
        };
    }
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        let _entered = span.enter();
        run.set(None);
    }));
    match (handled, dropped) {
        (Poll::Pending, _) => Outcome::TimedOut(limit.unwrap_or_default()),
        (Poll::Ready(Err(panic)), _) | (Poll::Ready(Ok(_)), Err(panic)) => {
            Outcome::Panicked(panic_text(&*panic))
        }
        (Poll::Ready(Ok(Err(error))), Ok(())) => Outcome::Failed(error),
        (Poll::Ready(Ok(Ok(()))), Ok(())) => Outcome::Succeeded,
    }
}

fn guarded<F>(mut run: Pin<&mut Option<F>>, cx: &mut Context<'_>, span: &Processing) -> Poll<Handled>
where
    F: Future<Output = Result<(), String>>,
{
    let poll = || {
        let _entered = span.enter();
        run.as_mut().as_pin_mut().map_or(Poll::Pending, |run| run.poll(cx))
    };
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
        .to_owned()
}
