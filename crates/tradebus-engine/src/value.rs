//! What keys hold.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use crate::stream::Stream;

/// What kind of value a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// A stream.
    Stream,
    /// A string of any bytes.
    Text,
    /// A list of strings.
    List,
    /// A set of strings.
    Set,
}

impl KeyType {
    /// The name that Redis' `TYPE` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Text => "string",
            Self::List => "list",
            Self::Set => "set",
        }
    }
}

/// The value of a key.
#[derive(Clone)]
pub(crate) enum Value {
    /// Boxed, since a stream is far larger than the other kinds, of which a cache has many.
    Stream(Box<Stream>),
    Text(Bytes),
    List(VecDeque<Bytes>),
    Set(BTreeSet<Bytes>),
}

impl Value {
    pub(crate) const fn key_type(&self) -> KeyType {
        match self {
            Self::Stream(_) => KeyType::Stream,
            Self::Text(_) => KeyType::Text,
            Self::List(_) => KeyType::List,
            Self::Set(_) => KeyType::Set,
        }
    }

    /// Bytes in memory, without what the table needs for the key.
    pub(crate) fn memory_bytes(&self) -> usize {
        let items = |bytes: usize, items: usize| bytes + items * size_of::<Bytes>();
        match self {
            Self::Stream(stream) => stream.memory_bytes(),
            Self::Text(text) => text.len(),
            Self::List(list) => items(list.iter().map(Bytes::len).sum(), list.capacity()),
            Self::Set(set) => items(set.iter().map(Bytes::len).sum(), set.len()),
        }
    }
}
