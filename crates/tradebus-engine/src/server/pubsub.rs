//! Channels: who subscribes to what, and messages on their way to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::client::Client;
use super::outbox::Letter;
use super::stats::Stats;
use crate::glob_matches;
use crate::keyspace::Key;

/// All channels that somebody subscribes to. Its lock is taken before that of an outbox, and after that of the store.
#[derive(Default)]
pub(super) struct PubSub {
    topics: Mutex<Topics>,
}

/// Subscribers by number: the oldest connection first.
type Subscribers = BTreeMap<u64, Arc<Client>>;

#[derive(Default)]
struct Topics {
    channels: HashMap<Key, Subscribers>,
    patterns: HashMap<Key, Subscribers>,
}

/// Channels by name, or by pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Name,
    Pattern,
}

impl Topics {
    const fn of(&mut self, by: By) -> &mut HashMap<Key, Subscribers> {
        match by {
            By::Name => &mut self.channels,
            By::Pattern => &mut self.patterns,
        }
    }

    fn leave(&mut self, by: By, topic: &[u8], client: u64) {
        let topics = self.of(by);
        let Some(subscribers) = topics.get_mut(topic) else { return };
        subscribers.remove(&client);
        if subscribers.is_empty() {
            topics.remove(topic);
        }
    }
}

impl PubSub {
    /// Gives a message to all who subscribe to its channel and returns how many they are: somebody who does so by name and by
    /// pattern gets it twice. Who has no room for it has to go.
    pub(super) fn publish(&self, channel: &[u8], message: &[u8], max_bytes: usize, stats: &Stats) -> usize {
        let topics = self.topics.lock();
        let mut receivers = 0;
        let mut send = |subscribers: &Subscribers, letter: &Letter| {
            receivers += subscribers.len();
            for client in subscribers.values() {
                deliver(client, letter, max_bytes, stats);
            }
        };
        if let Some(subscribers) = topics.channels.get(channel) {
            send(subscribers, &Letter::new(&[b"message", channel, message]));
        }
        for (pattern, subscribers) in &topics.patterns {
            if glob_matches(pattern, channel) {
                send(subscribers, &Letter::new(&[b"pmessage", pattern, channel, message]));
            }
        }
        receivers
    }

    /// Shows the channels, by name, that match a pattern.
    pub(super) fn channels(&self, pattern: &[u8]) -> Vec<Key> {
        let topics = self.topics.lock();
        topics.channels.keys().filter(|channel| glob_matches(pattern, channel)).cloned().collect()
    }

    /// How many subscribe to a channel by name.
    pub(super) fn subscribers(&self, channel: &[u8]) -> usize {
        self.topics.lock().channels.get(channel).map_or(0, BTreeMap::len)
    }

    /// How many channels or patterns there are.
    pub(super) fn count(&self, by: By) -> usize {
        self.topics.lock().of(by).len()
    }
}

fn deliver(client: &Client, letter: &Letter, max_bytes: usize, stats: &Stats) {
    if client.ends().is_some() {
        return;
    }
    if client.outbox.put(letter, max_bytes) {
        client.call();
    } else {
        client.end_as_slow(stats);
    }
}

/// What one client subscribes to; all of it ends when this is dropped.
pub(super) struct Subscriptions {
    pubsub: Arc<PubSub>,
    client: Arc<Client>,
    channels: BTreeSet<Key>,
    patterns: BTreeSet<Key>,
    bytes: usize,
}

impl Subscriptions {
    pub(super) const fn new(pubsub: Arc<PubSub>, client: Arc<Client>) -> Self {
        Self { pubsub, client, channels: BTreeSet::new(), patterns: BTreeSet::new(), bytes: 0 }
    }

    pub(super) fn add(&mut self, by: By, topic: &[u8]) {
        let key = Key::from(topic);
        if self.of_mut(by).insert(Arc::clone(&key)) {
            self.bytes += bytes_of(topic);
            let mut topics = self.pubsub.topics.lock();
            topics.of(by).entry(key).or_default().insert(self.client.id, Arc::clone(&self.client));
        }
    }

    pub(super) fn remove(&mut self, by: By, topic: &[u8]) {
        if self.of_mut(by).remove(topic) {
            self.bytes -= bytes_of(topic);
            self.pubsub.topics.lock().leave(by, topic, self.client.id);
        }
    }

    pub(super) fn remove_all(&mut self) {
        let (channels, patterns) = (std::mem::take(&mut self.channels), std::mem::take(&mut self.patterns));
        self.bytes = 0;
        let mut topics = self.pubsub.topics.lock();
        for (by, left) in [(By::Name, channels), (By::Pattern, patterns)] {
            for topic in &left {
                topics.leave(by, topic, self.client.id);
            }
        }
    }

    /// The channels or the patterns, in the order of their bytes.
    pub(super) const fn of(&self, by: By) -> &BTreeSet<Key> {
        match by {
            By::Name => &self.channels,
            By::Pattern => &self.patterns,
        }
    }

    const fn of_mut(&mut self, by: By) -> &mut BTreeSet<Key> {
        match by {
            By::Name => &mut self.channels,
            By::Pattern => &mut self.patterns,
        }
    }

    /// How many channels and patterns.
    pub(super) fn len(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What their names take in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// With what the tables need for it, about.
const fn bytes_of(topic: &[u8]) -> usize {
    const TABLES: usize = 256;
    topic.len() + TABLES
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        if !self.is_empty() {
            self.remove_all();
        }
    }
}
