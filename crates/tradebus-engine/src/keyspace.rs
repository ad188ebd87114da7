//! The keys and what they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::StreamError;
use crate::stream::{NodeLimits, Stream};

/// A key, shared by the table, the order of keys and the marks of an open [`Db`](crate::Db).
pub(crate) type Key = Arc<[u8]>;

/// What kind of value a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// A stream.
    Stream,
}

impl KeyType {
    /// The name that Redis' `TYPE` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
        }
    }
}

/// The value of a key.
pub(crate) enum Value {
    Stream(Stream),
}

impl Value {
    pub(crate) const fn key_type(&self) -> KeyType {
        match self {
            Self::Stream(_) => KeyType::Stream,
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Stream(stream) => stream.memory_bytes(),
        }
    }
}

/// A value and what the table knows about its key.
pub(crate) struct Slot {
    pub(crate) value: Value,
    /// Got entries under the [`Db`](crate::Db) that is open.
    pub(crate) touched: bool,
    born: u64,
}

/// All keys.
#[derive(Default)]
pub(crate) struct Keyspace {
    pub(crate) limits: NodeLimits,
    slots: HashMap<Key, Slot>,
    /// Keys by age: a scan that goes by it needs no snapshot, shows no key twice and misses none that stays.
    by_age: BTreeMap<u64, Key>,
    last_born: u64,
}

impl Keyspace {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&Value> {
        self.slots.get(key).map(|slot| &slot.value)
    }

    pub(crate) fn slot_mut(&mut self, key: &[u8]) -> Option<(&Key, &mut Slot)> {
        self.slots.get_key_value_mut(key)
    }

    /// The stream at a key, if there is one.
    #[expect(clippy::unnecessary_wraps, reason = "streams are the first kind of value, not the only one")]
    pub(crate) fn stream(&self, key: &[u8]) -> Result<Option<&Stream>, StreamError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Stream(stream)) => Ok(Some(stream)),
        }
    }

    /// The stream at a key, if there is one, to be changed.
    #[expect(clippy::unnecessary_wraps, reason = "streams are the first kind of value, not the only one")]
    pub(crate) fn stream_mut(&mut self, key: &[u8]) -> Result<Option<&mut Stream>, StreamError> {
        match self.slots.get_mut(key).map(|slot| &mut slot.value) {
            None => Ok(None),
            Some(Value::Stream(stream)) => Ok(Some(stream)),
        }
    }

    /// Puts a value under a key that is free.
    pub(crate) fn insert(&mut self, key: &[u8], value: Value) -> Key {
        let key: Key = key.into();
        self.last_born += 1;
        self.by_age.insert(self.last_born, Arc::clone(&key));
        self.slots.insert(Arc::clone(&key), Slot { value, touched: false, born: self.last_born });
        key
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<(Key, Value)> {
        let (key, slot) = self.slots.remove_entry(key)?;
        self.by_age.remove(&slot.born);
        Some((key, slot.value))
    }

    /// Empties the table and returns what it held.
    pub(crate) fn take_all(&mut self) -> Vec<Value> {
        self.by_age.clear();
        self.slots.drain().map(|(_, slot)| slot.value).collect()
    }

    /// The keys from this age on, with their age, the oldest first.
    pub(crate) fn since(&self, age: u64) -> impl Iterator<Item = (u64, &Key)> {
        self.by_age.range(age..).map(|(age, key)| (*age, key))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        const PER_KEY: usize = size_of::<Slot>() + size_of::<(u64, Key)>() + size_of::<Key>();
        self.slots.iter().map(|(key, slot)| key.len() + PER_KEY + slot.value.memory_bytes()).sum()
    }
}
