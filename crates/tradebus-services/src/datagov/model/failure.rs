//! The bodies of errors. There are two shapes: the catalogue's `error` is a text, the gateway's an object with a code.

use serde_json::Value;

/// Who refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureSource {
    /// The catalogue: `{"error": "Search failed", "message": "…"}` or `{"message": "Not Found", "detail": {}}`.
    Catalogue,
    /// The gateway api.data.gov: `{"error": {"code": "OVER_RATE_LIMIT", "message": "…"}}`.
    Gateway,
    /// Something before them, such as a proxy: HTML, or JSON of no known shape.
    Unknown,
}

/// An error as its body tells it. The status of the answer comes first; this is for people, but for the gateway's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Who refused.
    pub source: FailureSource,
    /// The gateway's code: `API_KEY_MISSING`, `OVER_RATE_LIMIT`, … Codes are stable, messages are not.
    pub code: Option<String>,
    /// What it says, at most 300 characters.
    pub message: Option<String>,
}

impl Failure {
    /// Reads a body; any bytes will do.
    pub fn parse(body: &[u8]) -> Self {
        let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(body) else {
            return Self { source: FailureSource::Unknown, code: None, message: None };
        };
        let message = map.get("message").and_then(text);
        match map.get("error") {
            Some(Value::Object(error)) => Self {
                source: FailureSource::Gateway,
                code: error.get("code").and_then(text),
                message: error.get("message").and_then(text),
            },
            Some(Value::String(title)) => {
                let title = short(title);
                let message = message.map_or(title.clone(), |message| format!("{title}: {message}"));
                Self { source: FailureSource::Catalogue, code: None, message: Some(short(&message)) }
            }
            _ if message.is_some() => Self { source: FailureSource::Catalogue, code: None, message },
            _ => Self { source: FailureSource::Unknown, code: None, message: None },
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(short)
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}
