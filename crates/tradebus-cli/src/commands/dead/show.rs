//! `tradebus dead show`: everything about one dead letter.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tradebus::{DeadEntry, DeadLetter, Delivery, EntryId};

use crate::cli::Global;
use crate::entry::{push_bytes, put_stream, with_fields};
use crate::failure::Outcome;
use crate::human::{self, count};
use crate::streams::with_manager;
use crate::{output, terminal};

const EXAMPLES: &str = "\
Examples:
  tradebus dead show 1700000000000-0
  tradebus dead show 1700000000000-0 --json | jq .message.payload
  tradebus dead show 1700000000000-0 --json | jq -r .error";

/// Show one dead letter: why it was given up, and the original fields.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Its id, as `tradebus dead ls` shows it.
    #[arg(help = "Its id, as dead ls shows it")]
    id: EntryId,

    /// Print one JSON object, with the original `fields`, and the `message` in them if it is one.
    #[arg(long)]
    #[arg(help = "Print one JSON object, with the original fields, and the message in them if it is one")]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let (entry, message, now_ms) = with_manager(global, async |manager| {
        let letters = manager.dead_letters();
        let entry = letters.get(args.id).await?;
        let message = letters.message(&entry);
        let now_ms = manager.store().now_ms().await.map_err(tradebus::ManageError::from)?;
        Ok((entry, message, now_ms))
    })
    .await?;
    if args.json {
        let mut object = object(&entry);
        object["message"] = message.as_ref().map_or(Value::Null, message_object);
        return output::print(&line(&object, &entry));
    }
    output::print(&text(&entry, message.as_ref(), now_ms))
}

fn message_object(message: &Delivery) -> Value {
    // What prints a message prints JSON.
    serde_json::from_str(&message.to_json_line()).unwrap_or(Value::Null)
}

/// An object about a dead letter as a line, with the original fields.
pub(super) fn line(object: &Value, entry: &DeadEntry) -> String {
    with_fields(object, entry.fields.iter().map(|(name, value)| (&name[..], &value[..])))
}

/// A dead letter for programs; what is about the letter is null in an entry that is none.
pub(super) fn object(entry: &DeadEntry) -> Value {
    let letter = entry.letter.as_ref();
    let mut object = json!({
        "id": entry.id.to_string(),
        "stream": null,
        "entry_id": letter.map(|letter| letter.id.to_string()),
        "group": letter.map(|letter| &letter.group),
        "consumer": letter.map(|letter| &letter.consumer),
        "error": letter.map(|letter| &letter.error),
        "deliveries": letter.map(|letter| letter.deliveries),
        "ts": letter.map(|letter| letter.ts),
        "time": letter.and_then(time),
    });
    if let Some(letter) = letter {
        put_stream(&mut object, &letter.stream);
    }
    object
}

/// When it was given up; `None` for a time that no calendar has.
fn time(letter: &DeadLetter) -> Option<String> {
    Timestamp::from_nanosecond(letter.ts.into()).ok().map(|time| time.to_string())
}

/// How long ago it was given up.
pub(super) fn age(letter: &DeadLetter, now_ms: u64) -> String {
    human::age(Duration::from_millis(now_ms.saturating_sub(letter.ts / 1_000_000)))
}

fn text(entry: &DeadEntry, message: Option<&Delivery>, now_ms: u64) -> String {
    let mut text = String::new();
    // Writing to memory cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = write!(text, "{name:12} ");
        terminal::push_visible(&mut text, value);
        text.push('\n');
    };
    line("id", &entry.id.to_string());
    match &entry.letter {
        None => line("error", "not a dead letter: it does not say where it came from"),
        Some(letter) => {
            let when = time(letter).unwrap_or_else(|| letter.ts.to_string());
            line("given up", &format!("{when}, {} ago", age(letter, now_ms)));
            line("group", &letter.group);
            line("consumer", &letter.consumer);
            line("deliveries", &count(letter.deliveries, "time", "times"));
            line("error", &letter.error);
            line("stream", &letter.stream.to_string());
            line("entry", &letter.id.to_string());
        }
    }
    if let Some(message) = message {
        line("topic", &message.topic);
        line("priority", message.priority.name());
    }
    text.push_str("fields\n");
    for (name, value) in &entry.fields {
        text.push_str("  ");
        push_bytes(&mut text, name);
        text.push_str(" = ");
        push_bytes(&mut text, value);
        text.push('\n');
    }
    text
}
