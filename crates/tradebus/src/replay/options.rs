//! What of the past is replayed, and how fast.

use std::str::FromStr;
use std::time::Duration;

use tradebus_engine::EntryId;

use crate::{Pattern, StreamKey};

/// What to replay. The default: everything that the streams of the bus still have, as fast as it can be read.
#[derive(Debug, Clone, Default)]
pub struct ReplayOptions {
    pub(super) from: ReplayBound,
    pub(super) to: ReplayBound,
    pub(super) streams: Vec<StreamKey>,
    pub(super) also: Vec<Pattern>,
    pub(super) speed: ReplaySpeed,
}

impl ReplayOptions {
    /// Where to start; the default is the oldest entry.
    #[must_use]
    pub fn from(mut self, from: ReplayBound) -> Self {
        self.from = from;
        self
    }

    /// Where to end; the default is the newest entry at the time of the call.
    #[must_use]
    pub fn to(mut self, to: ReplayBound) -> Self {
        self.to = to;
        self
    }

    /// Reads this stream instead of those of the bus; call again for more.
    #[must_use]
    pub fn stream(mut self, stream: impl Into<StreamKey>) -> Self {
        self.streams.push(stream.into());
        self
    }

    /// Topics of this pattern too; a message that several match comes once.
    #[must_use]
    pub fn also(mut self, pattern: Pattern) -> Self {
        self.also.push(pattern);
        self
    }

    /// How fast.
    #[must_use]
    pub fn speed(mut self, speed: ReplaySpeed) -> Self {
        self.speed = speed;
        self
    }
}

/// One end of what is replayed, by the time at which entries were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplayBound {
    /// All that there is on this side.
    #[default]
    Open,
    /// This entry, included.
    Id(EntryId),
    /// What was stored so long ago, by the store's clock.
    Ago(Duration),
}

impl FromStr for ReplayBound {
    type Err = ParseReplayError;

    /// Reads an entry id (without its second part: the whole millisecond's first), or a duration such as `10m`, `1h30m`, `500ms`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let span: Option<jiff::SignedDuration> = text.parse().ok();
        span.and_then(|span| Duration::try_from(span).ok())
            .map(Self::Ago)
            .ok_or_else(|| ParseReplayError::Bound(text.to_owned()))
    }
}

/// How fast a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ReplaySpeed {
    /// As fast as it can be read.
    #[default]
    Max,
    /// So many times as fast as it was: 1 is the original speed. Anything that is no number above 0 is [`Max`](Self::Max).
    Times(f64),
}

impl FromStr for ReplaySpeed {
    type Err = ParseReplayError;

    /// Reads `max`, or a number from 0.001 to 1000000.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.parse().ok().filter(|times: &f64| (0.001..=1e6).contains(times));
        times.map(Self::Times).ok_or_else(|| ParseReplayError::Speed(text.to_owned()))
    }
}

/// A text that says nothing about a replay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReplayError {
    /// It is no end of what is replayed.
    #[error(
        "`{0}` is no place in the past: use an entry id such as 1700000000000-0, or a duration such as 10m"
    )]
    Bound(String),
    /// It is no speed.
    #[error("`{0}` is no speed: use max, 1 for the original speed, or another factor from 0.001 to 1000000")]
    Speed(String),
}

#[cfg(test)]
mod tests {
    use super::{EntryId, ReplayBound, ReplaySpeed};
    use std::time::Duration;

    #[test]
    fn bounds_and_speeds_are_read() {
        assert_eq!("5-1".parse(), Ok(ReplayBound::Id(EntryId::new(5, 1))));
        assert_eq!("10m".parse(), Ok(ReplayBound::Ago(Duration::from_mins(10))));
        assert_eq!("max".parse(), Ok(ReplaySpeed::Max));
        assert_eq!("0.5".parse(), Ok(ReplaySpeed::Times(0.5)));
        for text in ["", "latest", "-10m", "5-"] {
            assert!(text.parse::<ReplayBound>().is_err(), "{text}");
        }
        for text in ["", "0", "-1", "nan", "inf", "fast", "1e7"] {
            assert!(text.parse::<ReplaySpeed>().is_err(), "{text}");
        }
    }
}
