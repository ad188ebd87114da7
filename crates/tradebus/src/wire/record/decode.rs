//! The fields of an entry as a message.
//!
//! The rules are those of `NautilusTrader` from 1.229 on, observed on 1.231.0: fields go by name in any
//! order, names are case-sensitive, unknown ones are ignored (`payload_kind` too), and the last of several
//! with one name counts.

use std::fmt;

use bytes::Bytes;
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use smol_str::SmolStr;

use super::{
    CID, DUE, ENCODING, EXP, HDR, Malformed, PAYLOAD, PRI, REPLY, SEQ, TOPIC, TP, TS, TYPE, ZIP, ZSTD,
};
use crate::wire::compress;
use crate::wire::sequence::Sequence;
use crate::{Encoding, Headers, Message, Priority, Topic};

/// A field that only dead letters have.
const DEAD_ID: &[u8] = b"dead_id";

/// The fields of an entry, found but not yet looked into, except for the topic: most entries that a reader
/// sees may be for nobody, and the topic says so.
#[derive(Debug)]
pub(crate) struct RawRecord<'a> {
    /// What the message is about.
    pub(crate) topic: &'a str,
    payload: &'a [u8],
    fields: Fields<'a>,
}

#[derive(Debug, Default)]
struct Fields<'a> {
    topic: Option<&'a [u8]>,
    payload: Option<&'a [u8]>,
    type_name: &'a [u8],
    encoding: Option<&'a [u8]>,
    pri: Option<&'a [u8]>,
    ts: Option<&'a [u8]>,
    cid: Option<&'a [u8]>,
    reply: Option<&'a [u8]>,
    tp: Option<&'a [u8]>,
    exp: Option<&'a [u8]>,
    due: Option<&'a [u8]>,
    seq: Option<&'a [u8]>,
    /// It is a dead letter: the number is that of the original, in another stream.
    is_dead: bool,
    zip: Option<&'a [u8]>,
    hdr: Option<&'a [u8]>,
}

/// What a reader is ready to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Largest payload in bytes, as it is in the entry and decompressed.
    pub(crate) payload_bytes: usize,
}

