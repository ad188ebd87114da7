//! `tradebus dead drop`: removes dead letters for good.

use serde_json::json;
use tradebus::DeadLetters;

use super::which::{Which, letters};
use crate::cli::Global;
use crate::confirm::confirm;
use crate::failure::{Failure, Outcome, error};
use crate::output;
use crate::progress::Progress;
use crate::streams::with_manager;

const EXAMPLES: &str = "\
Examples:
  tradebus dead drop 1700000000000-0                              asks first
  tradebus dead drop 1700000000000-0 1700000000000-1 --yes
  tradebus dead drop --all --yes

What is dropped cannot be put back. Ends with 7 if none of the dead letters is there, with 9 if some are not.";

/// Remove dead letters for good.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Print one JSON object: dropped.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let (dropped, missing) = with_manager(global, async |manager| {
        let letters = manager.dead_letters();
        if args.which.all { args.drop_all(&letters).await } else { args.drop_some(&letters).await }
    })
    .await?;
    if args.json {
        output::print(&json!({ "dropped": dropped }).to_string())?;
    } else {
        output::print(&format!("{} dropped", letters(dropped)))?;
    }
    match missing {
        0 => Ok(()),
        some => Err(Failure::missing(format!("{} not there", letters(some)), dropped > 0)),
    }
}

impl Args {
    async fn drop_all(&self, all: &DeadLetters) -> Outcome<(u64, u64)> {
        let total = all.count().await?;
        if total == 0 {
            return Ok((0, 0));
        }
        confirm(self.yes, &format!("drop {} for good", letters(total)))?;
        let mut dropping = all.drop_all().await?;
        let mut progress = Progress::new("dropped", Some(total));
        let mut dropped = 0;
        while let Some(step) = dropping.next().await? {
            dropped += step;
            progress.add(step);
        }
        Ok((dropped, 0))
    }

    /// How many were dropped, and how many were not there.
    async fn drop_some(&self, all: &DeadLetters) -> Outcome<(u64, u64)> {
        confirm(self.yes, &format!("drop {} for good", letters(self.which.ids.len() as u64)))?;
        let (mut dropped, mut missing) = (0, 0);
        for id in &self.which.ids {
            if all.drop(&[*id]).await? > 0 {
                dropped += 1;
            } else {
                missing += 1;
                error(&format!("there is no dead letter {id}"));
            }
        }
        Ok((dropped, missing))
    }
}
