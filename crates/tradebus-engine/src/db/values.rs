//! Strings, for caches and locks; and as much of lists and sets as clients of a stream server need.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use super::Db;
use crate::DbError;
use crate::log::Record;
use crate::value::Value;

/// Longest string, as in Redis.
const MAX_TEXT_BYTES: usize = 512 << 20;

/// How a string is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetText {
    /// Whether it depends on what is there.
    pub condition: SetCondition,
    /// When it expires.
    pub expiry: SetExpiry,
}

/// What must be there for a string to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetCondition {
    /// Anything or nothing.
    #[default]
    Always,
    /// Nothing.
    IfMissing,
    /// Anything.
    IfExists,
}

/// When a string that is set expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetExpiry {
    /// Never.
    #[default]
    Never,
    /// When what is there would have.
    Keep,
    /// At this time, in milliseconds since 1970.
    At(u64),
}

/// Lists have texts at their front and sets have members: both are made of texts.
type Texts<'a> = &'a [&'a [u8]];

impl Db {
    /// The string at a key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn text(&self, key: &[u8]) -> Result<Option<&Bytes>, DbError> {
        match self.keyspace.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(DbError::WrongType),
        }
    }

    /// Puts a string at a key; whatever was there goes. Returns whether the condition was met.
    ///
    /// # Errors
    /// When the string is too large, or the log cannot take it.
    pub fn set_text(&mut self, key: &[u8], text: &[u8], set: SetText) -> Result<bool, DbError> {
        self.admit_text(key, text.len())?;
        let is_met = match set.condition {
            SetCondition::Always => true,
            SetCondition::IfMissing => !self.exists(key),
            SetCondition::IfExists => self.exists(key),
        };
        if !is_met {
            return Ok(false);
        }
        let expires = match set.expiry {
            SetExpiry::Never => None,
            SetExpiry::Keep => self.keyspace.expiry(key),
            SetExpiry::At(at) => Some(at),
        };
        self.put_text(key, text, expires);
        Ok(true)
    }

    /// Adds bytes to the string at a key, which is created if there is none. Returns its length.
    ///
    /// # Errors
    /// When the key holds something else, the string would be too large, or the log cannot take it.
    pub fn append_text(&mut self, key: &[u8], text: &[u8]) -> Result<usize, DbError> {
        let before = self.text(key)?.map_or(0, Bytes::len);
        self.admit_text(key, text.len())?;
        let bytes = before + text.len();
        if bytes > MAX_TEXT_BYTES {
            return Err(DbError::TooLarge { bytes, max: MAX_TEXT_BYTES });
        }
        match self.keyspace.slot_mut(key).map(|(_, slot)| &mut slot.value) {
            None => {
                self.keyspace.insert(key, Value::Text(Bytes::copy_from_slice(text)));
            }
            Some(Value::Text(there)) => *there = [there, text].concat().into(),
            Some(_) => return Err(DbError::WrongType),
        }
        self.changed(key);
        self.write(&Record::AppendText { key, text });
        Ok(bytes)
    }

    /// Adds to the number at a key, where a missing one is 0. Returns the sum.
    ///
    /// # Errors
    /// When the key holds something else or no whole number, the sum is beyond 64 bits, or the log cannot take it.
    pub fn add(&mut self, key: &[u8], number: i64) -> Result<i64, DbError> {
        let before = match self.text(key)? {
            None => 0,
            Some(text) => crate::number::integer(text).ok_or(DbError::NotAnInteger)?,
        };
        let sum = before.checked_add(number).ok_or(DbError::Overflow)?;
        let mut digits = itoa::Buffer::new();
        let text = digits.format(sum).as_bytes();
        self.admit_text(key, text.len())?;
        let expires = self.keyspace.expiry(key);
        self.put_text(key, text, expires);
        Ok(sum)
    }

    /// The list at a key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn list(&self, key: &[u8]) -> Result<Option<&VecDeque<Bytes>>, DbError> {
        match self.keyspace.get(key) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(_) => Err(DbError::WrongType),
        }
    }

    /// Puts texts in front of a list, one after the other; it is created if there is none. Returns its length.
    ///
    /// # Errors
    /// When the key holds something else, or the log cannot take it.
    pub fn push_front(&mut self, key: &[u8], texts: Texts<'_>) -> Result<usize, DbError> {
        self.list(key)?;
        self.admit(key.len() + texts.iter().map(|text| text.len() + size_of::<usize>()).sum::<usize>())?;
        if !self.exists(key) {
            self.keyspace.insert(key, Value::List(VecDeque::new()));
        }
        let Some((_, slot)) = self.keyspace.slot_mut(key) else { return Err(DbError::NoSuchKey) };
        let Value::List(list) = &mut slot.value else { return Err(DbError::WrongType) };
        for text in texts {
            list.push_front(Bytes::copy_from_slice(text));
        }
        let len = list.len();
        self.changed(key);
        self.write(&Record::PushFront { key, texts: Cow::Borrowed(texts) });
        Ok(len)
    }

    /// The set at a key.
    ///
    /// # Errors
    /// When the key holds something else.
    pub fn set(&self, key: &[u8]) -> Result<Option<&BTreeSet<Bytes>>, DbError> {
        match self.keyspace.get(key) {
            None => Ok(None),
            Some(Value::Set(set)) => Ok(Some(set)),
            Some(_) => Err(DbError::WrongType),
        }
    }

    /// Puts members into a set, which is created if there is none. Returns how many are new.
    ///
    /// # Errors
    /// When the key holds something else, or the log cannot take it.
    pub fn add_members(&mut self, key: &[u8], members: Texts<'_>) -> Result<usize, DbError> {
        self.set(key)?;
        self.admit(key.len() + members.iter().map(|text| text.len() + size_of::<usize>()).sum::<usize>())?;
        if !self.exists(key) {
            self.keyspace.insert(key, Value::Set(BTreeSet::new()));
        }
        let Some((_, slot)) = self.keyspace.slot_mut(key) else { return Err(DbError::NoSuchKey) };
        let Value::Set(set) = &mut slot.value else { return Err(DbError::WrongType) };
        let added = members.iter().filter(|member| set.insert(Bytes::copy_from_slice(member))).count();
        if added > 0 {
            self.changed(key);
            self.write(&Record::AddMembers { key, members: Cow::Borrowed(members) });
        }
        Ok(added)
    }

    fn admit_text(&mut self, key: &[u8], bytes: usize) -> Result<(), DbError> {
        if bytes > MAX_TEXT_BYTES {
            return Err(DbError::TooLarge { bytes, max: MAX_TEXT_BYTES });
        }
        self.admit(key.len() + bytes)
    }

    fn put_text(&mut self, key: &[u8], text: &[u8], expires: Option<u64>) {
        let value = Value::Text(Bytes::copy_from_slice(text));
        match self.keyspace.slot_mut(key) {
            Some((_, slot)) if matches!(slot.value, Value::Text(_)) => slot.value = value,
            Some(_) => {
                self.take_out(key);
                self.keyspace.insert(key, value);
            }
            None => {
                self.keyspace.insert(key, value);
            }
        }
        self.keyspace.set_expiry(key, expires);
        self.changed(key);
        self.write(&Record::Text { key, text, expires });
    }
}
