//! Giving entries to the consumers of a group, and taking them from one to give them to another.

use std::ops::ControlFlow;

use super::{Fields, Group, Stream};
use crate::{DbError, EntryId};

/// How many pending entries are looked at for each that may be claimed.
const LOOKED_AT: usize = 10;

/// Pending entries that shall change hands, by their ids.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The entries.
    pub ids: &'a [EntryId],
    /// Only those that were delivered at least so many milliseconds ago.
    pub min_idle_ms: u64,
    /// Delivered when, in milliseconds since 1970; `None` for now.
    pub delivered_at: Option<u64>,
    /// How often they were delivered; `None` to count on.
    pub deliveries: Option<u64>,
    /// Whether this counts as a delivery, where `deliveries` does not say how many there were.
    pub counts: bool,
    /// Also entries of the stream that are not pending.
    pub force: bool,
}

/// Pending entries that shall change hands, whichever they are.
#[derive(Debug, Clone, Copy)]
pub struct AutoClaim {
    /// Where to begin.
    pub start: EntryId,
    /// Only those that were delivered at least so many milliseconds ago.
    pub min_idle_ms: u64,
    /// At most so many, those counted that turn out to be gone.
    pub count: usize,
    /// Whether this counts as a delivery.
    pub counts: bool,
}

/// What became of an [`AutoClaim`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutoClaimed {
    /// Where to go on; [`EntryId::MIN`] at the end.
    pub next: EntryId,
    /// The entries that changed hands.
    pub claimed: Vec<EntryId>,
    /// Entries that are no longer in the stream, and so no longer pending.
    pub gone: Vec<EntryId>,
}

/// Changes of what is pending, for the log.
#[derive(Debug, Default)]
pub(crate) struct PendingChanges {
    /// Entries of the consumer, with the number of their deliveries.
    pub(crate) assigned: Vec<(EntryId, u64)>,
    pub(crate) settled: Vec<EntryId>,
}

