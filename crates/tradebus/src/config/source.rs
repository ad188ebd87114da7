//! Where a value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::presets::Preset;

/// Where a value comes from. Printed as `default`, `preset production`, `tradebus.toml:12`, `env:TRADEBUS_STORE`,
/// `flag:--store`, `argument` or `generated`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Source {
    /// Built in.
    #[default]
    Default,
    /// A preset.
    Preset(Preset),
    /// A line of a file, counted from 1.
    File(Arc<PathBuf>, usize),
    /// A variable of the environment.
    Env(Arc<str>),
    /// A flag of the command line.
    Flag(Arc<str>),
    /// An argument of a constructor.
    Argument,
    /// Made at the start.
    Generated,
}

impl Source {
    /// The environment variable of this name.
    pub fn env(name: &str) -> Self {
        Self::Env(name.into())
    }

    /// The flag of this name.
    pub fn flag(name: &str) -> Self {
        Self::Flag(name.into())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(preset) => write!(f, "preset {preset}"),
            Self::File(path, line) => write!(f, "{}:{line}", one_line(&path.display().to_string())),
            Self::Env(name) => write!(f, "env:{}", one_line(name)),
            Self::Flag(name) => write!(f, "flag:{}", one_line(name)),
            Self::Argument => f.write_str("argument"),
            Self::Generated => f.write_str("generated"),
        }
    }
}

/// Text on one line, so that no name of a file or variable can look like another line of the output.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Where each value of a configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources(pub(super) BTreeMap<String, Source>);

impl Sources {
    /// The source of the value at a path such as `priority_buffers.high.max_size`.
    pub fn get(&self, path: &str) -> Source {
        self.0.get(path).or_else(|| self.followed(path)).cloned().unwrap_or_default()
    }

    /// A mark that is not given follows the size, and so comes from where the size comes from.
    fn followed(&self, path: &str) -> Option<&Source> {
        let buffer = path.strip_suffix("high_water_mark").or_else(|| path.strip_suffix("low_water_mark"))?;
        self.0.get(&format!("{buffer}max_size"))
    }

    /// Every value that is not a default, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.0.iter().map(|(path, source)| (path.as_str(), source))
    }
}
