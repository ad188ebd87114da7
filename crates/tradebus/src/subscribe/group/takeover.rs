//! Pending entries change hands: a member takes what others do not finish, and never twice what it has itself.
//!
//! What this member does not know of may become known while it asks the store for it, be settled, and be unknown again when the answer comes. So one
//! take-over waits for the other. And what is pending under its own name may be on its way in the answer of a read: only the reader
//! takes that up, between two reads.

use std::time::Duration;

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use super::ledger::{Failed, Verdict};
use super::member::Member;
use crate::StreamKey;
use crate::store::{Claim, PendingEntry, StoreError};
use crate::subscribe::router::Router;

impl Member {
    /// Claims pending entries that this member does not have. Those that were delivered too often already are given up.
    pub(super) async fn take_over(
        &self,
        stream: &StreamKey,
        mut pending: Vec<PendingEntry>,
        min_idle: Duration,
        router: &mut Router,
    ) -> Result<(), StoreError> {
        let _turn = self.taking_over.lock().await;
        self.ledger.retain_unknown(stream, &mut pending);
        if pending.is_empty() {
            return Ok(());
        }
        let (spent, fresh): (Vec<_>, Vec<_>) =
            pending.iter().partition(|entry| entry.deliveries >= self.rules.max_deliveries);
        self.take_fresh(stream, &fresh, min_idle, router).await?;
        self.give_up_spent(stream, &spent, min_idle).await
    }

    async fn take_fresh(
        &self,
        stream: &StreamKey,
        fresh: &[&PendingEntry],
        min_idle: Duration,
        router: &mut Router,
    ) -> Result<(), StoreError> {
        let ids: Vec<EntryId> = fresh.iter().map(|entry| entry.id).collect();
        let deliveries: HashMap<EntryId, u64> =
            fresh.iter().map(|entry| (entry.id, entry.deliveries + 1)).collect();
        let claim = Claim { ids: &ids, min_idle };
        let batch = self.groups().claim(stream, &self.group, &self.consumer, claim).await?;
        if !batch.is_empty() {
            tracing::debug!(%stream, entries = batch.len(), "pending entries were taken over");
            self.reading.meters.group.claimed.add(batch.len() as u64);
        }
        self.receive(&batch, router, |id| deliveries.get(&id).copied().unwrap_or(1));
        Ok(())
    }

    /// Entries that were delivered as often as is allowed and never settled: whoever got them died, or was stopped, over them.
    async fn give_up_spent(
        &self,
        stream: &StreamKey,
        spent: &[&PendingEntry],
        min_idle: Duration,
    ) -> Result<(), StoreError> {
        let ids: Vec<EntryId> = spent.iter().map(|entry| entry.id).collect();
        let claim = Claim { ids: &ids, min_idle };
        // Only who gets an entry gives it up.
        let batch = self.groups().claim(stream, &self.group, &self.consumer, claim).await?;
        for entry in batch.entries() {
            let Some(known) = spent.iter().find(|known| known.id == entry.id()) else { continue };
            let (deliveries, consumer) = (known.deliveries, &known.consumer);
            let error = format!(
                "it was delivered {deliveries} times and never settled; the last to get it was {consumer}"
            );
            let verdict = Verdict::Dead { error };
            self.ledger.give_up(Failed { stream: stream.clone(), id: entry.id(), deliveries, verdict });
        }
        Ok(())
    }
}
