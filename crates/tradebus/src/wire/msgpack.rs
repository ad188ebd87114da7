//! `MessagePack`, read piece by piece from a slice and written as JSON, without building anything.
//!
//! The format is that of the specification at <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use super::payload::MAX_DEPTH;
use super::text;

/// Whether a first byte begins a map (`fixmap`, `map 16`, `map 32`). JSON text begins with none of these.
pub(super) const fn begins_map(first: u8) -> bool {
    matches!(first, 0x80..=0x8f | 0xde | 0xdf)
}

/// A value, or the head of an array or map with the number of its elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Str(&'a str),
    Bin(&'a [u8]),
    Ext(i8, &'a [u8]),
    Array(u32),
    Map(u32),
}

/// Reads tokens from the front of a slice. Every length is checked against what is there before it is used.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all has been read.
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next token; `None` at the end, in the middle of a token, and where the bytes are no `MessagePack`
    /// (the marker 0xc1, a string that is not UTF-8).
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let [marker] = self.array()?;
        Some(match marker {
            0x00..=0x7f => Token::Unsigned(marker.into()),
            0x80..=0x8f => Token::Map(u32::from(marker & 0x0f)),
            0x90..=0x9f => Token::Array(u32::from(marker & 0x0f)),
            0xa0..=0xbf => self.str(u32::from(marker & 0x1f))?,
            0xc0 => Token::Nil,
            0xc1 => return None,
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4..=0xc6 => Token::Bin(self.sized(marker - 0xc4)?),
            0xc7..=0xc9 => {
                let bytes = self.length(marker - 0xc7)?;
                self.ext(bytes)?
            }
            0xca => Token::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(u8::from_be_bytes(self.array()?).into()),
            0xcd => Token::Unsigned(u16::from_be_bytes(self.array()?).into()),
            0xce => Token::Unsigned(u32::from_be_bytes(self.array()?).into()),
            0xcf => Token::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Token::Signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Token::Signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Token::Signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Token::Signed(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.ext(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let bytes = self.length(marker - 0xd9)?;
                self.str(bytes)?
            }
            0xdc | 0xdd => Token::Array(self.length(marker - 0xdc + 1)?),
            0xde | 0xdf => Token::Map(self.length(marker - 0xde + 1)?),
            0xe0..=0xff => Token::Signed(marker.cast_signed().into()),
        })
    }

    /// Passes over one value with all that is in it, however deep.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut left = 1u64;
        while left > 0 {
            left -= 1;
            let inside = match self.next()? {
                Token::Array(elements) => u64::from(elements),
                Token::Map(entries) => 2 * u64::from(entries),
                _ => 0,
            };
            left = left.saturating_add(inside);
        }
        Some(())
    }

    /// A length in one, two or four bytes.
    fn length(&mut self, size: u8) -> Option<u32> {
        match size {
            0 => Some(u8::from_be_bytes(self.array()?).into()),
            1 => Some(u16::from_be_bytes(self.array()?).into()),
            _ => Some(u32::from_be_bytes(self.array()?)),
        }
    }

    fn sized(&mut self, size: u8) -> Option<&'a [u8]> {
        let bytes = self.length(size)?;
        self.bytes(bytes)
    }

    fn str(&mut self, bytes: u32) -> Option<Token<'a>> {
        std::str::from_utf8(self.bytes(bytes)?).ok().map(Token::Str)
    }

    fn ext(&mut self, bytes: u32) -> Option<Token<'a>> {
        let kind = i8::from_be_bytes(self.array()?);
        Some(Token::Ext(kind, self.bytes(bytes)?))
    }

    fn bytes(&mut self, bytes: u32) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.rest = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}

/// Appends one `MessagePack` value as JSON; `None` where it is none, is cut off, or has something after it.
/// What was appended until then stays: the caller cuts it off.
///
/// Key order and integers are kept; NaN and the infinities become `null`; binaries are base64 in a string; an
/// extension is `{"ext": type, "data": base64}`; keys that are numbers, booleans, nil or binaries become the
/// text they would be as values. Keys that are arrays, maps or extensions, and more than [`MAX_DEPTH`]
/// levels, have no JSON.
///
/// A byte becomes nine at most (three bytes of extension; a control character takes six), so the payload
/// bounds the text.
pub(super) fn write_json(payload: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut reader = Reader::new(payload);
    write_value(&mut reader, out, 0)?;
    reader.is_empty().then_some(())
}

fn write_value(reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    match reader.next()? {
        Token::Array(elements) => {
            reader.check_room(elements, depth)?;
            out.push(b'[');
            for index in 0..elements {
                separate(out, index);
                write_value(reader, out, depth + 1)?;
            }
            out.push(b']');
        }
        Token::Map(entries) => {
            reader.check_room(entries, depth)?;
            out.push(b'{');
            for index in 0..entries {
                separate(out, index);
                write_key(reader.next()?, out)?;
                out.push(b':');
                write_value(reader, out, depth + 1)?;
            }
            out.push(b'}');
        }
        scalar => write_scalar(scalar, out),
    }
    Some(())
}

impl Reader<'_> {
    /// Refuses what is too deep, and what claims more elements than there are bytes.
    fn check_room(&self, elements: u32, depth: usize) -> Option<()> {
        (depth < MAX_DEPTH && usize::try_from(elements).ok()? <= self.rest.len()).then_some(())
    }
}

fn separate(out: &mut Vec<u8>, index: u32) {
    if index > 0 {
        out.push(b',');
    }
}

fn write_scalar(token: Token<'_>, out: &mut Vec<u8>) {
    match token {
        Token::Nil | Token::Array(_) | Token::Map(_) => out.extend_from_slice(b"null"),
        Token::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Token::Unsigned(number) => text::write_integer(out, number),
        Token::Signed(number) => text::write_integer(out, number),
        Token::Float(number) => text::write_f64(out, number),
        Token::Str(value) => text::write_str(out, value),
        Token::Bin(bytes) => text::write_base64(out, bytes),
        Token::Ext(kind, bytes) => {
            out.extend_from_slice(b"{\"ext\":");
            text::write_integer(out, kind);
            out.extend_from_slice(b",\"data\":");
            text::write_base64(out, bytes);
            out.push(b'}');
        }
    }
}

/// Keys of JSON are strings. Those that hold other values would have to be escaped once a level, which
/// doubles them each time.
fn write_key(token: Token<'_>, out: &mut Vec<u8>) -> Option<()> {
    match token {
        Token::Str(_) | Token::Bin(_) => write_scalar(token, out),
        Token::Array(_) | Token::Map(_) | Token::Ext(..) => return None,
        scalar => {
            out.push(b'"');
            write_scalar(scalar, out);
            out.push(b'"');
        }
    }
    Some(())
}
