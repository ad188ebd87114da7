//! What the rest of the crate asks a configuration: values that follow from more than one field.

use std::path::PathBuf;
use std::time::Duration;

use tradebus_engine::LogOptions;

use super::redact::StoreUrl;
use super::{BufferConfig, BusConfig, Flush, Layout, StreamConfig};
use crate::wire::nautilus::{self, StreamNames};
use crate::{Encoding, Priority};

impl BusConfig {
    /// How an embedded store is kept in a directory.
    pub fn log_options(&self, directory: impl Into<PathBuf>) -> LogOptions {
        LogOptions {
            fsync: self.fsync.into(),
            snapshot_after_bytes: self.snapshot_after_bytes as u64,
            ..LogOptions::new(directory)
        }
    }

    /// The queue of a tier: `priority_buffers` over `default_buffer_config`, with `buffer_interval_ms` over both.
    pub fn buffer(&self, tier: Priority) -> BufferConfig {
        let base = &self.default_buffer_config;
        let mut buffer =
            self.priority_buffers.get(&tier).map_or_else(|| base.clone(), |given| given.over(base));
        if let Some(interval) = self.buffer_interval_ms {
            buffer.flush = Flush::Interval;
            buffer.flush_interval_ms = interval;
        }
        buffer
    }

    /// The settings of a stream: `stream_configs` over `default_stream_config`, with its name filled in.
    pub fn stream(&self, name: &str) -> StreamConfig {
        let base = &self.default_stream_config;
        let given = self.stream_configs.get(name);
        let mut stream = given.map_or_else(|| base.clone(), |given| given.over(base));
        if given.is_none_or(|given| given.name.as_ref().is_none_or(String::is_empty)) {
            name.clone_into(&mut stream.name);
        }
        stream
    }

    /// How topics are spread over streams: `stream_per_topic` where it is given, else `layout`.
    pub fn layout(&self) -> Layout {
        match self.stream_per_topic {
            Some(true) => Layout::Topic,
            Some(false) => Layout::Single,
            None => self.layout,
        }
    }

    /// How payloads are encoded: `encoding` where it is given, else `default_serializer`.
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(self.default_serializer).into()
    }

    /// The URL of the store: `store`, or one that is built from the `redis_*` fields.
    pub fn store_url(&self) -> StoreUrl {
        if let Some(store) = &self.store {
            return store.clone();
        }
        let user = self.redis_username.as_deref().map(percent_encode).unwrap_or_default();
        let login = match &self.redis_password {
            Some(password) => format!("{user}:{}@", percent_encode(password.expose())),
            None if user.is_empty() => user,
            None => user + "@",
        };
        let host = &self.redis_host;
        // An IPv6 address needs brackets, or its colons would be taken for the port's.
        let host =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
        format!("redis://{login}{host}:{}/{}", self.redis_port, self.redis_db).into()
    }

    /// The start of every stream key, built as `NautilusTrader` builds it: `trader-TRADER-001:stream`.
    ///
    /// Without an `instance_id` its part is left out; [`BusConfig::fill_instance_id`] comes first.
    pub fn stream_base(&self) -> String {
        let instance_id = self.instance_id.as_deref();
        nautilus::stream_base(&StreamNames {
            use_trader_prefix: self.use_trader_prefix,
            use_trader_id: self.use_trader_id,
            trader_id: &self.trader_id,
            use_instance_id: self.use_instance_id && instance_id.is_some(),
            instance_id: instance_id.unwrap_or_default(),
            streams_prefix: &self.streams_prefix,
        })
    }

    /// Makes an `instance_id` if `use_instance_id` needs one and none is given. Says whether it made one.
    pub fn fill_instance_id(&mut self) -> bool {
        let needed = self.use_instance_id && self.instance_id.is_none();
        if needed {
            self.instance_id = Some(uuid::Uuid::new_v4().to_string());
        }
        needed
    }

    /// Longest that connecting may take.
    pub fn connection_timeout(&self) -> Duration {
        seconds(self.connection_timeout)
    }

    /// Longest that the store may take to answer.
    pub fn command_timeout(&self) -> Duration {
        seconds(self.command_timeout)
    }

    /// Time between two reports of metrics.
    pub const fn metrics_interval(&self) -> Duration {
        Duration::from_millis(self.metrics_interval_ms)
    }

    /// Time between two health checks.
    pub fn health_check_interval(&self) -> Duration {
        seconds(self.health_check_interval)
    }

    /// Longest that the store may take to answer a health check.
    pub fn heartbeat_timeout(&self) -> Duration {
        seconds(self.heartbeat_timeout)
    }

    /// Longest that an entry of a consumer group may be pending without counting as bad health.
    pub fn pending_age_warn(&self) -> Duration {
        seconds(self.pending_age_warn)
    }

    /// Time between two heartbeats; none where they are off.
    pub fn heartbeat_interval(&self) -> Option<Duration> {
        self.heartbeat_interval_secs.map(|secs| Duration::from_secs(secs.into()))
    }

    /// Age at which entries are trimmed; none where they are kept whatever their age.
    pub fn autotrim(&self) -> Option<Duration> {
        (self.autotrim_mins > 0).then(|| Duration::from_secs(u64::from(self.autotrim_mins) * 60))
    }

    /// Longest that closing may take.
    pub fn shutdown_timeout(&self) -> Duration {
        seconds(self.shutdown_timeout)
    }

    /// Longest that a handler may take; none where there is no limit.
    pub fn handler_timeout(&self) -> Option<Duration> {
        (self.handler_timeout_ms > 0).then(|| Duration::from_millis(self.handler_timeout_ms))
    }

    /// Time between two searches for new streams.
    pub const fn discovery_interval(&self) -> Duration {
        Duration::from_millis(self.discovery_interval_ms)
    }

    /// Time after which the work of a process that died is taken over.
    pub const fn lease_ttl(&self) -> Duration {
        Duration::from_millis(self.lease_ttl_ms)
    }

    /// Wait before the first reconnection.
    pub const fn reconnect_min(&self) -> Duration {
        Duration::from_millis(self.reconnect_min_ms)
    }

    /// Longest wait between two reconnections.
    pub const fn reconnect_max(&self) -> Duration {
        Duration::from_millis(self.reconnect_max_ms)
    }
}

