//! `tradebus stream ls`: the streams, and what each is like.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use tradebus::{StreamDescription, StreamManager};

use super::show;
use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::human::{self, or_unknown};
use crate::listing::{Column, Listing};
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus stream ls                                  the streams of the bus
  tradebus stream ls trader-                          all whose keys start so, whosever they are
  tradebus stream ls --all --json | jq -r .stream

The rate is the average since the oldest entry that is still there; `tradebus stream watch` shows what comes at the moment.";

/// Streams that are described together.
const TOGETHER: usize = 200;

/// List the streams: length, memory, oldest and newest entry, groups, rate.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Streams whose keys start so [default: the streams of the bus]
    prefix: Option<OsString>,

    /// All streams of the store.
    #[arg(long, conflicts_with = "prefix")]
    all: bool,

    /// Print one JSON object a stream.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| args.list(manager).await).await
}

impl Args {
    async fn list(&self, manager: &StreamManager) -> Outcome {
        let streams = match (&self.prefix, self.all) {
            (Some(prefix), _) => manager.list_with_prefix(prefix.as_bytes()).await?,
            (None, true) => manager.list_with_prefix(b"").await?,
            (None, false) => manager.list().await?,
        };
        let mut listing = Listing::new(self.json, &COLUMNS);
        for streams in streams.chunks(TOGETHER) {
            for described in manager.describe_all(streams).await? {
                listing.add(|| show::object(&described), || cells(&described)).await?;
            }
        }
        if listing.finish().await? == 0 {
            say(&self.nothing(manager.base()));
        }
        Ok(())
    }

    fn nothing(&self, base: &str) -> String {
        match (&self.prefix, self.all) {
            (Some(prefix), _) => format!("there is no stream whose key starts with `{}`", prefix.display()),
            (None, true) => "there are no streams".to_owned(),
            (None, false) => format!("there are no streams of the bus `{base}`; --all lists others"),
        }
    }
}

const COLUMNS: [Column; 8] = [
    Column::Left("STREAM"),
    Column::Right("LENGTH"),
    Column::Right("MEMORY"),
    Column::Right("OLDEST"),
    Column::Right("NEWEST"),
    Column::Right("GROUPS"),
    Column::Right("RATE"),
    Column::Left("LAST ID"),
];

fn cells(described: &StreamDescription) -> Vec<String> {
    let info = &described.info;
    vec![
        described.stream.to_string(),
        info.len.to_string(),
        or_unknown(info.memory_bytes, human::bytes),
        or_unknown(described.first_age, human::age),
        or_unknown(described.last_age, human::age),
        info.groups.to_string(),
        or_unknown(described.rate_per_second, human::rate),
        info.last_id.to_string(),
    ]
}
