//! Standard output: buffered while more is to come, and never a reason for a panic.

use std::io::Write as _;
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, Stdout};
use tokio::time::timeout;

use crate::failure::{Failure, Outcome};

/// What gathers before it is written even if more is to come.
const ENOUGH: usize = 64 << 10;
/// How long whoever reads the output has to take the rest at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Standard output of a command that runs for long.
pub(crate) struct Output {
    stdout: Stdout,
    buffer: Vec<u8>,
    written: usize,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { stdout: tokio::io::stdout(), buffer: Vec::with_capacity(ENOUGH * 2), written: 0 }
    }

    /// Where the next line is to be appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether enough has gathered to be worth writing.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.len() >= ENOUGH
    }

    /// Writes what has gathered if that is enough to be worth it. Cancel safe.
    pub(crate) async fn flush_if_large(&mut self) -> Outcome {
        if self.is_large() { self.flush().await } else { Ok(()) }
    }

    /// Writes what has gathered. Cancel safe: what was written is not written again.
    pub(crate) async fn flush(&mut self) -> Outcome {
        while self.written < self.buffer.len() {
            let written = self.stdout.write(&self.buffer[self.written..]).await;
            self.written += written.map_err(|error| Failure::output(&error))?;
        }
        self.buffer.clear();
        self.written = 0;
        self.stdout.flush().await.map_err(|error| Failure::output(&error))
    }

    /// Writes the rest, unless nobody takes it.
    pub(crate) async fn finish(mut self) -> Outcome {
        match timeout(PATIENCE, self.flush()).await {
            Ok(flushed) => flushed,
            Err(_) => Err(Failure::failed("standard output was not read: some lines are missing")),
        }
    }
}

/// Writes a whole text to standard output, and a line end where it has none.
pub(crate) fn print(text: &str) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(end.as_bytes()))
        .and_then(|()| stdout.flush());
    written.map_err(|error| Failure::output(&error))
}
