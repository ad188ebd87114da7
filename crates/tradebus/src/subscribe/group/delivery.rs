//! A message as a member of a group gets it, to be settled when it was handled.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tradebus_engine::EntryId;

use super::ledger::Verdict;
use super::member::Member;
use crate::subscribe::queue::Waiting;
use crate::{Delivery, Message, StreamKey};

/// A message on its way through the queue of a member.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) delivery: Delivery,
    /// How often it was delivered, this time included.
    pub(super) deliveries: u64,
}

impl Waiting for Received {
    fn message(&self) -> &Message {
        &self.delivery.message
    }

    fn message_mut(&mut self) -> &mut Message {
        &mut self.delivery.message
    }
}

/// A message of a group subscription. It is pending until it is settled: by [`ack`](Self::ack), [`nack`](Self::nack) or
/// [`reject`](Self::reject). One that is dropped without being settled counts as failed, and is delivered again.
#[derive(Debug)]
#[must_use = "a message that is dropped unsettled is delivered again"]
pub struct GroupDelivery {
    delivery: Delivery,
    ticket: Ticket,
}

impl GroupDelivery {
    /// `None` if the member must not have it any more.
    pub(super) fn begin(received: Received, member: &Arc<Member>) -> Option<Self> {
        let Received { delivery, deliveries } = received;
        let ticket = Ticket::begin(member, &delivery, deliveries, None)?;
        Some(Self { delivery, ticket })
    }

    /// How often this message was delivered to the group, this time included.
    pub fn deliveries(&self) -> u64 {
        self.ticket.deliveries
    }

    /// It was handled. Acknowledgements go to the store in batches, at once when none is under way.
    pub fn ack(self) {
        self.ticket.ack();
    }

    /// It could not be handled now: it is delivered again after this time, or when the backoff of its number of deliveries is over. One
    /// that was delivered `max_deliveries` times becomes a dead letter.
    pub fn nack(self, delay: Option<Duration>) {
        self.ticket.fail(Verdict::Again { delay, error: "handed back".to_owned() });
    }

    /// It could not be handled, for this reason: it is delivered again when the backoff of its number of deliveries is over, or becomes a dead letter with
    /// this reason after `max_deliveries`.
    pub fn fail(self, reason: impl Into<String>) {
        self.ticket.fail(Verdict::Again { delay: None, error: reason.into() });
    }

    /// Nobody has handled it: others may have it at once. With `counts`, it was begun, and counts as delivered: one that is never handled becomes a
    /// dead letter in the end. Without, it is as if it had not been delivered.
    pub fn hand_back(self, counts: bool) {
        self.ticket.hand_back(counts);
    }

    /// It cannot be handled, ever: it becomes a dead letter with this reason.
    pub fn reject(self, reason: impl Into<String>) {
        self.ticket.fail(Verdict::Dead { error: reason.into() });
    }
}

impl Deref for GroupDelivery {
    type Target = Delivery;

    fn deref(&self) -> &Delivery {
        &self.delivery
    }
}

/// The right, and the duty, to settle an entry.
#[derive(Debug)]
pub(super) struct Ticket {
    member: Arc<Member>,
    stream: StreamKey,
    id: EntryId,
    pub(super) deliveries: u64,
    settled: bool,
}

impl Ticket {
    /// Handling begins. If it takes far longer than `limit`, its worker hangs, and others may have the message. `None` if the member must
    /// not have it any more.
    pub(super) fn begin(
        member: &Arc<Member>,
        delivery: &Delivery,
        deliveries: u64,
        limit: Option<Duration>,
    ) -> Option<Self> {
        if !member.ledger.begin(delivery, limit.map(|limit| limit * 2)) {
            return None;
        }
        member.out.fetch_add(1, Relaxed);
        let Delivery { stream, id, .. } = delivery;
        Some(Self { member: member.clone(), stream: stream.clone(), id: *id, deliveries, settled: false })
    }

    pub(super) fn ack(mut self) {
        self.settled = true;
        self.member.ledger.acknowledge(&self.stream, self.id);
    }

    fn hand_back(mut self, counts: bool) {
        self.settled = true;
        self.member.ledger.give_back(&self.stream, self.id, counts);
    }

    pub(super) fn fail(mut self, verdict: Verdict) {
        self.settled = true;
        self.member.ledger.fail(&self.stream, self.id, verdict);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.settled {
            let error = "it was dropped without being settled".to_owned();
            self.member.ledger.fail(&self.stream, self.id, Verdict::Again { delay: None, error });
        }
        if self.member.out.fetch_sub(1, Relaxed) == 1 {
            self.member.all_in.notify_waiters();
        }
    }
}
