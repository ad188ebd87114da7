//! What a subscription has found to be missing.

use serde::Serialize;
use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::wire::record::sequence_of;
use crate::wire::sequence::ProducerId;

/// Messages that a producer has numbered and that the subscription did not find in their place: entries that were trimmed or deleted before it
/// came to them, or that the store has refused.
///
/// What has moved can still be read: a message that the store refused for a while lies behind those that overtook it, and is no longer missing
/// when it has come.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use tradebus::{Bus, BusConfig, Message, SubscribeOptions};
/// use tradebus::store::RangeQuery;
///
/// # let config = BusConfig { store: Some("memory:".to_owned().into()), sequence: true, ..BusConfig::default() };
/// # let bus = Bus::connect(config).await?;
/// # let subscription = bus.subscribe("*", SubscribeOptions::default()).await?;
/// for gap in subscription.gaps() {
///     let behind = RangeQuery { start: gap.after, ..RangeQuery::default() };
///     let mut pages = bus.streams().read(&gap.stream, behind);
///     while let Some(page) = pages.next().await? {
///         for entry in page.entries().filter(|entry| gap.holds(entry.fields())) {
///             println!("{} is still there", entry.id());
///         }
///     }
/// }
/// # bus.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// Who wrote them.
    pub producer: ProducerId,
    /// The stream in which they should lie.
    #[serde(serialize_with = "as_text")]
    pub stream: StreamKey,
    /// Number of the first one that is missing.
    pub from: u64,
    /// Number of the last one that is missing.
    pub to: u64,
    /// The last entry of the producer that came before them.
    #[serde(serialize_with = "as_text")]
    pub after: EntryId,
    /// The entry that came in their place.
    #[serde(serialize_with = "as_text")]
    pub before: EntryId,
}

impl Gap {
    /// How many messages are missing, at least 1.
    pub const fn messages(&self) -> u64 {
        self.to - self.from + 1
    }

    /// Whether an entry with these fields is one of the missing messages.
    pub fn holds<'a>(&self, fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> bool {
        sequence_of(fields).is_some_and(|sequence| {
            sequence.producer == self.producer && (self.from..=self.to).contains(&sequence.number.get())
        })
    }
}

fn as_text<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
