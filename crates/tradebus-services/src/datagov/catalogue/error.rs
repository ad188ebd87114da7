//! Why a catalogue does not do what it is asked.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why a catalogue does not do what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The file cannot be used.
    #[error("the catalogue {}: {reason}", path.display())]
    File {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file is something else.
    #[error("{} is no catalogue of Data.gov: {reason}; it was left as it is", path.display())]
    Foreign {
        /// Where it is.
        path: PathBuf,
        /// What it is.
        reason: String,
    },
    /// Another version of this program made the file.
    #[error(
        "the catalogue {} has version {found}, and this program knows {known}: it was left as it is; set another `path`, or load it anew where it can be removed",
        path.display()
    )]
    Version {
        /// Where it is.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// There is no room for more.
    #[error(
        "the catalogue is full: `services.datagov.catalogue.max_bytes` allows {max_bytes} bytes, unless the disk is full"
    )]
    Full {
        /// The bound.
        max_bytes: u64,
    },
    /// A cursor is not one of this search.
    #[error("`after` is no cursor of this local search: start from the first page")]
    Cursor,
    /// What was read makes no sense.
    #[error("the catalogue is damaged: {0}")]
    Damaged(String),
    /// Anything else that `SQLite` says.
    #[error("the catalogue: {0}")]
    Database(#[from] rusqlite::Error),
}

impl CatalogueError {
    /// The same, with its own name where there was no room.
    pub(super) fn of_writing(self, max_bytes: u64) -> Self {
        match &self {
            Self::Database(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                Self::Full { max_bytes }
            }
            _ => self,
        }
    }
}
