//! What can go wrong with the files of a store.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by {}: one process at a time can have it open", directory.display(), holder(*.pid))]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The process, if it has left its number.
        pid: Option<u32>,
    },
    /// Files of another version of the program.
    #[error("{} has version {version} of the format; this program knows version {known}: open it with the program that wrote it", file.display())]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u16,
        /// The version that this program reads and writes.
        known: u16,
    },
    /// Something in the files is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The system refuses.
    #[error("{}: cannot {what}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl OpenError {
    pub(super) fn io(path: impl Into<PathBuf>, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, what, source }
    }
}

/// A place in a file that does not hold what was written there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The place, in bytes from the beginning of the file.
    pub offset: u64,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is damaged at byte {}: {}", self.file.display(), self.offset, self.what)
    }
}

/// The log cannot be written any more; what is in memory can still be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the log cannot be written any more: {source}")]
pub struct LogError {
    /// What the system says.
    pub source: Arc<io::Error>,
}
