//! What happened, on standard error.

use std::env;
use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;

use crate::cli::{Global, LogFormat};
use crate::failure::{Failure, Outcome};
use crate::full_screen;
use crate::terminal;

/// Starts logging: as `--log` says, else `TRADEBUS_LOG`, else `RUST_LOG`, else as the command has it.
pub(crate) fn start(global: &Global, default: &str) -> Outcome {
    let filter = match (&global.log, variable("TRADEBUS_LOG")) {
        (Some(text), _) => filter("--log", text)?,
        (None, Some(text)) => filter("TRADEBUS_LOG", &text)?,
        // RUST_LOG is meant for all programs: what it says to others is no error of ours.
        (None, None) => variable("RUST_LOG")
            .and_then(|text| EnvFilter::try_new(text).ok())
            .unwrap_or_else(|| EnvFilter::new(default)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line of the log would tear a picture on the same terminal.
        .with_writer(io::stderr.with_filter(|_| !full_screen::covers_stderr()))
        .with_ansi(terminal::stderr_has_colour())
        // A log that nobody reads must not end the program.
        .log_internal_errors(false)
        .with_target(false);
    match global.log_format {
        LogFormat::Text => subscriber.compact().init(),
        LogFormat::Json => subscriber.with_target(true).json().flatten_event(true).init(),
    }
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// A level, or levels by module as `tracing` writes them. A lone word that is no level would be taken for a module, and
/// so for everything that a mistyped `wran` logs.
fn filter(from: &str, text: &str) -> Outcome<EnvFilter> {
    let plausible = text.split(',').all(|part| part.contains('=') || is_level(part.trim()));
    let filter = EnvFilter::try_new(text).ok().filter(|_| plausible);
    filter.ok_or_else(|| {
        Failure::usage(format!(
            "{from} is `{text}`: allowed are off, error, warn, info, debug, trace, or levels by module such as tradebus=debug"
        ))
    })
}

fn is_level(word: &str) -> bool {
    // The empty word would be one, too.
    !word.is_empty() && word.parse::<LevelFilter>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn takes_levels_and_refuses_misspelled_ones() {
        for text in ["off", "warn", "INFO", "tradebus=debug", "warn,tradebus::publish=trace"] {
            assert!(filter("--log", text).is_ok(), "{text}");
        }
        for text in ["", "wran", "info,loud", "tradebus=loud", "=", "a=b=c"] {
            assert!(filter("--log", text).is_err(), "{text}");
        }
    }
}
