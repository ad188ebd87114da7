//! Prints where messages were stored, in the order in which they were published.

use std::io::Write as _;

use tokio::sync::mpsc::Receiver;
use tradebus::{EntryId, Message, PublishError, Receipt};

use crate::failure::{self, Outcome};
use crate::output::Output;

/// Prints one line a message.
pub(super) struct Printer {
    output: Output,
    /// What follows the id.
    rest: String,
    json: bool,
    printed: Printed,
}

/// What became of the messages.
#[derive(Default)]
pub(super) struct Printed {
    pub(super) stored: u64,
    pub(super) refused: u64,
}

impl Printer {
    pub(super) fn new(template: &Message, json: bool) -> Self {
        let topic = serde_json::Value::from(template.topic.as_str());
        let rest = if json {
            format!("\",\"topic\":{topic},\"priority\":\"{}\"}}", template.priority)
        } else {
            String::new()
        };
        Self { output: Output::new(), rest, json, printed: Printed::default() }
    }

    /// Prints until there are no more receipts.
    pub(super) async fn run(mut self, mut receipts: Receiver<Receipt>) -> Outcome<Printed> {
        loop {
            // Where nothing is there at the moment, what was printed is to be seen.
            let receipt = if let Ok(receipt) = receipts.try_recv() {
                receipt
            } else {
                self.output.flush().await?;
                let Some(receipt) = receipts.recv().await else { break };
                receipt
            };
            let outcome = if let Some(outcome) = receipt.outcome() {
                outcome
            } else {
                self.output.flush().await?;
                receipt.stored().await
            };
            self.print(outcome);
            self.output.flush_if_large().await?;
        }
        self.output.finish().await?;
        Ok(self.printed)
    }

    fn print(&mut self, outcome: Result<EntryId, PublishError>) {
        match outcome {
            Ok(id) => {
                self.printed.stored += 1;
                let start = if self.json { "{\"id\":\"" } else { "" };
                // Writing to memory cannot fail.
                let _ = writeln!(self.output.buffer(), "{start}{id}{}", self.rest);
            }
            // Counted by the bus when it closes.
            Err(PublishError::Unknown) => {}
            Err(refusal) => {
                self.printed.refused += 1;
                failure::refusal(self.printed.refused, &refusal.to_string());
            }
        }
    }
}
