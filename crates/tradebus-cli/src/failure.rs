//! Why a command did not do what it was asked, what is said about it, and with which code the program ends.

use std::io::{self, Write as _};

use owo_colors::OwoColorize as _;
use tradebus::config::{ConfigError, Finding};
use tradebus::{ConnectError, ManageError, StoreError, StreamKey, SubscribeError};

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
    /// Nobody answered in time: exit code 6.
    NoReply(String),
    /// What it was asked for is not there: exit code 7.
    NotFound(String),
    /// There is no such stream, which is as above; others may be named beside it.
    NoStream(StreamKey),
    /// It is there already: exit code 8.
    Conflict(String),
    /// Some of it could be done: exit code 9.
    Partial(String),
    /// Whoever read the output has gone (`tradebus sub ... | head`): nothing is wrong, exit code 0.
    OutputClosed,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Some things were done and others were not found.
    pub(crate) fn missing(message: impl Into<String>, done: bool) -> Self {
        if done { Self::Partial(message.into()) } else { Self::NotFound(message.into()) }
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
    pub(crate) fn report(&self) -> u8 {
        let (code, message) = match self {
            Self::OutputClosed => return 0,
            Self::Failed(message) => (1, message),
            Self::Usage(message) => (2, message),
            Self::NoReply(message) => (6, message),
            Self::NotFound(message) => (7, message),
            Self::NoStream(stream) => (7, &format!("there is no stream `{stream}`")),
            Self::Conflict(message) => (8, message),
            Self::Partial(message) => (9, message),
        };
        error(message);
        code
    }
}

/// Writes an error to standard error. Names of streams and groups may hold anything, but steer no terminal.
pub(crate) fn error(message: &str) {
    let message = visible(message);
    if terminal::stderr_has_colour() {
        say(&format!("{} {message}", "error:".red().bold()));
    } else {
        say(&format!("error: {message}"));
    }
}

/// Refusals that are told one by one; further ones are counted.
const MOST_TOLD: u64 = 10;

/// Says why one of many was refused, unless that was said often enough.
pub(crate) fn refusal(number: u64, why: &str) {
    match number {
        ..=MOST_TOLD => error(why),
        n if n == MOST_TOLD + 1 => say("further refusals are only counted"),
        _ => {}
    }
}

/// The text without anything that could steer a terminal, line by line.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            visible.push('\n');
        }
        terminal::push_visible(&mut visible, line);
    }
    visible
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

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Config(error) => error.into(),
            ManageError::Store(error) => error.into(),
            ManageError::NoStream { stream } => Self::NoStream(stream),
            ManageError::NoGroup { .. } | ManageError::NoDeadLetter { .. } => {
                Self::NotFound(error.to_string())
            }
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
