//! `tradebus stream rm`: removes streams.

use std::collections::HashSet;
use std::io::Write as _;

use serde_json::json;
use tradebus::{ManageError, StreamDescription, StreamKey, StreamManager};

use crate::cli::Global;
use crate::confirm::confirm;
use crate::entry::put_stream;
use crate::failure::{Failure, Outcome, error};
use crate::human::count;
use crate::listing::push_json;
use crate::output::Output;
use crate::progress::Progress;
use crate::streams::{key_parser, no_stream, with_manager};
use crate::terminal::push_visible;

const EXAMPLES: &str = "\
Examples:
  tradebus stream rm orders                                       asks first
  tradebus stream rm orders copy-of-orders --yes
  tradebus stream ls bench- --json | jq -r .stream | xargs -r tradebus stream rm --yes

Groups and what is pending in them go with their stream. Ends with 7 if none of the streams is there, with 9 if some are not.";

/// Remove streams with their groups.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The streams.
    #[arg(required = true, value_name = "KEY", value_parser = key_parser())]
    streams: Vec<StreamKey>,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Print one JSON object a stream: stream, removed (entries).
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(mut args: Args, global: &Global) -> Outcome {
    // One that is named twice is removed once.
    let mut named = HashSet::new();
    args.streams.retain(|stream| named.insert(stream.clone()));
    with_manager(global, async |manager| {
        let there = args.find(manager).await?;
        let missing = args.streams.len() - there.len();
        if !there.is_empty() {
            confirm(args.yes, &question(&there))?;
            args.remove(manager, &there).await?;
        }
        match missing {
            0 => Ok(()),
            1 if there.is_empty() => Err(Failure::NoStream(args.streams[0].clone())),
            _ => {
                let message = format!("{missing} of {} streams are not there", args.streams.len());
                Err(Failure::missing(message, !there.is_empty()))
            }
        }
    })
    .await
}

fn question(streams: &[StreamDescription]) -> String {
    let entries = streams.iter().map(|it| it.info.len).sum();
    let groups = streams.iter().map(|it| it.info.groups).sum();
    let what = match streams {
        [one] => format!("the stream `{}`", one.stream),
        many => count(many.len() as u64, "stream", "streams"),
    };
    format!(
        "remove {what} with {} and {}",
        count(entries, "entry", "entries"),
        count(groups, "group", "groups")
    )
}

impl Args {
    /// Those streams that are there; the others are named, unless it is the only one.
    async fn find(&self, manager: &StreamManager) -> Outcome<Vec<StreamDescription>> {
        let mut there: Vec<StreamDescription> = Vec::new();
        for stream in &self.streams {
            match manager.describe(stream).await {
                Ok(described) => there.push(described),
                Err(ManageError::NoStream { stream }) if self.streams.len() > 1 => {
                    error(&no_stream(manager, &stream).await);
                }
                Err(ManageError::NoStream { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(there)
    }

    async fn remove(&self, manager: &StreamManager, streams: &[StreamDescription]) -> Outcome {
        let mut output = Output::new();
        let entries = streams.iter().map(|it| it.info.len).sum();
        let mut progress = Progress::beside_output("entries removed", Some(entries));
        for StreamDescription { stream, .. } in streams {
            let mut removed = 0;
            match manager.remove(stream).await {
                Ok(mut removing) => {
                    while let Some(entries) = removing.next().await? {
                        removed += entries;
                        progress.add(entries);
                    }
                }
                // Somebody else was faster.
                Err(ManageError::NoStream { .. }) => continue,
                Err(other) => return Err(other.into()),
            }
            self.print(stream, removed, output.buffer());
            output.flush().await?;
        }
        output.finish().await
    }

    fn print(&self, stream: &StreamKey, removed: u64, out: &mut Vec<u8>) {
        if self.json {
            let mut object = json!({ "removed": removed });
            put_stream(&mut object, stream);
            return push_json(&object, out);
        }
        let mut line = String::new();
        push_visible(&mut line, &stream.to_string());
        // Writing to memory cannot fail.
        let _ = writeln!(out, "{line} removed with {}", count(removed, "entry", "entries"));
    }
}
