//! Datasets on disk: loaded once, then searched and scored without the API.
//!
//! A file of `SQLite` holds each dataset once, as compressed JSON (`record`), an index of its words beside it (`schema`), and how far the walks
//! have come that fill it (`walks`). A page of datasets and the cursor behind it become durable together (`pages`): a process that dies goes on from
//! there. `question` makes an expression of the index from what people write; `find` reads.
//!
//! All calls block, on the disk and on each other; `async` code makes them on a thread of its own.

mod error;
mod find;
mod pages;
mod question;
mod readers;
mod record;
mod right;
mod schema;
#[cfg(test)]
mod tests;
mod walks;

use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::Connection;
use serde::Serialize;

pub use self::error::CatalogueError;
pub use self::find::{Found, Order, Wanted};
pub use self::pages::Saved;
pub use self::right::WalkRight;
pub use self::walks::{Walk, WalkState};

use self::readers::Readers;

/// A file with datasets. Several may have the same file open, in one process or many.
#[derive(Debug)]
pub struct Catalogue {
    path: PathBuf,
    max_bytes: u64,
    /// The one connection that writes.
    writer: Mutex<Connection>,
    readers: Readers,
}

/// How much a catalogue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Holds {
    /// Datasets.
    pub records: u64,
    /// Of its files.
    pub bytes: u64,
}

impl Catalogue {
    /// Opens the catalogue in a file, which is made if there is none, with the folders above it. It takes no page that would make the file larger
    /// than `max_bytes`; the log beside it, which is some megabytes, comes on top.
    ///
    /// # Errors
    ///
    /// When the file cannot be used, is something else, or was made by another version. It is left as it is.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Self, CatalogueError> {
        let unusable =
            |error: std::io::Error| CatalogueError::File { path: path.to_owned(), reason: error.to_string() };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unusable)?;
        }
        let writer = schema::open(path, max_bytes)?;
        Ok(Self {
            path: path.to_owned(),
            max_bytes,
            writer: Mutex::new(writer),
            readers: Readers::new(path.to_owned()),
        })
    }

    /// As [`open`](Self::open), where there is a file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_if_there(path: &Path, max_bytes: u64) -> Result<Option<Self>, CatalogueError> {
        if path.exists() { Self::open(path, max_bytes).map(Some) } else { Ok(None) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How much it holds.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn holds(&self) -> Result<Holds, CatalogueError> {
        let records = self.readers.with(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM dataset", [], |row| row.get(0))?)
        })?;
        let size = |ending: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(ending);
            fs::metadata(name).map_or(0, |file| file.len())
        };
        Ok(Holds { records, bytes: ["", "-wal", "-shm"].into_iter().map(size).sum() })
    }
}
