//! `tradebus group create`: gives a stream a group.

use serde_json::json;
use tradebus::StartFrom;

use super::show::Named;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::output;
use crate::streams::{parse_start, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus group create trader-TRADER-001:stream:normal risk
  tradebus group create orders audit --from earliest
  tradebus group create orders replay --from 1700000000000-0 --mkstream

Ends with 8 if the group is there already: it stays as it is (`tradebus group reset` moves it).";

/// Give a stream a group.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// What it gets first: latest, earliest, behind an entry id, or from so long ago (10m, 1h30m).
    #[arg(long, value_name = "START", default_value = "latest", value_parser = parse_start, allow_hyphen_values = true)]
    from: StartFrom,

    /// Create the stream where it is missing.
    #[arg(long)]
    mkstream: bool,

    /// Print one JSON object: stream, group, created.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let Named { stream, group } = &args.named;
    let created = with_manager(global, async |manager| {
        if !args.mkstream {
            manager.describe(stream).await?;
        }
        Ok(manager.create_group(stream, group, args.from).await?)
    })
    .await?;
    if !created {
        return Err(Failure::Conflict(format!(
            "the stream `{stream}` has a group `{group}` already; `tradebus group reset` moves it"
        )));
    }
    if args.json {
        return output::print(&args.named.object(json!({ "created": true })).to_string());
    }
    output::print("the group was created")
}
