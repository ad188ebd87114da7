//! What goes through a WebSocket: text frames with one JSON object each.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tradebus::Delivery;

use crate::api::Incoming;
use crate::body;
use crate::problem::{Outcome, Problem};

/// What a client says.
pub(super) enum Said {
    /// A message of the group is settled.
    Settled(Settled),
    /// A message is to be published.
    Publish(Publish),
}

/// What became of a message of the group.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Settled {
    /// The message with this tag was handled.
    Ack {
        /// Its tag.
        tag: u64,
    },
    /// It could not be handled now.
    Nack {
        /// Its tag.
        tag: u64,
        /// When it is delivered again; by default with growing waits.
        delay_ms: Option<u64>,
    },
    /// It cannot be handled, ever: it becomes a dead letter.
    Reject {
        /// Its tag.
        tag: u64,
        /// Why.
        #[serde(default)]
        reason: String,
    },
}

/// A message to be published. It is read apart from the others, as an enum would not leave its payload as it was written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    #[serde(rename = "kind")]
    _kind: String,
    /// Comes back in the answer.
    #[serde(default, rename = "ref")]
    pub(super) reference: Value,
    /// The message.
    pub(super) message: Box<RawValue>,
}

impl Said {
    pub(super) fn read(text: &str) -> Outcome<Self> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            kind: &'a str,
        }
        if serde_json::from_str::<Kind<'_>>(text).is_ok_and(|it| it.kind == "publish") {
            return body::read(text.as_bytes()).map(Self::Publish);
        }
        body::read(text.as_bytes()).map(Self::Settled)
    }
}

/// Bytes of a reference, as JSON: it is kept until its message is stored.
const LONGEST_REFERENCE: usize = 256;

/// The message that a client wants to publish.
pub(super) fn message(reference: &Value, text: &RawValue) -> Outcome<tradebus::Message> {
    if reference.to_string().len() > LONGEST_REFERENCE {
        return Err(Problem::bad_value("ref", format!("it is longer than {LONGEST_REFERENCE} bytes")));
    }
    body::read::<Incoming>(text.get().as_bytes())?.into_message()
}

/// A message for the client; in a group with its tag and how often it was delivered.
pub(super) fn delivery(delivery: &Delivery, of_group: Option<(u64, u64)>) -> String {
    let line = delivery.to_json_line();
    let fields = line.strip_prefix('{').unwrap_or_default();
    match of_group {
        None => format!("{{\"kind\":\"message\",{fields}"),
        Some((tag, deliveries)) => {
            format!("{{\"kind\":\"message\",\"tag\":{tag},\"deliveries\":{deliveries},{fields}")
        }
    }
}

pub(super) fn published(reference: &Value, id: &str) -> String {
    json!({ "kind": "published", "ref": reference, "id": id }).to_string()
}

pub(super) fn error(reference: Option<&Value>, detail: &str) -> String {
    let mut frame = json!({ "kind": "error", "detail": detail });
    if let Some(reference) = reference {
        frame["ref"] = reference.clone();
    }
    frame.to_string()
}

pub(super) fn skipped(messages: u64) -> String {
    json!({ "kind": "skipped", "skipped": messages }).to_string()
}

pub(super) fn end(reason: &str) -> String {
    json!({ "kind": "end", "reason": reason }).to_string()
}
