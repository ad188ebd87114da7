//! The configuration of a command: defaults, preset, file, environment and flags, each over the one before.

use tradebus::BusConfig;
use tradebus::config::{Loaded, Loader, Location, Source};

use crate::cli::Global;
use crate::failure::{Failure, Outcome, say};

/// A loader that knows the file, the environment and the flags of every command.
pub(crate) fn loader(global: &Global) -> Loader {
    let loader = flags(Loader::new(), global).discover().process_environment();
    match &global.config {
        Some(file) => loader.file(file),
        None => loader,
    }
}

/// Lays the flags of every command over what a loader knows.
pub(crate) fn flags(mut loader: Loader, global: &Global) -> Loader {
    if let Some(preset) = &global.preset {
        loader = loader.preset(preset);
    }
    if let Some(store) = &global.store {
        loader = loader.set("store", store.as_str(), Source::flag("--store"));
    }
    loader
}

/// Reads the configuration of a command that uses the bus.
pub(crate) fn load(global: &Global) -> Outcome<Loaded> {
    let loaded = loader(global).load()?;
    if global.store.as_deref().is_some_and(holds_secret) {
        tracing::warn!(
            "the password in --store can be seen in the list of processes; TRADEBUS_STORE and files hide it"
        );
    }
    Ok(loaded)
}

fn holds_secret(url: &str) -> bool {
    tradebus::redact_url(url) != url
}

/// Whether anybody has said where the store is.
pub(crate) fn names_store(loaded: &Loaded) -> bool {
    let fields = ["store", "redis_host", "redis_port", "redis_db", "redis_username", "redis_password"];
    fields.iter().any(|field| loaded.sources.get(field) != Source::Default)
}

/// Where the store of a configuration that was checked is.
pub(crate) fn location(config: &BusConfig) -> Outcome<Location> {
    Location::parse(config.store_url().expose()).map_err(|error| Failure::usage(error.to_string()))
}

/// Whether the store lives in the memory of this process.
pub(crate) fn is_in_memory(config: &BusConfig) -> bool {
    matches!(location(config), Ok(Location::Memory))
}

/// Says once that nobody else sees a store in memory.
pub(crate) fn note_store_in_memory(config: &BusConfig) {
    if is_in_memory(config) {
        say("note: a store in memory lives only in this process: no other program sees what is in it");
    }
}
