//! `tradebus stream info`: everything about one stream.

use std::fmt::Write as _;
use std::time::Duration;

use tradebus::store::GroupInfo;
use tradebus::{EntryId, StreamDescription, StreamKey};

use super::show;
use crate::cli::Global;
use crate::commands::group::show as groups;
use crate::failure::Outcome;
use crate::human::{self, count, or_unknown};
use crate::listing::Listing;
use crate::streams::{key_parser, with_manager};
use crate::{output, terminal};

const EXAMPLES: &str = "\
Examples:
  tradebus stream info trader-TRADER-001:stream:critical
  tradebus stream info trader-TRADER-001:stream:normal --json | jq .memory_bytes
  tradebus stream info trader-TRADER-001:dead";

/// Show one stream and its groups.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The stream.
    #[arg(value_name = "KEY", value_parser = key_parser())]
    stream: StreamKey,

    /// Print one JSON object, with the groups in `groups`.
    #[arg(long, help = "Print one JSON object, with the groups in groups")]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let (described, groups) = with_manager(global, async |manager| {
        Ok((manager.describe(&args.stream).await?, manager.groups(&args.stream).await?))
    })
    .await?;
    if args.json {
        let mut object = show::object(&described);
        object["groups"] = groups.iter().map(|group| groups::object(&args.stream, group)).collect();
        return output::print(&object.to_string());
    }
    output::print(&text(&described))?;
    list_groups(&args.stream, &groups).await
}

async fn list_groups(stream: &StreamKey, all: &[GroupInfo]) -> Outcome {
    if all.is_empty() {
        return Ok(());
    }
    output::print("\n")?;
    let mut listing = Listing::new(false, &groups::COLUMNS[1..]);
    for group in all {
        listing.add(|| groups::object(stream, group), || groups::cells(stream, group).split_off(1)).await?;
    }
    listing.finish().await?;
    Ok(())
}

fn text(described: &StreamDescription) -> String {
    let info = &described.info;
    let mut text = String::from("stream         ");
    terminal::push_visible(&mut text, &described.stream.to_string());
    let entry = |id: Option<EntryId>, age: Option<Duration>| match (id, age) {
        (Some(id), Some(age)) => format!("{id}, {} ago", human::age(age)),
        _ => human::UNKNOWN.to_owned(),
    };
    // Writing to memory cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = write!(text, "\n{name:14} {value}");
    };
    line("length", count(info.len, "entry", "entries"));
    line("memory", or_unknown(info.memory_bytes, human::bytes));
    line("oldest entry", entry(info.first, described.first_age));
    line("newest entry", entry(info.last, described.last_age));
    line("last id", info.last_id.to_string());
    line("ever added", or_unknown(info.entries_added, |added| count(added, "entry", "entries")));
    line(
        "rate",
        or_unknown(described.rate_per_second, |rate| {
            format!("{} on average since the oldest entry", human::rate(rate))
        }),
    );
    line("groups", info.groups.to_string());
    text
}
