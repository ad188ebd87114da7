//! A page of a list: `docs`, `limit`, `num_found`, `offset`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::lenient;

/// A page of a list of the API.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub struct Page<T> {
    #[serde(default = "Docs::empty")]
    docs: Docs<T>,
    /// The most docs that the server puts on a page.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub limit: u64,
    /// How many docs there are on all pages.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub num_found: u64,
    /// How many docs come before this page.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub offset: u64,
}

impl<T> Page<T> {
    /// What could be read.
    pub fn docs(&self) -> &[T] {
        &self.docs.read
    }

    /// What could be read, to keep.
    pub fn into_docs(self) -> Vec<T> {
        self.docs.read
    }

    /// How many entries could not be read.
    pub fn skipped(&self) -> usize {
        self.docs.skipped
    }

    /// Where the next page begins; `None` after the last one. An empty page is the last one, whatever `num_found` says.
    pub fn next_offset(&self) -> Option<u64> {
        let received = (self.docs.read.len() + self.docs.skipped) as u64;
        let next = self.offset.saturating_add(received);
        (received > 0 && next < self.num_found).then_some(next)
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { docs: Docs::empty(), limit: 0, num_found: 0, offset: 0 }
    }
}

/// A list, or in older answers a map with keys such as `ECB/EXR`.
#[derive(Debug, Clone, PartialEq)]
struct Docs<T> {
    read: Vec<T>,
    skipped: usize,
}

impl<T> Docs<T> {
    fn empty() -> Self {
        Self { read: Vec::new(), skipped: 0 }
    }
}

impl<T: DeserializeOwned> Docs<T> {
    fn add(&mut self, entry: Value) {
        match T::deserialize(entry) {
            Ok(doc) => self.read.push(doc),
            Err(_) => self.skipped += 1,
        }
    }
}

struct DocsVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for DocsVisitor<T> {
    type Value = Docs<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of docs, or a map of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Docs<T>, A::Error> {
        let mut docs = Docs::empty();
        while let Some(entry) = seq.next_element::<Value>()? {
            docs.add(entry);
        }
        Ok(docs)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Docs<T>, A::Error> {
        let mut docs = Docs::empty();
        while let Some((_, entry)) = map.next_entry::<String, Value>()? {
            docs.add(entry);
        }
        Ok(docs)
    }

    fn visit_unit<E>(self) -> Result<Docs<T>, E> {
        Ok(Docs::empty())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Docs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocsVisitor(PhantomData))
    }
}
