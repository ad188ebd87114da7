//! `tradebus stream add`: adds entries, as they are given.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::json;
use tradebus::{Adder, EntryId, OwnedFields, StreamKey, StreamManager};

use crate::cli::Global;
use crate::entry::{parse_fields, put_stream};
use crate::failure::{Failure, Outcome, refusal};
use crate::lines::{Lines, Piece};
use crate::listing::push_json;
use crate::output::Output;
use crate::progress::Progress;
use crate::settings;
use crate::streams::{key_parser, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus stream add orders symbol EURUSD side buy
  tradebus stream add orders --lines orders.jsonl
  tradebus stream tail orders -n 1000000 --json | jq -c .fields | tradebus stream add copy-of-orders --lines -

The stream is created where missing. `tradebus pub` publishes messages; this adds entries with any fields.";

/// Entries that are added together.
const MOST_ENTRIES: usize = 1000;
/// Bytes of lines that are added together.
const MOST_BYTES: usize = 4 << 20;

/// Add one entry, or one a line, and print the ids.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The stream.
    #[arg(value_name = "KEY", value_parser = key_parser())]
    stream: StreamKey,

    /// Names and values of the fields, in turn.
    #[arg(value_name = "FIELD VALUE", required_unless_present = "lines", allow_negative_numbers = true)]
    fields: Vec<OsString>,

    /// Add an entry for each line of this file, a JSON object of strings; `-` is standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with = "fields")]
    #[arg(help = "Add an entry for each line of this file, a JSON object of strings; - is standard input")]
    lines: Option<String>,

    /// Print one JSON object an entry: id, stream.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let one = match &args.lines {
        None => Some(args.entry()?),
        Some(_) => None,
    };
    let limit = settings::load(global)?.config.max_payload_bytes;
    // Opened first: a file that is not there needs no store.
    let lines = args.lines.as_deref().map(|source| Lines::open(source, limit)).transpose()?;
    with_manager(global, async |manager| {
        let mut adding = Adding::new(manager, &args).await?;
        if let Some(entry) = one {
            adding.add(&[entry]).await?;
        }
        if let Some(lines) = lines {
            adding.add_lines(lines).await?;
        }
        adding.finish().await
    })
    .await
}

impl Args {
    fn entry(&self) -> Outcome<OwnedFields> {
        let bytes = |text: &OsString| Bytes::copy_from_slice(text.as_bytes());
        let (pairs, rest) = self.fields.as_chunks::<2>();
        match rest {
            [] => Ok(pairs.iter().map(|[name, value]| (bytes(name), bytes(value))).collect()),
            [name, ..] => Err(Failure::usage(format!(
                "the field `{}` has no value: give FIELD VALUE pairs",
                name.display()
            ))),
        }
    }
}

/// Adds entries and prints their ids.
struct Adding<'a> {
    args: &'a Args,
    adder: Adder,
    output: Output,
    progress: Progress,
    added: u64,
    refused: u64,
}

impl<'a> Adding<'a> {
    async fn new(manager: &StreamManager, args: &'a Args) -> Outcome<Self> {
        let adder = manager.adder(&args.stream).await?;
        let progress = Progress::beside_output("added", None);
        Ok(Self { args, adder, output: Output::new(), progress, added: 0, refused: 0 })
    }

    /// Adds what there is of the input, batch by batch; a batch does not wait for lines that have not come.
    async fn add_lines(&mut self, mut lines: Lines) -> Outcome {
        let mut number = 0;
        let mut open = true;
        while open {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < MOST_ENTRIES && bytes < MOST_BYTES {
                let line =
                    if batch.is_empty() { Some(lines.next().await) } else { lines.next().now_or_never() };
                let Some(line) = line else { break };
                let Some(line) = line? else {
                    open = false;
                    break;
                };
                number += 1;
                match line {
                    Piece::TooLarge(what) => self.refuse(&what),
                    Piece::Payload(line) => match parse_fields(&line) {
                        Ok(fields) => {
                            bytes += line.len();
                            batch.push(fields);
                        }
                        Err(what) => self.refuse(&format!("line {number}: {what}")),
                    },
                }
            }
            self.add(&batch).await?;
        }
        Ok(())
    }

    async fn add(&mut self, entries: &[OwnedFields]) -> Outcome {
        for stored in self.adder.add(entries).await? {
            match stored {
                Ok(id) => self.print(id),
                Err(refused) => self.refuse(&refused.to_string()),
            }
        }
        self.progress.add(entries.len() as u64);
        self.output.flush().await
    }

    fn print(&mut self, id: EntryId) {
        self.added += 1;
        if self.args.json {
            let mut object = json!({ "id": id.to_string() });
            put_stream(&mut object, &self.args.stream);
            push_json(&object, self.output.buffer());
        } else {
            id.write_to(self.output.buffer());
            self.output.buffer().push(b'\n');
        }
    }

    fn refuse(&mut self, why: &str) {
        self.refused += 1;
        refusal(self.refused, why);
    }

    async fn finish(self) -> Outcome {
        drop(self.progress);
        self.output.finish().await?;
        let refused = format!("not added: {} of {} entries", self.refused, self.refused + self.added);
        match (self.refused, self.added) {
            (0, _) => Ok(()),
            (_, 0) => Err(Failure::failed(refused)),
            _ => Err(Failure::Partial(refused)),
        }
    }
}
