//! Names that `NautilusTrader` gives to things on the wire: stream keys and heartbeats.
//!
//! Observed on 1.221.0 and 1.231.0, which agree.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::Offset;

use crate::StreamKey;

/// The topic of heartbeats. Their payload is bare text, whatever the `encoding` field says.
pub(crate) const HEARTBEAT_TOPIC: &str = "health:heartbeat";

/// What `NautilusTrader`'s configuration says about the names of streams, by the same names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamNames<'a> {
    /// Put `trader-` in front (default true).
    pub(crate) use_trader_prefix: bool,
    /// Add the trader id (default true).
    pub(crate) use_trader_id: bool,
    /// Id of the trader: `TRADER-001`.
    pub(crate) trader_id: &'a str,
    /// Add the instance id (default false).
    pub(crate) use_instance_id: bool,
    /// Id of the process: a UUID.
    pub(crate) instance_id: &'a str,
    /// The last part (default `stream`); may be empty.
    pub(crate) streams_prefix: &'a str,
}

/// The key of the stream that holds every topic (`stream_per_topic = false`), and the start of all others:
/// `[trader-][{trader_id}:][{instance_id}:]{streams_prefix}`.
///
/// `trader-` has no separator of its own, and every part may be absent, so the base may end in `:` or be
/// empty. That is what `NautilusTrader` writes, and what its other side looks for.
pub(crate) fn stream_base(names: &StreamNames<'_>) -> String {
    let mut base = String::new();
    if names.use_trader_prefix {
        base.push_str("trader-");
    }
    if names.use_trader_id {
        base.push_str(names.trader_id);
        base.push(':');
    }
    if names.use_instance_id {
        base.push_str(names.instance_id);
        base.push(':');
    }
    base.push_str(names.streams_prefix);
    base
}

/// The key of a topic's own stream (`stream_per_topic = true`): `{base}:{topic}`, the topic as it is.
pub(crate) fn topic_key(base: &str, topic: &str) -> StreamKey {
    StreamKey::new([base, ":", topic].concat())
}

/// The topic of a key that [`topic_key`] has made, or `None` for other keys.
pub(crate) fn topic_of_key<'a>(base: &str, key: &'a [u8]) -> Option<&'a [u8]> {
    key.strip_prefix(base.as_bytes())?.strip_prefix(b":")
}

/// The payload of a heartbeat: RFC 3339 in UTC with nanoseconds, the offset spelt out
/// (`2026-11-23T08:43:47.865084776+00:00`).
pub(crate) fn heartbeat_payload(now: Timestamp) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    PRINTER.timestamp_with_offset_to_string(&now, Offset::UTC)
}

#[cfg(test)]
mod tests {
    use super::{StreamNames, heartbeat_payload, stream_base, topic_key, topic_of_key};
    use crate::StreamKey;
    use crate::fixtures;

    const TOPIC: &str = "data.quotes.BINANCE.BTCUSDT";

    #[test]
    fn keys_as_nautilus_trader_names_them() {
        let cases = fixtures::stream_keys();
        assert_eq!(cases.len(), 48);
        for case in cases {
            let base = stream_base(&StreamNames {
                use_trader_prefix: case.use_trader_prefix,
                use_trader_id: case.use_trader_id,
                trader_id: "TESTER-007",
                use_instance_id: case.use_instance_id,
                instance_id: "0b1e0a6e-5b5a-4f4e-9c2b-0d9a1d6d3a11",
                streams_prefix: &case.streams_prefix,
            });
            let key =
                if case.stream_per_topic { topic_key(&base, TOPIC) } else { StreamKey::from(&base[..]) };
            assert_eq!(key, StreamKey::from(&case.key[..]), "{case:?}");
        }
    }

    #[test]
    fn keys_of_captured_entries() {
        let base = stream_base(&StreamNames {
            use_trader_prefix: true,
            use_trader_id: true,
            trader_id: "TRADER-001",
            use_instance_id: false,
            instance_id: "",
            streams_prefix: "stream",
        });
        let entries = fixtures::entries();
        let keyed = entries.iter().filter_map(|entry| Some((entry, entry.stream.as_deref()?)));
        let mut seen = 0;
        for (entry, key) in keyed {
            assert_eq!(topic_key(&base, &entry.topic), StreamKey::from(key));
            assert_eq!(topic_of_key(&base, key.as_bytes()), Some(entry.topic.as_bytes()));
            seen += 1;
        }
        assert_eq!(seen, 624);
        assert_eq!(topic_of_key(&base, b"trader-TRADER-001:streams:x"), None);
    }

    #[test]
    fn heartbeats_have_nine_digits_and_an_offset() {
        for (time, text) in [
            ("2026-11-23T08:43:47.865084776Z", "2026-11-23T08:43:47.865084776+00:00"),
            ("2026-11-23T08:43:47Z", "2026-11-23T08:43:47.000000000+00:00"),
        ] {
            assert_eq!(heartbeat_payload(time.parse().unwrap()), text);
        }
    }
}
