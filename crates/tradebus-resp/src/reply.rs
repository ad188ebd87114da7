//! Replies as a server sends them, RESP2 and RESP3.

use smallvec::SmallVec;

/// Longest bulk string that is accepted, in bytes: the limit of Redis itself (`proto-max-bulk-len`).
pub const MAX_BULK_BYTES: usize = 512 * 1024 * 1024;
/// Deepest nesting of lists that is accepted; Redis' own replies stay below 10.
const MAX_DEPTH: usize = 64;
/// Longest line (status, error, number) that is accepted, in bytes.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// A reply that is no RESP; the connection that it came from cannot be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Redis protocol is broken: {0}")]
pub struct BrokenReply(String);

impl BrokenReply {
    /// An error that says what was wrong.
    pub fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}

/// Finds where replies end. It remembers how far it has looked, so that a reply that arrives in pieces is scanned once.
#[derive(Debug, Default)]
pub struct ReplyScanner {
    /// Everything before this offset has been looked at.
    at: usize,
    /// How many elements are still to come, for each list that is open.
    open: SmallVec<[usize; 8]>,
}

impl ReplyScanner {
    /// Looks at `buffer`, which must start where the last complete reply ended and only ever grow in between.
    /// Returns the length of the first reply once all of it is there.
    ///
    /// # Errors
    ///
    /// When the bytes are no RESP; the connection is then of no further use.
    pub fn scan(&mut self, buffer: &[u8]) -> Result<Option<usize>, BrokenReply> {
        loop {
            let Some(head) = Head::read(buffer, self.at)? else { return Ok(None) };
            match head.shape {
                Shape::Line => self.at = head.end,
                Shape::Bulk(len) => {
                    let end = head.end + len + 2;
                    if buffer.len() < end {
                        return Ok(None);
                    }
                    self.at = end;
                }
                Shape::List(elements) => {
                    self.at = head.end;
                    if elements > 0 {
                        self.enter(elements)?;
                        continue;
                    }
                }
            }
            if self.leave() {
                return Ok(Some(std::mem::take(&mut self.at)));
            }
        }
    }

    fn enter(&mut self, elements: usize) -> Result<(), BrokenReply> {
        if self.open.len() == MAX_DEPTH {
            return Err(BrokenReply::new(format!("lists are nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(elements);
        Ok(())
    }

    /// One element is complete: closes the lists that end with it, and says whether the whole reply does.
    fn leave(&mut self) -> bool {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return false;
            }
            self.open.pop();
        }
        true
    }
}

/// One piece of a reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    /// `+OK`.
    Status(&'a [u8]),
    /// `-ERR ...`: the text, code first.
    Error(&'a [u8]),
    /// `:5`.
    Integer(i64),
    /// A bulk string, or another RESP3 value given as text.
    Bulk(&'a [u8]),
    /// No value (`$-1`, `*-1`, `_`).
    Null,
    /// A list of so many elements, which follow; a map counts keys and values.
    List(usize),
}

/// Takes a complete reply apart, piece by piece.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    reply: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Of a reply whose length [`ReplyScanner`] has found.
    pub fn new(reply: &'a [u8]) -> Self {
        Self { reply, at: 0 }
    }

    /// The bytes that were not pulled yet.
    pub fn rest(&self) -> &'a [u8] {
        self.reply.get(self.at..).unwrap_or_default()
    }

    /// The next piece.
    ///
    /// # Errors
    ///
    /// When the reply ends early or is no RESP.
    pub fn pull(&mut self) -> Result<Token<'a>, BrokenReply> {
        let ended = || BrokenReply::new("a reply ends early");
        let head = Head::read(self.reply, self.at)?.ok_or_else(ended)?;
        self.at = head.end;
        Ok(match (head.shape, head.kind) {
            (Shape::Line, b'+') => Token::Status(head.line),
            (Shape::Line, b'-') => Token::Error(head.line),
            (Shape::Line, b':') => Token::Integer(integer(head.line)?),
            (Shape::Line, b'$' | b'*' | b'_' | b'~' | b'%' | b'>') => Token::Null,
            (Shape::Line, _) => Token::Bulk(head.line),
            (Shape::Bulk(len), kind) => {
                let value = self.reply.get(head.end..head.end + len).ok_or_else(ended)?;
                self.at = head.end + len + 2;
                match kind {
                    b'!' => Token::Error(value),
                    // Verbatim text carries its format in front: `txt:`.
                    b'=' => Token::Bulk(value.get(4..).unwrap_or_default()),
                    _ => Token::Bulk(value),
                }
            }
            (Shape::List(elements), _) => Token::List(elements),
        })
    }
}

/// The first line of an element.
struct Head<'a> {
    kind: u8,
    /// The line without its kind and its end.
    line: &'a [u8],
    /// Offset behind the line.
    end: usize,
    shape: Shape,
}

/// What follows the first line of an element.
enum Shape {
    Line,
    Bulk(usize),
    List(usize),
}

