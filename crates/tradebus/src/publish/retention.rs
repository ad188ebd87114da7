//! When a stream is shortened: by length as it grows, by age once a minute, for as long as a process publishes to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::clock::now_ns;
use crate::config::{BusConfig, TrimStrategy};
use crate::store::Trim;

/// Least time between two trims of one stream by age, as `NautilusTrader` has it.
const AGE_TRIM_INTERVAL: Duration = Duration::from_mins(1);
/// Streams whose growth is remembered; beyond, all are forgotten, which costs each one early trim.
const MOST_STREAMS: usize = 100_000;

/// Decides after each batch which of its streams are due.
#[derive(Debug)]
pub(super) struct Retention {
    config: Arc<BusConfig>,
    growth: HashMap<StreamKey, Growth>,
}

#[derive(Debug)]
struct Growth {
    /// Most entries of the stream; 0 for no limit by length.
    max_length: u64,
    /// Entries appended since the last trim by length.
    appended: u64,
    /// When it was last trimmed by age, or first written by this process: one that publishes a single message trims nothing.
    aged: Instant,
}

impl Retention {
    pub(super) fn new(config: Arc<BusConfig>) -> Self {
        Self { config, growth: HashMap::new() }
    }

    /// A stream has got so many entries: adds the trims that are due for it.
    pub(super) fn appended(&mut self, stream: &StreamKey, entries: u64, trims: &mut Vec<(StreamKey, Trim)>) {
        if self.growth.len() >= MOST_STREAMS && !self.growth.contains_key(stream) {
            self.growth.clear();
        }
        let growth = self.growth.entry_ref(stream).or_insert_with(|| Growth::of(stream, &self.config));
        growth.appended += entries;
        // A stream may be a tenth longer than its limit, but not by more than ten thousand entries.
        let slack = (growth.max_length / 10).clamp(1, 10_000);
        if growth.max_length > 0 && growth.appended >= slack {
            growth.appended = 0;
            trims.push((stream.clone(), Trim::ToLength { keep: growth.max_length, approximate: true }));
        }
        if let Some(age) = self.config.autotrim()
            && growth.aged.elapsed() >= AGE_TRIM_INTERVAL
        {
            growth.aged = Instant::now();
            let first = EntryId::new((now_ns() / 1_000_000).saturating_sub(age.as_millis() as u64), 0);
            trims.push((stream.clone(), Trim::FromId { first, approximate: true }));
        }
    }
}

impl Growth {
    fn of(stream: &StreamKey, config: &BusConfig) -> Self {
        let stream = config.stream(&stream.to_string());
        let max_length = match stream.trim_strategy {
            TrimStrategy::MaxLen => stream.max_length,
            TrimStrategy::MinId => 0,
        };
        Self { max_length, appended: 0, aged: Instant::now() }
    }
}

#[cfg(test)]
mod tests {
    use super::Retention;
    use crate::config::StreamOverrides;
    use crate::store::Trim;
    use crate::{BusConfig, StreamKey};

    #[test]
    fn trims_by_length_as_the_stream_grows_but_nothing_at_first() {
        let mut config = BusConfig::default();
        let named = StreamOverrides { max_length: Some(100), ..StreamOverrides::default() };
        config.stream_configs.insert("s".to_owned(), named);
        let mut retention = Retention::new(config.into());
        let stream = StreamKey::from("s");
        let mut due = |entries| {
            let mut trims = Vec::new();
            retention.appended(&stream, entries, &mut trims);
            trims
                .into_iter()
                .map(|(_, trim)| matches!(trim, Trim::ToLength { keep: 100, .. }))
                .collect::<Vec<_>>()
        };
        assert_eq!(due(9), [false; 0], "what others wrote is not trimmed by the first message");
        assert_eq!(due(1), [true], "a tenth of the limit was appended");
        assert_eq!(due(9), [false; 0]);
    }
}
