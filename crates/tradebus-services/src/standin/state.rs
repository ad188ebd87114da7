//! What all requests share.

use super::datagov::Catalog;
use super::dbnomics::Database;
use super::fault::Faults;
use super::seen::Log;

/// The whole stand-in without its socket.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) log: Log,
    pub(super) faults: Faults,
    pub(super) catalog: Catalog,
    pub(super) database: Database,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            log: Log::default(),
            faults: Faults::default(),
            catalog: Catalog::new(),
            database: Database::new(),
        }
    }
}
