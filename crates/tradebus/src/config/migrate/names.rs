//! Other spellings of the settings, table by table.

use crate::config::shape::Shape;

use super::units::OtherUnit;

/// Says that the store is reached with TLS, which is no setting of its own here.
pub(super) const TLS: &str = "tls";

/// The spellings of one table.
pub(super) struct Names {
    /// Whether it may hold groups.
    is_top: bool,
    /// What the names of the settings have in front that the keys of a group leave out.
    prefix: &'static str,
    aliases: &'static [(&'static str, &'static str)],
}

/// What a key means.
pub(super) enum Meaning {
    Setting(&'static str),
    InOtherUnit(OtherUnit),
    Tls,
    /// A table whose fields are settings of the top.
    Group(&'static Names),
}

pub(super) static ROOT: Names = Names {
    is_top: true,
    prefix: "",
    aliases: &[
        ("redis_url", "store"),
        ("redis_database", "redis_db"),
        ("redis_user", "redis_username"),
        ("redis_ssl", TLS),
        ("redis_tls", TLS),
        ("redis_use_ssl", TLS),
        ("pool_size", "connection_pool_size"),
        ("max_connections", "connection_pool_size"),
        ("default_buffer", "default_buffer_config"),
        ("buffer_config", "default_buffer_config"),
        ("buffer", "default_buffer_config"),
        ("buffer_configs", "priority_buffers"),
        ("buffers", "priority_buffers"),
        ("priority_buffer_configs", "priority_buffers"),
        ("default_stream", "default_stream_config"),
        ("stream_config", "default_stream_config"),
        ("streams", "stream_configs"),
        ("serializer", "default_serializer"),
    ],
};

/// Tables that group settings of the top.
static GROUPS: [(&str, Names); 4] = [
    ("redis", group("redis_", &REDIS)),
    ("metrics", group("metrics_", &[("enabled", "enable_metrics")])),
    ("tracing", group("", &[("enabled", "enable_tracing"), ("sample_rate", "trace_sample_rate")])),
    ("compression", group("compression_", &[])),
];

const REDIS: [(&str, &str); 7] = [
    ("database", "redis_db"),
    ("user", "redis_username"),
    ("url", "store"),
    ("ssl", TLS),
    ("tls", TLS),
    ("pool_size", "connection_pool_size"),
    ("max_connections", "connection_pool_size"),
];

const fn group(prefix: &'static str, aliases: &'static [(&'static str, &'static str)]) -> Names {
    Names { is_top: false, prefix, aliases }
}

static BUFFER: Names = group(
    "",
    &[
        ("capacity", "max_size"),
        ("high_watermark", "high_water_mark"),
        ("low_watermark", "low_water_mark"),
        ("compression", "enable_compression"),
    ],
);

static STREAM: Names = group(
    "",
    &[
        ("maxlen", "max_length"),
        ("max_len", "max_length"),
        ("group", "consumer_group"),
        ("consumer", "consumer_name"),
        ("block_ms", "block_timeout_ms"),
    ],
);

static SUBSCRIPTION: Names =
    group("", &[("topic", "pattern"), ("topic_pattern", "pattern"), ("buffer", "buffer_config")]);

/// The spellings of a table of fields.
pub(super) fn of(field: &str) -> &'static Names {
    match field {
        "default_stream_config" | "stream_configs" => &STREAM,
        "subscriptions" => &SUBSCRIPTION,
        _ => &BUFFER,
    }
}

impl Names {
    /// What a key means in a table of this shape.
    pub(super) fn meaning(&self, key: &str, shape: Shape) -> Option<Meaning> {
        let setting = |name: &str| {
            let found = shape.fields().find(|(field, _)| *field == name);
            found.map(|(field, _)| Meaning::Setting(field))
        };
        if let Some(found) = setting(key) {
            return Some(found);
        }
        let plain = plain(key);
        match self.aliases.iter().find(|(alias, _)| *alias == plain) {
            Some((_, TLS)) => return Some(Meaning::Tls),
            Some((_, name)) => return setting(name),
            None => {}
        }
        let whole = format!("{}{plain}", self.prefix);
        if let Some(found) = setting(&plain).or_else(|| setting(&whole)) {
            return Some(found);
        }
        let group = GROUPS.iter().find(|(name, _)| self.is_top && *name == plain);
        group
            .map(|(_, names)| Meaning::Group(names))
            .or_else(|| OtherUnit::of(&plain, shape).map(Meaning::InOtherUnit))
            .or_else(|| OtherUnit::of(&whole, shape).map(Meaning::InOtherUnit))
    }
}

/// A key in small letters with underscores: `redisHost`, `REDIS_HOST` and `redis-host` are `redis_host`.
fn plain(key: &str) -> String {
    let mut plain = String::with_capacity(key.len() + 4);
    let mut after_small = false;
    for c in key.trim().chars() {
        if c.is_ascii_uppercase() && after_small {
            plain.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        plain.push(if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn keys_have_one_spelling() {
        for key in ["redis_host", "redisHost", "RedisHost", "REDIS_HOST", "redis-host", " Redis Host "] {
            assert_eq!(plain(key), "redis_host", "{key}");
        }
    }
}
