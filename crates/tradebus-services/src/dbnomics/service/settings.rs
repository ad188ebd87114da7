//! What is set for the service: the table `[services.dbnomics]` of a configuration.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::watch::WatchSettings;
use crate::cache::CacheConfig;
use crate::dbnomics::{Catalogue, Sentinels};
use crate::settings::{HostSettings, SettingsError, SourceSettings};
use crate::upstream::UpstreamConfig;

/// Where the Web API of `DBnomics` is.
pub const BASE_URL: &str = "https://api.db.nomics.world/v22";

/// The largest list that is read from a file, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// How the service is run, and how it gets at `DBnomics`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DbnomicsSettings {
    /// How the service is run.
    pub host: HostSettings,
    /// The API and how it is asked. Default `https://api.db.nomics.world/v22`, two requests a second, two at a time.
    pub upstream: UpstreamConfig,
    /// What is kept of its answers.
    pub cache: CacheConfig,
    /// The series that are looked at unasked. Default none.
    pub watch: WatchSettings,
    /// How many series are asked for with one call at most. Default 50, 1 to 100.
    pub series_per_call: usize,
    /// A list of series with the fields of `trading_series.toml`, in place of the one that comes with the crate.
    pub trading_series_file: Option<PathBuf>,
    /// The series that there are, where that is not all of `DBnomics`: others are left out of the list of trading series.
    #[serde(skip)]
    pub(crate) series_there: Option<Vec<String>>,
    /// A list of numbers that mean "no value", with the fields of `sentinels.toml`, in place of the one that comes with the crate.
    pub sentinels_file: Option<PathBuf>,
}

impl Default for DbnomicsSettings {
    fn default() -> Self {
        Self {
            host: HostSettings::default(),
            upstream: UpstreamConfig::new(BASE_URL),
            cache: CacheConfig::default(),
            watch: WatchSettings::default(),
            series_per_call: 50,
            trading_series_file: None,
            series_there: None,
            sentinels_file: None,
        }
    }
}

impl DbnomicsSettings {
    /// The API and its cache. A table `upstream` without an address means the real `DBnomics`.
    pub fn source(&self) -> SourceSettings {
        let mut upstream = self.upstream.clone();
        if upstream.base_url.is_empty() {
            BASE_URL.clone_into(&mut upstream.base_url);
        }
        SourceSettings { upstream, cache: self.cache.clone() }
    }

    /// `series_per_call`, if it is within its bounds.
    pub(super) fn batch(&self) -> Result<usize, SettingsError> {
        if (1..=100).contains(&self.series_per_call) {
            return Ok(self.series_per_call);
        }
        let problem = format!("`series_per_call` is {}: allowed are 1 to 100", self.series_per_call);
        Err(SettingsError::Service { problems: vec![problem] })
    }

    pub(super) fn catalogue(&self) -> Result<Catalogue, SettingsError> {
        let all = match &self.trading_series_file {
            Some(path) => read("trading_series_file", path, Catalogue::from_toml)?,
            None => Catalogue::built_in().map_err(|error| built_in("trading_series_file", &error))?,
        };
        Ok(match &self.series_there {
            Some(there) => all.only(there),
            None => all,
        })
    }

    pub(super) fn sentinels(&self) -> Result<Sentinels, SettingsError> {
        match &self.sentinels_file {
            Some(path) => read("sentinels_file", path, Sentinels::from_toml),
            None => Sentinels::built_in().map_err(|error| built_in("sentinels_file", &error)),
        }
    }
}

fn read<T, E: std::fmt::Display>(
    setting: &'static str,
    path: &Path,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, SettingsError> {
    let wrong = |reason: String| SettingsError::File { setting, path: path.to_owned(), reason };
    let bytes = fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(wrong(format!("it has {bytes} bytes, allowed are {MAX_FILE_BYTES}")));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    parse(&text).map_err(|error| wrong(error.to_string()))
}

/// Never in a released crate: tests read both lists.
fn built_in(setting: &'static str, error: &dyn std::fmt::Display) -> SettingsError {
    SettingsError::File { setting, path: PathBuf::from("(built in)"), reason: error.to_string() }
}
