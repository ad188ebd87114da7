//! The queue of one tier: its bounds, its marks, and how it is emptied.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::layered::layered;
use super::size;

layered! {
    /// How messages of one tier wait and leave.
    ///
    /// A water mark that is not given follows `max_size`: 80 % and 20 % of it.
    pub struct BufferConfig, pub struct BufferOverrides {
        /// Most messages that wait. Default 10000, 1 to 10000000.
        #[schemars(range(min = 1, max = 10_000_000))]
        max_size: usize = 10_000,
        /// Most bytes that wait, counted over topics, payloads and headers. Default 64 MiB, 1 KiB to 16 GiB; a number
        /// or text such as `"64MiB"`.
        #[serde(deserialize_with = "size::deserialize")]
        #[schemars(with = "size::Size", range(min = 1_024, max = 17_179_869_184_u64))]
        max_bytes: usize = 64 << 20,
        /// Longest that a message waits for its batch, in milliseconds. Default 100, 1 to 1000.
        #[schemars(range(min = 1, max = 1_000))]
        flush_interval_ms: u64 = 100,
        /// Messages waiting at which the tier begins to push back. Default 80 % of `max_size`, 1 to `max_size`.
        #[schemars(range(min = 1, max = 10_000_000))]
        high_water_mark: usize = 8_000,
        /// Messages waiting at which the tier stops pushing back. Default 20 % of `max_size`, below `high_water_mark`.
        #[schemars(range(min = 0, max = 10_000_000))]
        low_water_mark: usize = 2_000,
        /// What pushing back means. Default `wait`.
        on_full: OnFull = OnFull::Wait,
        /// When a batch leaves. Default `adaptive`.
        flush: Flush = Flush::Adaptive,
        /// Most messages of a batch. Default 1000, 1 to 100000.
        #[schemars(range(min = 1, max = 100_000))]
        batch_size: usize = 1_000,
        /// Most bytes of a batch. Default 1 MiB, 1 KiB to 64 MiB; a number or text such as `"1MiB"`.
        #[serde(deserialize_with = "size::deserialize")]
        #[schemars(with = "size::Size", range(min = 1_024, max = 67_108_864))]
        batch_bytes: usize = 1 << 20,
        /// Most batches on their way to the store at one time. Default 4, 1 to 64.
        #[schemars(range(min = 1, max = 64))]
        max_in_flight: usize = 4,
        /// Whether payloads of this tier are compressed. Default false.
        enable_compression: bool = false,
        /// Smallest payload that is compressed, in bytes. Default 1 KiB, 0 to 512 MiB; a number or text such as `"1KiB"`.
        #[serde(deserialize_with = "size::deserialize")]
        #[schemars(with = "size::Size", range(min = 0, max = 536_870_912))]
        compression_threshold: usize = 1_024,
    }
}

impl BufferConfig {
    /// Longest that a message waits for its batch.
    pub const fn flush_interval(&self) -> Duration {
        Duration::from_millis(self.flush_interval_ms)
    }
}

impl BufferOverrides {
    /// These settings where they are given, the others as in `base`. Marks follow a `max_size` that is given without them.
    #[must_use]
    pub fn over(&self, base: &BufferConfig) -> BufferConfig {
        let mut buffer = self.fill(base);
        if let Some(size) = self.max_size {
            // In this order, and with at least one message between them, also a `max_size` of 1 has valid marks.
            buffer.high_water_mark = self.high_water_mark.unwrap_or((size.saturating_mul(8) / 10).max(1));
            let below_high = buffer.high_water_mark.saturating_sub(1);
            buffer.low_water_mark = self.low_water_mark.unwrap_or((size / 5).min(below_high));
        }
        buffer
    }
}

/// What a tier does with a message when it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFull {
    /// Publishing waits until the tier has drained to its low mark.
    #[default]
    #[serde(alias = "WAIT")]
    Wait,
    /// Publishing fails at once.
    #[serde(alias = "ERROR")]
    Error,
    /// The message that has waited longest is dropped, and counted.
    #[serde(alias = "DROP_OLDEST")]
    DropOldest,
    /// The new message is dropped, and counted.
    #[serde(alias = "DROP_NEWEST")]
    DropNewest,
}

/// When a batch leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flush {
    /// At once when nothing is in flight; otherwise the batch gathers meanwhile.
    #[default]
    #[serde(alias = "ADAPTIVE")]
    Adaptive,
    /// Every `flush_interval_ms`, as `buffer_interval_ms` of `NautilusTrader`.
    #[serde(alias = "INTERVAL")]
    Interval,
}

#[cfg(test)]
mod tests {
    use super::{BufferConfig, BufferOverrides};

    #[test]
    fn marks_follow_the_size() {
        for (size, high, low) in [(1, 1, 0), (2, 1, 0), (5, 4, 1), (100, 80, 20), (50_000, 40_000, 10_000)] {
            let buffer: BufferConfig =
                serde_json::from_value(serde_json::json!({ "max_size": size })).unwrap();
            assert_eq!((buffer.high_water_mark, buffer.low_water_mark), (high, low), "{size}");
        }
    }

    #[test]
    fn marks_that_are_given_stay() {
        let given =
            BufferOverrides { max_size: Some(100), high_water_mark: Some(10), ..BufferOverrides::default() };
        let buffer = given.over(&BufferConfig::default());
        assert_eq!((buffer.high_water_mark, buffer.low_water_mark), (10, 9));
        let given = BufferOverrides { low_water_mark: Some(7), ..BufferOverrides::default() };
        let buffer = given.over(&BufferConfig::default());
        assert_eq!((buffer.max_size, buffer.high_water_mark, buffer.low_water_mark), (10_000, 8_000, 7));
    }

    #[test]
    fn what_is_not_given_is_inherited() {
        let base = BufferConfig { batch_size: 7, max_size: 500, ..BufferConfig::default() };
        let buffer = BufferOverrides { flush_interval_ms: Some(3), ..BufferOverrides::default() }.over(&base);
        assert_eq!(buffer, BufferConfig { flush_interval_ms: 3, ..base });
    }
}
