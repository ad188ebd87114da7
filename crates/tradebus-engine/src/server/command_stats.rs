//! How often each command was called, how long it took, and how often it failed.

use std::collections::BTreeMap;
use std::time::Instant;

use parking_lot::Mutex;

use super::commands::{self, Listed};
use super::stats::{Counter, Stats};

/// Counters of one command.
#[derive(Default)]
pub(super) struct CommandCounts {
    pub(super) calls: Counter,
    pub(super) microseconds: Counter,
    /// It was not even tried: wrong arguments, no password, not now.
    pub(super) rejected: Counter,
    /// It answered with an error.
    pub(super) failed: Counter,
}

/// Counters of all commands.
pub(super) struct CommandStats {
    by_place: Box<[CommandCounts]>,
}

impl Default for CommandStats {
    fn default() -> Self {
        Self { by_place: commands::all().map(|_| CommandCounts::default()).collect() }
    }
}

impl CommandStats {
    pub(super) fn of(&self, command: &Listed) -> &CommandCounts {
        &self.by_place[command.place]
    }

    pub(super) fn reset(&self) {
        for counts in &self.by_place {
            for counter in [&counts.calls, &counts.microseconds, &counts.rejected, &counts.failed] {
                counter.reset();
            }
        }
    }
}

/// Errors by their code, of which there are not many.
#[derive(Default)]
pub(super) struct ErrorStats {
    total: Counter,
    by_code: Mutex<BTreeMap<String, u64>>,
}

impl ErrorStats {
    pub(super) fn add(&self, text: &[u8]) {
        self.total.add(1);
        let code = text.split(|byte| *byte == b' ').next().unwrap_or_default();
        *self.by_code.lock().entry(String::from_utf8_lossy(code).into_owned()).or_default() += 1;
    }

    pub(super) fn total(&self) -> u64 {
        self.total.get()
    }

    pub(super) fn by_code(&self) -> BTreeMap<String, u64> {
        self.by_code.lock().clone()
    }

    pub(super) fn reset(&self) {
        self.total.reset();
        self.by_code.lock().clear();
    }
}

/// Calls that one connection has not added to the counters yet. As long as a command follows the same command they are only
/// counted here, so that neither the clock nor what all connections share is touched for each one.
#[derive(Default)]
pub(super) struct Tally {
    run: Option<Run>,
    hits: u64,
    misses: u64,
}

struct Run {
    command: &'static Listed,
    calls: u64,
    since: Instant,
}

impl Tally {
    /// A command begins, which ends the one before. What it takes includes reading its request and waiting for the store.
    pub(super) fn begin(&mut self, command: &'static Listed, stats: &Stats) {
        match &mut self.run {
            Some(run) if run.command.place == command.place => run.calls += 1,
            _ => {
                let now = Instant::now();
                self.add(now, stats);
                self.run = Some(Run { command, calls: 1, since: now });
            }
        }
    }

    /// The last command has ended.
    pub(super) fn end(&mut self, stats: &Stats) {
        if self.run.is_some() {
            self.add(Instant::now(), stats);
        }
    }

    /// A key was looked up to be read.
    pub(super) const fn note_lookup(&mut self, found: bool) {
        *(if found { &mut self.hits } else { &mut self.misses }) += 1;
    }

    fn add(&mut self, now: Instant, stats: &Stats) {
        if self.hits + self.misses > 0 {
            stats.hits.add(std::mem::take(&mut self.hits));
            stats.misses.add(std::mem::take(&mut self.misses));
        }
        let Some(run) = self.run.take() else { return };
        let counts = stats.by_command.of(run.command);
        counts.calls.add(run.calls);
        counts.microseconds.add(now.duration_since(run.since).as_micros() as u64);
        stats.commands.add(run.calls);
    }
}
