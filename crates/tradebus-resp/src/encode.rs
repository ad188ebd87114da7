//! Writing replies.

use bytes::BytesMut;

/// The version of the protocol in which a connection is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// What every connection starts with.
    #[default]
    Resp2,
    /// After `HELLO 3`: with maps, sets, one kind of null, and texts that say what they are.
    Resp3,
}

impl Protocol {
    /// 2 or 3.
    pub const fn version(self) -> u8 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }
}

/// Appends replies to the output of a connection. Lists, maps and sets are written as a header that says how many
/// elements follow; the elements are written next, in the same way.
#[derive(Debug)]
pub struct ReplyEncoder<'a> {
    out: &'a mut BytesMut,
    protocol: Protocol,
}

/// The place of a header that is written when its elements are.
#[derive(Debug, Clone, Copy)]
#[must_use = "a header that is not ended is not right"]
pub struct Deferred {
    start: usize,
    end: usize,
}

impl Deferred {
    /// Where the header begins: the length of the output before it.
    pub const fn start(&self) -> usize {
        self.start
    }
}

impl<'a> ReplyEncoder<'a> {
    /// Writes to the end of `out`.
    pub const fn new(out: &'a mut BytesMut, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// The protocol that is written.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Changes the protocol of what is written from now on.
    pub const fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Bytes in the output so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether the output is empty.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes back what was written after the output had this length.
    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// Lets others write whole replies to the output.
    pub fn raw(&mut self, write: impl FnOnce(&mut BytesMut)) {
        write(self.out);
    }

    /// A status such as `OK`: one line.
    pub fn status(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error: a code in capitals, a blank and a text.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        self.line(b'-', text.as_ref());
    }

    /// An integer.
    pub fn integer(&mut self, value: i64) {
        self.header(b':', value);
    }

    /// A count, as an integer.
    pub fn count(&mut self, value: u64) {
        self.integer(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// A string of any bytes.
    pub fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.header(b'$', len_of(bytes.len()));
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// Text for people: plain text by name in RESP3, a string in RESP2.
    pub fn verbatim_text(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.header(b'=', len_of(text.len() + 4));
                self.out.extend_from_slice(b"txt:");
                self.out.extend_from_slice(text.as_bytes());
                self.out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// No string.
    pub fn null(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"$-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// No list.
    pub fn null_list(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Resp2 => b"*-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// A list of so many elements, which follow.
    pub fn list(&mut self, elements: usize) {
        self.header(b'*', len_of(elements));
    }

    /// A map of so many pairs, which follow as key, value, key, value: a list of twice as many elements in RESP2.
    pub fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.list(pairs * 2),
            Protocol::Resp3 => self.header(b'%', len_of(pairs)),
        }
    }

    /// Begins a list of elements whose number is known only when they are written: `most` at most, probably.
    pub fn begin_list(&mut self, most: usize) -> Deferred {
        let start = self.out.len();
        self.list(most);
        Deferred { start, end: self.out.len() }
    }

    /// Ends a list that was begun, with the number of its elements.
    pub fn end_list(&mut self, list: Deferred, elements: usize) {
        self.write_deferred(list, |out| out.list(elements));
    }

    /// Begins a map like [`begin_list`](Self::begin_list). Its elements are pairs, or in RESP2 whatever stands for one: so it is
    /// counted like a list there.
    pub fn begin_map(&mut self, most: usize) -> Deferred {
        let start = self.out.len();
        self.map_or_list(most);
        Deferred { start, end: self.out.len() }
    }

    /// Ends a map that was begun, with the number of its elements.
    pub fn end_map(&mut self, map: Deferred, elements: usize) {
        self.write_deferred(map, |out| out.map_or_list(elements));
    }

    fn map_or_list(&mut self, elements: usize) {
        match self.protocol {
            Protocol::Resp2 => self.list(elements),
            Protocol::Resp3 => self.map(elements),
        }
    }

    /// Mostly the header has the length that was expected, and nothing has to move.
    fn write_deferred(&mut self, deferred: Deferred, header: impl FnOnce(&mut ReplyEncoder<'_>)) {
        let Deferred { start, end } = deferred;
        let mut written = BytesMut::new();
        header(&mut ReplyEncoder::new(&mut written, self.protocol));
        if written.len() == end - start {
            self.out[start..end].copy_from_slice(&written);
            return;
        }
        let elements = self.out.split_off(end);
        self.out.truncate(start);
        self.out.extend_from_slice(&written);
        self.out.extend_from_slice(&elements);
    }

    /// What a container of commands says about itself, in the form that Redis gives it.
    pub fn help(&mut self, container: &str, lines: &[&str]) {
        self.list(lines.len() + 3);
        self.status(&format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for line in lines {
            self.status(line);
        }
        self.status("HELP");
        self.status("    Prints this help.");
    }

    /// A set of so many elements, which follow: a list in RESP2.
    pub fn set(&mut self, elements: usize) {
        match self.protocol {
            Protocol::Resp2 => self.list(elements),
            Protocol::Resp3 => self.header(b'~', len_of(elements)),
        }
    }

    /// A message of so many elements, which follow, that answers no request: in RESP2 a list that looks like a reply.
    pub fn push(&mut self, elements: usize) {
        match self.protocol {
            Protocol::Resp2 => self.list(elements),
            Protocol::Resp3 => self.header(b'>', len_of(elements)),
        }
    }

    fn header(&mut self, kind: u8, value: i64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value).as_bytes();
        // One write instead of three: replies are mostly headers.
        let mut line = [0; 24];
        line[0] = kind;
        line[1..=digits.len()].copy_from_slice(digits);
        line[digits.len() + 1..digits.len() + 3].copy_from_slice(b"\r\n");
        self.out.extend_from_slice(&line[..digits.len() + 3]);
    }

    /// A line must not contain a line end: what a client sent may be quoted in it.
    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.extend_from_slice(&[kind]);
        let start = self.out.len();
        self.out.extend_from_slice(text);
        for byte in &mut self.out[start..] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self.out.extend_from_slice(b"\r\n");
    }
}

fn len_of(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{Protocol, ReplyEncoder};

    fn written(protocol: Protocol, write: impl FnOnce(&mut ReplyEncoder<'_>)) -> String {
        let mut out = BytesMut::new();
        write(&mut ReplyEncoder::new(&mut out, protocol));
        String::from_utf8(out.to_vec()).expect("only text was written")
    }

    #[test]
    fn what_both_protocols_share() {
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            assert_eq!(written(protocol, |out| out.status("OK")), "+OK\r\n");
            assert_eq!(written(protocol, |out| out.error("ERR a\r\nb")), "-ERR a  b\r\n");
            assert_eq!(written(protocol, |out| out.integer(i64::MIN)), ":-9223372036854775808\r\n");
            assert_eq!(written(protocol, |out| out.count(7)), ":7\r\n");
            assert_eq!(written(protocol, |out| out.bulk("a\r\nb")), "$4\r\na\r\nb\r\n");
            assert_eq!(written(protocol, |out| out.bulk("")), "$0\r\n\r\n");
            assert_eq!(written(protocol, |out| out.list(12)), "*12\r\n");
        }
    }

    #[test]
    fn headers_may_come_late() {
        for (most, elements) in [(1, 1), (9, 2), (1000, 0), (3, 12)] {
            let late = |out: &mut ReplyEncoder<'_>| {
                out.status("before");
                let list = out.begin_list(most);
                (0..elements).for_each(|_| out.integer(7));
                out.end_list(list, elements);
            };
            let expected = format!("+before\r\n*{elements}\r\n{}", ":7\r\n".repeat(elements));
            assert_eq!(written(Protocol::Resp2, late), expected);
        }
        let map = |out: &mut ReplyEncoder<'_>| {
            let map = out.begin_map(1);
            out.end_map(map, 2);
        };
        assert_eq!([written(Protocol::Resp2, map), written(Protocol::Resp3, map)], ["*2\r\n", "%2\r\n"]);
    }

    #[test]
    fn what_differs() {
        let nested = |out: &mut ReplyEncoder<'_>| {
            out.push(2);
            out.map(3);
            out.null();
            out.null_list();
            out.set(4);
            out.verbatim_text("ab");
        };
        assert_eq!(written(Protocol::Resp2, nested), "*2\r\n*6\r\n$-1\r\n*-1\r\n*4\r\n$2\r\nab\r\n");
        assert_eq!(written(Protocol::Resp3, nested), ">2\r\n%3\r\n_\r\n_\r\n~4\r\n=6\r\ntxt:ab\r\n");
    }
}