impl<'a> Head<'a> {
    fn read(buffer: &'a [u8], at: usize) -> Result<Option<Self>, BrokenReply> {
        let Some((&kind, rest)) = buffer.get(at..).and_then(<[u8]>::split_first) else { return Ok(None) };
        if !b"+-:$*_#,(!=~%>".contains(&kind) {
            return Err(BrokenReply::new(format!("a reply starts with {:?}", char::from(kind))));
        }
        let Some(end) = memchr::memchr(b'\r', rest) else {
            return if rest.len() > MAX_LINE_BYTES {
                Err(BrokenReply::new("a line is too long"))
            } else {
                Ok(None)
            };
        };
        if rest.len() < end + 2 {
            return Ok(None);
        }
        let line = &rest[..end];
        let shape = match kind {
            b'$' | b'=' | b'!' => count(line, MAX_BULK_BYTES)?.map_or(Shape::Line, Shape::Bulk),
            b'*' | b'~' | b'>' => count(line, usize::MAX)?.map_or(Shape::Line, Shape::List),
            b'%' => count(line, usize::MAX / 2)?.map_or(Shape::Line, |pairs| Shape::List(2 * pairs)),
            _ => Shape::Line,
        };
        Ok(Some(Self { kind, line, end: at + 1 + end + 2, shape }))
    }
}

/// A length: `None` for -1, which stands for no value.
fn count(line: &[u8], most: usize) -> Result<Option<usize>, BrokenReply> {
    let broken = || BrokenReply::new(format!("{:?} is no length", String::from_utf8_lossy(line)));
    match integer(line).map_err(|_| broken())? {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(length) if length <= most => Ok(Some(length)),
            _ => Err(broken()),
        },
    }
}

fn integer(line: &[u8]) -> Result<i64, BrokenReply> {
    let (negative, digits) = match line.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, line),
    };
    let value = (!digits.is_empty()).then_some(0i64).and_then(|zero| {
        digits.iter().try_fold(zero, |value, byte| {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            value.checked_mul(10)?.checked_add(digit)
        })
    });
    match value {
        Some(value) => Ok(if negative { -value } else { value }),
        None => Err(BrokenReply::new(format!("{:?} is no number", String::from_utf8_lossy(line)))),
    }
}

#[cfg(test)]
mod tests {
    use super::{ReplyScanner, Token, Tokens};
    use proptest::prelude::*;

    fn tokens(reply: &[u8]) -> Vec<Token<'_>> {
        let mut tokens = Tokens::new(reply);
        std::iter::from_fn(|| tokens.pull().ok()).collect()
    }

    #[test]
    fn takes_replies_apart() {
        use Token::{Bulk, Error, Integer, List, Null, Status};
        assert_eq!(tokens(b"+OK\r\n"), [Status(b"OK")]);
        assert_eq!(tokens(b"-ERR no\r\n"), [Error(b"ERR no")]);
        assert_eq!(
            tokens(b"*3\r\n:-7\r\n$2\r\n\r\n\r\n*-1\r\n"),
            [List(3), Integer(-7), Bulk(b"\r\n"), Null]
        );
        assert_eq!(tokens(b"%1\r\n+a\r\n_\r\n"), [List(2), Status(b"a"), Null]);
        assert_eq!(tokens(b"=6\r\ntxt:hi\r\n"), [Bulk(b"hi")]);
    }

    #[test]
    fn refuses_what_is_no_reply() {
        for bytes in [&b"HTTP/1.1 400\r\n"[..], b"$-2\r\n", b"$x\r\n", b"*\r\n", b"$536870913\r\n"] {
            assert!(ReplyScanner::default().scan(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
        assert!(ReplyScanner::default().scan(&b"*1\r\n".repeat(100)).is_err(), "too deep");
    }

    fn reply() -> impl Strategy<Value = Vec<u8>> {
        let bulk = prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|value| [format!("${}\r\n", value.len()).as_bytes(), &value, b"\r\n"].concat());
        let leaf = prop_oneof![
            bulk,
            any::<i64>().prop_map(|n| format!(":{n}\r\n").into_bytes()),
            Just(b"$-1\r\n".to_vec()),
            Just(b"*-1\r\n".to_vec()),
            "[ -~]{0,20}".prop_map(|text| format!("+{text}\r\n").into_bytes()),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop::collection::vec(inner, 0..6)
                .prop_map(|list| [format!("*{}\r\n", list.len()).into_bytes(), list.concat()].concat())
        })
    }

    proptest! {
        #[test]
        fn finds_the_end_however_the_bytes_are_cut(
            replies in prop::collection::vec(reply(), 1..5),
            cuts in prop::collection::vec(1usize..20, 1..20),
        ) {
            let all = replies.concat();
            let (mut scanner, mut start, mut arrived, mut found) = (ReplyScanner::default(), 0, 0, Vec::new());
            let mut cuts = cuts.iter().cycle();
            while arrived < all.len() {
                arrived = (arrived + cuts.next().unwrap()).min(all.len());
                while let Some(len) = scanner.scan(&all[start..arrived]).unwrap() {
                    found.push(all[start..start + len].to_vec());
                    start += len;
                }
            }
            prop_assert_eq!(found, replies);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ReplyScanner::default().scan(&bytes);
            let _ = tokens(&bytes);
        }
    }
}
