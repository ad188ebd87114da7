//! What an upstream says about an error.

use serde_json::Value;

/// The longest message that is passed on, in characters.
const MAX_CHARACTERS: usize = 300;

/// The words of an upstream about an error.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its own code, such as `OVER_RATE_LIMIT`.
    pub(super) code: Option<String>,
    /// Its message, not yet shortened.
    pub(super) message: Option<String>,
}

/// Finds the words in the body of an answer with a status of 400 and above.
///
/// Known forms: `{"error":{"code","message"}}` of the gateway api.data.gov, `{"error":"…","message":"…"}` and
/// `{"error":"…"}` of the Data.gov catalogue, `{"message":"…"}` of `DBnomics`. Anything else says nothing.
pub(super) fn told(body: &[u8]) -> Told {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        let message = looks_like_html(body).then(|| "the answer is an HTML page".to_owned());
        return Told { code: None, message };
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let message = text(body.get("message"));
    match body.get("error") {
        Some(Value::Object(error)) => {
            Told { code: text(error.get("code")), message: text(error.get("message")).or(message) }
        }
        Some(Value::String(error)) => {
            let message = message.map_or_else(|| error.clone(), |message| format!("{error}: {message}"));
            Told { code: None, message: Some(message) }
        }
        _ => Told { code: None, message },
    }
}

/// Whether a body begins as a page for a browser does.
pub(super) fn looks_like_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    // A byte order mark may stand before it.
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start[..start.len().min(15)].to_ascii_lowercase();
    [&b"<!doctype html"[..], b"<html", b"<head", b"<body"].iter().any(|tag| start.starts_with(tag))
}

/// One line that is not too long, without control characters.
pub(super) fn tidy(text: &str) -> String {
    let mut words = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty());
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
        if line.len() > 4 * MAX_CHARACTERS {
            break;
        }
    }
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        r#"{"error":{"code":"API_KEY_INVALID","message":"An invalid api_key was supplied."}}"#,
        Some("API_KEY_INVALID"),
        Some("An invalid api_key was supplied.")
    )]
    #[case(
        r#"{"error":"Search failed","message":"per_page must be between 1 and 1000"}"#,
        None,
        Some("Search failed: per_page must be between 1 and 1000")
    )]
    #[case(r#"{"error":"Not Found"}"#, None, Some("Not Found"))]
    #[case(
        r#"{"message":"Series 'IMF/X/Y' not found","_meta":{}}"#,
        None,
        Some("Series 'IMF/X/Y' not found")
    )]
    #[case("<!DOCTYPE html><html></html>", None, Some("the answer is an HTML page"))]
    #[case(r#"{"results":[],"total":0}"#, None, None)]
    #[case("", None, None)]
    #[case("[1]", None, None)]
    fn messages_are_found(#[case] body: &str, #[case] code: Option<&str>, #[case] message: Option<&str>) {
        let expected = Told { code: code.map(str::to_owned), message: message.map(str::to_owned) };
        assert_eq!(told(body.as_bytes()), expected);
    }

    #[test]
    fn messages_become_one_short_line() {
        assert_eq!(tidy("a\r\nb\u{1b}[0m  c"), "a b [0m c");
        assert_eq!(tidy(&"é".repeat(1000)).chars().count(), MAX_CHARACTERS + 1);
        assert_eq!(tidy(""), "");
    }
}
