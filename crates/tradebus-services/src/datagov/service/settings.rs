//! What is set for the service: the table `[services.datagov]` of a configuration.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::shelf::CatalogueSettings;
use crate::cache::CacheConfig;
use crate::datagov::Relevance;
use crate::settings::{HostSettings, SettingsError, SourceSettings};
use crate::upstream::UpstreamConfig;

/// The largest file with rules that is read, in bytes.
const MAX_RULES_BYTES: u64 = 1 << 20;

/// How the service is run, and how it gets at Data.gov.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatagovSettings {
    /// How the service is run.
    pub host: HostSettings,
    /// The way in. Default `catalog`.
    pub path_style: PathStyle,
    /// The API and how it is asked. `base_url` may be left out: see [`PathStyle::base_url`]. For the gateway, `secret_headers` holds the key,
    /// as `X-Api-Key`.
    pub upstream: UpstreamConfig,
    /// What is kept of its answers.
    pub cache: CacheConfig,
    /// A file that takes the place of the rules of relevance that come with the crate, with the same fields as `relevance.toml`; at most 1 MiB.
    pub relevance_file: Option<PathBuf>,
    /// From this score on a dataset counts as relevant, 0 to 1. Default: what the rules say.
    pub threshold: Option<f64>,
    /// Where datasets are kept that are loaded to be searched without the API.
    pub catalogue: CatalogueSettings,
}

/// The two ways into the catalogue, which differ in their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathStyle {
    /// Directly, without a key: `/search` at the root, other paths below `/api`.
    #[default]
    Catalog,
    /// Through api.gsa.gov, with a key: all paths at the root.
    Gateway,
}

impl PathStyle {
    /// Where this way in is, if nothing else is set.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Catalog => "https://catalog.data.gov",
            Self::Gateway => "https://api.gsa.gov/technology/datagov/v4",
        }
    }

    /// What stands before paths other than that of the search.
    pub(super) const fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Catalog => Some("api"),
            Self::Gateway => None,
        }
    }
}

impl DatagovSettings {
    /// The API and the cache, with the default address where there is none.
    pub(super) fn source(&self) -> SourceSettings {
        let mut upstream = self.upstream.clone();
        if upstream.base_url.is_empty() {
            self.path_style.base_url().clone_into(&mut upstream.base_url);
        }
        SourceSettings { upstream, cache: self.cache.clone() }
    }

    /// The rules of relevance.
    pub(super) fn relevance(&self) -> Result<Relevance, SettingsError> {
        let wrong = |problem: String| SettingsError::Service { problems: vec![problem] };
        let rules = match &self.relevance_file {
            None => Relevance::built_in(),
            Some(path) => {
                let named = |reason: &dyn std::fmt::Display| {
                    wrong(format!("`relevance_file` is {}: {reason}", path.display()))
                };
                let text = read(path).map_err(|error| named(&error))?;
                return self.with_threshold(Relevance::from_toml(&text).map_err(|error| named(&error))?);
            }
        };
        self.with_threshold(rules.map_err(|error| wrong(error.to_string()))?)
    }

    fn with_threshold(&self, rules: Relevance) -> Result<Relevance, SettingsError> {
        let Some(threshold) = self.threshold else { return Ok(rules) };
        rules.with_threshold(threshold).map_err(|_error| SettingsError::Service {
            problems: vec![format!("`threshold` is {threshold}: allowed are 0 to 1")],
        })
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_RULES_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_RULES_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_RULES_BYTES} bytes")));
    }
    Ok(text)
}
