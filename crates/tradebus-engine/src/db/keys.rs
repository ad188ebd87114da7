//! Keys, whatever they hold.

use std::sync::Arc;

use super::Db;
use crate::DbError;
use crate::keyspace::{Touched, slot_bytes};
use crate::log::Record;
use crate::value::{KeyType, Value};

/// How long a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until somebody removes it.
    Forever,
    /// Until this time, in milliseconds since 1970.
    Until(u64),
}

/// When [`Db::expire`] does what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiryCondition {
    /// Only if the key expires already (`true`), or only if it does not (`false`).
    pub expires: Option<bool>,
    /// Only if it would live longer, or shorter.
    pub moves: Option<Moves>,
}

/// In which direction the end of a key's life moves. A key that does not expire lives longer than any that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// It lives longer.
    Later,
    /// It lives shorter.
    Sooner,
}

impl ExpiryCondition {
    fn allows(self, before: Option<u64>, at: u64) -> bool {
        let expires = self.expires.is_none_or(|wanted| wanted == before.is_some());
        let moves = match self.moves {
            None => true,
            Some(Moves::Later) => before.is_some_and(|before| at > before),
            Some(Moves::Sooner) => before.is_none_or(|before| at < before),
        };
        expires && moves
    }
}

impl Db {
    /// Whether there is such a key.
    pub fn exists(&self, key: &[u8]) -> bool {
        self.keyspace.get(key).is_some()
    }

    /// What a key holds.
    pub fn key_type(&self, key: &[u8]) -> Option<KeyType> {
        self.keyspace.get(key).map(Value::key_type)
    }

    /// How many keys there are.
    pub fn key_count(&self) -> usize {
        self.keyspace.len()
    }

    /// How many keys will expire.
    pub fn expiring_keys(&self) -> usize {
        self.keyspace.expiring()
    }

    /// Memory of a key and its value, in bytes, what is reserved for more included.
    pub fn memory_of(&self, key: &[u8]) -> Option<usize> {
        Some(self.keyspace.get(key)?.memory_bytes() + slot_bytes(key))
    }

    /// Some key, for a number that chance gives.
    pub fn key_at_random(&self, chance: u64) -> Option<&[u8]> {
        self.keyspace.at_random(chance).map(|key| &**key)
    }

    /// Removes a key and whatever it holds. Returns whether there was one.
    ///
    /// # Errors
    /// When the log cannot take it.
    pub fn remove(&mut self, key: &[u8]) -> Result<bool, DbError> {
        self.admit(key.len())?;
        let removed = self.take_out(key);
        if removed {
            self.write(&Record::Remove { key });
        }
        Ok(removed)
    }

    /// Removes all keys.
    ///
    /// # Errors
    /// When the log cannot take it.
    pub fn flush(&mut self) -> Result<(), DbError> {
        self.admit(0)?;
        for (key, value) in self.keyspace.take_all() {
            self.gone(&key, value);
        }
        self.write(&Record::Flush);
        Ok(())
    }

    /// Gives what a key holds another name, under which whatever was there goes. It expires when it would have.
    ///
    /// # Errors
    /// When there is no such key, or the log cannot take it.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), DbError> {
        self.admit(from.len() + to.len())?;
        if !self.exists(from) {
            return Err(DbError::NoSuchKey);
        }
        if from == to {
            return Ok(());
        }
        self.take_out(to);
        let expires = self.keyspace.expiry(from);
        let Some((_, value)) = self.keyspace.remove(from) else { return Err(DbError::NoSuchKey) };
        let how = came_or_went(&value);
        self.keyspace.insert(to, value);
        self.keyspace.set_expiry(to, expires);
        self.touch(to, how);
        self.touch(from, how);
        self.write(&Record::Rename { from, to });
        Ok(())
    }

    /// Copies what a key holds to another one, where nothing may be unless `replace`. Returns whether it did. The copy expires
    /// when the original does.
    ///
    /// # Errors
    /// When the log cannot take it.
    pub fn copy(&mut self, from: &[u8], to: &[u8], replace: bool) -> Result<bool, DbError> {
        self.admit(from.len() + to.len())?;
        if self.exists(to) && !replace {
            return Ok(false);
        }
        let Some(value) = self.keyspace.get(from).cloned() else { return Ok(false) };
        let (how, expires) = (came_or_went(&value), self.keyspace.expiry(from));
        self.take_out(to);
        self.keyspace.insert(to, value);
        self.keyspace.set_expiry(to, expires);
        self.touch(to, how);
        self.write(&Record::Copy { from, to });
        Ok(true)
    }

    /// How long a key lives; `None` without such a key.
    pub fn lifetime(&self, key: &[u8]) -> Option<Lifetime> {
        let lifetime = || self.keyspace.expiry(key).map_or(Lifetime::Forever, Lifetime::Until);
        self.exists(key).then(lifetime)
    }

    /// Sets when a key expires, in milliseconds since 1970: at once if that is now or before. Returns whether it did.
    ///
    /// # Errors
    /// When the log cannot take it.
    pub fn expire(&mut self, key: &[u8], at: u64, condition: ExpiryCondition) -> Result<bool, DbError> {
        self.admit(key.len())?;
        if !self.exists(key) || !condition.allows(self.keyspace.expiry(key), at) {
            return Ok(false);
        }
        if at <= self.now() {
            return self.remove(key);
        }
        self.set_expiry(key, Some(at));
        Ok(true)
    }

    /// Lets a key live for ever. Returns whether it would have expired.
    ///
    /// # Errors
    /// When the log cannot take it.
    pub fn persist(&mut self, key: &[u8]) -> Result<bool, DbError> {
        self.admit(key.len())?;
        let expires = self.keyspace.expiry(key).is_some();
        if expires {
            self.set_expiry(key, None);
        }
        Ok(expires)
    }

    pub(super) fn set_expiry(&mut self, key: &[u8], at: Option<u64>) {
        self.keyspace.set_expiry(key, at);
        self.changed(key);
        self.write(&Record::Expire { key, at });
    }

    /// Shows all keys that match a glob (see [`glob_matches`](crate::glob_matches)), the oldest first.
    pub fn keys(&self, pattern: &[u8], mut visit: impl FnMut(&[u8])) {
        for (_, key) in self.keyspace.since(0) {
            if crate::glob_matches(pattern, key) {
                visit(key);
            }
        }
    }

    /// Shows the next `count` keys from a cursor on (0 at the beginning) and returns the cursor to go on with, 0 at
    /// the end. A key that exists from the first call to the last is shown exactly once.
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], KeyType)) -> u64 {
        for (shown, (age, key)) in self.keyspace.since(cursor).enumerate() {
            if shown == count {
                return age;
            }
            if let Some(value) = self.keyspace.get(key) {
                visit(key, value.key_type());
            }
        }
        0
    }

    /// All there is, as it is now: for a snapshot, which is written while the store goes on.
    pub(crate) fn capture(&self) -> Vec<Captured> {
        let captured = |(_, key): (u64, &Arc<[u8]>)| {
            let value = self.keyspace.get(key)?.clone();
            Some(Captured { key: Arc::clone(key), value, expires: self.keyspace.expiry(key) })
        };
        self.keyspace.since(0).filter_map(captured).collect()
    }
}

/// A key of a snapshot.
pub(crate) struct Captured {
    pub(crate) key: Arc<[u8]>,
    pub(crate) value: Value,
    pub(crate) expires: Option<u64>,
}

const fn came_or_went(value: &Value) -> Touched {
    if matches!(value, Value::Stream(_)) { Touched::READY } else { Touched::CHANGED }
}
