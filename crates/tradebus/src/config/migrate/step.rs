//! What a migration did to a field.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What became of one field. Shows no value of a field, and so no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MigrationStep {
    /// Where it stood, as `message_bus.database.host`; none where it was not given.
    pub from: Option<String>,
    /// The settings that hold it now; none where nothing had to be set, or nothing could be.
    pub to: Vec<String>,
    /// What was done.
    pub action: MigrationAction,
    /// Why, or what follows from it; may be empty.
    pub note: String,
}

/// What was done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MigrationAction {
    /// It keeps its name and its value.
    Kept,
    /// It has another name or another place.
    Renamed,
    /// Its value is written in another way.
    Converted,
    /// It was not given, which there means something else than here: that is written out.
    DefaultWritten,
    /// It is known, and there is no setting for it; the note says why none is needed.
    Dropped,
    /// It is not known, and was not taken over.
    Unknown,
}

impl fmt::Display for MigrationAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kept => "kept",
            Self::Renamed => "renamed",
            Self::Converted => "converted",
            Self::DefaultWritten => "default written",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        })
    }
}
