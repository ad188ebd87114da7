//! When a stream is shortened: by length as it grows, by age once a minute.

use std::time::{Duration, Instant};

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::clock::now_ns;
use crate::config::{BusConfig, TrimStrategy};
use crate::store::Trim;

/// Least time between two trims of one stream by age, as `NautilusTrader` has it.
const AGE_TRIM_INTERVAL: Duration = Duration::from_secs(60);
/// Streams whose growth is remembered; beyond, all are forgotten, which costs each one early trim.
const MOST_STREAMS: usize = 100_000;

/// Decides after each batch which of its streams are due.
#[derive(Debug)]
pub(super) struct Retention {
    /// 0: no limit.
    max_length: u64,
    max_age: Option<Duration>,
    growth: HashMap<StreamKey, Growth>,
}

#[derive(Debug, Default)]
struct Growth {
    /// Entries appended since the last trim by length.
    appended: u64,
    aged: Option<Instant>,
}

impl Retention {
    pub(super) fn new(config: &BusConfig) -> Self {
        let stream = &config.default_stream_config;
        let max_length = match stream.trim_strategy {
            TrimStrategy::MaxLen => stream.max_length,
            TrimStrategy::MinId => 0,
        };
        let minutes = u64::from(config.autotrim_mins);
        let max_age = (minutes > 0).then(|| Duration::from_secs(60 * minutes));
        Self { max_length, max_age, growth: HashMap::new() }
    }

    /// A stream has got so many entries: adds the trims that are due for it.
    pub(super) fn appended(&mut self, stream: &StreamKey, entries: u64, trims: &mut Vec<(StreamKey, Trim)>) {
        if self.growth.len() >= MOST_STREAMS && !self.growth.contains_key(stream) {
            self.growth.clear();
        }
        let growth = self.growth.entry_ref(stream).or_default();
        growth.appended += entries;
        // A stream may be a tenth longer than its limit, but not by more than ten thousand entries.
        let slack = (self.max_length / 10).clamp(1, 10_000);
        if self.max_length > 0 && growth.appended >= slack {
            growth.appended = 0;
            trims.push((stream.clone(), Trim::ToLength { keep: self.max_length, approximate: true }));
        }
        if let Some(age) = self.max_age
            && growth.aged.is_none_or(|last| last.elapsed() >= AGE_TRIM_INTERVAL)
        {
            growth.aged = Some(Instant::now());
            let first = EntryId::new((now_ns() / 1_000_000).saturating_sub(age.as_millis() as u64), 0);
            trims.push((stream.clone(), Trim::FromId { first, approximate: true }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Retention;
    use crate::store::Trim;
    use crate::{BusConfig, StreamKey};

    #[test]
    fn trims_by_length_as_the_stream_grows_and_by_age_at_once() {
        let mut config = BusConfig::default();
        config.default_stream_config.max_length = 100;
        let mut retention = Retention::new(&config);
        let stream = StreamKey::from("s");
        let mut due = |entries| {
            let mut trims = Vec::new();
            retention.appended(&stream, entries, &mut trims);
            trims.into_iter().map(|(_, trim)| matches!(trim, Trim::ToLength { keep: 100, .. })).collect::<Vec<_>>()
        };
        assert_eq!(due(9), [false], "the first batch trims by age");
        assert_eq!(due(1), [true], "a tenth of the limit was appended");
        assert_eq!(due(9), [false; 0]);
    }
}
