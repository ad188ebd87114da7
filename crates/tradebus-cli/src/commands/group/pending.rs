//! `tradebus group pending`: what was delivered and not acknowledged.

use std::time::Duration;

use serde_json::json;
use tradebus::store::{PendingEntry, PendingQuery};
use tradebus::{EntryId, StreamManager};

use super::show::Named;
use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::human::{self, parse_duration};
use crate::listing::{Column, Listing};
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus group pending orders risk
  tradebus group pending orders risk --consumer worker-3 --min-idle 10m
  tradebus group pending orders risk --limit 1000000 --json | jq -r 'select(.deliveries > 3) | .id'";

/// Entries that are asked for together.
const PAGE: usize = 1000;

/// List what was delivered to a group and not acknowledged, the oldest id first.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Only what this consumer got.
    #[arg(long, value_name = "C")]
    consumer: Option<String>,

    /// Only what was last delivered so long ago, such as 10m.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    min_idle: Option<Duration>,

    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    limit: u64,

    /// Print one JSON object an entry: stream, group, id, consumer, `idle_ms`, deliveries.
    #[arg(long, help = "Print one JSON object an entry: stream, group, id, consumer, idle_ms, deliveries")]
    json: bool,
}

const COLUMNS: [Column; 4] =
    [Column::Left("ID"), Column::Left("CONSUMER"), Column::Right("IDLE"), Column::Right("DELIVERIES")];

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| args.list(manager).await).await
}

impl Args {
    async fn list(&self, manager: &StreamManager) -> Outcome {
        let mut listing = Listing::new(self.json, &COLUMNS);
        let (mut start, mut left) = (Some(EntryId::MIN), self.limit);
        while let Some(first) = start.take() {
            // One more than wanted tells whether there are more.
            let limit = usize::try_from(left).unwrap_or(PAGE).min(PAGE) + 1;
            let mut page =
                manager.pending(&self.named.stream, &self.named.group, self.query(first, limit)).await?;
            let more = page.len() == limit;
            page.truncate(limit - 1);
            for entry in &page {
                listing.add(|| self.object(entry), || cells(entry)).await?;
            }
            left -= page.len() as u64;
            if more && left > 0 {
                start = page.last().and_then(|last| last.id.next());
            } else if more {
                say("there are more: --limit shows them");
            }
        }
        if listing.finish().await? == 0 {
            say("nothing is pending that was asked for");
        }
        Ok(())
    }

    fn query(&self, first: EntryId, limit: usize) -> PendingQuery<'_> {
        PendingQuery {
            consumer: self.consumer.as_deref(),
            ids: first..=EntryId::MAX,
            min_idle: self.min_idle.unwrap_or_default(),
            limit,
        }
    }

    fn object(&self, entry: &PendingEntry) -> serde_json::Value {
        self.named.object(json!({
            "id": entry.id.to_string(),
            "consumer": entry.consumer,
            "idle_ms": entry.idle.as_millis() as u64,
            "deliveries": entry.deliveries,
        }))
    }
}

fn cells(entry: &PendingEntry) -> Vec<String> {
    vec![entry.id.to_string(), entry.consumer.clone(), human::age(entry.idle), entry.deliveries.to_string()]
}
