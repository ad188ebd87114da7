//! `tradebus group rm`: removes a group.

use serde_json::json;

use super::show::Named;
use crate::cli::Global;
use crate::confirm::confirm;
use crate::failure::Outcome;
use crate::human::count;
use crate::output;
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus group rm orders risk                                   asks first
  tradebus group rm orders risk --yes
  tradebus group rm trader-TRADER-001:stream:low replay --yes --json

What is pending in the group is forgotten; the entries stay in the stream.";

/// Remove a group with everything that is pending in it.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Print one JSON object: stream, group, pending (entries that were).
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let Named { stream, group } = &args.named;
    let pending = with_manager(global, async |manager| {
        let pending = manager.group(stream, group).await?.pending;
        let what = count(pending, "pending entry", "pending entries");
        confirm(args.yes, &format!("remove the group `{group}` of the stream `{stream}` with {what}"))?;
        manager.destroy_group(stream, group).await?;
        Ok(pending)
    })
    .await?;
    if args.json {
        return output::print(&args.named.object(json!({ "pending": pending })).to_string());
    }
    let what = count(pending, "entry was pending", "entries were pending");
    output::print(&format!("the group was removed; {what}"))
}
