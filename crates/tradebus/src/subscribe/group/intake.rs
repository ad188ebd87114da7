//! The share of a member as work for a pool of workers.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::delivery::Ticket;
use super::ledger::Verdict;
use super::member::Member;
use super::{GroupSubscription, Received};
use crate::workers::{Intake, Job, Outcome};
use crate::{Delivery, Message};

/// What the workers take from.
#[derive(Debug)]
pub(super) struct GroupIntake {
    subscription: GroupSubscription,
    /// Longest that a handler may take.
    timeout: Option<Duration>,
}

/// A message that no handler has begun. Dropped, it stays in the books of its member, which hands it back when it leaves.
#[derive(Debug)]
pub(super) struct Unbegun {
    received: Received,
    member: Arc<Member>,
    timeout: Option<Duration>,
}

impl GroupIntake {
    pub(super) fn new(subscription: GroupSubscription, timeout: Option<Duration>) -> Self {
        Self { subscription, timeout }
    }

    fn job(&self, received: Received) -> Unbegun {
        Unbegun { received, member: self.subscription.member.clone(), timeout: self.timeout }
    }
}

impl Intake for GroupIntake {
    type Job = Unbegun;

    fn poll_job(&mut self, cx: &mut Context<'_>) -> Poll<Option<Unbegun>> {
        self.subscription.poll_received(cx).map(|received| received.map(|received| self.job(received)))
    }

    fn poll_critical(&mut self, cx: &mut Context<'_>) -> Poll<Unbegun> {
        self.subscription.poll_critical(cx).map(|received| self.job(received))
    }

    fn fill(&self) -> f64 {
        self.subscription.member.queue.fill()
    }
}

impl Job for Unbegun {
    type Ticket = Ticket;

    fn message(&self) -> &Message {
        &self.received.delivery.message
    }

    fn split(self) -> Option<(Delivery, Ticket)> {
        let Received { delivery, deliveries } = self.received;
        let ticket = Ticket::begin(&self.member, &delivery, deliveries, self.timeout)?;
        Some((delivery, ticket))
    }
}

impl crate::workers::Ticket for Ticket {
    fn deliveries(&self) -> Option<u64> {
        Some(self.deliveries)
    }

    fn settle(self, outcome: Outcome) {
        let error = match outcome {
            Outcome::Succeeded => return self.ack(),
            Outcome::Failed(error) => error,
            Outcome::Panicked(text) => format!("the handler panicked: {text}"),
            Outcome::TimedOut(limit) => format!("the handler took longer than {} ms", limit.as_millis()),
        };
        self.fail(Verdict::Again { delay: None, error });
    }
}
