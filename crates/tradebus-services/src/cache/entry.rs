//! An answer, as it is kept.
//!
//! In the store: one line of JSON, `{"key": ..., "at_ms": ..., "missing": ...}`, and what was fetched behind it, as it is.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Cached, Fetched};

/// Something that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fetched: Fetched,
    /// When it was fetched, in milliseconds since 1970 UTC.
    pub(super) at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    /// Whose it is: the key in the store is only a hash.
    #[serde(borrow)]
    key: std::borrow::Cow<'a, str>,
    at_ms: u64,
    missing: Option<String>,
}

impl Entry {
    /// The entry of this key in a value of the store; `None` if it is no entry, or another one's.
    pub(super) fn read(value: &Bytes, key: &str) -> Option<Self> {
        let end = value.iter().position(|byte| *byte == b'\n')?;
        let head: Head<'_> = serde_json::from_slice(&value[..end]).ok()?;
        if head.key != key {
            return None;
        }
        let fetched = match head.missing {
            Some(reason) => Fetched::Missing(reason),
            None => Fetched::Found(value.slice(end + 1..)),
        };
        Some(Self { fetched, at_ms: head.at_ms })
    }

    /// The value for the store.
    pub(super) fn write(&self, key: &str) -> Vec<u8> {
        let (missing, body) = match &self.fetched {
            Fetched::Found(body) => (None, &body[..]),
            Fetched::Missing(reason) => (Some(reason.clone()), &b""[..]),
        };
        let head = Head { key: key.into(), at_ms: self.at_ms, missing };
        // Texts and numbers always can be written.
        let mut value = serde_json::to_vec(&head).unwrap_or_default();
        value.push(b'\n');
        value.extend_from_slice(body);
        value
    }

    /// Its size.
    pub(super) fn bytes(&self) -> usize {
        match &self.fetched {
            Fetched::Found(body) => body.len(),
            Fetched::Missing(reason) => reason.len(),
        }
    }

    pub(super) fn cached(&self, now_ms: u64, cached: bool, stale: bool) -> Cached {
        let age = Duration::from_millis(now_ms.saturating_sub(self.at_ms));
        Cached { fetched: self.fetched.clone(), cached, stale, age, at_ms: self.at_ms }
    }
}
