//! Why an entry holds no message.

/// Why an entry cannot be read as a message. Such an entry is counted by its kind and skipped; it
/// never stops a reader.
///
/// The first five are refused by `NautilusTrader` from 1.229 on as well; the others concern compression, which
/// is tradebus' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// No `topic`.
    #[error("the entry has no field `topic`")]
    NoTopic,
    /// No `payload`.
    #[error("the entry has no field `payload`")]
    NoPayload,
    /// A `topic` that is no text.
    #[error("the field `topic` is not UTF-8")]
    TopicNotUtf8,
    /// A `type` that is no text.
    #[error("the field `type` is not UTF-8")]
    TypeNotUtf8,
    /// An `encoding` that names none.
    #[error("the field `encoding` names no encoding: json, msgpack, sbe and capnp are known")]
    UnknownEncoding,
    /// A `zip` that is not `zstd`.
    #[error("the field `zip` names no compression: zstd is known")]
    UnknownCompression,
    /// A payload that is not what `zip` says, or is cut off.
    #[error("the payload cannot be decompressed")]
    BrokenCompression,
    /// A payload above the limit, as it is or decompressed.
    #[error("the payload is larger than the limit")]
    PayloadTooLarge,
}

impl Malformed {
    /// All kinds, in the order of [`Malformed::index`].
    pub const ALL: [Self; 8] = [
        Self::NoTopic,
        Self::NoPayload,
        Self::TopicNotUtf8,
        Self::TypeNotUtf8,
        Self::UnknownEncoding,
        Self::UnknownCompression,
        Self::BrokenCompression,
        Self::PayloadTooLarge,
    ];

    /// A short name that stays the same: the label of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoTopic => "no_topic",
            Self::NoPayload => "no_payload",
            Self::TopicNotUtf8 => "topic_not_utf8",
            Self::TypeNotUtf8 => "type_not_utf8",
            Self::UnknownEncoding => "unknown_encoding",
            Self::UnknownCompression => "unknown_compression",
            Self::BrokenCompression => "broken_compression",
            Self::PayloadTooLarge => "payload_too_large",
        }
    }

    /// Place in [`Malformed::ALL`]: an index into arrays of counters.
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Malformed;

    #[test]
    fn indexes_and_names_are_distinct() {
        for (at, kind) in Malformed::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), at);
            assert_eq!(Malformed::ALL.iter().filter(|other| other.name() == kind.name()).count(), 1);
        }
    }
}