impl Stream {
    pub(crate) fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name)
    }

    pub(crate) fn group_mut(&mut self, name: &[u8]) -> Result<&mut Group, DbError> {
        self.groups.get_mut(name).ok_or(DbError::NoSuchGroup)
    }

    /// The groups by name.
    pub(crate) fn groups(&self) -> impl ExactSizeIterator<Item = (&[u8], &Group)> {
        self.groups.iter().map(|(name, group)| (&**name, group))
    }

    pub(crate) fn create_group(&mut self, name: &[u8], group: Group) -> Result<(), DbError> {
        if self.groups.contains_key(name) {
            return Err(DbError::GroupExists);
        }
        self.groups.insert(name.into(), group);
        Ok(())
    }

    pub(crate) fn destroy_group(&mut self, name: &[u8]) -> bool {
        self.groups.remove(name).is_some()
    }

    /// Delivers up to `limit` entries that are new to a group, and shows them. With `pending`, they have to be acknowledged.
    pub(crate) fn deliver(
        &mut self,
        name: &[u8],
        consumer: &[u8],
        limit: usize,
        pending: bool,
        now: u64,
        mut visit: impl FnMut(EntryId, Fields<'_>) -> ControlFlow<()>,
    ) -> Result<usize, DbError> {
        self.with_group(name, |stream, group| {
            let consumer = group.see_consumer(consumer, now);
            let progress = stream.progress();
            let Some(start) = group.last_delivered().next() else { return 0 };
            stream.range(start, EntryId::MAX, limit, |id, fields| {
                group.set_position(id, progress.after(group.entries_read(), id));
                if pending {
                    group.assign(id, &consumer, now, 1);
                }
                visit(id, fields)
            })
        })
    }

    /// Shows what is pending for a consumer behind an id, up to `limit` entries, each with its fields unless it is gone from the
    /// stream. Those that are not gone count as delivered once more.
    pub(crate) fn deliver_again(
        &mut self,
        name: &[u8],
        consumer: &[u8],
        after: EntryId,
        limit: usize,
        now: u64,
        mut visit: impl FnMut(EntryId, Option<Fields<'_>>),
    ) -> Result<PendingChanges, DbError> {
        self.with_group(name, |stream, group| {
            let consumer = group.see_consumer(consumer, now);
            let pending = group.pending_behind(&consumer, after, limit);
            let mut changes = PendingChanges::default();
            for (id, deliveries) in pending {
                let there = stream.range(id, id, 1, |_, fields| {
                    visit(id, Some(fields));
                    ControlFlow::Continue(())
                });
                if there == 0 {
                    visit(id, None);
                } else {
                    group.assign(id, &consumer, now, deliveries + 1);
                    changes.assigned.push((id, deliveries + 1));
                }
            }
            changes
        })
    }

    /// Gives pending entries to a consumer.
    pub(crate) fn claim(
        &mut self,
        name: &[u8],
        consumer: &[u8],
        claim: Claim<'_>,
        now: u64,
    ) -> Result<PendingChanges, DbError> {
        self.with_group(name, |stream, group| {
            let mut changes = PendingChanges::default();
            for &id in claim.ids {
                let pending = group.find_pending(id).map(|it| (it.delivered_at, it.deliveries));
                if !stream.holds(id) {
                    if group.settle(id) {
                        changes.settled.push(id);
                    }
                    continue;
                }
                let before = match pending {
                    Some((at, _)) if now.saturating_sub(at) < claim.min_idle_ms => continue,
                    Some((_, deliveries)) => deliveries,
                    // As in Redis, an entry that was not pending counts as delivered before.
                    None if claim.force => 1,
                    None => continue,
                };
                let deliveries = claim.deliveries.unwrap_or(before + u64::from(claim.counts));
                let consumer = group.see_consumer(consumer, now);
                group.assign(id, &consumer, claim.delivered_at.unwrap_or(now), deliveries);
                changes.assigned.push((id, deliveries));
            }
            changes
        })
    }

    /// Gives pending entries that nobody seems to work on to a consumer.
    pub(crate) fn auto_claim(
        &mut self,
        name: &[u8],
        consumer: &[u8],
        claim: AutoClaim,
        now: u64,
    ) -> Result<(PendingChanges, EntryId), DbError> {
        self.with_group(name, |stream, group| {
            let (changes, next) = stream.claimable(group, claim, now);
            for id in &changes.settled {
                group.settle(*id);
            }
            if !changes.assigned.is_empty() {
                let consumer = group.see_consumer(consumer, now);
                for (id, deliveries) in &changes.assigned {
                    group.assign(*id, &consumer, now, *deliveries);
                }
            }
            (changes, next)
        })
    }

    /// What an [`AutoClaim`] would change, and where the next one goes on.
    fn claimable(&self, group: &Group, claim: AutoClaim, now: u64) -> (PendingChanges, EntryId) {
        let mut changes = PendingChanges::default();
        let most = claim.count.saturating_mul(LOOKED_AT);
        for (looked_at, it) in group.pending(claim.start..=EntryId::MAX).enumerate() {
            if looked_at == most || changes.assigned.len() + changes.settled.len() == claim.count {
                return (changes, it.id);
            }
            if !self.holds(it.id) {
                changes.settled.push(it.id);
            } else if now.saturating_sub(it.delivered_at) >= claim.min_idle_ms {
                changes.assigned.push((it.id, it.deliveries + u64::from(claim.counts)));
            }
        }
        (changes, EntryId::MIN)
    }

    /// Works with the stream and one of its groups, which is out of the stream meanwhile.
    fn with_group<R>(
        &mut self,
        name: &[u8],
        work: impl FnOnce(&Self, &mut Group) -> R,
    ) -> Result<R, DbError> {
        let mut group = std::mem::replace(self.group_mut(name)?, Group::new(EntryId::MIN, None));
        let result = work(self, &mut group);
        *self.group_mut(name)? = group;
        Ok(result)
    }

    fn holds(&self, id: EntryId) -> bool {
        self.range(id, id, 1, |_, _| ControlFlow::Continue(())) > 0
    }
}
