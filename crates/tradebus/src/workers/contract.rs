//! What a pool asks of those who use it.

use std::fmt;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::{Delivery, Message};

/// Where a pool takes its work from. It is dropped when the pool is stopped, or has handled all there was.
pub(crate) trait Intake: Send + 'static {
    type Job: Job;

    /// The next job, CRITICAL ones first; `None` when nothing will come any more. Where it is pending it has kept the waker, of which
    /// there is one for the whole pool.
    fn poll_job(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::Job>>;

    /// The next job, if it is a CRITICAL one: asked while the pool has no room for others. It may be pending without keeping the
    /// waker; then a CRITICAL one waits until a topic becomes free.
    fn poll_critical(&mut self, _cx: &mut Context<'_>) -> Poll<Self::Job> {
        Poll::Pending
    }

    /// How full the queue is that it takes from, 0 to 1.
    fn fill(&self) -> f64;
}

/// A message that is to be handled. One that is dropped without having been [split](Job::split) was not begun.
pub(crate) trait Job: Send + 'static {
    type Ticket: Ticket;

    /// What is to be handled.
    fn message(&self) -> &Message;

    /// The handler gets the delivery; the ticket is told how it went. `None` if it is not to be handled here any more.
    fn split(self) -> Option<(Delivery, Self::Ticket)>;
}

/// Is told what becomes of a message. One that is dropped without having been told belongs to a pool that was dropped meanwhile.
pub(crate) trait Ticket: Send + 'static {
    /// Handling begins.
    fn started(&mut self) {}

    /// How often a consumer group has delivered the message, this time included; `None` where there is no group.
    fn deliveries(&self) -> Option<u64> {
        None
    }

    /// Handling has ended. Must neither block nor take long: it runs on the worker.
    fn settle(self, outcome: Outcome);
}

/// How handling went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    /// With the error of the handler.
    Failed(String),
    /// With the text of the panic.
    Panicked(String),
    /// It did not end within this time, and was dropped.
    TimedOut(Duration),
}

impl Outcome {
    /// What kind of failure it is, as traces have it, and its text; `None` where it is none.
    pub(super) fn failure(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Succeeded => None,
            Self::Failed(error) => Some(("handler_failed", error)),
            Self::Panicked(panic) => Some(("handler_panicked", panic)),
            Self::TimedOut(_) => Some(("handler_timeout", "the handler took too long and was dropped")),
        }
    }
}

/// What a pool runs over its messages.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Handles a message; the error is text already.
    fn handle(&self, delivery: Delivery) -> impl Future<Output = Result<(), String>> + Send;
}

impl<H, F, E> Handler for H
where
    H: Fn(Delivery) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    async fn handle(&self, delivery: Delivery) -> Result<(), String> {
        self(delivery).await.map_err(|error| error.to_string())
    }
}
