//! Settles entries: acknowledges them in batches, delivers them again, or buries them among the dead letters.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hashbrown::HashMap;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tradebus_engine::EntryId;

use super::ledger::{Failed, Verdict};
use super::member::Member;
use super::retries::{Retries, backoff};
use super::shares::Steward;
use crate::StreamKey;
use crate::connectivity::Backoff;
use crate::store::{Acks, Claim, EntryRef, PendingQuery, RangeQuery, ReadBatch, StoreError};
use crate::subscribe::router::Router;

/// Ids in one acknowledgement, so that the server can do something else in between.
const ACK_AT_ONCE: usize = 2000;

/// Settles for one member, and sees it out when it leaves.
pub(super) struct Settler {
    member: Arc<Member>,
    retries: Retries,
    /// Could not be dealt with yet.
    failed: Vec<Failed>,
    router: Router,
    backoff: Backoff,
    role: String,
    /// Sees to the leases of the member's shares, until it is let go.
    steward: JoinSet<()>,
    let_go: watch::Sender<bool>,
}

impl Settler {
    pub(super) fn new(member: &Arc<Member>) -> Self {
        Self {
            steward: JoinSet::new(),
            let_go: watch::channel(false).0,
            retries: Retries::default(),
            failed: Vec::new(),
            router: member.router(),
            backoff: member.reading.backoff(),
            role: member.reading.next_role("settle"),
            member: member.clone(),
        }
    }

    /// Settles until the member leaves; `others` are its other tasks, which end then.
    pub(super) async fn run(mut self, mut others: JoinSet<()>) {
        let member = self.member.clone();
        loop {
            let due = self.retries.next_at();
            tokio::select! {
                biased;
                () = member.is_to_leave() => break,
                () = member.ledger.changed.notified() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            match self.settle().await {
                Ok(()) => {
                    self.backoff.reset();
                    member.reading.connectivity.up(&self.role);
                }
                Err(error) => {
                    member.reading.connectivity.down(&self.role, &error);
                    tokio::select! {
                        () = member.is_to_leave() => break,
                        () = sleep(self.backoff.next()) => member.ledger.changed.notify_one(),
                    }
                }
            }
        }
        while others.join_next().await.is_some() {}
        self.see_out().await;
        // Only now: as long as something is being handled, nobody else may have the shares.
        self.let_go.send_replace(true);
        while self.steward.join_next().await.is_some() {}
    }

    /// The steward runs as long as the settler.
    pub(super) fn with_steward(mut self, steward: Steward) -> Self {
        self.steward.spawn(steward.run(self.let_go.subscribe()));
        self
    }

    /// Deals with what was settled, and with what is due.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let settled = self.member.ledger.take_settled();
        self.failed.extend(settled.failed);
        let acknowledged = self.acknowledge(settled.acks).await;
        let returned = self.member.give_back(settled.returned).await;
        acknowledged.and(returned)?;
        let buried = self.deal_with_failed().await;
        self.deliver_due().await.and(buried)
    }

    /// Deals with what failed. What cannot be dealt with now is kept, and holds up nothing else.
    async fn deal_with_failed(&mut self) -> Result<(), StoreError> {
        let mut result = Ok(());
        for failed in std::mem::take(&mut self.failed) {
            match self.deal_with(&failed).await {
                Ok(()) => self.member.ledger.arrived(&failed.stream, &[failed.id]),
                Err(error) => {
                    self.failed.push(failed);
                    result = Err(error);
                }
            }
        }
        result
    }

    async fn acknowledge(&self, acks: Vec<(StreamKey, Vec<EntryId>)>) -> Result<(), StoreError> {
        if acks.is_empty() {
            return Ok(());
        }
        let parts: Vec<Acks<'_>> = acks
            .iter()
            .flat_map(|(stream, ids)| ids.chunks(ACK_AT_ONCE).map(move |ids| Acks { stream, ids }))
            .collect();
        let ledger = &self.member.ledger;
        if let Err(error) = self.member.tell_acknowledged(&parts).await {
            ledger.put_back(acks);
            return Err(error);
        }
        for (stream, ids) in &acks {
            ledger.arrived(stream, ids);
        }
        Ok(())
    }

    async fn deal_with(&mut self, failed: &Failed) -> Result<(), StoreError> {
        let rules = &self.member.rules;
        let (deliveries, max) = (failed.deliveries, rules.max_deliveries);
        match &failed.verdict {
            Verdict::Again { delay, error } if deliveries < max => {
                let backoff = || backoff(deliveries, rules.retry_min, rules.retry_max);
                let delay = delay.unwrap_or_else(backoff);
                tracing::debug!(stream = %failed.stream, id = %failed.id, deliveries, %error, ?delay, "a message is delivered again");
                self.member.ledger.wait_for_retry(&failed.stream, failed.id);
                self.retries.push(Instant::now() + delay, failed.stream.clone(), failed.id, deliveries);
                Ok(())
            }
            Verdict::Again { error, .. } | Verdict::Dead { error } => self.member.bury(failed, error).await,
        }
    }

