//! The program `tradebus`: the message bus for trading systems, from the command line. A library, so that `python -m tradebus` is the same program.
//!
//! `cli` says what can be asked, `commands` holds one file or folder a command, and the rest is what they share:
//! `settings` reads the configuration, `streams` opens the store to look after its streams, `lines` reads input, `logging`,
//! `output`, `listing` and `progress` write, `full_screen` draws, `confirm` asks, `failure` says what went wrong and with which exit code,
//! `shutdown` listens to signals, `telemetry` exports traces.

mod cli;
mod commands;
mod confirm;
mod entry;
mod failure;
mod full_screen;
mod human;
mod lines;
mod listing;
mod logging;
mod output;
mod pace;
mod progress;
mod settings;
mod shutdown;
mod streams;
mod telemetry;
mod terminal;
mod token;

use std::ffi::OsString;

use clap::Parser;

use crate::cli::Cli;
use crate::failure::{Failure, Outcome};

/// Does what a command line asks for, the name of the program first, and returns the exit code. It takes over standard output, the log and the signals of
/// the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => obey(cli),
        Err(error) => return cli::answer(&error),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    }
}

fn obey(cli: Cli) -> Outcome {
    logging::start(&cli.global, cli.command.default_log())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::failed(format!("cannot start the threads that the program needs: {error}"))
    })?;
    let telemetry = telemetry::start(runtime.handle());
    let outcome = runtime.block_on(cli.command.run(&cli.global));
    telemetry.finish();
    // A thread may still wait for input that never comes: the process does not wait for it.
    runtime.shutdown_background();
    outcome
}
