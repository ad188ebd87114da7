//! A message as a line of output.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use owo_colors::{OwoColorize as _, Style};
use tradebus::{Delivery, Priority};

use crate::terminal;

/// How messages are printed.
pub(super) enum Format {
    /// For people: time, tier, topic, type and payload.
    Text { colour: bool },
    /// One JSON object a line.
    Json,
    /// Payloads.
    Raw,
}

impl Format {
    pub(super) fn new(json: bool, raw: bool) -> Self {
        match (json, raw) {
            (true, _) => Self::Json,
            (_, true) => Self::Raw,
            _ => Self::Text { colour: terminal::stdout_has_colour() },
        }
    }

    /// Appends a message with its line end.
    pub(super) fn write(&self, delivery: &Delivery, out: &mut Vec<u8>) {
        match self {
            Self::Json => delivery.write_json_line(out),
            Self::Raw => out.extend_from_slice(&delivery.payload),
            // The width is asked each time: a terminal may be resized.
            Self::Text { colour } => {
                write_text(delivery, *colour, terminal::stdout_size().map(|size| size.0), out);
            }
        }
        out.push(b'\n');
    }
}

fn write_text(delivery: &Delivery, colour: bool, columns: Option<usize>, out: &mut Vec<u8>) {
    let tier = delivery.priority.name();
    // Writing to memory cannot fail.
    let mut line = String::new();
    push_time(&mut line, delivery);
    let time = line.len();
    line.push(' ');
    let _ = write!(line, "{tier:8} ");
    let start_of_topic = line.len();
    terminal::push_visible(&mut line, &delivery.topic);
    let end_of_topic = line.len();
    line.push(' ');
    let type_name = delivery.payload_type();
    if !type_name.is_empty() {
        terminal::push_visible(&mut line, &type_name);
        line.push(' ');
    }
    push_payload(&mut line, delivery);
    if let Some(columns) = columns {
        terminal::cut(&mut line, columns);
    }
    // Colours are not as wide as they are long, so they come last; a narrow terminal may have cut their place away.
    if !colour || line.len() <= end_of_topic {
        return out.extend_from_slice(line.as_bytes());
    }
    let (head, payload) = line.split_at(end_of_topic);
    let (head, topic) = head.split_at(start_of_topic);
    let (time, tier) = head.split_at(time);
    let _ = write!(out, "{}{}{}{payload}", time.dimmed(), tier.style(style(delivery.priority)), topic.bold());
}

fn style(tier: Priority) -> Style {
    match tier {
        Priority::Critical => Style::new().red().bold(),
        Priority::High => Style::new().yellow(),
        Priority::Normal => Style::new().green(),
        Priority::Low => Style::new().dimmed(),
    }
}

/// The time of publishing, or of storing where that is not known, on the clock of UTC.
fn push_time(line: &mut String, delivery: &Delivery) {
    let ms = if delivery.ts > 0 { delivery.ts / 1_000_000 } else { delivery.id.ms };
    let (s, ms) = (ms / 1000, ms % 1000);
    let _ = write!(line, "{:02}:{:02}:{:02}.{ms:03}", s / 3600 % 24, s / 60 % 60, s % 60);
}

/// The payload as text; as JSON where it is `MessagePack`; otherwise in base64.
fn push_payload(line: &mut String, delivery: &Delivery) {
    if let Ok(text) = std::str::from_utf8(&delivery.payload) {
        terminal::push_visible(line, text);
    } else if let Some(json) = delivery.payload_json() {
        terminal::push_visible(line, &json);
    } else {
        line.push_str("base64:");
        STANDARD.encode_string(&delivery.payload, line);
    }
}

#[cfg(test)]
mod tests {
    use tradebus::{Delivery, EntryId, Message, Priority};

    use super::write_text;

    fn delivery(payload: &[u8]) -> Delivery {
        let mut message = Message::new("data.x", payload.to_vec()).unwrap().priority(Priority::High);
        message.ts = 1_700_000_000_123_456_789;
        Delivery::new(EntryId::new(86_399_999, 0), "s", message)
    }

    fn text(delivery: &Delivery, columns: Option<usize>) -> String {
        let mut out = Vec::new();
        write_text(delivery, false, columns, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_people_see() {
        assert_eq!(text(&delivery(b"{\"a\":1}"), None), "22:13:20.123 high     data.x {\"a\":1}");
        let mut typed = delivery(b"a\nb\x1b");
        typed.message.type_name = "Quote\r".into();
        typed.message.ts = 0;
        assert_eq!(text(&typed, None), "23:59:59.999 high     data.x Quote\\r a\\nb\\u{1b}");
        assert_eq!(text(&delivery(b"\x81\xa3bid\x05"), None), "22:13:20.123 high     data.x {\"bid\":5}");
        assert_eq!(text(&delivery(b"\xff\xfe"), None), "22:13:20.123 high     data.x base64://4=");
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let whole = text(&delivery(b"0123456789"), None);
        for columns in 0..whole.len() {
            let shown = text(&delivery(b"0123456789"), Some(columns));
            assert_eq!(shown.chars().count(), columns, "{shown}");
        }
        assert_eq!(text(&delivery(b"0123456789"), Some(whole.len())), whole);
    }

    #[test]
    fn colours_change_nothing_else() {
        for columns in [None, Some(5), Some(25), Some(30), Some(80)] {
            let mut coloured = Vec::new();
            write_text(&delivery(b"payload"), true, columns, &mut coloured);
            let mut plain = String::new();
            let mut escaped = false;
            for c in String::from_utf8(coloured).unwrap().chars() {
                match c {
                    '\x1b' => escaped = true,
                    'm' if escaped => escaped = false,
                    c if !escaped => plain.push(c),
                    _ => {}
                }
            }
            assert_eq!(plain, text(&delivery(b"payload"), columns));
        }
    }
}
