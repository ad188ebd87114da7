//! `tradebus dead ls`: the dead letters.

use serde_json::Value;
use tradebus::{DeadEntry, DeadLetters, EntryId, StreamManager};

use super::show;
use super::which::letters;
use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::human::{UNKNOWN, or_unknown};
use crate::listing::{Column, Listing};
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus dead ls
  tradebus dead ls --limit 1000 --after 1700000000000-0            the next page
  tradebus dead ls --limit 1000000 --json | jq -r 'select(.group == \"risk\") | .id'";

/// List the dead letters, the oldest first.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    limit: u64,

    /// Only those behind this one.
    #[arg(long, value_name = "ID", default_value = "0-0", hide_default_value = true)]
    after: EntryId,

    /// Print one JSON object a dead letter.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| args.list(manager).await).await
}

impl Args {
    async fn list(&self, manager: &StreamManager) -> Outcome {
        let letters = manager.dead_letters();
        let now_ms = manager.store().now_ms().await.map_err(tradebus::ManageError::from)?;
        let mut listing = Listing::new(self.json, &COLUMNS).cut_to_terminal();
        let mut pages = letters.pages(self.after, usize::try_from(self.limit).unwrap_or(usize::MAX));
        let mut last = None;
        while let Some(page) = pages.next().await? {
            for entry in letters.entries(&page) {
                last = Some(entry.id);
                listing.add(|| object(&letters, &entry), || cells(&letters, &entry, now_ms)).await?;
            }
        }
        let listed = listing.finish().await?;
        self.tell_rest(&letters, listed, last).await
    }

    async fn tell_rest(&self, all: &DeadLetters, listed: u64, last: Option<EntryId>) -> Outcome {
        match last {
            None if self.after == EntryId::MIN => say("there are no dead letters"),
            None => say(&format!("there are no dead letters behind {}", self.after)),
            Some(last) if listed == self.limit => {
                let mut rest = all.pages(last, 1);
                if rest.next().await?.is_some() {
                    let there_are = letters(all.count().await?);
                    say(&format!("there are {there_are}: the next page is --after {last}"));
                }
            }
            Some(_) => {}
        }
        Ok(())
    }
}

fn object(letters: &DeadLetters, entry: &DeadEntry) -> String {
    let mut object = show::object(entry);
    object["topic"] = letters.message(entry).map_or(Value::Null, |it| it.topic.as_str().into());
    show::line(&object, entry)
}

const COLUMNS: [Column; 7] = [
    Column::Left("ID"),
    Column::Right("AGE"),
    Column::Left("GROUP"),
    Column::Right("DELIVERIES"),
    Column::Left("STREAM"),
    Column::Left("TOPIC"),
    Column::Left("ERROR"),
];

fn cells(letters: &DeadLetters, entry: &DeadEntry, now_ms: u64) -> Vec<String> {
    let Some(letter) = &entry.letter else {
        let unknown = [UNKNOWN; 5].map(str::to_owned);
        let error = "not a dead letter: it does not say where it came from";
        return std::iter::once(entry.id.to_string()).chain(unknown).chain([error.to_owned()]).collect();
    };
    vec![
        entry.id.to_string(),
        show::age(letter, now_ms),
        letter.group.clone(),
        letter.deliveries.to_string(),
        letter.stream.to_string(),
        or_unknown(letters.message(entry), |message| message.topic.to_string()),
        letter.error.clone(),
    ]
}
