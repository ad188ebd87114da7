//! A consumer group: how far it has come, and which entries its consumers have got and not acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::EntryId;

/// The name of a consumer, shared by all that it has got.
pub(crate) type Name = Arc<[u8]>;

/// A consumer group of a stream.
#[derive(Debug, Clone)]
pub struct Group {
    last_delivered: EntryId,
    entries_read: Option<u64>,
    /// Delivered and not acknowledged.
    pending: BTreeMap<EntryId, Delivered>,
    /// Those with something pending are the keys of the same entries by consumer.
    consumers: BTreeMap<Name, Consumer>,
}

/// A delivery that is not acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    consumer: Name,
    at: u64,
    deliveries: u64,
}

/// A member of a group.
#[derive(Debug, Clone, Default)]
pub struct Consumer {
    seen: u64,
    pending: BTreeSet<EntryId>,
}

/// An entry that a consumer has got and not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending<'a> {
    /// The entry, which may be gone from the stream.
    pub id: EntryId,
    /// Who has got it.
    pub consumer: &'a [u8],
    /// When it was delivered last, in milliseconds since 1970.
    pub delivered_at: u64,
    /// How often it was delivered.
    pub deliveries: u64,
}

impl Group {
    pub(crate) const fn new(last_delivered: EntryId, entries_read: Option<u64>) -> Self {
        Self { last_delivered, entries_read, pending: BTreeMap::new(), consumers: BTreeMap::new() }
    }

    /// The last entry that was delivered as a new one.
    pub const fn last_delivered(&self) -> EntryId {
        self.last_delivered
    }

    /// How many entries of the stream were delivered or passed over, if that is known.
    pub const fn entries_read(&self) -> Option<u64> {
        self.entries_read
    }

    /// How many entries are pending.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The pending entries with these ids, the oldest id first.
    pub fn pending(
        &self,
        ids: RangeInclusive<EntryId>,
    ) -> impl DoubleEndedIterator<Item = Pending<'_>> + use<'_> {
        within(ids)
            .into_iter()
            .flat_map(|ids| self.pending.range(ids))
            .map(|(id, delivered)| delivered.pending(*id))
    }

    /// The consumers by name.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = (&[u8], &Consumer)> {
        self.consumers.iter().map(|(name, consumer)| (&**name, consumer))
    }

    /// One consumer.
    pub fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        self.consumers.get(name)
    }

    /// What is pending for one consumer, the oldest id first.
    pub fn pending_of<'a>(
        &'a self,
        consumer: &'a Consumer,
        ids: RangeInclusive<EntryId>,
    ) -> impl Iterator<Item = Pending<'a>> {
        let ids = within(ids).into_iter().flat_map(|ids| consumer.pending.range(ids));
        ids.filter_map(|id| self.find_pending(*id))
    }

    /// What is pending for a consumer behind an id, with the number of deliveries.
    pub(crate) fn pending_behind(
        &self,
        consumer: &[u8],
        after: EntryId,
        limit: usize,
    ) -> Vec<(EntryId, u64)> {
        let (Some(start), Some(consumer)) = (after.next(), self.consumer(consumer)) else {
            return Vec::new();
        };
        let pending = self.pending_of(consumer, start..=EntryId::MAX);
        pending.take(limit).map(|it| (it.id, it.deliveries)).collect()
    }

    pub(crate) fn find_pending(&self, id: EntryId) -> Option<Pending<'_>> {
        self.pending.get(&id).map(|delivered| delivered.pending(id))
    }

    pub(crate) const fn set_position(&mut self, last_delivered: EntryId, entries_read: Option<u64>) {
        self.last_delivered = last_delivered;
        self.entries_read = entries_read;
    }

    /// The shared name of a consumer, which is made if there is none; it counts as seen now.
    pub(crate) fn see_consumer(&mut self, name: &[u8], now: u64) -> Name {
        if let Some((known, _)) = self.consumers.get_key_value(name) {
            let known = Arc::clone(known);
            if let Some(consumer) = self.consumers.get_mut(name) {
                consumer.seen = now;
            }
            return known;
        }
        let name: Name = name.into();
        self.consumers.insert(Arc::clone(&name), Consumer { seen: now, pending: BTreeSet::new() });
        name
    }

    /// Removes a consumer with all that is pending for it; tells how much that was.
    pub(crate) fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let consumer = self.consumers.remove(name)?;
        for id in &consumer.pending {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// An entry is delivered to a consumer of this group: it changes hands if it was pending for another one.
    pub(crate) fn assign(&mut self, id: EntryId, consumer: &Name, at: u64, deliveries: u64) {
        let delivered = Delivered { consumer: Arc::clone(consumer), at, deliveries };
        if let Some(before) = self.pending.insert(id, delivered) {
            if Arc::ptr_eq(&before.consumer, consumer) {
                return;
            }
            if let Some(owner) = self.consumers.get_mut(&before.consumer) {
                owner.pending.remove(&id);
            }
        }
        if let Some(owner) = self.consumers.get_mut(consumer) {
            owner.pending.insert(id);
        }
    }

    /// An entry is no longer pending. Returns whether it was.
    pub(crate) fn settle(&mut self, id: EntryId) -> bool {
        let Some(delivered) = self.pending.remove(&id) else { return false };
        if let Some(owner) = self.consumers.get_mut(&delivered.consumer) {
            owner.pending.remove(&id);
        }
        true
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        // A tree is filled to two thirds on the average.
        const PENDING: usize = (size_of::<(EntryId, Delivered)>() + size_of::<EntryId>()) * 3 / 2;
        let consumers: usize =
            self.consumers.keys().map(|name| name.len() + size_of::<(Name, Consumer)>() * 3 / 2).sum();
        size_of::<Self>() + consumers + self.pending.len() * PENDING
    }
}

