//! A message as the fields of an entry.

use smallvec::SmallVec;

use super::{CID, DUE, ENCODING, EXP, HDR, PAYLOAD, PRI, REPLY, SEQ, TOPIC, TP, TS, TYPE, ZIP, ZSTD};
use crate::wire::sequence::Sequence;
use crate::wire::text;
use crate::{Message, Priority};

/// Name and value of a field.
pub(crate) type Field<'a> = (&'a [u8], &'a [u8]);

/// Fields that a record has at most.
const MAX_FIELDS: usize = 14;

/// Lists the fields of a message, in order, and hands them to `use_fields`.
///
/// `packed` is the payload compressed by [`Packer::pack`](crate::wire::compress::Packer::pack), if it was.
/// Nothing is copied and nothing allocated, unless the message has headers of its own
/// ([`Headers::other`](crate::Headers)).
pub(crate) fn with_fields<R>(
    message: &Message,
    packed: Option<&[u8]>,
    sequence: Option<Sequence>,
    use_fields: impl FnOnce(&[Field<'_>]) -> R,
) -> R {
    let mut digits: [itoa::Buffer; 3] = Default::default();
    let [time, expiry, due] = &mut digits;
    let other = other_headers(message);
    let sequence = sequence.map(Sequence::text);
    let mut fields: SmallVec<[Field<'_>; MAX_FIELDS]> = SmallVec::new();
    fields.push((TOPIC, message.topic.as_bytes()));
    fields.push((PAYLOAD, packed.unwrap_or(&message.payload)));
    fields.push((TYPE, message.type_name.as_bytes()));
    fields.push((ENCODING, message.encoding.name().as_bytes()));
    if message.priority != Priority::Normal {
        fields.push((PRI, tier_digit(message.priority)));
    }
    if message.ts != 0 {
        fields.push((TS, time.format(message.ts).as_bytes()));
    }
    if let Some(headers) = &message.headers {
        let named = [(CID, &headers.correlation_id), (REPLY, &headers.reply_to), (TP, &headers.traceparent)];
        fields.extend(named.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.as_bytes()))));
        if let Some(at) = headers.expires_at {
            fields.push((EXP, expiry.format(at).as_bytes()));
        }
        if let Some(at) = headers.deliver_at {
            fields.push((DUE, due.format(at).as_bytes()));
        }
    }
    if let Some(sequence) = &sequence {
        fields.push((SEQ, sequence.as_bytes()));
    }
    if packed.is_some() {
        fields.push((ZIP, ZSTD));
    }
    if !other.is_empty() {
        fields.push((HDR, &other));
    }
    use_fields(&fields)
}

const fn tier_digit(tier: Priority) -> &'static [u8] {
    match tier {
        Priority::Low => b"0",
        Priority::Normal => b"1",
        Priority::High => b"2",
        Priority::Critical => b"3",
    }
}

/// The value of `hdr`, empty where there is nothing to say.
fn other_headers(message: &Message) -> Vec<u8> {
    let mut json = Vec::new();
    if let Some(headers) = message.headers.as_deref().filter(|headers| !headers.other.is_empty()) {
        text::write_object(&mut json, headers.other.iter().map(|(name, value)| (&name[..], &value[..])));
    }
    json
}
