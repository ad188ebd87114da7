//! How long answers are kept, and how many.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Fetched;

/// How long answers are kept, and how many. Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Longest age of an answer that is given as a fresh one. Default 3600, 0 to 31622400; 0 keeps nothing fresh.
    pub ttl: f64,
    /// The same for the answer that something is not there. Default 60.
    pub negative_ttl: f64,
    /// How much longer an answer is kept, for the case that the source does not work. Default 604800.
    pub stale_ttl: f64,
    /// Largest answer that is kept, in bytes. Default 8388608, 1 to 536870912.
    pub max_entry_bytes: usize,
    /// Memory of this process for answers of the API, in bytes. Default 67108864, 0 to 17179869184. What services make of them takes half as much
    /// again at most.
    pub near_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            ttl: 3_600.0,
            negative_ttl: 60.0,
            stale_ttl: 604_800.0,
            max_entry_bytes: 8 << 20,
            near_bytes: 64 << 20,
        }
    }
}

/// What is wrong with a configuration: a sentence for each field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("; "))]
pub struct CacheConfigError {
    /// What is wrong, and what is allowed.
    pub problems: Vec<String>,
}

/// A year.
const LONGEST: f64 = 31_622_400.0;

impl CacheConfig {
    /// Memory of this process for what is made of answers, in bytes.
    pub(crate) fn made_bytes(&self) -> u64 {
        self.near_bytes / 2
    }

    /// Names everything that makes no sense.
    pub(super) fn check(&self) -> Result<(), CacheConfigError> {
        let mut problems = Vec::new();
        let times = [("ttl", self.ttl), ("negative_ttl", self.negative_ttl), ("stale_ttl", self.stale_ttl)];
        for (name, seconds) in times {
            if !(0.0..=LONGEST).contains(&seconds) {
                problems.push(format!("`{name}` is {seconds}: allowed are 0 to {LONGEST} seconds"));
            }
        }
        let sizes = [
            ("max_entry_bytes", self.max_entry_bytes as u64, 1, 512 << 20),
            ("near_bytes", self.near_bytes, 0, 16 << 30),
        ];
        for (name, bytes, least, most) in sizes {
            if !(least..=most).contains(&bytes) {
                problems.push(format!("`{name}` is {bytes}: allowed are {least} to {most} bytes"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(CacheConfigError { problems }) }
    }

    /// How long this is fresh.
    pub(super) fn ttl(&self, fetched: &Fetched) -> Duration {
        Duration::from_secs_f64(match fetched {
            Fetched::Found(_) => self.ttl,
            Fetched::Missing(_) => self.negative_ttl.min(self.ttl),
        })
    }

    /// How long anything is kept.
    pub(super) fn kept(&self) -> Duration {
        Duration::from_secs_f64(self.ttl + self.stale_ttl).max(Duration::from_secs(1))
    }
}
