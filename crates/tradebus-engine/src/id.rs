//! The id of a stream entry.

use std::fmt;

/// The id of a stream entry: milliseconds since 1970 and a sequence number within them, as Redis writes it
/// (`1700000000000-0`). Ids are ordered, and those of one stream only ever rise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EntryId {
    /// Milliseconds since 1970-01-01 UTC, by the clock of the store.
    pub ms: u64,
    /// Sequence number within the millisecond.
    pub seq: u64,
}

impl EntryId {
    /// Before every entry: reading after it reads a stream from its beginning.
    pub const MIN: Self = Self { ms: 0, seq: 0 };
    /// After every entry.
    pub const MAX: Self = Self { ms: u64::MAX, seq: u64::MAX };

    /// An id of its two parts.
    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    /// The smallest id above this one, or `None` at the very last.
    pub const fn next(self) -> Option<Self> {
        match (self.ms, self.seq) {
            (u64::MAX, u64::MAX) => None,
            (ms, u64::MAX) => Some(Self::new(ms + 1, 0)),
            (ms, seq) => Some(Self::new(ms, seq + 1)),
        }
    }

    /// The largest id below this one, or `None` at the very first.
    pub const fn previous(self) -> Option<Self> {
        match (self.ms, self.seq) {
            (0, 0) => None,
            (ms, 0) => Some(Self::new(ms - 1, u64::MAX)),
            (ms, seq) => Some(Self::new(ms, seq - 1)),
        }
    }

    /// Reads `ms` or `ms-seq` in decimal digits; a missing sequence is taken as `missing_seq`, since Redis reads
    /// `5` as `5-0` at the start of a range and as `5-18446744073709551615` at its end.
    pub fn parse(text: &[u8], missing_seq: u64) -> Option<Self> {
        match memchr::memchr(b'-', text) {
            None => Some(Self::new(decimal(text)?, missing_seq)),
            Some(dash) => Some(Self::new(decimal(&text[..dash])?, decimal(&text[dash + 1..])?)),
        }
    }

    /// Appends the id as Redis writes it.
    pub fn write_to(self, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(digits.format(self.ms).as_bytes());
        out.push(b'-');
        out.extend_from_slice(digits.format(self.seq).as_bytes());
    }
}

/// Digits only, no sign, no overflow.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for EntryId {
    type Err = ParseIdError;

    /// Reads `ms-seq`, or `ms` as `ms-0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes(), 0).ok_or_else(|| ParseIdError(text.to_owned()))
    }
}

/// A text that is no entry id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no entry id: write milliseconds, or milliseconds-sequence such as 1700000000000-0")]
pub struct ParseIdError(String);

#[cfg(test)]
mod tests {
    use super::EntryId;

    #[test]
    fn reads_what_it_writes() {
        for id in [EntryId::MIN, EntryId::MAX, EntryId::new(1_700_000_000_000, 7)] {
            let mut text = Vec::new();
            id.write_to(&mut text);
            assert_eq!(EntryId::parse(&text, 9), Some(id));
            assert_eq!(id.to_string().as_bytes(), text);
        }
        assert_eq!(EntryId::parse(b"5", 9), Some(EntryId::new(5, 9)));
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in ["", "-", "1-", "-1", "+1-0", "1-2-3", "18446744073709551616-0", "1.5-0", " 1-0"] {
            assert_eq!(EntryId::parse(text.as_bytes(), 0), None, "{text:?}");
        }
    }

    #[test]
    fn neighbours_cross_the_millisecond() {
        assert_eq!(EntryId::new(5, u64::MAX).next(), Some(EntryId::new(6, 0)));
        assert_eq!(EntryId::new(6, 0).previous(), Some(EntryId::new(5, u64::MAX)));
        assert_eq!(EntryId::MAX.next(), None);
        assert_eq!(EntryId::MIN.previous(), None);
    }
}
