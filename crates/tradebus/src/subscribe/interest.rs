//! Which streams a bus has to do with, for those who look after them.

use std::sync::Weak;

use hashbrown::HashSet;

use super::shared::Source;
use super::{State, Subscriptions};
use crate::StreamKey;
use crate::store::{StoreError, StreamStore};

/// The streams of a bus, and those of them that it reads at the moment.
#[derive(Debug)]
pub(crate) struct Interest {
    /// Where it publishes, and reads if nothing else is named.
    own: Vec<Source>,
    /// What its subscriptions read.
    read: Vec<Source>,
    /// What its members of groups read.
    joined: HashSet<StreamKey>,
}

impl Subscriptions {
    /// What this bus has to do with at the moment.
    pub(crate) fn interest(&self) -> Interest {
        let State { live, members, .. } = &*self.state.lock();
        let is_live = |reader: &Weak<_>| reader.strong_count() > 0;
        let read = live.iter().filter(|(_, reader)| is_live(reader)).map(|(source, _)| source.clone());
        let members = members.iter().filter_map(Weak::upgrade);
        Interest {
            own: self.defaults.sources.clone(),
            read: read.collect(),
            joined: members.flat_map(|member| member.streams()).collect(),
        }
    }

    /// Messages that wait in subscriptions.
    pub(crate) fn waiting(&self) -> usize {
        let state = self.state.lock();
        let subscribers = state.subscribers.iter().filter_map(Weak::upgrade);
        let members = state.members.iter().filter_map(Weak::upgrade);
        subscribers.map(|it| it.queue.len()).chain(members.map(|it| it.waiting())).sum()
    }
}

impl Interest {
    /// All of them, in no order; some perhaps twice.
    pub(crate) async fn find(&self, store: &dyn StreamStore) -> Result<Vec<StreamKey>, StoreError> {
        let mut streams: Vec<StreamKey> = self.joined.iter().cloned().collect();
        for source in &self.own {
            streams.extend(source.find(store, &|_| true).await?);
        }
        for source in self.read.iter().filter(|source| !self.own.contains(source)) {
            if let Source::Keys(keys) = source {
                streams.extend_from_slice(keys);
            }
        }
        Ok(streams)
    }

    /// Whether it reads this one.
    pub(crate) fn reads(&self, stream: &StreamKey) -> bool {
        self.joined.contains(stream) || self.read.iter().any(|source| source.covers(stream))
    }
}
