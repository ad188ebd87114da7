//! `tradebus group ls`: the groups of one stream, or of all streams of the bus.

use tradebus::{ManageError, StreamKey, StreamManager};

use super::show;
use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::listing::Listing;
use crate::streams::{key_parser, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus group ls                                               of all streams of the bus
  tradebus group ls trader-TRADER-001:stream:normal
  tradebus group ls --json | jq -c 'select(.lag > 1000)'

LAG is what the group has not been delivered yet, PENDING what it has been delivered and has not acknowledged.";

/// List the groups of a stream, or of all streams of the bus.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The stream [default: all of the bus]
    #[arg(value_name = "KEY", value_parser = key_parser())]
    stream: Option<StreamKey>,

    /// Print one JSON object a group.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| args.list(manager).await).await
}

impl Args {
    async fn list(&self, manager: &StreamManager) -> Outcome {
        let streams = match &self.stream {
            Some(stream) => vec![stream.clone()],
            None => manager.list().await?,
        };
        let mut listing = Listing::new(self.json, &show::COLUMNS);
        for stream in &streams {
            let groups = match manager.groups(stream).await {
                // It was there when the streams were listed.
                Err(ManageError::NoStream { .. }) if self.stream.is_none() => continue,
                groups => groups?,
            };
            for group in &groups {
                listing.add(|| show::object(stream, group), || show::cells(stream, group)).await?;
            }
        }
        if listing.finish().await? == 0 {
            match &self.stream {
                Some(_) => say("the stream has no groups"),
                None => say(&format!("the streams of the bus `{}` have no groups", manager.base())),
            }
        }
        Ok(())
    }
}
