//! Reading arguments as Redis does.

use super::refusal::Refusal;
use crate::EntryId;

/// An integer in the one way in which Redis writes it.
pub(super) fn integer(text: &[u8]) -> Result<i64, Refusal> {
    crate::number::integer(text).ok_or(Refusal::NOT_AN_INTEGER)
}

/// How long somebody is ready to wait.
pub(super) fn timeout_ms(text: &[u8]) -> Result<u64, Refusal> {
    let timeout = integer(text).map_err(|_| Refusal::new("ERR timeout is not an integer or out of range"))?;
    u64::try_from(timeout).map_err(|_| Refusal::new("ERR timeout is negative"))
}

/// A pattern for keys or channels. Comparing takes time by the product of the lengths, while others wait for the store.
pub(super) fn pattern(text: &[u8]) -> Result<&[u8], Refusal> {
    const MOST_BYTES: usize = 1024;
    if text.len() <= MOST_BYTES {
        Ok(text)
    } else {
        Err(Refusal::new("ERR patterns have at most 1024 bytes here"))
    }
}

/// An id of an entry; without a sequence number, it is 0.
pub(super) fn id(text: &[u8]) -> Result<EntryId, Refusal> {
    id_or(text, 0)
}

fn id_or(text: &[u8], missing_seq: u64) -> Result<EntryId, Refusal> {
    EntryId::parse(text, missing_seq).or_else(|| odd_id(text, missing_seq)).ok_or(Refusal::BAD_ID)
}

/// What nobody writes, but Redis takes for an id: it reads the two numbers with `strtoull`, if they are not below zero.
fn odd_id(text: &[u8], missing_seq: u64) -> Option<EntryId> {
    const LONGEST: usize = 127;
    let part =
        |text| unsigned(text).filter(|_| crate::number::integer(text).is_none_or(|number| number >= 0));
    let mut parts = text.splitn(2, |byte| *byte == b'-');
    let ms = part(parts.next().filter(|_| text.len() <= LONGEST)?)?;
    let seq = parts.next().map_or(Some(missing_seq), part)?;
    Some(EntryId::new(ms, seq))
}

/// A number as `strtoull` of C reads it: behind blanks and a sign, which counts it from the end.
pub(super) fn unsigned(text: &[u8]) -> Option<u64> {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r'))?;
    let (negative, digits) = match &text[start..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let number = digits.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    (!digits.is_empty()).then_some(if negative { number.wrapping_neg() } else { number })
}

/// The start of a range, itself included.
pub(super) fn range_start(text: &[u8]) -> Result<EntryId, Refusal> {
    match text {
        [b'(', after @ ..] if !after.is_empty() => {
            id(after)?.next().ok_or(Refusal::new("ERR invalid start ID for the interval"))
        }
        _ => range_end_or(text, 0),
    }
}

/// The end of a range, itself included.
pub(super) fn range_end(text: &[u8]) -> Result<EntryId, Refusal> {
    match text {
        [b'(', before @ ..] if !before.is_empty() => {
            id_or(before, u64::MAX)?.previous().ok_or(Refusal::new("ERR invalid end ID for the interval"))
        }
        _ => range_end_or(text, u64::MAX),
    }
}

/// Any id; `-` and `+` stand for the first and the last one.
pub(super) fn open_id(text: &[u8]) -> Result<EntryId, Refusal> {
    range_end_or(text, 0)
}

fn range_end_or(text: &[u8], missing_seq: u64) -> Result<EntryId, Refusal> {
    match text {
        b"-" => Ok(EntryId::MIN),
        b"+" => Ok(EntryId::MAX),
        _ => id_or(text, missing_seq),
    }
}

/// Whether an argument is this word, in whatever case.
pub(super) fn is(arg: &[u8], word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{id, range_end, range_start};
    use crate::EntryId;

    #[test]
    fn ranges_may_leave_out_their_ends() {
        assert_eq!(range_start(b"(5"), Ok(EntryId::new(5, 1)));
        assert_eq!(range_end(b"(5"), Ok(EntryId::new(5, u64::MAX - 1)));
        assert_eq!((range_start(b"-"), range_end(b"+")), (Ok(EntryId::MIN), Ok(EntryId::MAX)));
        assert!(range_start(b"(18446744073709551615-18446744073709551615").is_err());
        assert!(range_end(b"(0-0").is_err());
        assert!(range_end(b"(").is_err());
        assert!(range_start(b"(-").is_err());
    }

    #[test]
    fn odd_ids_are_read_as_c_reads_numbers() {
        for (text, ms, seq) in
            [("007-08", 7, 8), ("+5", 5, 0), (" \t5-+6", 5, 6), ("5--0", 5, 0), ("5--03", 5, u64::MAX - 2)]
        {
            assert_eq!(id(text.as_bytes()), Ok(EntryId::new(ms, seq)), "{text}");
        }
        for text in ["", " ", "+", "5-", "5-+", "5--3", "-5", "5 ", "5x", "5-6-7", "18446744073709551616"] {
            assert!(id(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(id("0".repeat(127).as_bytes()), Ok(EntryId::MIN));
        assert!(id("0".repeat(128).as_bytes()).is_err());
    }
}
