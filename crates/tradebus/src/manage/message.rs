//! Entries of a stream as messages.

use super::StreamManager;
use crate::store::EntryRef;
use crate::wire::record::RawRecord;
use crate::{Delivery, Priority, Topic};

impl StreamManager {
    /// The message in an entry; `None` if it holds none. One that does not say its tier is of that of its stream, or NORMAL.
    pub fn message(&self, entry: EntryRef<'_>) -> Option<Delivery> {
        let raw = RawRecord::parse(entry.fields()).ok()?;
        let topic = Topic::as_read(raw.topic);
        let tier = self.tier_of(entry.stream()).unwrap_or(Priority::Normal);
        let (message, _) =
            raw.into_message(topic, |value| entry.share(value), tier, self.names.limits).ok()?;
        Some(Delivery::new(entry.id(), entry.stream().clone(), message))
    }
}

#[cfg(test)]
mod tests {
    use crate::store::RangeQuery;
    use crate::{Bus, BusConfig, Message, Priority};

    #[tokio::test]
    async fn an_entry_is_the_message_that_was_published() {
        let bus =
            Bus::connect(BusConfig { store: Some("memory:".into()), ..BusConfig::default() }).await.unwrap();
        let message = Message::new("a.b", "[1]").unwrap().priority(Priority::High).header("k", "v");
        let id = bus.publish(message).await.unwrap().await.unwrap();
        let streams = bus.streams();
        let stream = streams.list().await.unwrap().remove(0);
        let page = streams.read(&stream, RangeQuery::default()).next().await.unwrap().unwrap();
        let delivery = streams.message(page.entries().next().unwrap()).unwrap();
        assert_eq!((delivery.id, delivery.topic.as_str(), delivery.priority), (id, "a.b", Priority::High));
        assert_eq!(&delivery.payload[..], b"[1]");
        let _ = bus.close().await;
    }
}