    async fn deliver_due(&mut self) -> Result<(), StoreError> {
        let due = self.retries.take_due(Instant::now());
        for (at, (stream, entries)) in due.iter().enumerate() {
            if let Err(error) = self.deliver_again(stream, entries).await {
                // They are due again at once, when the store can be used.
                for (stream, entries) in &due[at..] {
                    for (id, deliveries) in entries {
                        self.retries.push(Instant::now(), stream.clone(), *id, *deliveries);
                    }
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn deliver_again(
        &mut self,
        stream: &StreamKey,
        entries: &[(EntryId, u64)],
    ) -> Result<(), StoreError> {
        let member = self.member.clone();
        let _turn = member.taking_over.lock().await;
        // What is not in hand any more is somebody else's.
        let ids = entries.iter().map(|(id, _)| *id);
        let ids: Vec<EntryId> = ids.filter(|id| member.ledger.waits_for_retry(stream, *id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let deliveries: HashMap<EntryId, u64> = entries.iter().map(|(id, n)| (*id, n + 1)).collect();
        let claim = Claim { ids: &ids, min_idle: Duration::ZERO };
        let batch = match member.groups().claim(stream, &member.group, &member.consumer, claim).await {
            Err(StoreError::NoGroup { .. } | StoreError::WrongType { .. }) => ReadBatch::default(),
            batch => batch?,
        };
        // They are taken into the books anew.
        for id in &ids {
            member.ledger.forget(stream, *id);
        }
        member.reading.meters.group.redelivered.add(batch.len() as u64);
        member.receive(&batch, &mut self.router, |id| deliveries.get(&id).copied().unwrap_or(1));
        let came: Vec<EntryId> = batch.entries().map(EntryRef::id).collect();
        for id in ids.iter().filter(|id| !came.contains(id)) {
            self.look_after(stream, *id, deliveries[id]).await?;
        }
        Ok(())
    }

    /// An entry that could not be claimed: the group was made anew and does not know it, or it is gone.
    async fn look_after(
        &mut self,
        stream: &StreamKey,
        id: EntryId,
        deliveries: u64,
    ) -> Result<(), StoreError> {
        let member = self.member.clone();
        let pending = PendingQuery { ids: id..=id, limit: 1, ..PendingQuery::default() };
        match member.groups().pending(stream, &member.group, pending).await {
            // It is somebody else's.
            Ok(pending) if !pending.is_empty() => return Ok(()),
            Ok(_) | Err(StoreError::NoGroup { .. } | StoreError::WrongType { .. }) => {}
            Err(error) => return Err(error),
        }
        let one = RangeQuery { start: id, end: id, limit: 1, reverse: false };
        match member.reading.store.range(stream, one).await {
            Ok(batch) if !batch.is_empty() => member.receive(&batch, &mut self.router, |_| deliveries),
            Ok(_) | Err(StoreError::WrongType { .. }) => member.lost(stream, id),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Waits for what the subscriber has in hand, settles it, and hands back the rest, so that others can have it at once.
    async fn see_out(&mut self) {
        let member = self.member.clone();
        let deadline = (*member.leaving.borrow()).unwrap_or_else(Instant::now);
        // It is in the books. Others can have at once what was not begun; what was begun is waited for.
        drop(member.queue.drain());
        member.ledger.return_unbegun(|_| true);
        if let Err(error) = self.settle().await {
            tracing::debug!(%error, "what was not begun could not be handed back yet");
        }
        loop {
            let mut all_in = std::pin::pin!(member.all_in.notified());
            all_in.as_mut().enable();
            if member.out.load(Relaxed) == 0 || tokio::time::timeout_at(deadline, all_in).await.is_err() {
                break;
            }
        }
        if let Err(error) = self.settle().await {
            tracing::warn!(%error, "not everything could be acknowledged; it is delivered again");
        }
        if let Err(error) = member.hand_back().await {
            tracing::warn!(
                %error, idle_ms = member.rules.claim_idle.as_millis() as u64,
                "unfinished messages could not be handed back; others take them over when they have been idle"
            );
        }
    }
}

impl Drop for Settler {
    /// It has seen the member out, or the bus is gone.
    fn drop(&mut self) {
        self.member.reading.connectivity.forget(&self.role);
        self.member.left.send_replace(true);
    }
}

impl Member {
    pub(super) async fn tell_acknowledged(&self, acks: &[Acks<'_>]) -> Result<(), StoreError> {
        match self.groups().acknowledge(&self.group, acks).await {
            Ok(acknowledged) => self.reading.meters.group.acked.add(acknowledged),
            // The key was replaced: there is nothing pending in what is no stream.
            Err(error @ StoreError::WrongType { .. }) => tracing::warn!(%error, "nothing to acknowledge"),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// An entry was trimmed or deleted before it was handled.
    pub(super) fn lost(&self, stream: &StreamKey, id: EntryId) {
        self.reading.meters.group.lost.add(1);
        tracing::warn!(%stream, %id, group = %self.group, "a message was trimmed before it was handled");
    }
}