/// A duration of these seconds; of none where a configuration that was not validated holds something else.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Writes everything as `%XX` that could end the user or the password in a URL.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::{BufferOverrides, StreamOverrides};
    use crate::{BusConfig, Flush, Layout, Priority};

    #[test]
    fn the_store_is_built_from_the_redis_fields() {
        let mut config = BusConfig::default();
        assert_eq!(config.store_url().expose(), "redis://127.0.0.1:6379/0");
        config.redis_password = Some("p:@/%# é".into());
        config.redis_host = "::1".into();
        config.redis_db = 3;
        assert_eq!(config.store_url().expose(), "redis://:p%3A%40%2F%25%23%20%C3%A9@[::1]:6379/3");
        let url = url::Url::parse(config.store_url().expose()).unwrap();
        assert_eq!((url.port(), url.path()), (Some(6379), "/3"));
        config.redis_username = Some("a b".into());
        assert!(config.store_url().expose().starts_with("redis://a%20b:p%3A"));
        config.redis_password = None;
        assert!(config.store_url().expose().starts_with("redis://a%20b@[::1]"));
        config.store = Some("memory:".into());
        assert_eq!(config.store_url().expose(), "memory:");
    }

    #[test]
    fn a_tier_lies_over_the_default_and_the_interval_over_both() {
        let mut config = BusConfig::default();
        config.default_buffer_config.batch_size = 7;
        let high =
            BufferOverrides { max_size: Some(50), flush_interval_ms: Some(2), ..BufferOverrides::default() };
        config.priority_buffers.insert(Priority::High, high);
        assert_eq!(config.buffer(Priority::Low), config.default_buffer_config);
        let buffer = config.buffer(Priority::High);
        assert_eq!((buffer.max_size, buffer.high_water_mark, buffer.batch_size), (50, 40, 7));
        assert_eq!(buffer.flush_interval(), Duration::from_millis(2));
        config.buffer_interval_ms = Some(20);
        for tier in Priority::ALL {
            let buffer = config.buffer(tier);
            assert_eq!((buffer.flush, buffer.flush_interval_ms), (Flush::Interval, 20));
        }
    }

    #[test]
    fn a_stream_lies_over_the_default_and_knows_its_name() {
        let mut config = BusConfig::default();
        config.default_stream_config.max_length = 5;
        let orders = StreamOverrides { auto_ack: Some(false), ..StreamOverrides::default() };
        config.stream_configs.insert("orders".into(), orders);
        let stream = config.stream("orders");
        assert_eq!((stream.name.as_str(), stream.max_length, stream.auto_ack), ("orders", 5, false));
        assert_eq!(config.stream("other").name, "other");
        config.stream_configs.entry("orders".into()).or_default().name = Some("o".into());
        assert_eq!(config.stream("orders").name, "o");
    }

    #[test]
    fn nautilus_trader_s_switch_decides_before_the_layout() {
        let mut config = BusConfig { layout: Layout::Single, ..BusConfig::default() };
        assert_eq!(config.layout(), Layout::Single);
        config.stream_per_topic = Some(true);
        assert_eq!(config.layout(), Layout::Topic);
        config.stream_per_topic = Some(false);
        config.layout = Layout::Lanes;
        assert_eq!(config.layout(), Layout::Single);
    }

    #[test]
    fn stream_keys_start_as_nautilus_trader_s() {
        let mut config = BusConfig::default();
        assert_eq!(config.stream_base(), "trader-TRADER-001:stream");
        config.use_trader_id = false;
        assert_eq!(config.stream_base(), "trader-stream");
        config.use_instance_id = true;
        config.instance_id = Some("b1c0".into());
        config.streams_prefix = String::new();
        assert_eq!(config.stream_base(), "trader-b1c0:");
        config.use_trader_prefix = false;
        config.use_instance_id = false;
        assert_eq!(config.stream_base(), "");
    }

    #[test]
    fn an_instance_id_is_made_once_and_only_where_needed() {
        let mut config = BusConfig::default();
        assert!(!config.fill_instance_id());
        config.use_instance_id = true;
        assert!(config.fill_instance_id());
        let made = config.instance_id.clone().unwrap();
        assert!(uuid::Uuid::parse_str(&made).is_ok());
        assert!(!config.fill_instance_id());
        assert_eq!(config.instance_id, Some(made));
    }

    #[test]
    fn times_that_were_not_validated_do_not_panic() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            let config = BusConfig { shutdown_timeout: wrong, ..BusConfig::default() };
            assert_eq!(config.shutdown_timeout(), Duration::ZERO);
        }
    }
}
