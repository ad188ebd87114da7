//! The streams between two looks. However many there are, a look takes a bounded time: with very many, each look is at some of them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use tradebus::{EntryId, GroupSample, ManageError, Priority, StreamKey, StreamManager, StreamState, Watch};

use super::snapshot::{GroupView, StreamView, StreamsView};

/// Streams of one look.
const A_LOOK: usize = 256;
/// Streams of a snapshot.
const SHOWN: usize = 100;
/// How often it is asked which streams there are.
const SEARCH: Duration = Duration::from_secs(5);

/// What was seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) view: StreamsView,
    /// Entries a second, over all streams.
    pub(super) stored: Option<f64>,
    /// Entries a second by number of the tier.
    pub(super) stored_by_tier: [Option<f64>; 4],
    pub(super) dead_letters: Option<u64>,
}

/// Looks at all streams of a bus, some at a time.
#[derive(Debug)]
pub(super) struct Streams {
    manager: StreamManager,
    parts: Vec<Watch>,
    keys: Vec<StreamKey>,
    searched: Option<Instant>,
    turn: usize,
    known: HashMap<StreamKey, StreamView>,
}

impl Streams {
    pub(super) fn new(manager: StreamManager) -> Self {
        Self { manager, parts: Vec::new(), keys: Vec::new(), searched: None, turn: 0, known: HashMap::new() }
    }

    /// The next look. What cannot be asked now is as it was seen last.
    pub(super) async fn look(&mut self) -> Seen {
        match self.ask().await {
            Ok(dead_letters) => self.seen(Some(dead_letters)),
            Err(error) => {
                tracing::debug!(%error, "the streams were not looked at");
                self.unseen()
            }
        }
    }

    /// What was seen last, without rates: those are not known.
    pub(super) fn unseen(&mut self) -> Seen {
        for view in self.known.values_mut() {
            view.rate = None;
        }
        self.seen(None)
    }

    async fn ask(&mut self) -> Result<u64, ManageError> {
        self.search().await?;
        if !self.parts.is_empty() {
            self.turn = (self.turn + 1) % self.parts.len();
            let now_ms = self.manager.store().now_ms().await?;
            for sample in self.parts[self.turn].sample().await? {
                match sample.state {
                    Some(state) => {
                        let view = view(&sample.stream, self.manager.tier_of(&sample.stream), &state, now_ms);
                        self.known.insert(sample.stream, view);
                    }
                    None => drop(self.known.remove(&sample.stream)),
                }
            }
        }
        self.manager.dead_letters().count().await
    }

    /// Finds out which streams there are, now and then. Those that are still the same are not seen for the first time.
    async fn search(&mut self) -> Result<(), ManageError> {
        if self.searched.is_some_and(|at| at.elapsed() < SEARCH) {
            return Ok(());
        }
        let keys = self.manager.list().await?;
        self.searched = Some(Instant::now());
        if keys != self.keys {
            self.parts = keys.chunks(A_LOOK).map(|part| self.manager.watch(Some(part.to_vec()))).collect();
            self.known.retain(|key, _| keys.binary_search(key).is_ok());
            self.keys = keys;
        }
        Ok(())
    }

    fn seen(&self, dead_letters: Option<u64>) -> Seen {
        let all = || self.known.values();
        let rates = |tier: Option<Priority>| {
            let of_tier =
                all().filter(|view| tier.is_none_or(|tier| view.tier.as_deref() == Some(tier.name())));
            sum(of_tier.map(|view| view.rate))
        };
        let mut stored_by_tier = [None; 4];
        for tier in Priority::ALL {
            stored_by_tier[tier.number()] = rates(Some(tier));
        }
        let mut rows: Vec<&StreamView> = all().collect();
        let order = |view: &&StreamView| {
            (Reverse(view.rate.unwrap_or(0.0) as u64), Reverse(view.length), view.stream.clone())
        };
        rows.sort_by_cached_key(order);
        let view = StreamsView {
            count: self.known.len() as u64,
            round_seconds: self.parts.len().max(1) as f64,
            length: all().map(|view| view.length).sum(),
            memory_bytes: all().filter_map(|view| view.memory_bytes).reduce(|a, b| a + b),
            rows: rows.into_iter().take(SHOWN).cloned().collect(),
        };
        Seen { view, stored: rates(None), stored_by_tier, dead_letters }
    }
}

