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
    EntryId::parse(text, missing_seq).ok_or(Refusal::BAD_ID)
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
    use super::{range_end, range_start};
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
}
