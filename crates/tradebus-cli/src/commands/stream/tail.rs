//! `tradebus stream tail`: the newest entries of a stream, as they lie there, and those that follow.

use std::convert::Infallible;
use std::time::Duration;

use serde_json::json;
use tradebus::store::{EntryRef, Position};
use tradebus::{EntryId, StoreError, StreamKey, StreamManager};

use crate::cli::Global;
use crate::entry::{push_bytes, put_stream, with_fields};
use crate::failure::{Failure, Outcome, say};
use crate::listing::push_json;
use crate::output::Output;
use crate::shutdown::Shutdown;
use crate::streams::{key_parser, with_manager};
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  tradebus stream tail trader-TRADER-001:stream:critical
  tradebus stream tail trader-TRADER-001:stream:normal --count 1000 --json | jq .fields.topic
  tradebus stream tail trader-TRADER-001:dead --follow

With --json, `fields` is an object of strings; `fields_b64` instead, pairs in base64, where something is no text or a name comes
twice. `tradebus sub` prints messages; this prints entries, whatever is in them.";

/// Longest that one read waits: then another one follows.
const BLOCK: Duration = Duration::from_secs(1);
/// Entries of one read while following.
const MOST_READ: usize = 100;

/// Print the newest entries of a stream, oldest first.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The stream.
    #[arg(value_name = "KEY", value_parser = key_parser())]
    stream: StreamKey,

    /// How many.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, allow_negative_numbers = true)]
    count: usize,

    /// Go on with those that follow, until asked to end.
    #[arg(long, short)]
    follow: bool,

    /// Print one JSON object an entry: id, stream, fields.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let mut shutdown = Shutdown::listen()?;
    let printing = with_manager(global, async |manager| args.print(manager).await);
    tokio::select! {
        printed = printing => printed,
        () = shutdown.requested() => Ok(()),
    }
}

impl Args {
    async fn print(&self, manager: &StreamManager) -> Outcome {
        let mut output = Output::new();
        // Asked before the newest are read, so that nothing is missed where there are none.
        let mut last = manager.describe(&self.stream).await?.info.last_id;
        let mut pages = manager.read_last(&self.stream, self.count).await?;
        while let Some(page) = pages.next().await? {
            last = self.write(page.entries(), &mut output).await?.unwrap_or(last);
        }
        output.flush().await?;
        if self.follow {
            self.follow(manager, last, &mut output).await?;
        }
        output.finish().await
    }

    /// Prints what follows; a store that goes away is waited for.
    async fn follow(&self, manager: &StreamManager, mut last: EntryId, output: &mut Output) -> Outcome {
        loop {
            match self.read_on(manager, &mut last, output).await {
                Ok(never) => match never {},
                Err(Ended::Store(error)) if error.is_transient() => {
                    say(&format!("{error}; trying again"));
                    tokio::time::sleep(BLOCK).await;
                }
                Err(Ended::Store(error)) => return Err(error.into()),
                Err(Ended::Output(failure)) => return Err(failure),
            }
        }
    }

    /// Prints what follows until something goes wrong.
    async fn read_on(
        &self,
        manager: &StreamManager,
        last: &mut EntryId,
        output: &mut Output,
    ) -> Result<Infallible, Ended> {
        let mut reader = manager.store().reader("tail").await?;
        loop {
            let place = Position { stream: self.stream.clone(), after: *last };
            let batch = reader.read(&[place], MOST_READ, Some(BLOCK)).await?;
            *last = self.write(batch.entries(), output).await?.unwrap_or(*last);
            output.flush().await?;
        }
    }

    /// Prints entries, and returns the id of the last one.
    async fn write(
        &self,
        entries: impl Iterator<Item = EntryRef<'_>>,
        output: &mut Output,
    ) -> Outcome<Option<EntryId>> {
        let columns = terminal::stdout_size().map(|size| size.0);
        let mut last = None;
        for entry in entries {
            if self.json {
                push_json(&object(entry), output.buffer());
            } else {
                output.buffer().extend_from_slice(line(entry, columns).as_bytes());
            }
            last = Some(entry.id());
            output.flush_if_large().await?;
        }
        Ok(last)
    }
}

/// Why following ended.
enum Ended {
    Store(StoreError),
    Output(Failure),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Output(failure)
    }
}

fn object(entry: EntryRef<'_>) -> String {
    let mut object = json!({ "id": entry.id().to_string() });
    put_stream(&mut object, entry.stream());
    let fields: Vec<_> = entry.fields().collect();
    with_fields(&object, fields.into_iter())
}

fn line(entry: EntryRef<'_>, columns: Option<usize>) -> String {
    let mut line = entry.id().to_string();
    for (name, value) in entry.fields() {
        line.push(' ');
        push_bytes(&mut line, name);
        line.push('=');
        push_bytes(&mut line, value);
    }
    if let Some(columns) = columns {
        terminal::cut(&mut line, columns);
    }
    line.push('\n');
    line
}
