//! What can be asked of the program.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;
use crate::failure::say;
use crate::terminal;

const MORE: &str = "\
Examples:
  tradebus serve --demo                              a node with a live synthetic market feed
  tradebus sub 'risk.*' 'events.order.*'             print messages as they arrive
  tradebus pub risk.alerts.LIMIT '{\"gross\":1e6}' --priority critical
  tradebus stream ls                                 the streams of the bus, their lengths, ages and groups
  tradebus top                                       a node live in the terminal: rates, latencies, queues, streams, health

Settings come from, the later over the earlier: built-in defaults, a preset, a file (--config, TRADEBUS_CONFIG,
./tradebus.toml, ~/.config/tradebus/config.toml or /etc/tradebus/tradebus.toml), the environment (TRADEBUS_STORE,
TRADEBUS_MAX_WORKERS, TRADEBUS_DEFAULT_BUFFER_CONFIG__MAX_SIZE, ...), flags. `tradebus config show` tells which.

Exit codes: 0 done, 1 failed (cannot connect, refused, timed out), 2 wrong usage or wrong settings, 6 no reply, 7 not found,
8 it exists already, 9 done in part, 130 or 143 ended by a signal before it was done.";

/// The message bus for trading systems: Redis Streams, `NautilusTrader`'s wire format, priorities from end to end.
#[derive(Parser)]
#[command(
    name = "tradebus",
    version,
    about = "The message bus for trading systems: Redis Streams, NautilusTrader's wire format, priorities from end to end",
    long_about = None,
    after_long_help = MORE,
    arg_required_else_help = true,
    max_term_width = 110
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
// No `Debug`: the store may hold a password.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Settings file, TOML or JSON.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,

    /// Where the streams are.
    #[arg(long, value_name = "URL", global = true, value_parser = NonEmptyStringValueParser::new())]
    #[arg(
        help = "Store: redis://[user:password@]host[:port][/db], valkey://, unix:///socket, file:DIRECTORY, or memory:"
    )]
    pub(crate) store: Option<String>,

    /// Settings that lie below all others: development, production or `high_frequency`.
    #[arg(long, value_name = "NAME", global = true)]
    #[arg(help = "Settings that lie below all others: development, production or high_frequency")]
    pub(crate) preset: Option<String>,

    /// What is logged to standard error: off, error, warn, info, debug or trace [env: `TRADEBUS_LOG`, `RUST_LOG`]
    #[arg(long, value_name = "LEVEL", global = true)]
    #[arg(
        help = "What is logged to standard error: off, error, warn, info, debug or trace [env: TRADEBUS_LOG, RUST_LOG]"
    )]
    pub(crate) log: Option<String>,

    /// How it is logged.
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines to read.
    Text,
    /// One JSON object a line.
    Json,
}

/// Prints what `clap` has to say: help and version on standard output, wrong usage on standard error.
pub(crate) fn answer(error: &clap::Error) -> u8 {
    let text = error.render();
    if !error.use_stderr() {
        let mut stdout = std::io::stdout();
        let colour = stdout.is_terminal() && terminal::stdout_has_colour();
        let text = if colour { text.ansi().to_string() } else { text.to_string() };
        // Who asks for help and does not read it misses nothing.
        let _ = stdout.write_all(text.as_bytes());
        return 0;
    }
    let text = if terminal::stderr_has_colour() { text.ansi().to_string() } else { text.to_string() };
    // The help that is printed where nothing was asked repeats no argument.
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    say(if is_help { text } else { redact(&text) }.trim_end());
    2
}

/// Hides passwords: `clap` repeats arguments that it does not understand, and a store URL may be one of them.
fn redact(text: &str) -> String {
    let word = |word: &str| {
        let Some(start) = word.find("://") else { return word.to_owned() };
        let start =
            word[..start].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(0, |at| at + 1);
        let (before, url) = word.split_at(start);
        format!("{before}{}", tradebus::redact_url(url))
    };
    text.split_inclusive([' ', '\n']).map(word).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, redact};

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_three_examples() {
        fn check(command: &clap::Command) {
            if command.get_name() != "help" && !command.has_subcommands() {
                let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
                let examples =
                    help.lines().filter(|line| line.starts_with("  ") && line.contains("tradebus ")).count();
                assert!(examples >= 3, "{}: {help}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn no_message_repeats_a_password() {
        let text = "error: unexpected argument '--stor=redis://u:hunter2@host:1' found\n\n  tip: x\n";
        let hidden = redact(text);
        assert!(!hidden.contains("hunter2") && hidden.contains("--stor=redis://***@host:1"), "{hidden}");
        assert_eq!(redact("no url: here // there\n"), "no url: here // there\n");
    }
}
