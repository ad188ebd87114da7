//! Which topics a subscription wants: a glob over bytes, compiled once, matched in linear time.
//!
//! The rules are those of `NautilusTrader` 1.221.0 (observed over 3,473 pairs of topic and pattern): `*` is
//! any run of bytes, none and dots included; `?` is exactly one byte, so that `é` takes two; everything else
//! stands for itself. There are no escapes, classes or alternatives, and the whole topic must match. 1.231.0
//! answers differently where the *topic* holds a `*`; its own custom-data topics do (`data.Name*`), so the
//! older answers are the useful ones.
//!
//! Between two stars a pattern has a *segment*. Taking the leftmost place for each segment in turn is enough
//! to answer, and each is found by a search that is linear in the topic (see [`segment`]), so no pattern
//! makes matching slow.

mod segment;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use self::segment::{Segment, fits};

/// Longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 4096;

/// A topic pattern: `data.quotes.*`. Cheap to clone; two patterns are equal when their texts are.
///
/// ```
/// use tradebus::Pattern;
///
/// let quotes = Pattern::new("data.quotes.*.BTC????")?;
/// assert!(quotes.matches(b"data.quotes.BINANCE.BTCUSDT"));
/// assert!(!quotes.matches(b"data.quotes.BINANCE.BTCUSD"));
/// # Ok::<(), tradebus::PatternError>(())
/// ```
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    text: Box<[u8]>,
    shape: Shape,
}

/// What has to be done to match. The first three are nearly all patterns in use, and take one comparison.
enum Shape {
    /// Stars only.
    Everything,
    /// No wildcard at all.
    Literal,
    /// Literal bytes (so many), then stars only.
    Prefix(usize),
    /// `?` but no star.
    Fixed,
    /// A start and an end in fixed places, and segments anywhere between them, in order.
    Stars { head: usize, segments: Box<[Segment]>, gap: usize, tail: usize },
}

impl Pattern {
    /// Compiles a pattern. Any bytes are allowed, the empty pattern too (it matches the empty topic).
    ///
    /// # Errors
    ///
    /// When it is longer than [`MAX_PATTERN_BYTES`].
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Self, PatternError> {
        let text = pattern.as_ref();
        if text.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::TooLong { bytes: text.len() });
        }
        Ok(Self(Arc::new(Compiled { text: text.into(), shape: Shape::of(text) })))
    }

    /// Whether the whole topic matches. Takes time linear in its length, whatever the pattern.
    pub fn matches(&self, topic: &[u8]) -> bool {
        let text = &self.0.text[..];
        match &self.0.shape {
            Shape::Everything => true,
            Shape::Literal => topic == text,
            Shape::Prefix(bytes) => topic.starts_with(&text[..*bytes]),
            Shape::Fixed => topic.len() == text.len() && fits(text, topic),
            Shape::Stars { head, segments, gap, tail } => {
                let Some(end) = topic.len().checked_sub(*tail).filter(|end| end >= head) else {
                    return false;
                };
                fits(&text[..*head], &topic[..*head])
                    && fits(&text[text.len() - tail..], &topic[end..])
                    && in_order(segments, *gap, &topic[*head..end])
            }
        }
    }

    /// The pattern as it was given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.text
    }

    /// The one topic that this pattern matches, when it holds no wildcard: such patterns can be looked up in
    /// a table.
    pub fn as_literal(&self) -> Option<&[u8]> {
        matches!(self.0.shape, Shape::Literal).then_some(&self.0.text[..])
    }
}

impl Shape {
    fn of(text: &[u8]) -> Self {
        let Some(first_star) = memchr::memchr(b'*', text) else {
            return if text.contains(&b'?') { Self::Fixed } else { Self::Literal };
        };
        let after_stars = memchr::memrchr(b'*', text).map_or(0, |last| last + 1);
        let tail = text.len() - after_stars;
        let (segments, gap) = segment::compile(&text[first_star..after_stars]);
        match (first_star, segments.len() + gap + tail) {
            (0, 0) => Self::Everything,
            (head, 0) if !text[..head].contains(&b'?') => Self::Prefix(head),
            (head, _) => Self::Stars { head, segments: segments.into(), gap, tail },
        }
    }
}

/// Whether the segments follow one another in the topic, with `gap` further bytes after the last.
fn in_order(segments: &[Segment], gap: usize, mut topic: &[u8]) -> bool {
    for segment in segments {
        match segment.end_in(topic) {
            Some(end) => topic = &topic[end..],
            None => return false,
        }
    }
    topic.len() >= gap
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0.text))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0.text), f)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Pattern {
    type Error = PatternError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// More than [`MAX_PATTERN_BYTES`].
    #[error("a pattern of {bytes} bytes is too long: allowed are 0 to {MAX_PATTERN_BYTES} bytes")]
    TooLong {
        /// Length of the pattern given, in bytes.
        bytes: usize,
    },
}

impl From<std::convert::Infallible> for PatternError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests;
