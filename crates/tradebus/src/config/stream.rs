//! A stream: how long it may grow and how it is read.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::layered::layered;

layered! {
    /// How a stream is trimmed and read.
    pub struct StreamConfig, pub struct StreamOverrides {
        /// Name of the stream. Default empty: the name under which it stands in `stream_configs`.
        name: String = String::new(),
        /// Most entries that are kept. Default 1000000, 0 to 1000000000000; 0 means no limit by length.
        #[schemars(range(min = 0, max = 1_000_000_000_000_u64))]
        max_length: u64 = 1_000_000,
        /// By what the stream is trimmed. Default `maxlen`.
        trim_strategy: TrimStrategy = TrimStrategy::MaxLen,
        /// Consumer group that reads it. Default none: every reader gets every message.
        consumer_group: Option<String> = None,
        /// Name of this consumer in its group. Default none: a name is made for each process.
        consumer_name: Option<String> = None,
        /// Longest that one read waits for entries, in milliseconds. Default 1000, 1 to 60000.
        #[schemars(range(min = 1, max = 60_000))]
        block_timeout_ms: u64 = 1_000,
        /// Most entries of one read. Default 1000, 1 to 100000.
        #[schemars(range(min = 1, max = 100_000))]
        batch_size: usize = 1_000,
        /// Whether an entry is acknowledged by itself when its handler has succeeded. Default true.
        auto_ack: bool = true,
    }
}

impl StreamConfig {
    /// Longest that one read waits for entries.
    pub const fn block_timeout(&self) -> Duration {
        Duration::from_millis(self.block_timeout_ms)
    }
}

impl StreamOverrides {
    /// These settings where they are given, the others as in `base`.
    #[must_use]
    pub fn over(&self, base: &StreamConfig) -> StreamConfig {
        self.fill(base)
    }
}

/// By what a stream is trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrimStrategy {
    /// By length (`max_length`) and by age (`autotrim_mins`).
    #[default]
    #[serde(alias = "MAXLEN")]
    MaxLen,
    /// Only by age (`autotrim_mins`).
    #[serde(alias = "MINID")]
    MinId,
}
