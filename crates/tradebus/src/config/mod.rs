//! The configuration: fields, presets, layers, checks.
//!
//! A value comes from the highest of its sources: built-in default, preset, file, environment, flag. [`Loader`] lays them
//! over each other and remembers for each value where it comes from; [`BusConfig::validate`] reports everything that is
//! wrong at once. What each field means stands once, at the field: bounds, types and descriptions of the checks, of the
//! schema and of the messages are all taken from there.

mod buffer;
mod bus;
mod check;
mod choices;
mod environment;
mod error;
mod file;
mod finding;
mod layered;
mod loader;
mod location;
mod migrate;
mod near;
pub mod presets;
mod redact;
mod resolved;
mod rules;
mod shape;
mod show;
mod size;
mod source;
mod store;
mod stream;
#[cfg(test)]
mod tests;
mod tiers;
mod tree;

pub use buffer::{BufferConfig, BufferOverrides, Flush, OnFull};
pub use bus::{BusConfig, SubscriptionConfig};
pub use choices::{Fsync, HandlingOrder, Layout, Mode, Serializer, SubscriptionPolicy};
pub use error::ConfigError;
pub use file::MAX_FILE_BYTES;
pub use finding::{Finding, Report};
pub use loader::{Loaded, Loader};
pub(crate) use location::Address;
pub use location::{Location, LocationError, RedisServer};
pub use migrate::{
    Migration, MigrationAction, MigrationSource, MigrationStep, migrate, migrate_file, migrate_reader,
};
pub use presets::Preset;
pub use redact::{Secret, StoreUrl, redact_url};
pub use shape::schema;
pub use show::Change;
pub use source::{Source, Sources};
pub use stream::{StreamConfig, StreamOverrides, TrimStrategy};
