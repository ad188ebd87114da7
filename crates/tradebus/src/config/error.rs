//! Why no configuration could be read.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::finding::Finding;
use super::source::one_line;

/// Why no configuration could be read. Shows no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file could not be read.
    #[error("{}: cannot be read: {source}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is larger than a configuration can be.
    #[error("{}: is larger than {most} bytes, which is the most that is read", shown(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        most: u64,
    },
    /// A file is no TOML or no JSON.
    #[error("{}:{line}:{column}: {reason}", shown(path))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// Values are wrong. Holds all that was found, so that one look is enough to mend it.
    #[error("the configuration is not valid:{}", Lines(findings))]
    Invalid {
        /// What is wrong.
        findings: Vec<Finding>,
    },
}

fn shown(path: &std::path::Path) -> String {
    one_line(&path.display().to_string())
}

struct Lines<'a>(&'a [Finding]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}
