//! Which stream a message lies in.

use xxhash_rust::xxh3::xxh3_64;

use crate::config::{BusConfig, Layout};
use crate::wire::dead::DEAD;
use crate::wire::delayed::DELAYED;
use crate::wire::nautilus::topic_key;
use crate::{Priority, StreamKey, Topic};

/// Whether `{base}:{topic}` is a stream of the bus itself, so that with a stream for each topic this cannot be one. Dead letters
/// look like messages: a group that read them as such would bury its failures again and again.
pub(crate) fn is_reserved(topic: &[u8]) -> bool {
    [DEAD, DELAYED].iter().any(|reserved| reserved.as_bytes() == topic)
}

/// The streams of a bus, as its configuration lays them out.
#[derive(Debug, Clone)]
pub(crate) enum Streams {
    /// One stream a tier, or one a tier and shard.
    Lanes {
        /// By number of the tier, then by shard.
        lanes: [Vec<StreamKey>; 4],
    },
    /// One stream for all topics.
    Single(StreamKey),
    /// One stream a topic.
    Topic {
        /// What every key starts with, before the colon and the topic.
        base: String,
    },
}

impl Streams {
    pub(crate) fn new(config: &BusConfig) -> Self {
        let base = config.stream_base();
        match config.layout() {
            Layout::Single => Self::Single(StreamKey::new(base)),
            Layout::Topic => Self::Topic { base },
            Layout::Lanes => {
                let lane = |tier: Priority| match config.shards {
                    0 => vec![StreamKey::new(format!("{base}:{tier}"))],
                    shards => (0..shards).map(|n| StreamKey::new(format!("{base}:{tier}:{n}"))).collect(),
                };
                let mut lanes: [Vec<StreamKey>; 4] = Default::default();
                for tier in Priority::ALL {
                    lanes[tier.number()] = lane(tier);
                }
                Self::Lanes { lanes }
            }
        }
    }

    /// The stream of a message, where it does not depend on the text of the topic.
    pub(crate) fn fixed(&self, tier: Priority, topic: &Topic) -> Option<&StreamKey> {
        match self {
            Self::Lanes { lanes } => Some(shard(&lanes[tier.number()], topic)),
            Self::Single(stream) => Some(stream),
            Self::Topic { .. } => None,
        }
    }

    /// The stream of a message.
    pub(crate) fn of(&self, tier: Priority, topic: &Topic) -> StreamKey {
        match self {
            Self::Lanes { lanes } => shard(&lanes[tier.number()], topic).clone(),
            Self::Single(stream) => stream.clone(),
            Self::Topic { base } => topic_key(base, topic),
        }
    }

    /// The tier of everything in a stream, where the stream tells.
    pub(crate) fn tier_of(&self, stream: &StreamKey) -> Option<Priority> {
        match self {
            Self::Lanes { lanes } => {
                Priority::ALL.into_iter().find(|tier| lanes[tier.number()].contains(stream))
            }
            _ => None,
        }
    }
}

/// The stream of a topic among those of its tier.
fn shard<'a>(lane: &'a [StreamKey], topic: &Topic) -> &'a StreamKey {
    match lane {
        [lane] => lane,
        shards => &shards[(xxh3_64(topic.as_bytes()) % shards.len() as u64) as usize],
    }
}
