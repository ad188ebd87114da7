//! When a stream is due to be shortened: by length as it grows, by age once a minute.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::StreamKey;
use crate::config::{BusConfig, TrimStrategy};
use crate::layout::reply_stream;

/// Least time between two trims of one stream by age, as `NautilusTrader` has it.
pub(super) const AGE_TRIM_INTERVAL: Duration = Duration::from_mins(1);
/// Streams whose growth is remembered; beyond, all are forgotten, which costs each one late trim.
pub(super) const MOST_STREAMS: usize = 100_000;

/// What the lanes tell the trimmer.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Streams that are written, or have grown since the trimmer looked last.
    streams: Mutex<HashMap<StreamKey, Growth>>,
    pub(super) changed: Notify,
}

/// What is known of a stream since the trimmer looked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    /// It is written for the first time.
    Began,
    /// It may be longer than it should be.
    Grown,
}

impl Due {
    fn note(&self, stream: &StreamKey, growth: Growth) {
        let mut streams = self.streams.lock();
        if streams.len() < MOST_STREAMS || streams.contains_key(stream) {
            let known = streams.entry_ref(stream).or_insert(growth);
            if growth == Growth::Grown {
                *known = growth;
            }
        }
        drop(streams);
        self.changed.notify_one();
    }

    pub(super) fn take(&self) -> HashMap<StreamKey, Growth> {
        std::mem::take(&mut *self.streams.lock())
    }
}

/// Notices, after each batch of a lane, which of its streams are due.
#[derive(Debug)]
pub(crate) struct Retention {
    config: Arc<BusConfig>,
    due: Arc<Due>,
    appended: HashMap<StreamKey, Appended>,
}

#[derive(Debug)]
struct Appended {
    /// Entries that make the stream due; `None` for no limit by length.
    slack: Option<u64>,
    /// Entries since it was due last.
    entries: u64,
}

/// Answers that are kept unless their stream is configured: whoever waits for one reads it within moments, and they may be large.
const MAX_REPLIES: u64 = 20_000;

/// Most entries of a stream, as it is configured; 0 for no limit by length.
pub(super) fn max_length(config: &BusConfig, stream: &StreamKey) -> u64 {
    let name = stream.to_string();
    let settings = config.stream(&name);
    let length = match settings.trim_strategy {
        TrimStrategy::MaxLen => settings.max_length,
        TrimStrategy::MinId => 0,
    };
    let is_reply = *stream == reply_stream(&config.stream_base());
    if is_reply && !config.stream_configs.contains_key(&name) && (length == 0 || length > MAX_REPLIES) {
        return MAX_REPLIES;
    }
    length
}

impl Retention {
    pub(super) fn new(config: Arc<BusConfig>, due: Arc<Due>) -> Self {
        Self { config, due, appended: HashMap::new() }
    }

    /// A stream has got so many entries.
    pub(crate) fn appended(&mut self, stream: &StreamKey, entries: u64) {
        if self.appended.len() >= MOST_STREAMS && !self.appended.contains_key(stream) {
            self.appended.clear();
        }
        if !self.appended.contains_key(stream) {
            self.due.note(stream, Growth::Began);
            let length = max_length(&self.config, stream);
            // A stream may be a tenth longer than its limit, but not by more than ten thousand entries.
            let slack = (length > 0).then(|| (length / 10).clamp(1, 10_000));
            self.appended.insert(stream.clone(), Appended { slack, entries: 0 });
        }
        let Some(appended) = self.appended.get_mut(stream) else { return };
        appended.entries += entries;
        if appended.slack.is_some_and(|slack| appended.entries >= slack) {
            appended.entries = 0;
            self.due.note(stream, Growth::Grown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Due, Growth, MAX_REPLIES, Retention, max_length};
    use crate::config::StreamOverrides;
    use crate::{BusConfig, StreamKey};

    #[test]
    fn answers_are_not_kept_for_long_unless_that_is_asked_for() {
        let mut config = BusConfig::default();
        let reply = StreamKey::from(&format!("{}:reply", config.stream_base())[..]);
        assert_eq!(max_length(&config, &reply), MAX_REPLIES);
        config.default_stream_config.max_length = 5;
        assert_eq!(max_length(&config, &reply), 5);
        let named = StreamOverrides { max_length: Some(1_000_000), ..StreamOverrides::default() };
        config.stream_configs.insert(reply.to_string(), named);
        assert_eq!(max_length(&config, &reply), 1_000_000);
        assert_eq!(max_length(&BusConfig::default(), &StreamKey::from("other")), 1_000_000);
    }

    #[test]
    fn a_stream_is_due_when_a_tenth_of_its_limit_was_appended() {
        let mut config = BusConfig::default();
        let named = StreamOverrides { max_length: Some(100), ..StreamOverrides::default() };
        config.stream_configs.insert("s".to_owned(), named);
        let due = Arc::new(Due::default());
        let mut retention = Retention::new(config.into(), due.clone());
        let stream = StreamKey::from("s");
        let mut after = |entries| {
            retention.appended(&stream, entries);
            due.take().get(&stream).copied()
        };
        assert_eq!(after(9), Some(Growth::Began), "what others wrote is not trimmed by the first message");
        assert_eq!(after(1), Some(Growth::Grown));
        assert_eq!(after(9), None);
        assert_eq!(after(100), Some(Growth::Grown));
    }
}
