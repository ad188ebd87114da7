//! The table of keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use crate::value::Value;

/// A key, shared by the table, its indexes and the list of keys that were changed.
pub(crate) type Key = Arc<[u8]>;

/// A value and what the table knows about its key.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) value: Value,
    /// What has happened to it in the batch that is open.
    pub(crate) touched: Touched,
    /// When it ceases to exist, in milliseconds since 1970.
    expires: Option<u64>,
    born: u64,
}

/// What a batch did to a key, as far as it concerns those who wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Touched {
    /// It was changed, for those who watch it.
    pub(crate) changed: bool,
    /// The wait of a reader may have ended: a stream got entries, or came or went, or lost a group.
    pub(crate) ready: bool,
}

impl Touched {
    pub(crate) const NOT: Self = Self { changed: false, ready: false };
    pub(crate) const CHANGED: Self = Self { changed: true, ready: false };
    pub(crate) const READY: Self = Self { changed: true, ready: true };
    /// Only for those who wait: as in Redis, losing a group does not count as a change.
    pub(crate) const WOKEN: Self = Self { changed: false, ready: true };

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { changed: self.changed || other.changed, ready: self.ready || other.ready }
    }
}

/// All keys.
#[derive(Default)]
pub(crate) struct Keyspace {
    slots: HashMap<Key, Slot>,
    /// Keys by age: a scan that goes by it needs no snapshot, shows no key twice and misses none that stays.
    by_age: BTreeMap<u64, Key>,
    /// Keys that expire, the next one first.
    by_expiry: BTreeSet<(u64, Key)>,
    last_born: u64,
}

impl Keyspace {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many keys will expire.
    pub(crate) fn expiring(&self) -> usize {
        self.by_expiry.len()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&Value> {
        self.slots.get(key).map(|slot| &slot.value)
    }

    pub(crate) fn slot_mut(&mut self, key: &[u8]) -> Option<(&Key, &mut Slot)> {
        self.slots.get_key_value_mut(key)
    }

    /// Puts a value under a key that is free. It does not expire.
    pub(crate) fn insert(&mut self, key: &[u8], value: Value) -> &mut Slot {
        let key: Key = key.into();
        self.last_born += 1;
        self.by_age.insert(self.last_born, Arc::clone(&key));
        let slot = Slot { value, touched: Touched::NOT, expires: None, born: self.last_born };
        self.slots.entry(key).insert(slot).into_mut()
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<(Key, Value)> {
        let (key, slot) = self.slots.remove_entry(key)?;
        self.by_age.remove(&slot.born);
        if let Some(at) = slot.expires {
            self.by_expiry.remove(&(at, Arc::clone(&key)));
        }
        Some((key, slot.value))
    }

    /// Empties the table and returns what it held, the oldest first.
    pub(crate) fn take_all(&mut self) -> Vec<(Key, Value)> {
        self.by_expiry.clear();
        let keys = std::mem::take(&mut self.by_age).into_values();
        keys.filter_map(|key| Some((Arc::clone(&key), self.slots.remove(&key)?.value))).collect()
    }

    /// When a key expires, if it does.
    pub(crate) fn expiry(&self, key: &[u8]) -> Option<u64> {
        self.slots.get(key)?.expires
    }

    /// Sets when a key expires, or that it never does. Returns whether there is such a key.
    pub(crate) fn set_expiry(&mut self, key: &[u8], expires: Option<u64>) -> bool {
        let Some((key, slot)) = self.slots.get_key_value_mut(key) else { return false };
        if let Some(at) = slot.expires {
            self.by_expiry.remove(&(at, Arc::clone(key)));
        }
        slot.expires = expires;
        if let Some(at) = expires {
            self.by_expiry.insert((at, Arc::clone(key)));
        }
        true
    }

    /// The key that expires next, and when.
    pub(crate) fn next_expiry(&self) -> Option<(u64, &Key)> {
        self.by_expiry.first().map(|(at, key)| (*at, key))
    }

    /// The keys from this age on, with their age, the oldest first.
    pub(crate) fn since(&self, age: u64) -> impl Iterator<Item = (u64, &Key)> {
        self.by_age.range(age..).map(|(age, key)| (*age, key))
    }

    /// What the key holds that was made last.
    pub(crate) fn youngest_mut(&mut self) -> Option<&mut Value> {
        let (_, key) = self.by_age.last_key_value()?;
        self.slots.get_mut(key).map(|slot| &mut slot.value)
    }

    /// A key that is about as likely as any other, for the number that chance gives.
    pub(crate) fn at_random(&self, chance: u64) -> Option<&Key> {
        // Ages have gaps where keys were removed: near enough for a command that promises no more than some key.
        let (oldest, youngest) = (self.by_age.first_key_value()?.0, self.by_age.last_key_value()?.0);
        let age = oldest + chance % (youngest - oldest + 1);
        self.by_age.range(age..).next().map(|(_, key)| key)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.slots.iter().map(|(key, slot)| slot_bytes(key) + slot.value.memory_bytes()).sum()
    }
}

/// What the table needs for a key, its value apart.
pub(crate) fn slot_bytes(key: &[u8]) -> usize {
    key.len() + size_of::<Slot>() + size_of::<(u64, Key)>() + size_of::<Key>()
}
