//! Ready configurations for common uses.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BufferConfig, BufferOverrides, BusConfig};
use crate::Priority;

/// Names of the presets.
pub const NAMES: [&str; 3] = ["development", "production", "high_frequency"];

/// A ready configuration that lies below the file, the environment and the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// One developer's machine: few connections, everything traced, a fixed number of workers.
    #[serde(alias = "DEVELOPMENT")]
    Development,
    /// A deployment: 50 connections, up to 20 workers, a large critical tier.
    #[serde(alias = "PRODUCTION")]
    Production,
    /// Short waits before anything else: 100 connections, up to 50 workers, no compression.
    #[serde(alias = "HIGH_FREQUENCY")]
    HighFrequency,
}

impl Preset {
    /// All presets, in the order of [`NAMES`].
    pub const ALL: [Self; 3] = [Self::Development, Self::Production, Self::HighFrequency];

    /// The name, as in [`NAMES`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => NAMES[0],
            Self::Production => NAMES[1],
            Self::HighFrequency => NAMES[2],
        }
    }

    /// The configuration.
    pub fn config(self) -> BusConfig {
        match self {
            Self::Development => development(),
            Self::Production => production(),
            Self::HighFrequency => high_frequency(),
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The preset of a name, in any case, with `-` or `_`.
pub fn by_name(name: &str) -> Option<BusConfig> {
    let name = name.replace('-', "_");
    Preset::ALL.into_iter().find(|preset| name.eq_ignore_ascii_case(preset.name())).map(Preset::config)
}

/// 5 connections, 2 workers, every message traced.
pub fn development() -> BusConfig {
    BusConfig {
        preset: Some(Preset::Development),
        connection_pool_size: 5,
        enable_tracing: true,
        trace_sample_rate: 1.0,
        auto_scale_enabled: false,
        min_workers: 2,
        max_workers: 2,
        ..BusConfig::default()
    }
}

/// 50 connections, up to 20 workers, 60 s for a command; critical messages leave within 10 ms and 50,000 of them may wait.
pub fn production() -> BusConfig {
    BusConfig {
        preset: Some(Preset::Production),
        connection_pool_size: 50,
        command_timeout: 60.0,
        max_workers: 20,
        priority_buffers: [(Priority::Critical, critical(50_000, 40_000, 10))].into(),
        ..BusConfig::default()
    }
}

/// 100 connections, up to 50 workers, 1 s for a command; critical messages leave within 1 ms, others within 10 ms, and
/// 100,000 critical ones may wait.
pub fn high_frequency() -> BusConfig {
    BusConfig {
        preset: Some(Preset::HighFrequency),
        connection_pool_size: 100,
        connection_timeout: 1.0,
        command_timeout: 1.0,
        max_workers: 50,
        compression_enabled: false,
        default_buffer_config: BufferConfig {
            flush_interval_ms: 10,
            enable_compression: false,
            ..BufferConfig::default()
        },
        priority_buffers: [(Priority::Critical, critical(100_000, 80_000, 1))].into(),
        ..BusConfig::default()
    }
}

fn critical(max_size: usize, high_water_mark: usize, flush_interval_ms: u64) -> BufferOverrides {
    BufferOverrides {
        max_size: Some(max_size),
        high_water_mark: Some(high_water_mark),
        flush_interval_ms: Some(flush_interval_ms),
        ..BufferOverrides::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Preset, by_name, development, high_frequency, production};
    use crate::{BusConfig, Priority};

    #[test]
    fn every_preset_is_valid_and_has_nothing_to_warn_about() {
        for (preset, name) in Preset::ALL.into_iter().zip(NAMES) {
            let config = by_name(name).unwrap();
            assert_eq!(config.preset, Some(preset));
            assert_eq!(serde_json::to_value(preset).unwrap(), name);
            let report = config.validate();
            assert!(report.errors.is_empty() && report.warnings.is_empty(), "{name}: {report:?}");
        }
        assert_eq!(by_name("High-Frequency"), Some(high_frequency()));
        assert_eq!(by_name("fast"), None);
        assert!(BusConfig::default().validate().is_clean());
    }

    #[test]
    fn they_hold_what_they_promise() {
        let config = development();
        assert_eq!((config.connection_pool_size, config.auto_scale_enabled), (5, false));
        assert!(config.enable_tracing && config.trace_sample_rate >= 1.0);

        let config = production();
        assert_eq!((config.connection_pool_size, config.max_workers), (50, 20));
        assert_eq!(config.command_timeout().as_secs(), 60);
        let critical = config.buffer(Priority::Critical);
        assert_eq!(
            (critical.flush_interval_ms, critical.max_size, critical.high_water_mark),
            (10, 50_000, 40_000)
        );

        let config = high_frequency();
        assert_eq!((config.connection_pool_size, config.max_workers), (100, 50));
        assert_eq!((config.connection_timeout().as_secs(), config.command_timeout().as_secs()), (1, 1));
        let critical = config.buffer(Priority::Critical);
        assert_eq!(
            (critical.flush_interval_ms, critical.max_size, critical.high_water_mark),
            (1, 100_000, 80_000)
        );
        for tier in Priority::ALL {
            assert!(config.buffer(tier).flush_interval_ms <= 10 && !config.buffer(tier).enable_compression);
        }
    }
}
