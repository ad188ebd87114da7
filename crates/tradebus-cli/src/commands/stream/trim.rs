//! `tradebus stream trim`: removes the oldest entries of a stream.

use std::time::Duration;

use serde_json::json;
use tradebus::{StreamKey, TrimTo};

use crate::cli::Global;
use crate::entry::put_stream;
use crate::failure::Outcome;
use crate::human::{count, parse_duration};
use crate::output;
use crate::progress::Progress;
use crate::streams::{key_parser, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus stream trim trader-TRADER-001:stream:low --length 100000
  tradebus stream trim trader-TRADER-001:stream:normal --age 30m
  tradebus stream trim orders --length 0 --exact

Without --exact some entries more may be left, which costs the store far less. Groups that have not read what goes will not get it.
A long stream goes piece by piece; what was removed by then stays removed if this is interrupted.";

/// Remove the oldest entries of a stream, down to a length or an age.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The stream.
    #[arg(value_name = "KEY", value_parser = key_parser())]
    stream: StreamKey,

    #[command(flatten)]
    to: To,

    /// To the entry.
    #[arg(long)]
    exact: bool,

    /// Print one JSON object: stream, removed.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct To {
    /// Keep so many entries, the newest ones.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    length: Option<u64>,

    /// Keep what was stored within this time, such as 30m or 7d, by the store's clock.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    age: Option<Duration>,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let age = args.to.age.unwrap_or(Duration::MAX);
    let to = args.to.length.map_or(TrimTo::Age(age), TrimTo::Length);
    let removed = with_manager(global, async |manager| {
        let mut trimming = manager.trim(&args.stream, to, args.exact).await?;
        let mut progress = Progress::new("trimmed", trimming.total());
        let mut removed = 0;
        while let Some(entries) = trimming.next().await? {
            removed += entries;
            progress.add(entries);
        }
        Ok(removed)
    })
    .await?;
    if args.json {
        let mut object = json!({ "removed": removed });
        put_stream(&mut object, &args.stream);
        return output::print(&object.to_string());
    }
    output::print(&format!("{} removed", count(removed, "entry", "entries")))
}
