//! A delivery as one line of JSON: what the program prints.

use super::payload::{self, PayloadForm};
use super::text;
use crate::{Delivery, Headers};

impl Delivery {
    /// The delivery as one line of JSON, without a line break at its end: `{"id", "stream", "topic", "type",
    /// "encoding", "priority", "ts", "payload" or "payload_b64"}`, then `"correlation_id"`, `"reply_to"`,
    /// `"traceparent"`, `"expires_at"`, `"deliver_at"` (nanoseconds) and `"headers"`, and `"fencing_token"`, where set.
    ///
    /// `payload` is the decoded value as [`Message::payload_json`](crate::Message::payload_json) gives it;
    /// where there is none, `payload_b64` is the bytes in base64. `encoding` says what the payload really is
    /// ([`PayloadForm::name`]), whatever the entry says, and `type` is as [`Message::payload_type`](crate::Message::payload_type)
    /// finds it: in the entry, or in the payload, where Python nodes have it. `ts` is in
    /// nanoseconds, or null.
    ///
    /// ```
    /// use tradebus::{Delivery, EntryId, Message};
    ///
    /// let delivery = Delivery::new(EntryId::new(1, 0), "s", Message::new("t", "[1, 2]")?);
    /// assert_eq!(
    ///     delivery.to_json_line(),
    ///     concat!(
    ///         r#"{"id":"1-0","stream":"s","topic":"t","type":"","encoding":"json","#,
    ///         r#""priority":"normal","ts":null,"payload":[1, 2]}"#
    ///     )
    /// );
    /// # Ok::<(), tradebus::TopicError>(())
    /// ```
    pub fn to_json_line(&self) -> String {
        let mut line = Vec::with_capacity(256 + self.payload.len());
        self.write_json_line(&mut line);
        // All parts are text, so this is never the lossy way.
        String::from_utf8(line).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Appends what [`Delivery::to_json_line`] returns to a buffer, which can be used again for the next.
    pub fn write_json_line(&self, out: &mut Vec<u8>) {
        // What the payload is has to be known before it is written. So it is written first and then changes
        // places with the head, which costs no second buffer.
        let start = out.len();
        let form = payload::write_json(&self.payload, self.encoding, out);
        let decoded = out.len() - start;
        self.write_head(form, out);
        if decoded == 0 {
            out.extend_from_slice(b",\"payload_b64\":");
            text::write_base64(out, &self.payload);
        } else {
            out.extend_from_slice(b",\"payload\":");
            out[start..].rotate_left(decoded);
        }
        if let Some(headers) = &self.headers {
            write_headers(headers, out);
        }
        if let Some(token) = self.fencing_token {
            out.extend_from_slice(b",\"fencing_token\":");
            text::write_integer(out, token);
        }
        out.push(b'}');
    }

    fn write_head(&self, form: PayloadForm, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":\"");
        self.id.write_to(out);
        out.push(b'"');
        write_field(out, "stream", &String::from_utf8_lossy(self.stream.as_bytes()));
        write_field(out, "topic", &self.topic);
        write_field(out, "type", &self.payload_type());
        write_field(out, "encoding", form.name());
        write_field(out, "priority", self.priority.name());
        out.extend_from_slice(b",\"ts\":");
        match self.ts {
            0 => out.extend_from_slice(b"null"),
            ts => text::write_integer(out, ts),
        }
    }
}

fn write_headers(headers: &Headers, out: &mut Vec<u8>) {
    let named = [
        ("correlation_id", &headers.correlation_id),
        ("reply_to", &headers.reply_to),
        ("traceparent", &headers.traceparent),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            write_field(out, name, value);
        }
    }
    if let Some(at) = headers.expires_at {
        out.extend_from_slice(b",\"expires_at\":");
        text::write_integer(out, at);
    }
    if let Some(at) = headers.deliver_at {
        out.extend_from_slice(b",\"deliver_at\":");
        text::write_integer(out, at);
    }
    if !headers.other.is_empty() {
        out.extend_from_slice(b",\"headers\":");
        text::write_object(out, headers.other.iter().map(|(name, value)| (&name[..], &value[..])));
    }
}

fn write_field(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b',');
    text::write_str(out, name);
    out.push(b':');
    text::write_str(out, value);
}

#[cfg(test)]
mod tests;
