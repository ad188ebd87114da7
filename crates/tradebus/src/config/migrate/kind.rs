//! Which system a configuration was written for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::log::Fields;
use super::{nautilus, original};
use crate::config::{ConfigError, Finding};

/// The system that a configuration was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MigrationSource {
    /// `NautilusTrader`: a `MessageBusConfig`, or the configuration of a node that holds one as `message_bus`.
    Nautilus,
    /// The original Python system, "Enhanced `MessageBus`"; its fields have the names of the settings here.
    Original,
}

impl fmt::Display for MigrationSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nautilus => "a NautilusTrader configuration",
            Self::Original => "a configuration of the original system",
        })
    }
}

const ALLOWED: &str = "a MessageBusConfig of NautilusTrader, the configuration of a node with a `message_bus`, or a configuration of the \
                       original system";

impl MigrationSource {
    /// Tells by the fields.
    pub(super) fn of(given: &Fields) -> Result<Self, ConfigError> {
        let is_shared = |key: &str| nautilus::SHARED.contains(&key);
        if nautilus::INSIDE.iter().any(|key| given.contains_key(*key)) {
            return Ok(Self::Nautilus);
        }
        let nautilus = nautilus::OWN.iter().find(|key| given.contains_key(**key));
        let own = |key: &&String| original::knows(key) && !is_shared(key) && !is_id(key);
        match (nautilus, given.keys().find(own)) {
            (None, Some(_)) => Ok(Self::Original),
            (Some(_), None) => Ok(Self::Nautilus),
            (None, None) if given.keys().any(|key| is_shared(key)) => Ok(Self::Nautilus),
            (None, None) => Err(unknown("no field in it tells for which system it was written".to_owned())),
            (Some(one), Some(other)) => Err(unknown(format!(
                "it has fields of both systems (`{one}`, `{other}`): say which one it is"
            ))),
        }
    }
}

/// Both systems may have these.
fn is_id(key: &str) -> bool {
    matches!(key, "trader_id" | "instance_id")
}

fn unknown(reason: String) -> ConfigError {
    ConfigError::Invalid { findings: vec![Finding::new("", "", ALLOWED, reason)] }
}
