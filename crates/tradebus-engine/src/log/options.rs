//! What can be set about the log.

use std::path::PathBuf;
use std::str::FromStr;

/// When what was written is forced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fsync {
    /// Before anybody is told that it is stored; changes that come together share one sync.
    Always,
    /// Once a second: a crash of the machine loses at most that, a crash of the process some milliseconds.
    #[default]
    EverySecond,
    /// When the system sees fit: a crash of the machine may lose half a minute, a crash of the process some milliseconds.
    Never,
}

impl Fsync {
    /// The name that Redis' `appendfsync` has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::Never => "no",
        }
    }
}

impl FromStr for Fsync {
    type Err = UnknownFsync;

    fn from_str(text: &str) -> Result<Self, UnknownFsync> {
        [Self::Always, Self::EverySecond, Self::Never]
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| UnknownFsync(text.to_owned()))
    }
}

/// A text that names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no policy of syncing: allowed are always, everysec and no")]
pub struct UnknownFsync(String);

/// How a store is kept on disk.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The directory; it is created if there is none. One process at a time has it.
    pub directory: PathBuf,
    /// When what was written is forced to the disk.
    pub fsync: Fsync,
    /// Size of a segment, in bytes; a larger change gets a larger one. At least 64 KiB.
    pub segment_bytes: u64,
    /// A snapshot is written when the log has grown by so many bytes since the last one, or by twice the size of that one if
    /// this is more.
    pub snapshot_after_bytes: u64,
    /// Cut off what is damaged in the middle, and all behind it, instead of refusing to open the store. What is cut off is
    /// kept in files whose names end in `.damaged`.
    pub repair: bool,
}

impl LogOptions {
    /// The defaults: synced every second, segments of 64 MiB, a snapshot after 512 MiB.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            fsync: Fsync::default(),
            segment_bytes: 64 << 20,
            snapshot_after_bytes: 512 << 20,
            repair: false,
        }
    }
}
