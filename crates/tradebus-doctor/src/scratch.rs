//! The part of the store that is the doctor's own: a bus with streams of its own, and its removal.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tradebus::store::StoreError;
use tradebus::{
    Bus, BusConfig, ConnectError, Layout, OnFull, Priority, StreamConfig, StreamKey, StreamStore,
};

/// What all keys of all doctors begin with.
pub(crate) const PREFIX: &str = "tradebus-doctor:";
/// Longest that connecting, one command, and closing may take, in seconds: a doctor has no more patience than that.
const PATIENCE: f64 = 5.0;
/// A payload may be at least so large, whatever the configuration says: those of the checks are.
const LEAST_PAYLOAD: usize = 64 << 10;

/// Keys that nobody else has, and the bus over them once there is one.
pub(crate) struct Scratch {
    base: String,
    config: BusConfig,
    bus: Option<Bus>,
}

impl Scratch {
    /// Keys of its own, for a bus that publishes as this configuration says.
    pub(crate) fn new(config: &BusConfig) -> Self {
        let base = format!("{PREFIX}{:016x}", fastrand::u64(..));
        Self { config: apart(config, &base), base, bus: None }
    }

    /// What its keys begin with.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn config(&self) -> &BusConfig {
        &self.config
    }

    /// A key for something that is no part of the bus.
    pub(crate) fn key(&self, name: &str) -> StreamKey {
        StreamKey::from(&format!("{}:{name}", self.base)[..])
    }

    /// The bus, which is made when it is first asked for: before, nobody else asks on the connection of the store.
    pub(crate) fn bus(&mut self, store: &Arc<dyn StreamStore>) -> Result<Bus, ConnectError> {
        if let Some(bus) = &self.bus {
            return Ok(bus.clone());
        }
        let bus = Bus::with_store(self.config.clone(), store.clone())?;
        Ok(self.bus.insert(bus).clone())
    }

    /// Every key that the bus, or a check, may have made. They are known by name, so that they can be removed where the server may not be searched.
    fn known_keys(&self) -> Vec<StreamKey> {
        let tiers = Priority::ALL.into_iter().map(|tier| self.key(tier.name()));
        tiers.chain(OTHER_KEYS.map(|name| self.key(name))).collect()
    }

    /// Closes the bus, and removes all keys; tells how many there were.
    pub(crate) async fn remove(&mut self, store: &dyn StreamStore) -> Result<u64, StoreError> {
        if let Some(bus) = self.bus.take() {
            // One that does not close in time is dropped.
            let _ = timeout(Duration::from_secs_f64(PATIENCE), bus.close()).await;
        }
        let mut removed = 0;
        for key in self.known_keys() {
            removed += u64::from(store.remove(&key).await?);
        }
        match store.streams(format!("{}:", self.base).as_bytes()).await {
            Ok(others) => {
                for key in others {
                    removed += u64::from(store.remove(&key).await?);
                }
            }
            // Without the right to search, those that are known have to do.
            Err(StoreError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(removed)
    }
}

/// What lies beside the streams of the tiers: those of the bus itself, and those of the checks.
const OTHER_KEYS: [&str; 7] = ["dead", "delayed", "reply", "trim", ACL_STREAM, ACL_VALUE, "delayed:lease"];
/// The stream on which rights are tried.
pub(crate) const ACL_STREAM: &str = "acl";
/// The value on which rights are tried.
pub(crate) const ACL_VALUE: &str = "acl:value";

/// The configuration for streams of its own: what concerns the way of a message to the store stays as it is.
fn apart(config: &BusConfig, base: &str) -> BusConfig {
    let mut config = config.clone();
    base.clone_into(&mut config.streams_prefix);
    (config.use_trader_prefix, config.use_trader_id, config.use_instance_id) = (false, false, false);
    (config.layout, config.stream_per_topic, config.shards) = (Layout::Lanes, None, 0);
    config.default_stream_config = StreamConfig::default();
    config.stream_configs.clear();
    config.external_streams.clear();
    config.subscriptions.clear();
    config.services.clear();
    config.types_filter.clear();
    config.heartbeat_interval_secs = None;
    config.enable_pattern_matching = true;
    config.enable_tracing = false;
    // What is lost is to be the fault of the store.
    config.default_buffer_config.on_full = OnFull::Wait;
    for buffer in config.priority_buffers.values_mut() {
        buffer.on_full = None;
    }
    config.max_payload_bytes = config.max_payload_bytes.max(LEAST_PAYLOAD);
    (config.max_deliveries, config.retry_min_ms, config.retry_max_ms) = (5, 1, 50);
    config.connection_timeout = config.connection_timeout.min(PATIENCE);
    config.command_timeout = config.command_timeout.min(PATIENCE);
    config.shutdown_timeout = config.shutdown_timeout.min(PATIENCE);
    config
}

/// The configuration to ask services with: on the streams of the bus, where nothing else is to be done.
pub(crate) fn asking(config: &BusConfig) -> BusConfig {
    let mut config = config.clone();
    // Who publishes trims, and tells of its health: not here.
    config.default_stream_config.max_length = 0;
    config.stream_configs.clear();
    config.autotrim_mins = 0;
    config.heartbeat_interval_secs = None;
    config.health_check_interval = 86_400.0;
    config.enable_tracing = false;
    config.shutdown_timeout = config.shutdown_timeout.min(PATIENCE);
    config
}

#[cfg(test)]
mod tests {
    use tradebus::{BufferOverrides, BusConfig, Layout, OnFull, Priority, presets};

    use super::{PREFIX, Scratch, asking};

    #[test]
    fn its_keys_are_nobody_elses() {
        let config =
            BusConfig { use_instance_id: true, layout: Layout::Topic, shards: 0, ..BusConfig::default() };
        let (one, two) = (Scratch::new(&config), Scratch::new(&config));
        assert_ne!(one.base(), two.base());
        assert!(one.base().starts_with(PREFIX));
        assert_eq!(one.config().stream_base(), one.base());
        assert!(one.known_keys().iter().all(|key| key.as_bytes().starts_with(one.base().as_bytes())));
    }

    #[test]
    fn every_preset_can_be_examined() {
        for name in presets::NAMES {
            let mut config = presets::by_name(name).unwrap();
            config.priority_buffers.insert(
                Priority::Low,
                BufferOverrides { on_full: Some(OnFull::DropNewest), ..BufferOverrides::default() },
            );
            (config.max_payload_bytes, config.shards) = (1, 16);
            let scratch = Scratch::new(&config);
            assert!(scratch.config().validate().errors.is_empty(), "{name}");
            assert!(asking(&config).validate().errors.is_empty(), "{name}");
            assert_eq!(scratch.config().buffer(Priority::Low).on_full, OnFull::Wait);
        }
    }
}
