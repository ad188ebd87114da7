//! How large an entry would be in a node of Redis.
//!
//! `XTRIM ~` removes whole nodes, so where a node ends can be seen from outside. Redis closes a node by the bytes of
//! its listpack, and to end our blocks at the same entries we count what that listpack would take, though we store
//! less. A listpack element is a string or, for texts that are numbers, an integer of few bytes; behind it stands its
//! length once more for walking backwards.

use super::Pair;

/// An empty listpack: its header and its end mark.
const EMPTY: usize = 7;

/// Size of an integer element.
pub(super) fn integer(value: i64) -> usize {
    let bytes = match value {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    };
    bytes + 1
}

/// Size of an integer element that counts something.
fn count(number: usize) -> usize {
    integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Size of a string element.
pub(super) fn text(text: &[u8]) -> usize {
    if let Some(number) = canonical_integer(text) {
        return integer(number);
    }
    let bytes = match text.len() {
        len @ 0..64 => 1 + len,
        len @ 64..4096 => 2 + len,
        len => 5 + len,
    };
    bytes + back_length(bytes)
}

fn back_length(bytes: usize) -> usize {
    match bytes {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// The number that a text stands for, if it is written in the one way in which Redis would write it back.
fn canonical_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    digits.iter().try_fold(0i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        let value = value.checked_mul(10)?;
        if negative { value.checked_sub(digit) } else { value.checked_add(digit) }
    })
}

/// What a node holds beside its entries and the two counters: the field names of its first entry.
pub(super) fn node_head(fields: &[Pair<'_>]) -> usize {
    let names: usize = fields.iter().map(|(name, _)| text(name)).sum();
    EMPTY + count(fields.len()) + names + integer(0)
}

/// The counters of living and deleted entries, which grow with the node.
pub(super) fn counters(live: u32, deleted: u32) -> usize {
    integer(i64::from(live)) + integer(i64::from(deleted))
}

/// One entry; `ms` and `seq` are its distance from the first of the node (a sequence number may be smaller: the
/// distance wraps), and names are counted unless they are the
/// names of the first.
pub(super) fn entry(ms: u64, seq: u64, same_names: bool, fields: &[Pair<'_>]) -> usize {
    const FLAGS: usize = 2;
    let values: usize = fields.iter().map(|(_, value)| text(value)).sum();
    let (names, elements) = if same_names {
        (0, fields.len() + 3)
    } else {
        let names: usize = fields.iter().map(|(name, _)| text(name)).sum();
        (names + count(fields.len()), 2 * fields.len() + 4)
    };
    FLAGS + integer(ms.cast_signed()) + integer(seq.cast_signed()) + names + values + count(elements)
}

#[cfg(test)]
mod tests {
    use super::{canonical_integer, integer, text};

    #[test]
    fn only_plain_numbers_are_integers() {
        for (written, number) in [
            ("0", 0),
            ("7", 7),
            ("-1", -1),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(canonical_integer(written.as_bytes()), Some(number));
        }
        for written in
            ["", "-", "-0", "00", "01", "+1", "1 ", "1.5", "9223372036854775808", "12345678901234567890"]
        {
            assert_eq!(canonical_integer(written.as_bytes()), None, "{written}");
        }
    }

    #[test]
    fn elements_have_the_size_of_a_listpack() {
        assert_eq!([0, 127, 128, 4096, 0x8000, 0x80_0000, i64::MAX].map(integer), [2, 2, 3, 4, 5, 6, 10]);
        assert_eq!(text(b"12"), 2);
        assert_eq!(text(b"AUD/USD"), 9);
        assert_eq!(text(&[b'x'; 63]), 65);
        assert_eq!(text(&[b'x'; 64]), 67);
        assert_eq!(text(&[b'x'; 200]), 204);
    }
}
