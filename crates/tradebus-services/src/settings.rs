//! What is set for the services: the tables `[services.*]` of a configuration.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradebus::ServiceOptions;

use crate::cache::{CacheConfig, CacheConfigError};
use crate::upstream::{UpstreamConfig, UpstreamConfigError};

/// How a service gets at its API.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSettings {
    /// The API and how it is asked.
    pub upstream: UpstreamConfig,
    /// What is kept of its answers.
    pub cache: CacheConfig,
}

/// How a service is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostSettings {
    /// Requests that are handled at one time. Default 64, 1 to 10000.
    pub concurrency: usize,
    /// How long a handler may take, in milliseconds. Default 60000, 1 to 3600000.
    pub timeout_ms: u64,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self { concurrency: 64, timeout_ms: 60_000 }
    }
}

impl HostSettings {
    /// The options of the host.
    ///
    /// # Errors
    ///
    /// When a number is out of bounds; all are named.
    pub fn options(&self) -> Result<ServiceOptions, SettingsError> {
        let mut problems = Vec::new();
        if !(1..=10_000).contains(&self.concurrency) {
            problems.push(format!("`concurrency` is {}: allowed are 1 to 10000", self.concurrency));
        }
        if !(1..=3_600_000).contains(&self.timeout_ms) {
            problems.push(format!("`timeout_ms` is {}: allowed are 1 to 3600000", self.timeout_ms));
        }
        if !problems.is_empty() {
            return Err(SettingsError::Host { problems });
        }
        let (concurrency, timeout) = (self.concurrency, Duration::from_millis(self.timeout_ms));
        Ok(ServiceOptions { concurrency, timeout, ..ServiceOptions::default() })
    }
}

/// What is wrong with the settings of a service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The numbers of the host.
    #[error("{}", problems.join("; "))]
    Host {
        /// What is wrong, and what is allowed.
        problems: Vec<String>,
    },
    /// The numbers of the service itself.
    #[error("{}", problems.join("; "))]
    Service {
        /// What is wrong, and what is allowed.
        problems: Vec<String>,
    },
    /// A file that a setting names.
    #[error("`{setting}` is {}: {reason}", path.display())]
    File {
        /// The setting.
        setting: &'static str,
        /// What it is set to.
        path: PathBuf,
        /// Why the file cannot be used.
        reason: String,
    },
    /// The API.
    #[error("upstream: {0}")]
    Upstream(#[from] UpstreamConfigError),
    /// The cache.
    #[error("cache: {0}")]
    Cache(#[from] CacheConfigError),
}
