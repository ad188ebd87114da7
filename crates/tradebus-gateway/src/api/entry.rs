//! An entry of a stream, as clients see it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The fields of an entry: `fields`, an object, where all are text and no name comes twice; otherwise `fields_b64`, pairs in base64.
pub(super) fn put_fields<'a>(object: &mut Value, fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) {
    let fields: Vec<_> = fields.collect();
    let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
    let mut texts = serde_json::Map::new();
    for (name, value) in fields.iter().copied() {
        let put =
            text(name).zip(text(value)).map(|(name, value)| texts.insert(name.to_owned(), value.into()));
        if put != Some(None) {
            let pair = |(name, value)| json!([STANDARD.encode(name), STANDARD.encode(value)]);
            object["fields_b64"] = fields.into_iter().map(pair).collect();
            return;
        }
    }
    object["fields"] = texts.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::put_fields;

    #[test]
    fn nothing_of_an_entry_is_lost() {
        let shown = |fields: &[(&[u8], &[u8])]| {
            let mut object = json!({});
            put_fields(&mut object, fields.iter().copied());
            object
        };
        assert_eq!(shown(&[(b"b", b"1"), (b"a", b"")]), json!({ "fields": { "b": "1", "a": "" } }));
        assert_eq!(shown(&[(b"a", b"\xff")]), json!({ "fields_b64": [["YQ==", "/w=="]] }));
        let twice = json!({ "fields_b64": [["YQ==", "MQ=="], ["YQ==", "Mg=="]] });
        assert_eq!(shown(&[(b"a", b"1"), (b"a", b"2")]), twice);
    }
}
