//! A message as a client sends it.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tradebus::{Encoding, Message, Priority, Topic};
use utoipa::ToSchema;

use crate::problem::{Outcome, Problem};

/// A message to be published. Its payload is one of `payload` (JSON, taken to the letter), `payload_text` and `payload_b64`, or empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incoming {
    /// 1 to 255 bytes without white space, `*` and `?`.
    #[schema(example = "risk.alerts.LIMIT")]
    topic: String,
    /// Any JSON.
    #[schema(value_type = Option<serde_json::Value>)]
    payload: Option<Box<RawValue>>,
    /// Text.
    payload_text: Option<String>,
    /// Bytes in base64.
    payload_b64: Option<String>,
    /// `low`, `normal`, `high`, `critical`, or 0 to 3.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "high")]
    priority: Tier,
    /// Name of the payload's type, such as `QuoteTick`.
    #[serde(default, rename = "type")]
    type_name: String,
    /// How the payload is encoded: `json`, `msgpack`, `sbe` or `capnp`. A `payload` is JSON.
    encoding: Option<String>,
    /// Any headers.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Ties an answer to its request.
    correlation_id: Option<String>,
    /// The topic on which an answer is expected.
    reply_to: Option<String>,
    /// W3C trace context.
    traceparent: Option<String>,
    /// It is of no more use after this time.
    ttl_ms: Option<u64>,
    /// It is delivered after this time.
    delay_ms: Option<u64>,
}

/// A tier by name or number.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tier(pub(crate) Priority);

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "use low, normal, high, critical, or 0 to 3")]
        enum Given {
            Name(String),
            Number(u8),
        }
        let text = match Given::deserialize(deserializer)? {
            Given::Name(name) => name,
            Given::Number(number) => number.to_string(),
        };
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl Incoming {
    /// The message that is meant.
    pub(crate) fn into_message(self) -> Outcome<Message> {
        let topic = Topic::new(self.topic.as_str()).map_err(|error| Problem::bad_value("topic", error))?;
        let reply_to = self.reply_to.as_deref().map(Topic::new).transpose();
        let reply_to = reply_to.map_err(|error| Problem::bad_value("reply_to", error))?;
        let encoding = self.encoding()?;
        let payload = payload(self.payload, self.payload_text, self.payload_b64)?;
        let message = Message::new(topic, payload).map_err(|error| Problem::bad_value("topic", error))?;
        let mut message = message.priority(self.priority.0).type_name(self.type_name).encoding(encoding);
        for (name, value) in self.headers {
            message = message.header(name, value);
        }
        if let Some(id) = self.correlation_id {
            message = message.correlation_id(id);
        }
        if let Some(topic) = &reply_to {
            message = message.reply_to(topic);
        }
        if let Some(trace) = self.traceparent {
            message.headers_mut().traceparent = Some(trace.into());
        }
        if let Some(ttl) = self.ttl_ms {
            message = message.ttl(Duration::from_millis(ttl));
        }
        if let Some(delay) = self.delay_ms {
            message = message.delay(Duration::from_millis(delay));
        }
        Ok(message)
    }

    fn encoding(&self) -> Outcome<Encoding> {
        let Some(name) = &self.encoding else { return Ok(Encoding::Json) };
        let encoding = name.parse().map_err(|error| Problem::bad_value("encoding", error))?;
        if self.payload.is_some() && encoding != Encoding::Json {
            let detail = format!("`payload` is JSON; use `payload_b64` for a payload in {name}");
            return Err(Problem::bad_value("encoding", detail));
        }
        Ok(encoding)
    }
}

fn payload(json: Option<Box<RawValue>>, text: Option<String>, base64: Option<String>) -> Outcome<Bytes> {
    match (json, text, base64) {
        (None, None, None) => Ok(Bytes::new()),
        (Some(json), None, None) => Ok(Box::<str>::from(json).into_string().into()),
        (None, Some(text), None) => Ok(text.into()),
        (None, None, Some(text)) => {
            let bytes = STANDARD.decode(text).map_err(|error| Problem::bad_value("payload_b64", error))?;
            Ok(bytes.into())
        }
        _ => Err(Problem::bad_value("payload", "give one of payload, payload_text and payload_b64")),
    }
}

#[cfg(test)]
mod tests {
    use tradebus::{Encoding, Message, Priority};

    use super::Incoming;
    use crate::body::read;
    use crate::problem::Outcome;

    fn message(text: &str) -> Outcome<Message> {
        read::<Incoming>(text.as_bytes())?.into_message()
    }

    #[test]
    fn a_payload_is_taken_to_the_letter() {
        let taken =
            message(r#"{"topic":"a.b","payload":{"px": 1.10, "n":12345678901234567890},"priority":3}"#)
                .unwrap();
        assert_eq!(&taken.payload[..], br#"{"px": 1.10, "n":12345678901234567890}"#);
        assert_eq!((taken.priority, taken.encoding), (Priority::Critical, Encoding::Json));
        let bytes = message(r#"{"topic":"a","payload_b64":"/w==","encoding":"msgpack","type":"T"}"#).unwrap();
        assert_eq!((&bytes.payload[..], bytes.type_name.as_str()), (&b"\xff"[..], "T"));
        assert_eq!(message(r#"{"topic":"a"}"#).unwrap().payload.len(), 0);
    }

    #[test]
    fn headers_travel() {
        let text = r#"{"topic":"a","payload_text":"x","headers":{"k":"v"},"correlation_id":"c","reply_to":"r","ttl_ms":5}"#;
        let headers = message(text).unwrap().headers.unwrap();
        assert_eq!(headers.other, [("k".into(), "v".into())]);
        assert_eq!((headers.correlation_id.as_deref(), headers.reply_to.as_deref()), (Some("c"), Some("r")));
        assert!(headers.expires_at.is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("[1]", "invalid type"),
            (r#"{"topic":"a b"}"#, "topic: "),
            (r#"{"topic":"a*"}"#, "topic: "),
            (r#"{"topic":5}"#, "topic: invalid type: integer `5`, expected a string"),
            (r#"{"payload":1}"#, "missing field `topic`"),
            (r#"{"topic":"a","prio":1}"#, "unknown field `prio`, expected one of"),
            (r#"{"topic":"a","priority":"urgent"}"#, "priority: "),
            (r#"{"topic":"a","priority":7}"#, "priority: "),
            (r#"{"topic":"a","payload":1,"payload_text":"1"}"#, "give one of"),
            (r#"{"topic":"a","payload_b64":"%"}"#, "payload_b64: "),
            (r#"{"topic":"a","payload":1,"encoding":"msgpack"}"#, "use `payload_b64`"),
            (r#"{"topic":"a","encoding":"xml"}"#, "is no encoding"),
            (r#"{"topic":"a","reply_to":"?"}"#, "reply_to: "),
            (r#"{"topic":"a"} x"#, "trailing"),
            ("", "EOF"),
        ];
        for (text, expected) in cases {
            let problem = message(text).unwrap_err();
            assert!(problem.detail().contains(expected), "{text}: {}", problem.detail());
        }
    }
}
