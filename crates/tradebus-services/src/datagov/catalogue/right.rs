//! The right to walk into a catalogue: one at a time has it, of all processes that have the file open.

use std::fs::{File, OpenOptions, TryLockError};

use super::Catalogue;
use super::error::CatalogueError;

/// The right to walk, until it is dropped or the process ends: a lock on a file beside the catalogue.
#[derive(Debug)]
pub struct WalkRight {
    _locked: File,
}

impl Catalogue {
    /// The right to walk into it; `None` where somebody else has it.
    ///
    /// # Errors
    ///
    /// When the file beside it cannot be used.
    pub fn claim_walking(&self) -> Result<Option<WalkRight>, CatalogueError> {
        let mut path = self.path.clone().into_os_string();
        path.push("-walking");
        let unusable = |error: std::io::Error| CatalogueError::File {
            path: path.clone().into(),
            reason: error.to_string(),
        };
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(WalkRight { _locked: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}
