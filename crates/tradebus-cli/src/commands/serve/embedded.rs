//! The embedded engine of a node: in memory, or in a directory.

use tradebus::config::Location;
use tradebus::{BusConfig, EmbeddedStore};
use tradebus_engine::LogOptions;

use crate::failure::{Failure, Outcome};
use crate::settings;

/// What only an embedded store can be told.
#[derive(clap::Args)]
pub(super) struct StoreOptions {
    /// Cut off what is damaged in the files of the store, and all that came later.
    #[arg(long)]
    #[arg(
        help = "With --store file:DIRECTORY: cut off what is damaged in its files, and all that came later; what is cut off is kept in files that end in .damaged"
    )]
    repair: bool,
}

impl StoreOptions {
    /// Opens the embedded store of a configuration; `None` if its store is a server.
    pub(super) async fn open(&self, config: &BusConfig) -> Outcome<Option<EmbeddedStore>> {
        let location = settings::location(config)?;
        if self.repair && !matches!(location, Location::Directory(_)) {
            return Err(Failure::usage("--repair is for a store in a directory: --store file:DIRECTORY"));
        }
        match location {
            Location::Memory => Ok(Some(EmbeddedStore::in_memory())),
            Location::Directory(directory) => {
                let options = LogOptions { repair: self.repair, ..config.log_options(directory) };
                Ok(Some(EmbeddedStore::open(options).await?))
            }
            Location::Redis(_) => Ok(None),
        }
    }
}
