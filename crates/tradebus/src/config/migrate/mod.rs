//! Turns configurations of other systems into the present form, and says what it did to each field.

mod kind;
mod log;
mod names;
mod nautilus;
mod original;
mod step;
#[cfg(test)]
mod tests;
mod tls;
mod units;
mod written;

use std::io::Read;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::kind::MigrationSource;
use self::log::{Fields, Log, kind};
pub use self::step::{MigrationAction, MigrationStep};
use super::loader::{Loaded, finish};
use super::source::Source;
use super::tree::{Data, Node};
use super::{BusConfig, ConfigError, Finding, MAX_FILE_BYTES, Report, file};

/// A configuration in the present form, made from one of another system.
///
/// Written by serde as an object with `kind`, `config` (see [`Migration::to_json`]), `steps` and `report`; it holds no secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Migration {
    /// The system that the configuration was written for.
    pub kind: MigrationSource,
    /// What is written: without secrets.
    #[serde(rename = "config")]
    tree: Map<String, Value>,
    /// The configuration, valid and with its secrets.
    #[serde(skip)]
    pub config: BusConfig,
    /// What was done to each field.
    pub steps: Vec<MigrationStep>,
    /// Warnings and suggestions.
    pub report: Report,
}

/// Turns a configuration of another system into the present form. Without `from`, its fields tell which system that is.
///
/// Secrets are taken over into [`Migration::config`], and shown nowhere.
///
/// ```
/// use serde_json::json;
/// use tradebus::config::{MigrationSource, migrate};
///
/// # fn main() -> Result<(), tradebus::config::ConfigError> {
/// let migration = migrate(json!({ "database": { "host": "redis.internal" }, "encoding": "json" }), None)?;
/// assert_eq!(migration.kind, MigrationSource::Nautilus);
/// assert_eq!(migration.config.redis_host, "redis.internal");
/// assert_eq!(migration.config.stream_per_topic, Some(true)); // NautilusTrader's default
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When the value is no table, or of no known system; otherwise with everything that is wrong in it. A field that is not known is no error but
/// a step.
pub fn migrate(value: Value, from: Option<MigrationSource>) -> Result<Migration, ConfigError> {
    of(Node::new(value, &Source::Default), from)
}

/// Like [`migrate`], from a file: JSON if its name ends in `.json` or its text starts with `{`, otherwise TOML.
///
/// # Errors
///
/// As [`migrate`]; also when the file cannot be read, is larger than [`MAX_FILE_BYTES`], or is neither JSON nor TOML. What is wrong is told
/// with its line.
pub fn migrate_file(path: &Path, from: Option<MigrationSource>) -> Result<Migration, ConfigError> {
    of(file::read(path)?, from)
}

/// Like [`migrate_file`], from anything that can be read. Errors call it by the given name.
///
/// # Errors
///
/// As [`migrate_file`].
pub fn migrate_reader(
    name: &Path,
    reader: impl Read,
    from: Option<MigrationSource>,
) -> Result<Migration, ConfigError> {
    let text = file::text_of(name, reader, MAX_FILE_BYTES)?;
    of(file::parse(name, &text)?, from)
}

fn of(node: Node, from: Option<MigrationSource>) -> Result<Migration, ConfigError> {
    let Data::Table(given) = node.data else {
        let finding = Finding::not_allowed("", kind(&node), "a table").at(&node.source);
        return Err(ConfigError::Invalid { findings: vec![finding] });
    };
    let kind = from.map_or_else(|| MigrationSource::of(&given), Ok)?;
    let (mut log, mut out) = (Log::default(), Fields::new());
    match kind {
        MigrationSource::Nautilus => nautilus::take(given, &mut log, &mut out),
        MigrationSource::Original => original::take(given, &mut log, &mut out),
    }
    complete(kind, log, out)
}

/// Checks what was taken over, as a file with it would be checked.
fn complete(kind: MigrationSource, mut log: Log, out: Fields) -> Result<Migration, ConfigError> {
    let mut node = Node { data: Data::Table(out), ..Node::table() };
    let mut checker = std::mem::take(&mut log.checker);
    let about_fields = checker.findings.len();
    checker.layer(&mut node);
    tls::apply(&mut node, &mut log, &mut checker);
    let given = node.value();
    match finish(vec![node], checker, None) {
        Ok(Loaded { config, report, .. }) => {
            let tree = written::tree(given, &config, &log.steps);
            log.name_secrets(&config);
            Ok(Migration { kind, tree, config, steps: log.steps, report })
        }
        Err(ConfigError::Invalid { mut findings }) => {
            log.rename(&mut findings[about_fields..]);
            Err(ConfigError::Invalid { findings })
        }
        Err(other) => Err(other),
    }
}
