//! `tradebus group consumers`: who reads in a group.

use serde_json::json;

use super::show::Named;
use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::human;
use crate::listing::{Column, Listing};
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus group consumers orders risk
  tradebus group consumers trader-TRADER-001:stream:normal risk --json
  tradebus group consumers orders risk --json | jq -r 'select(.idle_ms > 600000) | .consumer'

IDLE is the time since the consumer last asked for something.";

/// List the consumers of a group.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Print one JSON object a consumer: stream, group, consumer, pending, `idle_ms`.
    #[arg(long, help = "Print one JSON object a consumer: stream, group, consumer, pending, idle_ms")]
    json: bool,
}

const COLUMNS: [Column; 3] = [Column::Left("CONSUMER"), Column::Right("PENDING"), Column::Right("IDLE")];

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let Named { stream, group } = &args.named;
    let consumers = with_manager(global, async |manager| Ok(manager.consumers(stream, group).await?)).await?;
    let mut listing = Listing::new(args.json, &COLUMNS);
    for consumer in consumers {
        let (pending, idle) = (consumer.pending, consumer.idle);
        let object = || {
            let idle_ms = idle.as_millis() as u64;
            args.named.object(json!({ "consumer": consumer.name, "pending": pending, "idle_ms": idle_ms }))
        };
        let cells = || vec![consumer.name.clone(), pending.to_string(), human::age(idle)];
        listing.add(object, cells).await?;
    }
    if listing.finish().await? == 0 {
        say("the group has no consumers");
    }
    Ok(())
}
