//! What is wrong with a configuration, or could be better.

use std::fmt;

use serde::{Serialize, Serializer};

use super::redact::redact_url;
use super::source::{Source, one_line};

/// Longest part of a value or a path that a message repeats, in characters.
const SHOWN: usize = 120;

/// One thing that a configuration should not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The field, as `priority_buffers.high.max_size`.
    pub path: String,
    /// The value given, without secrets; empty where a value is missing or does not matter.
    pub given: String,
    /// What is allowed or advised.
    pub allowed: String,
    /// The whole in one sentence.
    pub message: String,
    /// Where the value comes from, where that is known.
    #[serde(serialize_with = "as_text")]
    pub source: Option<Source>,
    /// Other fields that take part: where one of them is wrong by itself, this finding only repeats it.
    #[serde(skip)]
    pub(super) with: Vec<String>,
}

// The signature is that of serde.
#[allow(clippy::ref_option)]
fn as_text<S: Serializer>(source: &Option<Source>, serializer: S) -> Result<S::Ok, S::Error> {
    source.as_ref().map(ToString::to_string).serialize(serializer)
}

impl Finding {
    pub(super) fn new(
        path: impl Into<String>,
        given: impl fmt::Display,
        allowed: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            path: shown_path(&path.into()),
            given: shorten(&given.to_string()),
            allowed: allowed.into(),
            message: message.into(),
            source: None,
            with: Vec::new(),
        }
    }

    /// A value outside what its field allows.
    pub(super) fn not_allowed(path: &str, given: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let (given, allowed) = (shorten(&given.to_string()), allowed.into());
        let message = format!("is {given}, allowed is {allowed}");
        Self::new(path, given, allowed, message)
    }

    /// Text outside what its field allows. A URL may stand where it does not belong.
    pub(super) fn wrong_text(path: &str, given: &str, allowed: impl Into<String>) -> Self {
        Self::not_allowed(path, format_args!("{:?}", redact_url(given)), allowed)
    }

    pub(super) fn with(mut self, others: &[String]) -> Self {
        self.with = others.to_vec();
        self
    }

    pub(super) fn at(mut self, source: &Source) -> Self {
        self.source = Some(source.clone()).filter(|source| *source != Source::Default);
        self
    }
}

/// A path as a message may show it: a URL may stand where a key belongs.
pub(super) fn shown_path(path: &str) -> String {
    if path.contains("://") { shorten(&redact_url(path)) } else { shorten(path) }
}

/// Text on one line that is not too long for a message.
pub(super) fn shorten(text: &str) -> String {
    let text = one_line(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "{source}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "`{}` ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// What [`BusConfig::validate`](super::BusConfig::validate) finds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What stops the start.
    pub errors: Vec<Finding>,
    /// What is likely to hurt.
    pub warnings: Vec<Finding>,
    /// What could be better.
    pub suggestions: Vec<Finding>,
}

impl Report {
    /// Whether there is no error.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether there is nothing at all.
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty() && self.warnings.is_empty() && self.suggestions.is_empty()
    }

    /// Takes out the errors of rules in which one of these fields takes part: each is wrong by itself, and a rule that meets
    /// it, or the default in its place, has nothing to add.
    pub(super) fn forget(&mut self, wrong: &[String]) {
        self.errors.retain(|error| {
            !wrong.contains(&error.path) && !error.with.iter().any(|path| wrong.contains(path))
        });
    }

    pub(super) fn findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.errors.iter_mut().chain(&mut self.warnings).chain(&mut self.suggestions)
    }
}
