//! An entry of a stream, as lines of output show it and lines of input give it.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use tradebus::{OwnedFields, StreamKey};

use crate::terminal;

/// An object with the fields of an entry in it, as one line: `fields`, an object of strings in their order, where that says everything;
/// otherwise `fields_b64`, the pairs of names and values in base64.
pub(crate) fn with_fields<'a>(
    object: &Value,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
) -> String {
    let mut line = object.to_string();
    // The fields are written by hand, before the brace at its end: a `Value` would sort them.
    line.pop();
    if let Some(texts) = texts(fields.clone()) {
        line.push_str(",\"fields\":{");
        for (number, (name, value)) in texts.into_iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            // Writing to memory cannot fail.
            let _ = write!(line, "{comma}{}:{}", Value::from(name), Value::from(value));
        }
        line.push_str("}}");
    } else {
        let pairs = fields.map(|(name, value)| json!([STANDARD.encode(name), STANDARD.encode(value)]));
        let _ = write!(line, ",\"fields_b64\":{}}}", pairs.collect::<Value>());
    }
    line
}

/// Names and values, if all are text and no name comes twice: of several an object would keep one.
fn texts<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Option<Vec<(&'a str, &'a str)>> {
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let texts: Vec<_> =
        fields.map(|(name, value)| Some((text(name)?, text(value)?))).collect::<Option<_>>()?;
    let names: HashSet<&str> = texts.iter().map(|(name, _)| *name).collect();
    (names.len() == texts.len()).then_some(texts)
}

/// The key of a stream in an object: `stream`, and where that is no text, the bytes as `stream_b64` too.
pub(crate) fn put_stream(object: &mut Value, stream: &StreamKey) {
    object["stream"] = stream.to_string().into();
    if std::str::from_utf8(stream.as_bytes()).is_err() {
        object["stream_b64"] = STANDARD.encode(stream.as_bytes()).into();
    }
}

/// Appends bytes as people see them: text as it is, anything else in base64.
pub(crate) fn push_bytes(line: &mut String, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return terminal::push_visible(line, text);
    }
    line.push_str("base64:");
    STANDARD.encode_string(bytes, line);
}

/// Reads the fields of an entry: a JSON object of strings, in its order, names repeated or not.
pub(crate) fn parse_fields(line: &[u8]) -> Result<OwnedFields, String> {
    let given: Given =
        serde_json::from_slice(line).map_err(|error| format!("no JSON object of strings: {error}"))?;
    if given.0.is_empty() {
        return Err("an entry needs at least one field".to_owned());
    }
    Ok(given.0)
}

struct Given(OwnedFields);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            fields.push((Bytes::from(name), Bytes::from(value)));
        }
        Ok(Given(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse_fields, push_bytes, with_fields};

    fn shown(fields: &[(&[u8], &[u8])]) -> String {
        with_fields(&json!({ "id": "}" }), fields.iter().copied())
    }

    #[test]
    fn fields_are_an_object_where_that_loses_nothing() {
        assert_eq!(shown(&[(b"b", b"1"), (b"a", b"")]), r#"{"id":"}","fields":{"b":"1","a":""}}"#);
        assert_eq!(shown(&[]), r#"{"id":"}","fields":{}}"#);
        assert_eq!(shown(&[(b"a", b"\xff")]), r#"{"id":"}","fields_b64":[["YQ==","/w=="]]}"#);
        let twice = r#"{"id":"}","fields_b64":[["YQ==","MQ=="],["YQ==","Mg=="]]}"#;
        assert_eq!(shown(&[(b"a", b"1"), (b"a", b"2")]), twice);
    }

    #[test]
    fn an_object_of_strings_is_an_entry() {
        let fields = parse_fields(br#"{"b":"1","a":"\n","b":""}"#).unwrap();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(fields, [(&b"b"[..], &b"1"[..]), (b"a", b"\n"), (b"b", b"")]);
        let wrong = [
            ("", "EOF"),
            ("[]", "expected an object of strings"),
            ("{\"a\":5}", "expected a string"),
            ("{\"a\":null}", "expected a string"),
            ("{}", "at least one field"),
            ("{\"a\":\"1\"} x", "trailing"),
            ("\u{feff}{}", "expected value"),
        ];
        for (line, expected) in wrong {
            let error = parse_fields(line.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(parse_fields(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn bytes_are_shown_whatever_they_are() {
        let shown = |bytes| {
            let mut line = String::new();
            push_bytes(&mut line, bytes);
            line
        };
        assert_eq!((shown(b"a\x1b"), shown(b"\xff\xfe")), ("a\\u{1b}".to_owned(), "base64://4=".to_owned()));
    }
}
