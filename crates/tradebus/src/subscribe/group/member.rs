//! A member of a consumer group: what its tasks share.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tradebus_engine::EntryId;

use super::Received;
use super::ledger::{Failed, Ledger, Verdict};
use super::shares::Shares;
use crate::metrics::Gauge;
use crate::store::{ConsumerGroups, EntryRef, ReadBatch};
use crate::subscribe::queue::Queue;
use crate::subscribe::router::Router;
use crate::subscribe::shared::Reading;
use crate::wire::record::{Malformed, RawRecord};
use crate::{Delivery, Pattern, StreamKey};

/// What a member is held to.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) max_deliveries: u64,
    pub(super) retry_min: Duration,
    pub(super) retry_max: Duration,
    /// Pending entries that nobody has cared for so long are taken over.
    pub(super) claim_idle: Duration,
    /// Most entries in hand.
    pub(super) max_held: usize,
    /// Messages that came too late to be of use are dead letters, and not just acknowledged.
    pub(super) bury_expired: bool,
    /// Where dead letters go.
    pub(super) dead: StreamKey,
    /// Most dead letters that are kept.
    pub(super) max_dead: u64,
}

/// A member.
#[derive(Debug)]
pub(in crate::subscribe) struct Member {
    pub(super) reading: Arc<Reading>,
    pub(super) group: SmolStr,
    pub(super) consumer: SmolStr,
    pub(super) pattern: Pattern,
    pub(super) queue: Queue<Received>,
    pub(super) ledger: Ledger,
    pub(super) rules: Rules,
    /// What it may have, where only one member at a time may have it. Without, all members share everything.
    pub(super) shares: Option<Arc<Shares>>,
    /// How many shares it has.
    pub(super) shares_held: Arc<Gauge>,
    /// How far the group is known to have come, by stream.
    pub(super) positions: Mutex<HashMap<StreamKey, EntryId>>,
    /// Whoever takes over pending entries has it.
    pub(super) taking_over: tokio::sync::Mutex<()>,
    /// Streams with entries that have been pending under its name for long, and are not in its hands.
    pub(super) unfound: Mutex<HashSet<StreamKey>>,
    /// Messages in the hands of the subscriber.
    pub(super) out: AtomicUsize,
    /// There are none any more.
    pub(super) all_in: Notify,
    /// It leaves, and waits until then for messages in the hands of the subscriber.
    pub(super) leaving: watch::Sender<Option<Instant>>,
    /// It has left.
    pub(super) left: watch::Sender<bool>,
}

/// What the entries of a batch turn out to be.
#[derive(Default)]
struct Sorted<'a> {
    received: Vec<Received>,
    /// Not for this member, by stream.
    passed: Vec<(&'a StreamKey, Vec<EntryId>)>,
}

impl Member {
    pub(super) fn groups(&self) -> &dyn ConsumerGroups {
        self.reading.store.consumer_groups()
    }

    /// Asks it to leave.
    pub(super) fn leave(&self, deadline: Instant) {
        self.leaving.send_if_modified(|known| {
            let is_new = known.is_none();
            known.get_or_insert(deadline);
            is_new
        });
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.borrow().is_some()
    }

    /// The bus is gone: nothing will come any more.
    pub(in crate::subscribe) fn abandon(&self) {
        self.queue.close();
    }

    /// Returns when it is to leave. Cancel safe.
    pub(super) async fn is_to_leave(&self) {
        // The sender lives as long as the member.
        let _ = self.leaving.subscribe().wait_for(Option::is_some).await;
    }

    /// The streams that it reads.
    pub(in crate::subscribe) fn streams(&self) -> Vec<StreamKey> {
        self.positions.lock().keys().cloned().collect()
    }

    /// Messages that wait for its subscriber.
    pub(in crate::subscribe) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether it may take something of a stream in hand.
    pub(super) fn may_have(&self, stream: &StreamKey) -> bool {
        self.shares.as_ref().is_none_or(|shares| shares.token(stream).is_some())
    }

    /// Whether a message was delivered under the lease that this member has.
    fn is_current(&self, delivery: &Delivery) -> bool {
        let token = |shares: &Arc<Shares>| shares.token(&delivery.stream);
        self.shares
            .as_ref()
            .is_none_or(|shares| delivery.fencing_token.is_some() && token(shares) == delivery.fencing_token)
    }

    /// How many more entries it may take in hand.
    pub(super) fn free(&self) -> usize {
        self.rules.max_held.saturating_sub(self.ledger.held())
    }

    /// Takes entries that were delivered to this member: messages that it wants go to its queue, what is no message is given up, and the rest
    /// is acknowledged.
    pub(super) fn receive(
        &self,
        batch: &ReadBatch,
        router: &mut Router,
        deliveries: impl Fn(EntryId) -> u64,
    ) {
        let mut sorted = Sorted::default();
        for entry in batch.entries() {
            let deliveries = deliveries(entry.id());
            if let Err(kind) = self.sort(entry, router, deliveries, &mut sorted) {
                self.refuse(entry, deliveries, kind);
            }
        }
        for (stream, ids) in &sorted.passed {
            self.reading.meters.group.filtered.add(ids.len() as u64);
            self.ledger.pass_over(stream, ids);
        }
        self.reading.meters.matches.add(sorted.received.len() as u64);
        self.ledger.admit(&mut sorted.received, |delivery| self.is_current(delivery));
        self.queue.push_all(sorted.received);
    }

    fn sort<'a>(
        &self,
        entry: EntryRef<'a>,
        router: &mut Router,
        deliveries: u64,
        sorted: &mut Sorted<'a>,
    ) -> Result<(), Malformed> {
        let raw = RawRecord::parse(entry.fields())?;
        let (topic, wanting) = router.route(raw.topic);
        if wanting.is_empty() {
            match sorted.passed.last_mut().filter(|(stream, _)| *stream == entry.stream()) {
                Some((_, ids)) => ids.push(entry.id()),
                None => sorted.passed.push((entry.stream(), vec![entry.id()])),
            }
            return Ok(());
        }
        let mut delivery = self.reading.read(entry, raw, topic.clone())?;
        delivery.fencing_token = self.shares.as_ref().and_then(|shares| shares.token(entry.stream()));
        sorted.received.push(Received { delivery, deliveries });
        Ok(())
    }

    fn refuse(&self, entry: EntryRef<'_>, deliveries: u64, kind: Malformed) {
        let (stream, id) = (entry.stream().clone(), entry.id());
        self.reading.meters.note_malformed(kind, format_args!("{id} in {stream}"));
        let verdict = Verdict::Dead { error: format!("it is no message: {kind}") };
        self.ledger.give_up(Failed { stream, id, deliveries, verdict });
    }

    /// A message came too late to be of use: it is acknowledged, or a dead letter.
    pub(super) fn settle_expired(&self, stale: &Received) {
        let Delivery { stream, id, .. } = &stale.delivery;
        if self.rules.bury_expired {
            self.ledger.fail(stream, *id, Verdict::Dead { error: "it had expired".to_owned() });
        } else {
            self.ledger.acknowledge(stream, *id);
        }
    }

    /// The group has come so far in a stream.
    pub(super) fn note_position(&self, stream: &StreamKey, id: EntryId) {
        let mut positions = self.positions.lock();
        let known = positions.entry_ref(stream).or_insert(EntryId::MIN);
        *known = id.max(*known);
    }
}
