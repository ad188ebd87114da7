//! Where messages lie whose time has not come: in the stream `{base}:delayed`, as their records with the field `due`.

use crate::StreamKey;
use crate::config::BusConfig;

/// What follows the base and a colon in the key of that stream. With a stream for each topic, this is no topic.
pub(crate) const DELAYED: &str = "delayed";

/// The stream of the delayed messages of a bus.
pub(crate) fn delayed_stream(config: &BusConfig) -> StreamKey {
    StreamKey::new(format!("{}:{DELAYED}", config.stream_base()))
}
