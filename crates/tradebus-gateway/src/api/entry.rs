//! An entry of a stream, as clients see it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tradebus::Delivery;

/// What an entry holds: a message, or its fields.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    /// A message, with the payload to the letter.
    Message(Box<RawValue>),
    /// The fields as an object: all are text, and no name comes twice.
    Fields(Map<String, Value>),
    /// Pairs of names and values in base64.
    FieldsB64(Vec<[String; 2]>),
}

impl Content {
    pub(super) fn of<'a>(
        message: Option<&Delivery>,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Self {
        // A payload may be nested more deeply than anybody reads.
        let message = message.and_then(|delivery| RawValue::from_string(delivery.to_json_line()).ok());
        message.map_or_else(|| Self::fields(fields), Self::Message)
    }

    fn fields<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let fields: Vec<_> = fields.collect();
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
        let mut texts = Map::new();
        for (name, value) in &fields {
            let put =
                text(name).zip(text(value)).map(|(name, value)| texts.insert(name.to_owned(), value.into()));
            if put != Some(None) {
                let pair = |(name, value)| [STANDARD.encode(name), STANDARD.encode(value)];
                return Self::FieldsB64(fields.into_iter().map(pair).collect());
            }
        }
        Self::Fields(texts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Content;

    #[test]
    fn nothing_of_an_entry_is_lost() {
        let shown = |fields: &[(&[u8], &[u8])]| {
            serde_json::to_value(Content::of(None, fields.iter().copied())).unwrap()
        };
        assert_eq!(shown(&[(b"b", b"1"), (b"a", b"")]), json!({ "fields": { "b": "1", "a": "" } }));
        assert_eq!(shown(&[(b"a", b"\xff")]), json!({ "fields_b64": [["YQ==", "/w=="]] }));
        let twice = json!({ "fields_b64": [["YQ==", "MQ=="], ["YQ==", "Mg=="]] });
        assert_eq!(shown(&[(b"a", b"1"), (b"a", b"2")]), twice);
    }
}
