//! A dead letter: a message that a consumer group could not handle, with what is known about it.
//!
//! It lies in the stream `{base}:dead`. Its first seven fields are these, in this order; behind them are the fields of the original
//! entry, untouched.
//!
//! | field | value |
//! | --- | --- |
//! | `dead_stream` | the stream in which the original entry lies, or lay |
//! | `dead_id` | its id, whose first part is the time at which it was stored |
//! | `dead_group` | the consumer group |
//! | `dead_consumer` | the consumer that gave it up |
//! | `dead_error` | the last error |
//! | `dead_deliveries` | how often it was delivered |
//! | `dead_ts` | when it was given up, decimal nanoseconds since 1970 UTC |

use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::config::BusConfig;
use crate::wire::record::Field;

const NAMES: [&[u8]; 7] = [
    b"dead_stream",
    b"dead_id",
    b"dead_group",
    b"dead_consumer",
    b"dead_error",
    b"dead_deliveries",
    b"dead_ts",
];

/// Most bytes of an error that are kept.
const MAX_ERROR_BYTES: usize = 4096;

/// What follows the base and a colon in the key of the stream of dead letters. With a stream for each topic, this is no topic.
pub(crate) const DEAD: &str = "dead";

/// The stream of the dead letters of a bus.
pub(crate) fn dead_letter_stream(config: &BusConfig) -> StreamKey {
    StreamKey::new(format!("{}:{DEAD}", config.stream_base()))
}

/// Why, where and when a message was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stream in which the original entry lies, or lay.
    pub stream: StreamKey,
    /// Id of the original entry.
    pub id: EntryId,
    /// The consumer group that could not handle it.
    pub group: String,
    /// The consumer that gave it up.
    pub consumer: String,
    /// The last error; its first 4,096 bytes at most.
    pub error: String,
    /// How often it was delivered.
    pub deliveries: u64,
    /// When it was given up, in nanoseconds since 1970 UTC.
    pub ts: u64,
}

impl DeadLetter {
    /// Lists the fields of the dead letter of an entry and hands them to `use_fields`.
    pub(crate) fn with_fields<'a, R>(
        &self,
        original: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        use_fields: impl FnOnce(&[(&[u8], &[u8])]) -> R,
    ) -> R {
        let (id, deliveries, ts) = (self.id.to_string(), self.deliveries.to_string(), self.ts.to_string());
        let error = &self.error[..self.error.floor_char_boundary(MAX_ERROR_BYTES)];
        let values: [&[u8]; 7] = [
            self.stream.as_bytes(),
            id.as_bytes(),
            self.group.as_bytes(),
            self.consumer.as_bytes(),
            error.as_bytes(),
            deliveries.as_bytes(),
            ts.as_bytes(),
        ];
        let mut fields: Vec<(&[u8], &[u8])> = NAMES.into_iter().zip(values).collect();
        for field in original {
            fields.push(field);
        }
        use_fields(&fields)
    }

    /// Reads the fields of an entry: the letter, and the original fields. `None` if it is no dead letter.
    pub(crate) fn parse<'a>(
        mut fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Option<(Self, Vec<Field<'a>>)> {
        let mut next = |name: &[u8]| fields.next().filter(|field| field.0 == name).map(|field| field.1);
        let [stream, id, group, consumer, error, deliveries, ts] = NAMES;
        let letter = Self {
            stream: StreamKey::new(next(stream)?),
            id: EntryId::parse(next(id)?, 0)?,
            group: text(next(group)?),
            consumer: text(next(consumer)?),
            error: text(next(error)?),
            deliveries: std::str::from_utf8(next(deliveries)?).ok()?.parse().ok()?,
            ts: std::str::from_utf8(next(ts)?).ok()?.parse().ok()?,
        };
        Some((letter, fields.collect()))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{DeadLetter, EntryId, MAX_ERROR_BYTES};

    type Field<'a> = (&'a [u8], &'a [u8]);

    fn letter(error: &str) -> DeadLetter {
        DeadLetter {
            stream: "s:normal".into(),
            id: EntryId::new(5, 1),
            group: "g".into(),
            consumer: "c".into(),
            error: error.into(),
            deliveries: 3,
            ts: 1_700_000_000_000_000_000,
        }
    }

    #[test]
    fn keeps_the_original_fields_as_they_are() {
        let original: [Field<'_>; 4] =
            [(b"topic", b"t"), (b"dead_id", b"not ours"), (b"topic", b"again"), (b"\xff", b"")];
        let read = letter("broken").with_fields(original.into_iter(), |fields| {
            let (read, rest) = DeadLetter::parse(fields.iter().copied()).unwrap();
            assert_eq!(rest, original);
            read
        });
        assert_eq!(read, letter("broken"));
    }

    #[test]
    fn a_long_error_is_cut_between_letters() {
        let long = format!("{}ä", "x".repeat(MAX_ERROR_BYTES - 1));
        let error = letter(&long).with_fields(std::iter::empty(), |fields| fields[4].1.to_vec());
        assert_eq!(error, "x".repeat(MAX_ERROR_BYTES - 1).as_bytes());
    }

    #[test]
    fn other_entries_are_no_dead_letters() {
        let message: [Field<'_>; 2] = [(b"topic", b"t"), (b"payload", b"p")];
        assert!(DeadLetter::parse(message.into_iter()).is_none());
        assert!(DeadLetter::parse(std::iter::empty()).is_none());
    }
}
