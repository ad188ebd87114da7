//! Requests that people type: words, with quotes as in a shell.

use std::ops::Range;

use smallvec::SmallVec;

/// Splits a line into words, which are appended to `words` without their quotes and escapes. `None` when quotes do not
/// close, or are followed by anything but a blank.
pub(super) fn split(line: &[u8], words: &mut Vec<u8>, args: &mut SmallVec<[Range<usize>; 16]>) -> Option<()> {
    let mut rest = line;
    loop {
        while let [b' ' | b'\t'..=b'\r', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return Some(());
        }
        let start = words.len();
        rest = word(rest, words)?;
        args.push(start..words.len());
    }
}

/// Reads one word and returns what follows it.
fn word<'a>(mut rest: &'a [u8], words: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t' | b'\0', ..] => {
                return Some(rest.get(1..).unwrap_or_default());
            }
            [b'"', quoted @ ..] => return double_quoted(quoted, words),
            [b'\'', quoted @ ..] => return single_quoted(quoted, words),
            [byte, after @ ..] => {
                words.push(*byte);
                rest = after;
            }
        }
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], words: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [b'"', after @ ..] => return closed(after),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (hex(*high) << 4 | hex(*low), after)
            }
            [b'\\', escaped, after @ ..] => (unescaped(*escaped), after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        words.push(byte);
        rest = after;
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], words: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [b'\'', after @ ..] => return closed(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        words.push(byte);
        rest = after;
    }
}

/// A closing quote ends the word.
fn closed(after: &[u8]) -> Option<&[u8]> {
    matches!(after, [] | [b' ' | b'\t'..=b'\r', ..]).then_some(after)
}

fn unescaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
