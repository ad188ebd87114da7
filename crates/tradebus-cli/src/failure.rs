//! Why a command did not do what it was asked, what is said about it, and with which code the program ends.

use std::io::{self, Write as _};
use std::process::ExitCode;

use owo_colors::OwoColorize as _;
use tradebus::config::{ConfigError, Finding};
use tradebus::{ConnectError, StoreError, SubscribeError};

use crate::terminal;

/// What a command ends with.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked makes no sense: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Failed(String),
    /// Whoever read the output has gone (`tradebus sub ... | head`): nothing is wrong, exit code 0.
    OutputClosed,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// What became of writing to standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Failed(format!("cannot write to standard output: {error}")),
        }
    }

    /// Says what is wrong, and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::OutputClosed => ExitCode::SUCCESS,
            Self::Failed(message) => {
                error(message);
                ExitCode::from(1)
            }
            Self::Usage(message) => {
                error(message);
                ExitCode::from(2)
            }
        }
    }
}

/// Writes an error to standard error.
pub(crate) fn error(message: &str) {
    if terminal::stderr_has_colour() {
        say(&format!("{} {message}", "error:".red().bold()));
    } else {
        say(&format!("error: {message}"));
    }
}

/// Writes a line to standard error. That nobody reads it is no reason to end.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What is wrong with a setting, and what is allowed.
pub(crate) fn finding(finding: &Finding) -> String {
    let text = finding.to_string();
    // The messages of values out of range hold what is allowed; others leave it to be said here.
    if finding.allowed.is_empty() || finding.message.contains(&finding.allowed) {
        return text;
    }
    format!("{text} (allowed: {})", finding.allowed)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match &error {
            ConfigError::Invalid { findings } if findings.len() == 1 => {
                Self::Usage(format!("the configuration is not valid: {}", finding(&findings[0])))
            }
            ConfigError::Invalid { findings } => {
                let lines: Vec<String> = findings.iter().map(finding).collect();
                Self::Usage(format!("the configuration is not valid:\n  {}", lines.join("\n  ")))
            }
            _ => Self::Usage(error.to_string()),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Config(error) => error.into(),
            ConnectError::Store(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Url(error) => Self::Usage(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<SubscribeError> for Failure {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Pattern(error) => Self::Usage(error.to_string()),
            error @ SubscribeError::Name { .. } => Self::Usage(error.to_string()),
            SubscribeError::Store(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}
