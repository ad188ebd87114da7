//! Which streams there are, and what each is like.

use std::time::Duration;

use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::store::StreamInfo;
use crate::{Priority, StreamKey};

/// A stream as it is at the moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamDescription {
    /// The stream.
    pub stream: StreamKey,
    /// What it says about itself.
    pub info: StreamInfo,
    /// Time since the oldest entry was stored, by the store's clock; 0 if that is in the future.
    pub first_age: Option<Duration>,
    /// Time since the newest entry was stored, by the store's clock; 0 if that is in the future.
    pub last_age: Option<Duration>,
    /// Entries a second, on average since the oldest one that is still there was stored; `None` for less than a second.
    pub rate_per_second: Option<f64>,
}

impl StreamManager {
    /// The streams of the bus, by key: all whose keys are made of its base.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn list(&self) -> Result<Vec<StreamKey>, ManageError> {
        let base = self.names.base.as_bytes();
        let mut streams = self.list_with_prefix(base).await?;
        streams.retain(|stream| matches!(stream.as_bytes()[base.len()..].first(), None | Some(b':')));
        Ok(streams)
    }

    /// The streams of the store whose keys start with `prefix`, by key; all with an empty prefix.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn list_with_prefix(&self, prefix: &[u8]) -> Result<Vec<StreamKey>, ManageError> {
        let mut streams = self.store.streams(prefix).await?;
        streams.sort_unstable();
        Ok(streams)
    }

    /// What a stream is like.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the store cannot be used.
    pub async fn describe(&self, stream: &StreamKey) -> Result<StreamDescription, ManageError> {
        let described = self.describe_all(std::slice::from_ref(stream)).await?.pop();
        described.ok_or_else(|| ManageError::NoStream { stream: stream.clone() })
    }

    /// What several streams are like, in their order; those that are not there (any more) are left out.
    ///
    /// # Errors
    ///
    /// When the store cannot be used, or one of the keys holds something else.
    pub async fn describe_all(&self, streams: &[StreamKey]) -> Result<Vec<StreamDescription>, ManageError> {
        let now_ms = self.store.now_ms().await?;
        let mut described = Vec::with_capacity(streams.len());
        for stream in streams {
            if let Some(info) = self.store.info(stream).await? {
                described.push(StreamDescription::new(stream.clone(), info, now_ms));
            }
        }
        Ok(described)
    }

    /// The tier of all messages in a stream of the bus, where its layout has a stream for each.
    pub fn tier_of(&self, stream: &StreamKey) -> Option<Priority> {
        self.names.layout.tier_of(stream)
    }

    /// What a stream says about itself.
    pub(super) async fn info(&self, stream: &StreamKey) -> Result<StreamInfo, ManageError> {
        let info = self.store.info(stream).await?;
        info.ok_or_else(|| ManageError::NoStream { stream: stream.clone() })
    }
}

impl StreamDescription {
    fn new(stream: StreamKey, info: StreamInfo, now_ms: u64) -> Self {
        let age = |id: EntryId| Duration::from_millis(now_ms.saturating_sub(id.ms));
        let first_age = info.first.map(age);
        let span = first_age.filter(|age| *age >= Duration::from_secs(1));
        Self {
            stream,
            info,
            first_age,
            last_age: info.last.map(age),
            rate_per_second: span.map(|span| info.len as f64 / span.as_secs_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{EntryId, StreamDescription, StreamInfo};

    fn described(first: u64, last: u64, len: u64) -> StreamDescription {
        let id = |ms| Some(EntryId::new(ms, 0));
        let info = StreamInfo {
            len,
            first: id(first),
            last: id(last),
            last_id: EntryId::new(last, 0),
            entries_added: None,
            groups: 0,
            memory_bytes: None,
        };
        StreamDescription::new("s".into(), info, 20_000)
    }

    #[test]
    fn ages_and_rate_are_by_the_clock_of_the_store() {
        let it = described(10_000, 15_000, 50);
        assert_eq!(
            (it.first_age, it.last_age),
            (Some(Duration::from_secs(10)), Some(Duration::from_secs(5)))
        );
        assert_eq!(it.rate_per_second, Some(5.0));
        assert_eq!(described(19_500, 19_600, 50).rate_per_second, None, "too short a time to say");
        assert_eq!(described(30_000, u64::MAX, 1).last_age, Some(Duration::ZERO), "ids of the future");
    }
}
