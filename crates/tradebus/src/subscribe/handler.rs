//! A subscription whose messages go to a handler.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Subscription;
use crate::Delivery;
use crate::metrics::Meters;

/// A handler at work. Dropping it ends the subscription; the message at hand is not finished then, see [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "a handler ends when it is dropped"]
pub struct HandlerTask {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl HandlerTask {
    /// Runs a handler over the messages of a subscription, one after the other, in their order.
    pub(super) fn start<H, F, E>(subscription: Subscription, meters: Arc<Meters>, handler: H) -> Self
    where
        H: Fn(Delivery) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: Some(tokio::spawn(run(subscription, meters, handler, stopped))) }
    }

    /// Takes no further message, and returns when the one at hand is finished.
    pub async fn stop(mut self) {
        // If the task has ended by itself there is nobody to tell.
        let _ = self.stop.send(true);
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }

    /// Returns when the bus is closed and all messages are handled. Cancel safe.
    pub async fn finished(&mut self) {
        if let Some(task) = &mut self.task {
            let _ = task.await;
            self.task = None;
        }
    }
}

impl Drop for HandlerTask {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn run<H, F, E>(
    mut subscription: Subscription,
    meters: Arc<Meters>,
    handler: H,
    mut stopped: watch::Receiver<bool>,
) where
    H: Fn(Delivery) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let _at_work = AtWork::new(meters.clone());
    loop {
        let delivery = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            delivery = subscription.next() => delivery,
        };
        let Some(delivery) = delivery else { break };
        let (topic, id) = (delivery.message.topic.clone(), delivery.id);
        match AssertUnwindSafe(async { handler(delivery).await }).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                meters.handler_errors.add(1);
                tracing::warn!(%topic, %id, %error, "a handler failed");
            }
            Err(_panic) => {
                meters.handler_errors.add(1);
                tracing::error!(%topic, %id, "a handler panicked; the subscription goes on");
            }
        }
    }
}

/// Counts a handler while it is there.
struct AtWork(Arc<Meters>);

impl AtWork {
    fn new(meters: Arc<Meters>) -> Self {
        meters.workers.fetch_add(1, Relaxed);
        Self(meters)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.workers.fetch_sub(1, Relaxed);
    }
}
