//! What is set for one upstream.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::SecretSource;

/// The settings of one upstream.
///
/// The defaults suit a small public service: two requests a second, two at a time. [`UpstreamConfig::validate`] holds the
/// bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Where the paths of all calls begin, `https://api.db.nomics.world/v22` for example; `http` or `https`, without
    /// user, query and fragment. There is no default.
    pub base_url: String,
    /// How long a connection may take to come about, in milliseconds: 1 to 60 000.
    pub connect_timeout_ms: u64,
    /// How long a call may take with all its waits and retries, in milliseconds: 1 to 600 000.
    pub total_timeout_ms: u64,
    /// The largest body that is read, in bytes after decompression: 1 KiB to 1 GiB.
    pub max_body_bytes: u64,
    /// How many requests are sent each second in the long run: 0.0001 to 1 000. Retries count.
    pub requests_per_second: f64,
    /// How many requests may go at once after a quiet time: 1 to 1 000.
    pub burst: u32,
    /// How many requests are under way at the same time: 1 to 256.
    pub max_concurrent: u32,
    /// How often a call is tried again: 0 to 10.
    pub retries: u32,
    /// The shortest wait before a retry, in milliseconds: 1 to 60 000.
    pub retry_min_ms: u64,
    /// The longest wait before a retry for which the upstream named no time, in milliseconds: from `retry_min_ms` to 600 000.
    pub retry_max_ms: u64,
    /// When calls are no longer tried at all.
    pub breaker: BreakerConfig,
    /// What the upstream is told about who asks.
    pub user_agent: String,
    /// Headers whose values are secrets, by name. They go to the host of `base_url` only.
    pub secret_headers: BTreeMap<String, SecretSource>,
    /// A file with the authorities, in PEM form, that vouch for the upstream; by default those that the system trusts do.
    pub tls_ca_file: Option<PathBuf>,
    /// Whether secrets may go over plain `http` to another machine, where everybody on the way reads them.
    pub insecure_secrets: bool,
}

/// When the circuit breaker opens, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerConfig {
    /// How many requests have to fail one after the other: 1 to 1 000.
    pub failures: u32,
    /// How long nothing is sent then, in milliseconds: 1 to 3 600 000. After that one request tries.
    pub open_ms: u64,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            connect_timeout_ms: 5_000,
            total_timeout_ms: 30_000,
            max_body_bytes: 32 * 1024 * 1024,
            requests_per_second: 2.0,
            burst: 4,
            max_concurrent: 2,
            retries: 3,
            retry_min_ms: 250,
            retry_max_ms: 10_000,
            breaker: BreakerConfig::default(),
            user_agent: concat!("tradebus/", env!("CARGO_PKG_VERSION")).to_owned(),
            secret_headers: BTreeMap::new(),
            tls_ca_file: None,
            insecure_secrets: false,
        }
    }
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 5, open_ms: 30_000 }
    }
}

impl UpstreamConfig {
    /// The defaults for an upstream at `base_url`.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), ..Self::default() }
    }
}