/// A range for a tree, which would panic on one that is empty.
fn within(ids: RangeInclusive<EntryId>) -> Option<RangeInclusive<EntryId>> {
    Some(ids).filter(|ids| !ids.is_empty())
}

impl Delivered {
    fn pending(&self, id: EntryId) -> Pending<'_> {
        Pending { id, consumer: &self.consumer, delivered_at: self.at, deliveries: self.deliveries }
    }
}

impl Consumer {
    /// When it last read or claimed, in milliseconds since 1970.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// How many entries are pending for it.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Group;
    use crate::EntryId;

    #[derive(Debug, Clone)]
    enum Step {
        Assign { id: u64, consumer: u8, at: u64 },
        Settle { id: u64 },
        RemoveConsumer { consumer: u8 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..40u64, 0..4u8, any::<u64>()).prop_map(|(id, consumer, at)| Step::Assign { id, consumer, at }),
            3 => (0..40u64).prop_map(|id| Step::Settle { id }),
            1 => (0..4u8).prop_map(|consumer| Step::RemoveConsumer { consumer }),
        ]
    }

    proptest! {
        /// Every pending entry belongs to exactly the consumer that it names.
        #[test]
        fn both_indexes_agree(steps in prop::collection::vec(step(), 0..200)) {
            let mut group = Group::new(EntryId::MIN, None);
            let mut model = std::collections::BTreeMap::new();
            for step in steps {
                match step {
                    Step::Assign { id, consumer, at } => {
                        let name = group.see_consumer(&[consumer], at);
                        group.assign(EntryId::new(id, 0), &name, at, 1);
                        model.insert(id, consumer);
                    }
                    Step::Settle { id } => {
                        prop_assert_eq!(group.settle(EntryId::new(id, 0)), model.remove(&id).is_some());
                    }
                    Step::RemoveConsumer { consumer } => {
                        let before = model.len();
                        model.retain(|_, owner| *owner != consumer);
                        prop_assert_eq!(group.remove_consumer(&[consumer]).unwrap_or(0), before - model.len());
                    }
                }
                let seen: Vec<_> = group.pending(EntryId::MIN..=EntryId::MAX).map(|it| (it.id.ms, it.consumer[0])).collect();
                prop_assert_eq!(seen, model.clone().into_iter().collect::<Vec<_>>());
                for (name, consumer) in group.consumers() {
                    let of_it: Vec<_> = group.pending_of(consumer, EntryId::MIN..=EntryId::MAX).map(|it| it.id.ms).collect();
                    let wanted: Vec<_> = model.iter().filter(|(_, owner)| **owner == name[0]).map(|(id, _)| *id).collect();
                    prop_assert_eq!(consumer.pending_len(), wanted.len());
                    prop_assert_eq!(of_it, wanted);
                }
            }
        }
    }

    #[test]
    fn an_empty_range_holds_nothing() {
        let mut group = Group::new(EntryId::MIN, None);
        let name = group.see_consumer(b"c", 1);
        group.assign(EntryId::MAX, &name, 1, 1);
        group.assign(EntryId::new(5, 0), &name, 1, 1);
        let backwards = || EntryId::MAX..=EntryId::MIN;
        assert_eq!(group.pending(backwards()).count(), 0);
        let consumer = group.consumer(b"c").expect("it was seen");
        assert_eq!(group.pending_of(consumer, backwards()).count(), 0);
    }
}
