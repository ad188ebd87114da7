//! `tradebus dead redrive`: puts dead letters back where they came from.

use std::io::Write as _;

use serde_json::json;
use tradebus::{DeadLetters, ManageError, Redriven};

use super::which::{Which, letters};
use crate::cli::Global;
use crate::confirm::confirm;
use crate::entry::put_stream;
use crate::failure::{Failure, Outcome, refusal, say};
use crate::listing::push_json;
use crate::output::Output;
use crate::progress::Progress;
use crate::streams::with_manager;
use crate::terminal::push_visible;

const EXAMPLES: &str = "\
Examples:
  tradebus dead redrive 1700000000000-0
  tradebus dead redrive --all                                     asks first
  tradebus dead redrive --all --yes --json

The original fields are appended to the stream that they came from, untouched, and so get their topic and tier again; the dead letter
goes at the same moment. All groups of that stream get the message, not only the one that gave it up. Ends with 7 if
none of the dead letters is there, with 9 if some could not be put back.";

/// Put dead letters back on the streams that they came from.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,

    /// Do not ask (only --all asks).
    #[arg(long, short)]
    yes: bool,

    /// Print one JSON object a dead letter: id, stream, `entry_id` (the new one).
    #[arg(long, help = "Print one JSON object a dead letter: id, stream, entry_id (the new one)")]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    with_manager(global, async |manager| {
        let letters = manager.dead_letters();
        let mut report = Report { json: args.json, output: Output::new(), moved: 0, failed: 0, gone: 0 };
        if args.which.all {
            args.redrive_all(&letters, &mut report).await?;
        } else {
            for id in &args.which.ids {
                report.tell(letters.redrive(*id).await).await?;
            }
        }
        report.finish().await
    })
    .await
}

impl Args {
    async fn redrive_all(&self, all: &DeadLetters, report: &mut Report) -> Outcome {
        let mut redriving = all.redrive_all().await?;
        if redriving.total() == 0 {
            return Ok(());
        }
        confirm(self.yes, &format!("put {} back on the streams they came from", letters(redriving.total())))?;
        let mut progress = Progress::beside_output("redriven", Some(redriving.total()));
        while let Some(moved) = redriving.next().await.transpose() {
            report.tell(moved).await?;
            progress.add(1);
        }
        Ok(())
    }
}

/// Prints what became of each, and knows how it went.
struct Report {
    json: bool,
    output: Output,
    moved: u64,
    failed: u64,
    /// Of those that failed, so many were not there.
    gone: u64,
}

impl Report {
    /// # Errors
    ///
    /// When there is no point in going on with others.
    async fn tell(&mut self, outcome: Result<Redriven, ManageError>) -> Outcome {
        match outcome {
            Ok(redriven) => {
                self.moved += 1;
                self.print(&redriven);
                return self.output.flush_if_large().await;
            }
            Err(ManageError::Store(broken)) if broken.ends_connection() => {
                self.output.flush().await?;
                return Err(broken.into());
            }
            Err(other) => {
                self.failed += 1;
                self.gone += u64::from(matches!(other, ManageError::NoDeadLetter { .. }));
                refusal(self.failed, &other.to_string());
            }
        }
        Ok(())
    }

    fn print(&mut self, redriven: &Redriven) {
        let out = self.output.buffer();
        if self.json {
            let ids = (redriven.dead_id.to_string(), redriven.id.to_string());
            let mut object = json!({ "id": ids.0, "entry_id": ids.1 });
            put_stream(&mut object, &redriven.stream);
            return push_json(&object, out);
        }
        let mut line = format!("{} -> ", redriven.dead_id);
        push_visible(&mut line, &redriven.stream.to_string());
        // Writing to memory cannot fail.
        let _ = writeln!(out, "{line} {}", redriven.id);
    }

    async fn finish(self) -> Outcome {
        self.output.finish().await?;
        let message = format!("not put back: {} of {}", self.failed, letters(self.failed + self.moved));
        match (self.failed, self.moved) {
            (0, 0) => {
                say("there are no dead letters");
                Ok(())
            }
            (0, _) => Ok(()),
            (failed, 0) if failed > self.gone => Err(Failure::failed(message)),
            (_, moved) => Err(Failure::missing(message, moved > 0)),
        }
    }
}
