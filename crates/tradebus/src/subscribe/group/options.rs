//! How to subscribe as a member of a consumer group.

use std::time::Duration;

use smol_str::SmolStr;

use super::HANDED_BACK;
use crate::StreamKey;
use crate::config::{BusConfig, HandlingOrder};
use crate::subscribe::{StartFrom, SubscribeError, SubscribeOptions};

/// How to subscribe as a consumer of a group. The default: a name of its own, what comes from now on where the group is new, the
/// streams of the bus, and bounds as configured.
#[derive(Debug, Clone)]
pub struct GroupOptions {
    pub(super) group: SmolStr,
    pub(super) consumer: Option<SmolStr>,
    pub(in crate::subscribe) from: StartFrom,
    pub(in crate::subscribe) streams: Vec<StreamKey>,
    pub(in crate::subscribe) capacity: Option<usize>,
    pub(super) max_deliveries: Option<u32>,
    pub(super) bury_expired: bool,
    pub(super) single_active: bool,
    pub(super) ordering: Option<HandlingOrder>,
    pub(super) handler_timeout: Option<Duration>,
}

impl SubscribeOptions {
    /// As a consumer of this group: the group gets each message at least once, and its consumers share them.
    pub fn group(name: impl Into<SmolStr>) -> GroupOptions {
        GroupOptions {
            group: name.into(),
            consumer: None,
            from: StartFrom::Latest,
            streams: Vec::new(),
            capacity: None,
            max_deliveries: None,
            bury_expired: false,
            single_active: false,
            ordering: None,
            handler_timeout: None,
        }
    }
}

impl GroupOptions {
    /// The name of this consumer. One that was there before gets what it left unfinished; two at one time with the same name disturb
    /// each other.
    #[must_use]
    pub fn consumer(mut self, name: impl Into<SmolStr>) -> Self {
        self.consumer = Some(name.into());
        self
    }

    /// Where the group begins in streams in which it is not there yet.
    #[must_use]
    pub fn from(mut self, from: StartFrom) -> Self {
        self.from = from;
        self
    }

    /// Reads this stream instead of those of the bus; call again for more.
    #[must_use]
    pub fn stream(mut self, stream: impl Into<StreamKey>) -> Self {
        self.streams.push(stream.into());
        self
    }

    /// Most messages that wait in each tier, at least 1.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = Some(messages.max(1));
        self
    }

    /// How often a message is delivered before it becomes a dead letter, at least 1.
    #[must_use]
    pub fn max_deliveries(mut self, deliveries: u32) -> Self {
        self.max_deliveries = Some(deliveries.max(1));
        self
    }

    /// Makes dead letters of messages that [expired](crate::Message::expires_at) before they were handed out. Otherwise they are
    /// acknowledged and counted.
    #[must_use]
    pub fn dead_letter_expired(mut self) -> Self {
        self.bury_expired = true;
        self
    }

    /// One consumer of the group gets all messages, the others stand by, and one of them takes over: at once when the active one leaves, and
    /// after `lease_ttl_ms` when it has died. All consumers of the group have to ask for it.
    ///
    /// Whoever was active and stalled may still be at work on a message when its successor begins. Pass
    /// [`fencing_token`](crate::Delivery::fencing_token) on to what the message changes, and refuse there what comes with a smaller one
    /// than was seen before.
    #[must_use]
    pub fn single_active(mut self) -> Self {
        self.single_active = true;
        self
    }

    /// Which messages are handled one after the other by a handler. It also says how the members of a group share a bus with `shards`:
    /// with the order of each topic, a shard is one member's at a time; without, everybody takes from all.
    #[must_use]
    pub fn ordering(mut self, ordering: HandlingOrder) -> Self {
        self.ordering = Some(ordering);
        self
    }

    /// With a handler: longest that it may take for a message; zero means no limit. A message that takes longer counts as failed.
    #[must_use]
    pub fn handler_timeout(mut self, limit: Duration) -> Self {
        self.handler_timeout = Some(limit);
        self
    }

    /// The names of group and consumer.
    pub(super) fn names(&self, config: &BusConfig) -> Result<(SmolStr, SmolStr), SubscribeError> {
        let consumer = self.consumer.clone().unwrap_or_else(|| {
            let (name, process) = (&config.client_name, std::process::id());
            smol_str::format_smolstr!("{name}-{process}-{:08x}", fastrand::u32(..))
        });
        for (what, name) in [("group", &self.group), ("consumer", &consumer)] {
            let allowed = !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control);
            if !allowed || name == HANDED_BACK {
                return Err(SubscribeError::Name { what, name: name.to_string() });
            }
        }
        Ok((self.group.clone(), consumer))
    }
}