impl<'a> RawRecord<'a> {
    /// Finds the fields of an entry.
    ///
    /// # Errors
    ///
    /// Without a topic or a payload, and when the topic is not UTF-8.
    pub(crate) fn parse(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Result<Self, Malformed> {
        let mut found = Fields::default();
        for (name, value) in fields {
            found.take(name, value);
        }
        found.into_record()
    }

    /// Who wrote the record, and its number in this stream.
    pub(crate) fn sequence(&self) -> Option<Sequence> {
        self.fields.sequence()
    }

    /// Its tier, where it says so.
    pub(crate) fn tier(&self) -> Option<Priority> {
        self.fields.pri.and_then(priority)
    }

    /// When it is to be delivered, in nanoseconds since 1970 UTC, where it says so.
    pub(crate) fn due(&self) -> Option<u64> {
        self.fields.due.and_then(decimal)
    }

    /// The message, and which of tradebus' own fields made no sense and were left out.
    ///
    /// `topic` is the topic of this record, made by the caller, who may have one already. `slice` makes the
    /// payload of the bytes in the entry without a copy. `tier` is that of messages without `pri`: the
    /// lane's, or NORMAL.
    ///
    /// # Errors
    ///
    /// When the type is not UTF-8, the encoding or the compression unknown, or the payload too large or
    /// broken.
    pub(crate) fn into_message(
        self,
        topic: Topic,
        slice: impl Fn(&'a [u8]) -> Bytes,
        tier: Priority,
        limits: Limits,
    ) -> Result<(Message, Ignored), Malformed> {
        let fields = &self.fields;
        let type_name = std::str::from_utf8(fields.type_name).map_err(|_| Malformed::TypeNotUtf8)?;
        let encoding = encoding(fields.encoding)?;
        if self.payload.len() > limits.payload_bytes {
            return Err(Malformed::PayloadTooLarge);
        }
        let payload = match fields.zip {
            None => slice(self.payload),
            Some(ZSTD) => compress::unpack(self.payload, limits.payload_bytes)?,
            Some(_) => return Err(Malformed::UnknownCompression),
        };
        let mut ignored = Ignored::default();
        let message = Message {
            topic,
            payload,
            type_name: SmolStr::new(type_name),
            encoding,
            priority: ignored.unless(Own::Pri, fields.pri, priority).unwrap_or(tier),
            ts: ignored.unless(Own::Ts, fields.ts, decimal).unwrap_or(0),
            headers: fields.headers(&mut ignored),
        };
        let _ = ignored.unless(Own::Seq, fields.seq, Sequence::parse);
        Ok((message, ignored))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        match name {
            TOPIC => self.topic = Some(value),
            PAYLOAD => self.payload = Some(value),
            TYPE => self.type_name = value,
            ENCODING => self.encoding = Some(value),
            PRI => self.pri = Some(value),
            TS => self.ts = Some(value),
            CID => self.cid = Some(value),
            REPLY => self.reply = Some(value),
            TP => self.tp = Some(value),
            EXP => self.exp = Some(value),
            DUE => self.due = Some(value),
            SEQ => self.seq = Some(value),
            DEAD_ID => self.is_dead = true,
            ZIP => self.zip = Some(value),
            HDR => self.hdr = Some(value),
            _ => {}
        }
    }

    fn sequence(&self) -> Option<Sequence> {
        if self.is_dead { None } else { Sequence::parse(self.seq?) }
    }

    fn into_record(self) -> Result<RawRecord<'a>, Malformed> {
        let topic = self.topic.ok_or(Malformed::NoTopic)?;
        let payload = self.payload.ok_or(Malformed::NoPayload)?;
        let topic = std::str::from_utf8(topic).map_err(|_| Malformed::TopicNotUtf8)?;
        Ok(RawRecord { topic, payload, fields: self })
    }

    fn headers(&self, ignored: &mut Ignored) -> Option<Box<Headers>> {
        let own = [self.cid, self.reply, self.tp, self.exp, self.due, self.hdr];
        if own.iter().all(Option::is_none) {
            return None;
        }
        let headers = Headers {
            correlation_id: ignored.unless(Own::Cid, self.cid, text),
            reply_to: ignored.unless(Own::Reply, self.reply, text),
            traceparent: ignored.unless(Own::Tp, self.tp, text),
            expires_at: ignored.unless(Own::Exp, self.exp, decimal),
            deliver_at: ignored.unless(Own::Due, self.due, decimal),
            other: ignored.unless(Own::Hdr, self.hdr, strings).unwrap_or_default(),
        };
        (headers != Headers::default()).then(|| Box::new(headers))
    }
}

/// Who wrote an entry with these fields, and its number, whatever else it holds.
pub(crate) fn sequence_of<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Option<Sequence> {
    let mut found = Fields::default();
    for (name, value) in fields {
        found.take(name, value);
    }
    found.sequence()
}

/// A missing encoding is JSON, as in entries written before 1.229.
fn encoding(value: Option<&[u8]>) -> Result<Encoding, Malformed> {
    let Some(value) = value else { return Ok(Encoding::Json) };
    Encoding::ALL
        .into_iter()
        .find(|encoding| value.eq_ignore_ascii_case(encoding.name().as_bytes()))
        .ok_or(Malformed::UnknownEncoding)
}

fn priority(value: &[u8]) -> Option<Priority> {
    match value {
        [digit] => Priority::from_number(digit.wrapping_sub(b'0')),
        _ => None,
    }
}

/// Digits only: no sign, no blanks, no overflow.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn text(value: &[u8]) -> Option<SmolStr> {
    std::str::from_utf8(value).ok().map(SmolStr::new)
}

/// A JSON object of strings, its order kept.
fn strings(json: &[u8]) -> Option<Vec<(SmolStr, SmolStr)>> {
    struct Pairs;

    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(SmolStr, SmolStr)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of strings")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, String>()? {
                pairs.push((name.into(), value.into()));
            }
            Ok(pairs)
        }
    }

    let mut reader = serde_json::Deserializer::from_slice(json);
    let pairs = reader.deserialize_map(Pairs).ok()?;
    reader.end().ok().map(|()| pairs)
}

/// Which of tradebus' own fields were there but made no sense. They say nothing about the payload, so the
/// message counts all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ignored(u16);

#[derive(Clone, Copy)]
enum Own {
    Pri,
    Ts,
    Cid,
    Reply,
    Tp,
    Exp,
    Due,
    Hdr,
    Seq,
}

impl Ignored {
    const NAMES: [&'static str; 9] = ["pri", "ts", "cid", "reply", "tp", "exp", "due", "hdr", "seq"];

    /// Whether all fields made sense.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the fields left out.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, name)| name)
    }

    /// Reads a field if it is there, and notes it if it makes no sense.
    fn unless<T>(
        &mut self,
        own: Own,
        value: Option<&[u8]>,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let read = read(value?);
        if read.is_none() {
            self.0 |= 1 << own as u8;
        }
        read
    }
}
