//! `tradebus group info`: everything about one group.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tradebus::StreamManager;
use tradebus::store::{GroupInfo, PendingEntry, PendingQuery};

use super::show::{self, Named};
use crate::cli::Global;
use crate::failure::Outcome;
use crate::human::{self, count, or_unknown};
use crate::streams::with_manager;
use crate::{output, terminal};

const EXAMPLES: &str = "\
Examples:
  tradebus group info trader-TRADER-001:stream:normal risk
  tradebus group info orders risk --json | jq .lag
  tradebus group info orders risk --json | jq .oldest_pending.idle_ms";

/// Show one group: how far it is, and the oldest entry that is pending.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    named: Named,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let (group, oldest) = with_manager(global, async |manager| look(manager, &args.named).await).await?;
    if args.json {
        let mut object = show::object(&args.named.stream, &group);
        object["oldest_pending"] = oldest.as_ref().map_or(Value::Null, pending);
        return output::print(&object.to_string());
    }
    output::print(&text(&args.named, &group, oldest.as_ref()))
}

async fn look(manager: &StreamManager, named: &Named) -> Outcome<(GroupInfo, Option<PendingEntry>)> {
    let group = manager.group(&named.stream, &named.group).await?;
    let first = PendingQuery { limit: 1, ..PendingQuery::default() };
    Ok((group, manager.pending(&named.stream, &named.group, first).await?.pop()))
}

fn pending(entry: &PendingEntry) -> Value {
    json!({
        "id": entry.id.to_string(),
        "consumer": entry.consumer,
        "idle_ms": entry.idle.as_millis() as u64,
        "deliveries": entry.deliveries,
    })
}

fn text(named: &Named, group: &GroupInfo, oldest: Option<&PendingEntry>) -> String {
    let mut text = String::new();
    // Writing to memory cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = write!(text, "{name:16} ");
        terminal::push_visible(&mut text, value);
        text.push('\n');
    };
    line("stream", &named.stream.to_string());
    line("group", &group.name);
    line("consumers", &group.consumers.to_string());
    line("pending", &count(group.pending, "entry", "entries"));
    let oldest = oldest.map(|entry| {
        format!(
            "{}, delivered {} to `{}`, last {} ago",
            entry.id,
            count(entry.deliveries, "time", "times"),
            entry.consumer,
            human::age(entry.idle)
        )
    });
    line("oldest pending", &or_unknown(oldest, |oldest| oldest));
    line("last delivered", &group.last_delivered.to_string());
    line("ever delivered", &or_unknown(group.entries_read, |read| count(read, "entry", "entries")));
    line("lag", &or_unknown(group.lag, |lag| count(lag, "entry", "entries")));
    text
}
