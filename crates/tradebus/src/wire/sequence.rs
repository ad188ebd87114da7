//! The number of a record: who wrote it, and how many of his lie before it in the same stream.
//!
//! On the wire it is the field `seq`: the producer in 16 hexadecimal digits, a hyphen, and the number in decimal digits, from 1 on:
//! `00c0ffee5eed0042-1042`.

use std::fmt;
use std::io::Write as _;
use std::num::NonZeroU64;

use serde::Serialize;

/// Digits of a producer.
const PRODUCER_DIGITS: usize = 16;
/// Longest value of the field: producer, hyphen, and the largest number.
const MAX_BYTES: usize = PRODUCER_DIGITS + 1 + 20;

/// Who numbers records: one tier of one bus, from its start on. One that is started again is another producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ProducerId(u64);

impl ProducerId {
    /// An id that nobody else has.
    pub(crate) fn new() -> Self {
        Self(fastrand::u64(..))
    }

    #[cfg(test)]
    pub(crate) const fn of(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for ProducerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The number of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) producer: ProducerId,
    /// Counted for each stream by itself, from 1 on.
    pub(crate) number: NonZeroU64,
}

impl Sequence {
    /// Reads the value of a field.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let (producer, rest) = value.split_at_checked(PRODUCER_DIGITS)?;
        let number = rest.strip_prefix(b"-")?;
        let is_wrong = |byte: &u8| !matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        // Both would take a sign.
        if producer.iter().any(is_wrong) || !number.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let producer = u64::from_str_radix(std::str::from_utf8(producer).ok()?, 16).ok()?;
        let number = std::str::from_utf8(number).ok()?.parse().ok()?;
        Some(Self { producer: ProducerId(producer), number })
    }

    /// The value of the field.
    pub(crate) fn text(self) -> SequenceText {
        let mut text = SequenceText { bytes: [0; MAX_BYTES], len: 0 };
        let mut left = &mut text.bytes[..];
        // The longest text fits, so that this cannot fail.
        let _ = write!(left, "{}-{}", self.producer, self.number);
        text.len = MAX_BYTES - left.len();
        text
    }
}

/// The value of a field, without an allocation.
pub(crate) struct SequenceText {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

impl SequenceText {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::{ProducerId, Sequence};

    #[test]
    fn what_is_written_is_read() {
        for (producer, number, text) in [
            (0xc0_ffee_5eed_0042, 1042, "00c0ffee5eed0042-1042"),
            (u64::MAX, u64::MAX, "ffffffffffffffff-18446744073709551615"),
            (0, 1, "0000000000000000-1"),
        ] {
            let sequence =
                Sequence { producer: ProducerId::of(producer), number: number.try_into().unwrap() };
            assert_eq!(sequence.text().as_bytes(), text.as_bytes());
            assert_eq!(Sequence::parse(text.as_bytes()), Some(sequence));
        }
    }

    #[test]
    fn anything_else_is_none() {
        let wrong: [&[u8]; 10] = [
            b"",
            b"-1",
            b"00c0ffee5eed0042",
            b"00c0ffee5eed0042-",
            b"00c0ffee5eed0042-0",
            b"00c0ffee5eed0042-+1",
            b"+0c0ffee5eed0042-1",
            b"00C0FFEE5EED0042-1",
            b"00c0ffee5eed0042-18446744073709551616",
            b"\xff0c0ffee5eed004-1",
        ];
        for value in wrong {
            assert_eq!(Sequence::parse(value), None, "{}", String::from_utf8_lossy(value));
        }
    }
}
