//! The topic of a message, and the rules for those that tradebus publishes.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use smol_str::SmolStr;

/// Longest topic that can be published, in bytes.
pub const MAX_TOPIC_BYTES: usize = 255;

/// What a message is about: `data.quotes.BINANCE.BTCUSDT`. Cheap to clone.
///
/// A topic that is published obeys the rules of [`Topic::new`]. One that was *read* may be any UTF-8 text:
/// `NautilusTrader`'s own topics contain `*` and blanks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(SmolStr);

impl Topic {
    /// A topic to publish on.
    ///
    /// # Errors
    ///
    /// When it is empty or longer than [`MAX_TOPIC_BYTES`], holds white space, control characters, `*` or `?`
    /// (`NautilusTrader`'s Rust nodes refuse these two), or is `CLOSE` (which ends a `NautilusTrader` publisher for good).
    pub fn new(topic: impl AsRef<str>) -> Result<Self, TopicError> {
        let topic = topic.as_ref();
        check(topic)?;
        Ok(Self(SmolStr::new(topic)))
    }

    /// A topic as it was read from a stream: taken as it is.
    pub(crate) fn as_read(topic: &str) -> Self {
        Self(SmolStr::new(topic))
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(topic: &str) -> Result<(), TopicError> {
    if topic.is_empty() {
        return Err(TopicError::Empty);
    }
    if topic.len() > MAX_TOPIC_BYTES {
        return Err(TopicError::TooLong { bytes: topic.len() });
    }
    if topic == "CLOSE" {
        return Err(TopicError::Reserved);
    }
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '*' || c == '?';
    match topic.char_indices().find(|&(_, c)| forbidden(c)) {
        Some((at, character)) => Err(TopicError::Forbidden { topic: topic.to_owned(), character, at }),
        None => Ok(()),
    }
}

/// Why a topic cannot be published on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// The empty text.
    #[error("a topic must not be empty: allowed are 1 to {MAX_TOPIC_BYTES} bytes")]
    Empty,
    /// More than [`MAX_TOPIC_BYTES`].
    #[error("a topic of {bytes} bytes is too long: allowed are 1 to {MAX_TOPIC_BYTES} bytes")]
    TooLong {
        /// Length of the topic given, in bytes.
        bytes: usize,
    },
    /// A character that topics must not hold.
    #[error(
        "the topic {topic:?} holds {character:?} at byte {at}: a topic must not hold white space, control characters, `*` or `?`"
    )]
    Forbidden {
        /// The topic given.
        topic: String,
        /// The first character that is not allowed.
        character: char,
        /// Its offset in bytes.
        at: usize,
    },
    /// `CLOSE`.
    #[error("the topic CLOSE is reserved: it ends a NautilusTrader publisher for good")]
    Reserved,
}

impl Deref for Topic {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Topic {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl TryFrom<&str> for Topic {
    type Error = TopicError;

    fn try_from(topic: &str) -> Result<Self, TopicError> {
        Self::new(topic)
    }
}

impl TryFrom<String> for Topic {
    type Error = TopicError;

    fn try_from(topic: String) -> Result<Self, TopicError> {
        Self::new(topic)
    }
}

impl From<std::convert::Infallible> for TopicError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<&Topic> for Topic {
    fn from(topic: &Topic) -> Self {
        topic.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Topic, TopicError};

    #[test]
    fn takes_what_nautilus_trader_publishes() {
        for topic in ["data.quotes.BINANCE.BTCUSDT", "health:heartbeat", "data.X.k=v.k2=v2", "é", "$SPX/x"] {
            assert_eq!(Topic::new(topic).unwrap().as_str(), topic);
        }
        assert!(Topic::new("t".repeat(255)).is_ok());
    }

    #[test]
    fn refuses_and_says_why() {
        assert_eq!(Topic::new(""), Err(TopicError::Empty));
        assert_eq!(Topic::new("t".repeat(256)), Err(TopicError::TooLong { bytes: 256 }));
        assert_eq!(Topic::new("CLOSE"), Err(TopicError::Reserved));
        for topic in ["data.*", "a?", "a b", "a\tb", "a\0", "a\u{a0}b", "a\u{85}"] {
            let error = Topic::new(topic).unwrap_err();
            assert!(matches!(error, TopicError::Forbidden { .. }), "{topic:?}: {error}");
        }
    }
}
