//! Makes a snapshot fit to be shown: what it says comes from others, who may call a stream whatever they like.

use serde_json::Value;
use tradebus_gateway::live::Snapshot;
use unicode_width::UnicodeWidthChar as _;

use crate::terminal;

/// Most columns of a text, such as a reason: longer than any screen is wide.
const LONGEST: usize = 400;
/// Most marks on a letter.
const MOST_MARKS: usize = 3;

/// Reads a snapshot. No text in it, now and in later versions, steers a terminal or is longer than a screen shows.
pub(super) fn snapshot(json: &[u8]) -> Result<Snapshot, serde_json::Error> {
    let mut value = serde_json::from_slice(json)?;
    clean(&mut value);
    serde_json::from_value(value)
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text on one line, as a person may see it.
pub(super) fn visible(text: &str) -> String {
    let mut marks = 0;
    // What takes no column stands on the letter before it, and a letter has few.
    let bears = |c: &char| {
        marks = if c.is_control() || c.width() != Some(0) { 0 } else { marks + 1 };
        marks <= MOST_MARKS
    };
    let start: String = text.chars().take(LONGEST).filter(bears).collect();
    let mut shown = String::with_capacity(start.len());
    terminal::push_visible(&mut shown, &start);
    terminal::cut(&mut shown, LONGEST);
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tradebus_gateway::live::{Snapshot, StreamView};

    use super::{LONGEST, snapshot, visible};

    #[test]
    fn no_text_steers_the_terminal_wherever_it_stands() {
        let mut dirty = Snapshot::default();
        dirty.health.reasons.push("late\x1b[2J".to_owned());
        dirty.node.store = "redis\u{9b}1m".to_owned();
        dirty.streams.rows.push(StreamView { stream: "a\r\nb\u{202e}".to_owned(), ..StreamView::default() });
        let clean = snapshot(&serde_json::to_vec(&dirty).unwrap()).unwrap();
        assert_eq!(clean.health.reasons, ["late\\u{1b}[2J"]);
        assert_eq!(clean.node.store, "redis\\u{9b}1m");
        assert_eq!(clean.streams.rows[0].stream, "a\\r\\nb\\u{202e}");
    }

    #[test]
    fn a_text_has_an_end() {
        assert_eq!(visible(&"x".repeat(LONGEST)).len(), LONGEST);
        assert_eq!(visible("e\u{301}x"), "e\u{301}x");
        for long in ["x".repeat(100_000), "\u{301}".repeat(100_000), "\x1b".repeat(100_000)] {
            assert!(visible(&long).chars().count() <= LONGEST, "{}", visible(&long).len());
        }
    }

    #[test]
    fn what_is_no_snapshot_is_an_error() {
        let deep = "[".repeat(100_000);
        for json in ["", "{}", "[]", "null", "{\"ts_ms\":-1}", &deep] {
            assert!(snapshot(json.as_bytes()).is_err(), "{json:.20}");
        }
        let mut wrong = json!(Snapshot::default());
        wrong["streams"]["rows"] = json!([{ "stream": 5 }]);
        assert!(snapshot(wrong.to_string().as_bytes()).is_err());
    }
}
