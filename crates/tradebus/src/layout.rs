//! Which stream a message lies in.

use xxhash_rust::xxh3::xxh3_64;

use crate::config::{BusConfig, Layout};
use crate::wire::dead::DEAD;
use crate::wire::delayed::DELAYED;
use crate::wire::nautilus::topic_key;
use crate::{Priority, StreamKey, Topic};

/// What the topics of answers begin with. They lie in [a stream of their own](reply_stream), whatever the layout.
pub(crate) const REPLY_PREFIX: &str = "tradebus.reply.";
const REPLY: &str = "reply";

/// The stream of answers. Whoever asks reads it, and need not read everything else.
pub(crate) fn reply_stream(base: &str) -> StreamKey {
    StreamKey::new(format!("{base}:{REPLY}"))
}

fn is_reply(topic: &Topic) -> bool {
    topic.as_str().starts_with(REPLY_PREFIX)
}

/// Whether `{base}:{topic}` is a stream of the bus itself, so that with a stream for each topic this cannot be one. Dead letters
/// look like messages: a group that read them as such would bury its failures again and again.
pub(crate) fn is_reserved(topic: &[u8]) -> bool {
    [DEAD, DELAYED, REPLY].iter().any(|reserved| reserved.as_bytes() == topic)
}

/// The streams of a bus, as its configuration lays them out.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    /// What every key starts with.
    pub(crate) base: String,
    pub(crate) layout: LaidOut,
    reply: StreamKey,
}

/// Where messages lie that are no answers.
#[derive(Debug, Clone)]
pub(crate) enum LaidOut {
    /// One stream a tier, or one a tier and shard.
    Lanes {
        /// By number of the tier, then by shard.
        lanes: [Vec<StreamKey>; 4],
    },
    /// One stream for all topics.
    Single(StreamKey),
    /// One stream a topic: `{base}:{topic}`.
    Topic,
}

impl Streams {
    pub(crate) fn new(config: &BusConfig) -> Self {
        let base = config.stream_base();
        let reply = reply_stream(&base);
        let layout = match config.layout() {
            Layout::Single => LaidOut::Single(StreamKey::new(&base)),
            Layout::Topic => LaidOut::Topic,
            Layout::Lanes => {
                let lane = |tier: Priority| match config.shards {
                    0 => vec![StreamKey::new(format!("{base}:{tier}"))],
                    shards => (0..shards).map(|n| StreamKey::new(format!("{base}:{tier}:{n}"))).collect(),
                };
                let mut lanes: [Vec<StreamKey>; 4] = Default::default();
                for tier in Priority::ALL {
                    lanes[tier.number()] = lane(tier);
                }
                LaidOut::Lanes { lanes }
            }
        };
        Self { base, layout, reply }
    }

    /// The stream of a message, where it does not depend on the text of the topic alone.
    pub(crate) fn fixed(&self, tier: Priority, topic: &Topic) -> Option<&StreamKey> {
        if is_reply(topic) {
            return Some(&self.reply);
        }
        match &self.layout {
            LaidOut::Lanes { lanes } => Some(shard(&lanes[tier.number()], topic)),
            LaidOut::Single(stream) => Some(stream),
            LaidOut::Topic => None,
        }
    }

    /// The stream of a message.
    pub(crate) fn of(&self, tier: Priority, topic: &Topic) -> StreamKey {
        self.fixed(tier, topic).cloned().unwrap_or_else(|| topic_key(&self.base, topic))
    }

    /// The tier of everything in a stream, where the stream tells.
    pub(crate) fn tier_of(&self, stream: &StreamKey) -> Option<Priority> {
        match &self.layout {
            LaidOut::Lanes { lanes } => {
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
