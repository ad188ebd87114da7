//! Which stream a message goes to.

use hashbrown::HashMap;

use crate::config::BusConfig;
use crate::layout::{LaidOut, Streams};
use crate::wire::delayed::delayed_stream;
use crate::wire::nautilus::topic_key;
use crate::{Message, StreamKey, Topic};

/// The stream of each topic; those that depend on the text of the topic are remembered.
#[derive(Debug)]
pub(super) struct Keys {
    streams: Streams,
    of_topic: HashMap<Topic, StreamKey>,
    most: usize,
    /// The stream of what is delayed.
    delayed: StreamKey,
}

impl Keys {
    pub(super) fn new(config: &BusConfig) -> Self {
        Self {
            streams: Streams::new(config),
            of_topic: HashMap::new(),
            most: config.topic_cache_size,
            delayed: delayed_stream(config),
        }
    }

    /// Makes sure that [`get`](Self::get) knows these topics.
    pub(super) fn learn<'a>(&mut self, topics: impl Iterator<Item = &'a Topic>) {
        if !matches!(self.streams.layout, LaidOut::Topic) {
            return;
        }
        if self.of_topic.len() >= self.most {
            self.of_topic.clear();
        }
        for topic in topics {
            if !self.of_topic.contains_key(topic) {
                self.of_topic.insert(topic.clone(), topic_key(&self.streams.base, topic));
            }
        }
    }

    pub(super) fn get(&self, message: &Message) -> &StreamKey {
        if message.due().is_some() {
            return &self.delayed;
        }
        let topic = &message.topic;
        self.streams.fixed(message.priority, topic).unwrap_or_else(|| &self.of_topic[topic])
    }

    /// Whether this is the stream of what is delayed.
    pub(super) fn is_delayed(&self, stream: &StreamKey) -> bool {
        *stream == self.delayed
    }
}
