//! What a payload holds: its JSON text, and the name of its type.
//!
//! The `encoding` of an entry is a hint at best: Python nodes from 1.229 on write `Json` whatever they send,
//! those before write none, and payloads of type `bytes` and heartbeats are sent as they are under any
//! encoding. So the payload itself decides, and the hint only says what to try first.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::msgpack::{self, Reader, Token};
use crate::{Encoding, Message};

/// Levels of arrays and maps that are decoded. `serde_json` reads 127 unless told otherwise, and a delivery
/// printed as JSON is one level around its payload.
pub(crate) const MAX_DEPTH: usize = 126;

/// What a payload really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadForm {
    /// JSON text.
    Json,
    /// `MessagePack`.
    MsgPack,
    /// Simple Binary Encoding, as the message says; not decoded.
    Sbe,
    /// Cap'n Proto, as the message says; not decoded.
    Capnp,
    /// Neither JSON nor `MessagePack`, though the message says so.
    Bytes,
}

impl PayloadForm {
    /// The name in lower case, as in JSON output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MsgPack => "msgpack",
            Self::Sbe => "sbe",
            Self::Capnp => "capnp",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for PayloadForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Message {
    /// The payload as JSON text on one line, where it is JSON or `MessagePack`, whatever
    /// [`Message::encoding`] says.
    ///
    /// JSON keeps its text (spelling of numbers, order of keys) but for line breaks between values.
    /// `MessagePack` keeps the order of keys and exact integers; NaN and the infinities become `null`,
    /// binaries base64 text, extensions `{"ext": type, "data": base64}`, and keys text. `None` for all else,
    /// and for values of more than 126 levels.
    ///
    /// ```
    /// use tradebus::Message;
    ///
    /// let quote = Message::new("data.quotes.X", &b"\x81\xa3bid\xcb\x3f\xf8\0\0\0\0\0\0"[..])?;
    /// assert_eq!(quote.payload_json().as_deref(), Some(r#"{"bid":1.5}"#));
    /// # Ok::<(), tradebus::TopicError>(())
    /// ```
    pub fn payload_json(&self) -> Option<String> {
        let mut json = Vec::new();
        match write_json(&self.payload, self.encoding, &mut json) {
            PayloadForm::Json | PayloadForm::MsgPack => String::from_utf8(json).ok(),
            _ => None,
        }
    }

    /// The name of the payload's type: [`Message::type_name`], or where that is empty (Python nodes leave it
    /// so) the key `type` at the top of the payload. Empty where neither says.
    pub fn payload_type(&self) -> SmolStr {
        if self.type_name.is_empty() {
            type_of(&self.payload, self.encoding).unwrap_or_default()
        } else {
            self.type_name.clone()
        }
    }
}

/// Appends the payload as JSON on one line and says what it is; appends nothing unless that is JSON or
/// `MessagePack`.
///
/// JSON and `MessagePack` must each take up the whole payload, and are tried in the order that `hint`
/// suggests. Between them they are hard to confuse: only a single byte can be both (`5` is also the number
/// 53), and a text that is no JSON is `MessagePack` only if it has one byte.
pub(crate) fn write_json(payload: &[u8], hint: Encoding, out: &mut Vec<u8>) -> PayloadForm {
    let forms = match hint {
        Encoding::Json => [PayloadForm::Json, PayloadForm::MsgPack],
        Encoding::MsgPack => [PayloadForm::MsgPack, PayloadForm::Json],
        Encoding::Sbe => return PayloadForm::Sbe,
        Encoding::Capnp => return PayloadForm::Capnp,
    };
    let start = out.len();
    for form in forms {
        let written = match form {
            PayloadForm::Json => write_line(payload, out),
            _ => msgpack::write_json(payload, out),
        };
        if written.is_some() {
            return form;
        }
        out.truncate(start);
    }
    PayloadForm::Bytes
}

/// Appends JSON text without its line breaks; `None` where it is no JSON or too deep.
fn write_line(payload: &[u8], out: &mut Vec<u8>) -> Option<()> {
    // Most payloads that are no JSON are MessagePack maps: no need to make an error for them.
    if payload.first().is_none_or(|&first| msgpack::begins_map(first)) {
        return None;
    }
    let json = serde_json::from_slice::<&RawValue>(payload).ok()?.get().as_bytes();
    let (mut copied, mut at, mut depth) = (0, 0, 0usize);
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = end_of_string(json, at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'\n' | b'\r' => {
                out.extend_from_slice(&json[copied..at]);
                copied = at + 1;
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            return None;
        }
        at += 1;
    }
    out.extend_from_slice(&json[copied..]);
    Some(())
}

/// The place of the quote that ends the string that begins at `start`, in valid JSON.
fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if json[at] == b'"' {
            break;
        }
        at += 2;
    }
    at
}

/// The value of the key `type` at the top of a payload that is a map, if it is a string; the first, where
/// there are several. Builds nothing and stops there, so what follows may be anything.
pub(crate) fn type_of(payload: &[u8], hint: Encoding) -> Option<SmolStr> {
    match payload.first()? {
        _ if matches!(hint, Encoding::Sbe | Encoding::Capnp) => None,
        &first if msgpack::begins_map(first) => type_in_msgpack(payload),
        b'{' | b' ' | b'\n' | b'\r' | b'\t' => type_in_json(payload),
        _ => None,
    }
}

fn type_in_msgpack(payload: &[u8]) -> Option<SmolStr> {
    let mut reader = Reader::new(payload);
    let Token::Map(entries) = reader.next()? else { return None };
    for _ in 0..entries {
        let key = reader.next()?;
        if key == Token::Str("type") {
            return match reader.next()? {
                Token::Str(name) => Some(SmolStr::new(name)),
                _ => None,
            };
        }
        if matches!(key, Token::Array(_) | Token::Map(_)) {
            return None;
        }
        reader.skip()?;
    }
    None
}

fn type_in_json(payload: &[u8]) -> Option<SmolStr> {
    /// Where the answer is left: the only way to leave the map early is an error.
    struct Find<'f>(&'f mut Option<SmolStr>);

    impl<'de> Visitor<'de> for Find<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key_seed(Text)? {
                if key == "type" {
                    *self.0 = Some(map.next_value_seed(Text)?);
                    return Err(A::Error::custom("found"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut found = None;
    // The error says that the answer was found, or that there is none.
    let _ = serde_json::Deserializer::from_slice(payload).deserialize_map(Find(&mut found));
    found
}

/// A string, without an allocation where it is short.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = SmolStr;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<SmolStr, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text {
    type Value = SmolStr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<SmolStr, E> {
        Ok(SmolStr::new(text))
    }
}
