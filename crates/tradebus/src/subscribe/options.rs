//! What a subscriber may choose.

use std::str::FromStr;
use std::time::Duration;

use tradebus_engine::EntryId;

use crate::config::{HandlingOrder, SubscriptionPolicy};
use crate::{Priority, StreamKey};

/// How to subscribe. The default: from now on, the streams of the bus, everything else as configured.
#[derive(Debug, Clone, Default)]
pub struct SubscribeOptions {
    pub(super) from: StartFrom,
    pub(super) streams: Vec<StreamKey>,
    pub(super) policy: Option<SubscriptionPolicy>,
    pub(super) capacity: Option<usize>,
    pub(super) samples: bool,
    /// Only these; all if there are none.
    pub(super) tiers: Vec<Priority>,
    pub(super) ordering: Option<HandlingOrder>,
    pub(super) handler_timeout: Option<Duration>,
}

impl SubscribeOptions {
    /// Where to start.
    #[must_use]
    pub fn from(mut self, from: StartFrom) -> Self {
        self.from = from;
        self
    }

    /// Reads this stream instead of those of the bus; call again for more. Any stream will do, such as one that a
    /// `NautilusTrader` node writes.
    #[must_use]
    pub fn stream(mut self, stream: impl Into<StreamKey>) -> Self {
        self.streams.push(stream.into());
        self
    }

    /// What happens when the subscriber is slower than the bus.
    #[must_use]
    pub fn policy(mut self, policy: SubscriptionPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Most messages that wait in each tier, at least 1.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = Some(messages.max(1));
        self
    }

    /// The subscriber wants to see some of the messages, as a screen does. What it drops counts in
    /// [`Subscription::dropped`](crate::Subscription::dropped), and not as a loss of the bus; and how long messages wait for it is not taken for the
    /// latency of the bus.
    #[must_use]
    pub fn sampling(mut self) -> Self {
        self.samples = true;
        self
    }

    /// Only messages of these tiers; all if none are given. Others do not get as far as the queue.
    #[must_use]
    pub fn tiers(mut self, tiers: impl IntoIterator<Item = Priority>) -> Self {
        self.tiers = tiers.into_iter().collect();
        self
    }

    /// Which messages a handler gets one after the other; nothing to a subscription without one.
    #[must_use]
    pub fn ordering(mut self, ordering: HandlingOrder) -> Self {
        self.ordering = Some(ordering);
        self
    }

    /// Longest that a handler may take for a message; zero means no limit.
    #[must_use]
    pub fn handler_timeout(mut self, limit: Duration) -> Self {
        self.handler_timeout = Some(limit);
        self
    }
}

/// Where a subscription starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartFrom {
    /// With what is published after the call.
    #[default]
    Latest,
    /// With the oldest entry that the store still has.
    Earliest,
    /// Behind this entry, in every stream.
    After(EntryId),
    /// With what was stored so long ago, by the store's clock.
    Ago(Duration),
}

impl FromStr for StartFrom {
    type Err = ParseStartError;

    /// Reads `latest`, `earliest`, an entry id, or a duration such as `10m`, `1h30m`, `500ms`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "latest" => return Ok(Self::Latest),
            "earliest" => return Ok(Self::Earliest),
            _ => {}
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::After(id));
        }
        let span: Option<jiff::SignedDuration> = text.parse().ok();
        span.and_then(|span| Duration::try_from(span).ok())
            .map(Self::Ago)
            .ok_or_else(|| ParseStartError(text.to_owned()))
    }
}

/// A text that is no place to start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place to start: use latest, earliest, an entry id such as 1700000000000-0, or a duration such as 10m"
)]
pub struct ParseStartError(String);

#[cfg(test)]
mod tests {
    use super::{EntryId, StartFrom};
    use std::time::Duration;

    #[test]
    fn reads_every_form() {
        let cases = [
            ("latest", StartFrom::Latest),
            ("earliest", StartFrom::Earliest),
            ("5-1", StartFrom::After(EntryId::new(5, 1))),
            ("1700000000000", StartFrom::After(EntryId::new(1_700_000_000_000, 0))),
            ("10m", StartFrom::Ago(Duration::from_mins(10))),
            ("1h30m", StartFrom::Ago(Duration::from_mins(90))),
            ("500ms", StartFrom::Ago(Duration::from_millis(500))),
        ];
        for (text, start) in cases {
            assert_eq!(text.parse(), Ok(start), "{text}");
        }
        for text in ["", "yesterday", "-10m", "5-"] {
            assert!(text.parse::<StartFrom>().is_err(), "{text}");
        }
    }
}
