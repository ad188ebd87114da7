//! The live readers of a subscription: with a stream for each tier, one for the CRITICAL tier and one for all others, so that no
//! large read of bulk data is ever in front of a CRITICAL message.

use std::sync::Arc;

use super::live::{Joining, LiveHandle};
use super::shared::Subscriber;
use crate::StreamKey;
use crate::store::{Position, StoreError, StreamStore};

/// Keeps live readers at work, the most urgent first.
#[derive(Debug, Clone)]
pub(super) struct Readers(Vec<Arc<LiveHandle>>);

impl Readers {
    pub(super) fn new(readers: Vec<Arc<LiveHandle>>) -> Self {
        Self(readers)
    }

    pub(super) fn one(reader: Arc<LiveHandle>) -> Self {
        Self(vec![reader])
    }

    /// Joins each reader with the places in its streams.
    pub(super) async fn join(&self, subscriber: &Arc<Subscriber>, places: &[Position]) {
        for reader in &self.0 {
            let places = places.iter().filter(|place| reader.source.covers(&place.stream)).cloned().collect();
            reader.join(Joining { subscriber: subscriber.clone(), places }).await;
        }
    }

    /// Whether streams may appear later.
    pub(super) fn are_searching(&self) -> bool {
        self.0.iter().any(|reader| reader.source.is_searched())
    }

    /// The streams that there are now, the most urgent first.
    pub(super) async fn find(
        &self,
        store: &dyn StreamStore,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<StreamKey>, StoreError> {
        let mut streams = Vec::new();
        for reader in &self.0 {
            streams.extend(reader.source.find(store, &wanted).await?);
        }
        Ok(streams)
    }
}
