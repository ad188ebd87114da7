//! A group subscription, as its owner sees it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::member::Member;
use super::{GroupDelivery, Received};
use crate::Pattern;
use crate::subscribe::outlet::Outlet;

/// Messages that a consumer group shares, as this consumer gets them: a [`Stream`] that ends when the bus is closed.
///
/// Each message has to be [settled](GroupDelivery). Dropping the subscription leaves the group: what was not handed out is handed
/// back for others at once, and what is in the hands of the subscriber can still be settled for `shutdown_timeout`.
#[derive(Debug)]
#[must_use = "a subscription ends when it is dropped"]
pub struct GroupSubscription {
    pub(super) member: Arc<Member>,
    outlet: Outlet<Received>,
    /// How long leaving waits for what is in the hands of the subscriber.
    patience: Duration,
}

impl GroupSubscription {
    pub(super) fn new(member: Arc<Member>, patience: Duration) -> Self {
        let outlet = Outlet::new(member.reading.meters.clone());
        Self { member, outlet, patience }
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.member.pattern
    }

    /// Name of the group.
    pub fn group(&self) -> &str {
        &self.member.group
    }

    /// Name of this consumer.
    pub fn consumer(&self) -> &str {
        &self.member.consumer
    }

    /// Whether this consumer gets messages now. Always, unless only one of a group at a time may have them: with
    /// [`single_active`](super::GroupOptions::single_active), and where the group keeps the order of topics over shards.
    pub fn is_active(&self) -> bool {
        self.member.shares.as_ref().is_none_or(|shares| shares.held() > 0)
    }

    /// With [`single_active`](super::GroupOptions::single_active): the fencing token while this consumer is the active one.
    pub fn fencing_token(&self) -> Option<u64> {
        self.member.shares.as_ref().and_then(|shares| *shares.active().borrow())
    }

    /// The [`fencing_token`](Self::fencing_token) as it comes and goes, to be waited for.
    pub fn activity(&self) -> watch::Receiver<Option<u64>> {
        let shares = self.member.shares.as_ref();
        shares.map_or_else(|| watch::channel(None).1, |shares| shares.active())
    }

    /// Messages that wait to be taken.
    pub fn queued(&self) -> usize {
        self.outlet.chunk.len() + self.member.queue.len()
    }

    /// Messages that were delivered to this consumer and are not settled.
    pub fn pending(&self) -> usize {
        self.member.ledger.held()
    }

    /// The next message; `None` once the bus is closed. Cancel safe.
    pub async fn next(&mut self) -> Option<GroupDelivery> {
        std::future::poll_fn(|cx| self.poll_one(cx)).await
    }

    /// Leaves the group: waits up to `shutdown_timeout` for messages that were handed out and are not settled, acknowledges, and hands the
    /// rest back for others. Calling [`next`](Self::next) afterwards is not possible; dropping the subscription does the same in the background.
    pub async fn close(self) {
        let member = self.member.clone();
        drop(self);
        member.has_left().await;
    }

    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Option<GroupDelivery>> {
        loop {
            let Some(received) = ready!(self.poll_received(cx)) else { return Poll::Ready(None) };
            if let Some(delivery) = GroupDelivery::begin(received, &self.member) {
                return Poll::Ready(Some(delivery));
            }
        }
    }

    pub(super) fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let Self { member, outlet, .. } = self;
        outlet.poll_useful(&member.queue, cx, |stale| member.settle_expired(&stale))
    }

    pub(super) fn poll_critical(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let Self { member, outlet, .. } = self;
        outlet.poll_critical(&member.queue, cx, |stale| member.settle_expired(&stale))
    }
}

impl Stream for GroupSubscription {
    type Item = GroupDelivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<GroupDelivery>> {
        self.poll_one(cx)
    }
}

impl Drop for GroupSubscription {
    fn drop(&mut self) {
        self.member.leave(Instant::now() + self.patience);
    }
}

impl Member {
    /// Returns when it has left. Cancel safe.
    pub(super) async fn has_left(&self) {
        // The sender lives as long as the member.
        let _ = self.left.subscribe().wait_for(|left| *left).await;
    }
}
