//! `tradebus group reset`: sets how far a group has come.

use serde_json::json;
use tradebus::StartFrom;

use super::show::Named;
use crate::cli::Global;
use crate::failure::Outcome;
use crate::output;
use crate::streams::{parse_start, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus group reset orders risk --to latest                    skip everything that waits
  tradebus group reset orders risk --to earliest                  deliver everything again
  tradebus group reset orders risk --to 10m                       deliver the last ten minutes again

What is pending stays pending.";

/// Set how far a group has come: what follows is delivered to it, again if need be.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Where to: latest, earliest, behind an entry id, or so long ago (10m, 1h30m).
    #[arg(long, value_name = "START", value_parser = parse_start, allow_hyphen_values = true)]
    to: StartFrom,

    /// Print one JSON object: stream, group, `last_delivered_id`, lag.
    #[arg(long, help = "Print one JSON object: stream, group, last_delivered_id, lag")]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let Named { stream, group } = &args.named;
    let now = with_manager(global, async |manager| {
        manager.reset_group(stream, group, args.to).await?;
        Ok(manager.group(stream, group).await?)
    })
    .await?;
    if args.json {
        let object = json!({ "last_delivered_id": now.last_delivered.to_string(), "lag": now.lag });
        return output::print(&args.named.object(object).to_string());
    }
    output::print(&format!("the group goes on behind {}", now.last_delivered))
}
