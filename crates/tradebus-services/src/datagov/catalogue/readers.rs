//! Connections that read, beside the one that writes.

use std::path::PathBuf;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::error::CatalogueError;
use super::schema;

/// Connections that are kept open while nobody reads.
const KEPT: usize = 4;

/// Connections that read. There are as many as read at one time; how many those are, the caller bounds.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Reads with a connection of its own.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        let outcome = read(&connection);
        let mut idle = self.idle.lock();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        outcome
    }
}
