//! `tradebus group claim`: gives pending entries to another consumer.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use serde_json::json;
use tradebus::store::Claim;
use tradebus::{EntryId, StreamManager};

use super::show::Named;
use crate::cli::Global;
use crate::failure::{Failure, Outcome, error, say};
use crate::human::{count, parse_duration};
use crate::listing::push_json;
use crate::output::Output;
use crate::progress::Progress;
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus group claim orders risk --consumer worker-2 --min-idle 10m
  tradebus group claim orders risk --consumer worker-2 --min-idle 0s --limit 500 --json
  tradebus group claim orders risk --consumer worker-2 1700000000000-0 1700000000000-1

Each claim counts as a delivery. With --min-idle, what the consumer has already is left alone. With ids, ends with 7 if none of them
could be claimed, with 9 if some could not.";

/// Give pending entries to a consumer, and print their ids.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Who gets them.
    #[arg(long, value_name = "C", value_parser = NonEmptyStringValueParser::new())]
    consumer: String,

    #[command(flatten)]
    which: Which,

    /// At most so many [default: all]
    #[arg(long, value_name = "N", requires = "min_idle", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    limit: Option<u64>,

    /// Print one JSON object an entry: stream, group, consumer, id.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// What was last delivered to others so long ago, such as 10m.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    min_idle: Option<Duration>,

    /// These entries.
    #[arg(value_name = "ID")]
    ids: Vec<EntryId>,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| {
        // A claim in a group without pending entries would not tell that it is missing.
        let pending = manager.group(&args.named.stream, &args.named.group).await?.pending;
        match args.which.min_idle {
            Some(min_idle) => args.claim_idle(manager, min_idle, pending).await,
            None => args.claim_ids(manager).await,
        }
    })
    .await
}

impl Args {
    async fn claim_idle(&self, manager: &StreamManager, min_idle: Duration, pending: u64) -> Outcome {
        let mut output = Output::new();
        let limit = self.limit.unwrap_or(u64::MAX);
        let (Named { stream, group }, consumer) = (&self.named, &self.consumer);
        let mut claiming = manager.claim_idle(stream, group, consumer, min_idle, limit);
        let mut progress = Progress::beside_output("claimed", Some(pending.min(limit)));
        let mut claimed = 0;
        while let Some(ids) = claiming.next().await? {
            claimed += ids.len() as u64;
            progress.add(ids.len() as u64);
            self.print(&ids, &mut output).await?;
        }
        drop(progress);
        output.finish().await?;
        say(&format!("{} claimed", count(claimed, "entry", "entries")));
        Ok(())
    }

    async fn claim_ids(&self, manager: &StreamManager) -> Outcome {
        let (Named { stream, group }, ids) = (&self.named, &self.which.ids);
        let claim = Claim { ids, min_idle: Duration::ZERO };
        let claimed = manager.claim(stream, group, &self.consumer, claim).await?;
        let mut output = Output::new();
        self.print(&claimed, &mut output).await?;
        output.finish().await?;
        let missing: Vec<&EntryId> = ids.iter().filter(|id| !claimed.contains(id)).collect();
        for id in &missing {
            error(&format!(
                "the entry {id} is not pending in the group `{group}`, or no longer in the stream"
            ));
        }
        match missing.len() {
            0 => Ok(()),
            some => {
                let message =
                    format!("not claimed: {some} of {}", count(ids.len() as u64, "entry", "entries"));
                Err(Failure::missing(message, !claimed.is_empty()))
            }
        }
    }

    async fn print(&self, ids: &[EntryId], output: &mut Output) -> Outcome {
        for id in ids {
            if self.json {
                let object = json!({ "consumer": self.consumer, "id": id.to_string() });
                push_json(&self.named.object(object), output.buffer());
            } else {
                id.write_to(output.buffer());
                output.buffer().push(b'\n');
            }
        }
        output.flush().await
    }
}
