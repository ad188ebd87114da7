//! The durable store: what was changed is there again, and what is damaged is noticed.

mod change;
mod damage;
mod describe;
mod reopening;

use std::path::Path;

use tradebus_engine::{Engine, LogOptions, OpenError, Recovered};

/// A store with small segments, so that a test has many.
fn options(directory: &Path) -> LogOptions {
    LogOptions { segment_bytes: 64 << 10, snapshot_after_bytes: 1 << 40, ..LogOptions::new(directory) }
}

fn open(options: &LogOptions) -> (Engine, Recovered) {
    Engine::open(options).expect("a directory that can be opened")
}

fn refusal(options: &LogOptions) -> OpenError {
    Engine::open(options).expect_err("it must not be opened")
}