/// The sum of those that are known; `None` if none is.
fn sum(rates: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    rates.flatten().reduce(|a, b| a + b)
}

/// A stream as it is shown.
pub(crate) fn view(
    stream: &StreamKey,
    tier: Option<Priority>,
    state: &StreamState,
    now_ms: u64,
) -> StreamView {
    let age = |id: EntryId| Duration::from_millis(now_ms.saturating_sub(id.ms)).as_secs_f64();
    let group = |group: &GroupSample| GroupView {
        group: group.info.name.clone(),
        consumers: group.info.consumers,
        pending: group.info.pending,
        lag: group.info.lag,
        rate: state.read_per_second(group),
    };
    StreamView {
        stream: stream.to_string(),
        tier: tier.map(|tier| tier.name().to_owned()),
        length: state.info.len,
        rate: state.added_per_second(),
        memory_bytes: state.info.memory_bytes,
        oldest_age_seconds: state.info.first.map(age),
        newest_age_seconds: state.info.last.map(age),
        groups: state.groups.iter().map(group).collect(),
    }
}

#[cfg(test)]
mod tests {
    use tradebus::{Bus, BusConfig, Layout, Message, Priority};

    use super::{A_LOOK, SHOWN, Streams};

    async fn bus(layout: Layout) -> Bus {
        let config = BusConfig { store: Some("memory:".into()), layout, ..BusConfig::default() };
        Bus::connect(config).await.unwrap()
    }

    #[tokio::test]
    async fn lanes_are_seen_by_tier() {
        let bus = bus(Layout::Lanes).await;
        let publish = async |count: usize| {
            for _ in 0..count {
                let message = Message::new("t", "x").unwrap().priority(Priority::High);
                bus.publish(message).await.unwrap().await.unwrap();
            }
        };
        publish(3).await;
        let mut streams = Streams::new(bus.streams());
        let first = streams.look().await;
        assert_eq!((first.view.count, first.view.length, first.stored), (1, 3, None));
        publish(2).await;
        let second = streams.look().await;
        assert!(second.stored_by_tier[Priority::High.number()].is_some_and(|rate| rate > 0.0), "{second:?}");
        assert_eq!(second.stored_by_tier[Priority::Low.number()], None);
        assert_eq!(second.view.rows[0].tier.as_deref(), Some("high"));
        assert_eq!(second.dead_letters, Some(0));
        let unseen = streams.unseen();
        assert_eq!((unseen.view.length, unseen.stored, unseen.dead_letters), (5, None, None));
        let _ = bus.close().await;
    }

    #[tokio::test]
    async fn very_many_streams_are_seen_some_at_a_time() {
        let bus = bus(Layout::Topic).await;
        let mut receipts = Vec::new();
        for number in 0..=A_LOOK * 2 {
            let message = Message::new(format!("t{number}").as_str(), "x").unwrap();
            receipts.push(bus.publish(message).await.unwrap());
        }
        for receipt in receipts {
            receipt.await.unwrap();
        }
        let mut streams = Streams::new(bus.streams());
        let counts: Vec<u64> = {
            let mut counts = Vec::new();
            for _ in 0..3 {
                counts.push(streams.look().await.view.count);
            }
            counts
        };
        assert!(counts[0] <= A_LOOK as u64 && counts[2] == (A_LOOK * 2 + 1) as u64, "{counts:?}");
        let seen = streams.look().await;
        assert_eq!((seen.view.rows.len(), seen.view.round_seconds), (SHOWN, 3.0));
        let _ = bus.close().await;
    }
}
