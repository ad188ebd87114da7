//! Watching streams: what came, what was read, and what is waiting, between one look and the next.

use std::time::{Duration, Instant};

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::StreamKey;
use crate::store::{GroupInfo, StreamInfo};

/// Looks at streams again and again.
#[derive(Debug)]
pub struct Watch {
    manager: StreamManager,
    streams: Vec<StreamKey>,
    /// When the streams of the bus were last searched; `None` if others are watched.
    searched: Option<Instant>,
    /// What was seen of each stream the last time.
    before: HashMap<StreamKey, Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    last_id: EntryId,
    entries_added: Option<u64>,
    /// Entries that each group had read.
    read: HashMap<String, Option<u64>>,
}

/// A stream at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSample {
    /// The stream.
    pub stream: StreamKey,
    /// How it is; `None` if it is not there.
    pub state: Option<StreamState>,
}

/// How a stream is, and what became of it since the last look.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamState {
    /// What it says about itself.
    pub info: StreamInfo,
    /// Time since the last look; `None` at the first.
    pub since: Option<Duration>,
    /// Entries that were added since the last look, where the store tells.
    pub added: Option<u64>,
    /// Its groups.
    pub groups: Vec<GroupSample>,
}

/// A group at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSample {
    /// What it says about itself.
    pub info: GroupInfo,
    /// Entries that it was delivered since the last look, where the store tells.
    pub read: Option<u64>,
}

impl StreamState {
    /// Entries added a second since the last look.
    pub fn added_per_second(&self) -> Option<f64> {
        self.per_second(self.added)
    }

    /// Entries a second that a group of this stream was delivered since the last look.
    pub fn read_per_second(&self, group: &GroupSample) -> Option<f64> {
        self.per_second(group.read)
    }

    /// Entries that wait for the slowest group, where the store tells; `None` without groups.
    pub fn most_lag(&self) -> Option<u64> {
        self.groups.iter().filter_map(|group| group.info.lag).max()
    }

    fn per_second(&self, entries: Option<u64>) -> Option<f64> {
        let since = self.since.filter(|since| !since.is_zero())?;
        Some(entries? as f64 / since.as_secs_f64())
    }
}

impl StreamManager {
    /// Watches the streams of the bus, also those that appear later, or only the given ones.
    pub fn watch(&self, streams: Option<Vec<StreamKey>>) -> Watch {
        let searched = streams.is_none().then(Instant::now);
        let streams = streams.unwrap_or_default();
        Watch { manager: self.clone(), streams, searched, before: HashMap::new() }
    }
}

impl Watch {
    /// Looks at all streams, by key or in the order given.
    ///
    /// # Errors
    ///
    /// When the store cannot be used, or one of the keys holds something else. The next look may do.
    pub async fn sample(&mut self) -> Result<Vec<StreamSample>, ManageError> {
        self.search().await?;
        let mut samples = Vec::with_capacity(self.streams.len());
        let mut seen = HashMap::with_capacity(self.streams.len());
        for stream in &self.streams {
            let state = match self.manager.store.info(stream).await? {
                Some(info) => {
                    let groups = self.manager.store.consumer_groups().groups(stream).await?;
                    let now = Seen::new(&info, &groups);
                    let state = now.state(self.before.get(stream), info, groups);
                    seen.insert(stream.clone(), now);
                    Some(state)
                }
                None => None,
            };
            samples.push(StreamSample { stream: stream.clone(), state });
        }
        self.before = seen;
        Ok(samples)
    }

    /// Finds the streams of the bus, at first and then now and then.
    async fn search(&mut self) -> Result<(), ManageError> {
        let Some(searched) = self.searched else { return Ok(()) };
        if self.streams.is_empty() || searched.elapsed() >= self.manager.names.search_interval {
            self.streams = self.manager.list().await?;
            self.searched = Some(Instant::now());
        }
        Ok(())
    }
}

impl Seen {
    fn new(info: &StreamInfo, groups: &[GroupInfo]) -> Self {
        let read = groups.iter().map(|group| (group.name.clone(), group.entries_read)).collect();
        Self { at: Instant::now(), last_id: info.last_id, entries_added: info.entries_added, read }
    }

    /// What the stream is like, and what became of it since it was seen before.
    fn state(&self, before: Option<&Self>, info: StreamInfo, groups: Vec<GroupInfo>) -> StreamState {
        // A last id that went back is that of another stream with the same key.
        let before = before.filter(|before| before.last_id <= self.last_id);
        let added = before.and_then(|before| self.entries_added?.checked_sub(before.entries_added?));
        let read = |group: &GroupInfo| {
            let before = (*before?.read.get(&group.name)?)?;
            group.entries_read?.checked_sub(before)
        };
        let groups = groups.into_iter().map(|info| GroupSample { read: read(&info), info }).collect();
        StreamState { info, since: before.map(|before| self.at - before.at), added, groups }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{EntryId, GroupInfo, Seen, StreamInfo};

    fn info(last: u64, added: Option<u64>) -> StreamInfo {
        StreamInfo {
            len: 1,
            first: None,
            last: None,
            last_id: EntryId::new(last, 0),
            entries_added: added,
            groups: 1,
            memory_bytes: None,
        }
    }

    fn group(read: Option<u64>) -> Vec<GroupInfo> {
        vec![GroupInfo {
            name: "g".into(),
            consumers: 0,
            pending: 0,
            last_delivered: EntryId::MIN,
            entries_read: read,
            lag: Some(3),
        }]
    }

    #[test]
    fn rates_are_what_came_between_two_looks() {
        let before = Seen::new(&info(5, Some(10)), &group(Some(4)));
        let look = |info: StreamInfo, groups: Vec<GroupInfo>| {
            let mut now = Seen::new(&info, &groups);
            now.at = before.at + Duration::from_secs(2);
            now.state(Some(&before), info, groups)
        };
        let state = look(info(6, Some(30)), group(Some(5)));
        assert_eq!(
            (state.added_per_second(), state.read_per_second(&state.groups[0])),
            (Some(10.0), Some(0.5))
        );
        assert_eq!(state.most_lag(), Some(3));
        let untold = look(info(6, None), group(None));
        assert_eq!((untold.added_per_second(), untold.groups[0].read), (None, None));
        let reset = look(info(6, Some(30)), group(Some(1)));
        assert_eq!((reset.added, reset.groups[0].read), (Some(20), None), "a group that was reset");
        let another = look(info(4, Some(30)), group(Some(5)));
        assert_eq!((another.since, another.added), (None, None), "another stream of that name");
    }
}
