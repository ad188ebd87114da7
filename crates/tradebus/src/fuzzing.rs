//! A way in for fuzz targets, which is there for them only.

use bytes::Bytes;

use crate::wire::record::{Limits, RawRecord};
use crate::{Delivery, EntryId, Priority, StreamKey, Topic};

/// Reads the fields of an entry as a message, and writes that as a line of JSON.
///
/// # Panics
///
/// When the line is no JSON.
pub fn read_record(fields: &[(&[u8], &[u8])]) {
    let Ok(raw) = RawRecord::parse(fields.iter().copied()) else { return };
    let topic = Topic::as_read(raw.topic);
    let limits = Limits { payload_bytes: 1 << 20 };
    let Ok((message, _)) = raw.into_message(topic, Bytes::copy_from_slice, Priority::Normal, limits) else {
        return;
    };
    let line = Delivery::new(EntryId::MIN, StreamKey::from("s"), message).to_json_line();
    assert!(!line.contains('\n'), "{line}");
    // Numbers may be larger than serde's own, but the form must be right.
    serde_json::from_str::<&serde_json::value::RawValue>(&line)
        .unwrap_or_else(|error| panic!("{error}: {line}"));
}
