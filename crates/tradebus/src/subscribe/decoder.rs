//! Messages of the past, for those who read streams by themselves.

use std::sync::Arc;

use super::Subscriptions;
use super::shared::Reading;
use crate::store::{EntryRef, StoreError};
use crate::wire::record::RawRecord;
use crate::{Delivery, Pattern, StreamKey, Topic};

/// Makes messages of entries, as the readers of subscriptions do.
#[derive(Debug, Clone)]
pub(crate) struct Decoder(Arc<Reading>);

impl Subscriptions {
    pub(crate) fn decoder(&self) -> Decoder {
        Decoder(self.reading.clone())
    }

    /// The streams that there are now in which topics lie that match any of these patterns.
    pub(crate) async fn streams_of(&self, patterns: &[Pattern]) -> Result<Vec<StreamKey>, StoreError> {
        let wanted = |topic: &[u8]| patterns.iter().any(|pattern| pattern.matches(topic));
        let mut streams = Vec::new();
        for source in &self.defaults.sources {
            streams.extend(source.find(&*self.reading.store, &wanted).await?);
        }
        Ok(streams)
    }
}

impl Decoder {
    /// The message of an entry if its topic matches any of these patterns. An entry that is none is counted.
    pub(crate) fn wanted(&self, entry: EntryRef<'_>, patterns: &[Pattern]) -> Option<Delivery> {
        match RawRecord::parse(entry.fields()) {
            Ok(raw) => {
                let wanted = patterns.iter().any(|pattern| pattern.matches(raw.topic.as_bytes()));
                let topic = wanted.then(|| Topic::as_read(raw.topic))?;
                self.0.delivery(entry, raw, topic, true)
            }
            Err(kind) => {
                let place = format_args!("{} in {}", entry.id(), entry.stream());
                self.0.meters.note_malformed(kind, place);
                None
            }
        }
    }
}
