//! Consumer groups: several members, in one process or many, share the messages, and each is delivered at least once.
//!
//! A [member](member) has a [reader](reader) for each tier, which takes what is new to the group; [claims](claims) look for what other
//! members leave behind, which is [taken over](takeover). What was delivered is in the [ledger](ledger) until the subscriber settles it; the
//! [settler](settler) tells the store: acknowledged in batches, delivered again after a [while](retries), or buried among the dead letters.
//! Where one member at a time may have a part of the streams, its [shares](shares) say what it may read and hand out.

mod burial;
mod claims;
mod delivery;
mod intake;
mod ledger;
mod member;
mod options;
mod reader;
mod retries;
mod returns;
mod settler;
mod shares;
mod streams;
mod subscription;
mod takeover;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tradebus_engine::EntryId;

pub use self::delivery::GroupDelivery;
pub use self::options::GroupOptions;
pub use self::subscription::GroupSubscription;

use self::claims::Claims;
use self::delivery::Received;
use self::intake::GroupIntake;
use self::ledger::Ledger;
pub(super) use self::member::Member;
use self::member::Rules;
use self::reader::Reader;
use self::settler::Settler;
use self::shares::{Shares, Steward, Terms};
use super::queue::Queue;
use super::shared::Source;
use super::{HandlerTask, StartFrom, SubscribeError, Subscriptions};
use crate::config::{BusConfig, HandlingOrder, SubscriptionPolicy};
use crate::layout::LaidOut;
use crate::store::{GroupStart, StoreError};
use crate::wire::dead::dead_letter_stream;
use crate::workers::{Handler, Pool};
use crate::{Pattern, Priority, StreamKey};

/// The consumer to which members that leave give what they have not finished; everybody claims from it at once.
pub(super) const HANDED_BACK: &str = "tradebus:handed-back";

type MemberQueue = Queue<Received>;

impl Rules {
    fn new(config: &BusConfig, options: &GroupOptions) -> Self {
        Self {
            max_deliveries: options.max_deliveries.unwrap_or(config.max_deliveries).into(),
            retry_min: Duration::from_millis(config.retry_min_ms),
            retry_max: Duration::from_millis(config.retry_max_ms),
            claim_idle: Duration::from_millis(config.claim_idle_ms),
            max_held: config.max_pending,
            bury_expired: options.bury_expired,
            dead: dead_letter_stream(config),
            max_dead: config.max_dead_letters,
        }
    }
}

impl Subscriptions {
    /// Joins a consumer group, which is made where it is missing. Everything that is published after this returns arrives at one of its
    /// members.
    pub(crate) async fn join_group(
        &self,
        pattern: Pattern,
        options: GroupOptions,
    ) -> Result<GroupSubscription, SubscribeError> {
        let (group, consumer) = options.names(&self.config)?;
        let shares = self.shares(&options);
        let capacity = options.capacity.unwrap_or(self.defaults.capacity);
        let member = Arc::new(Member {
            reading: self.reading.clone(),
            group,
            consumer,
            pattern,
            queue: Queue::new(SubscriptionPolicy::Wait, capacity, self.defaults.max_bytes),
            ledger: Ledger::default(),
            rules: Rules::new(&self.config, &options),
            shares,
            shares_held: self.reading.meters.group.shares.add(),
            positions: Mutex::default(),
            taking_over: tokio::sync::Mutex::default(),
            unfound: Mutex::default(),
            out: AtomicUsize::new(0),
            all_in: Notify::new(),
            leaving: watch::channel(None).0,
            left: watch::channel(false).0,
        });
        let readers = self.readers_of(&member, &options).await?;
        self.register_member(&member)?;
        let mut others = JoinSet::new();
        for reader in readers {
            others.spawn(reader.run());
        }
        others.spawn(Claims::new(&member).run());
        let mut settler = Settler::new(&member);
        if let Some(shares) = &member.shares {
            settler = settler.with_steward(Steward::new(&member, shares, self.terms(&member)));
        }
        self.reading.spawn(settler.run(others));
        Ok(GroupSubscription::new(member, self.config.shutdown_timeout()))
    }

    /// Joins a consumer group and runs a handler over its share of the messages.
    pub(crate) async fn join_group_with(
        &self,
        pattern: Pattern,
        options: GroupOptions,
        handler: impl Handler,
    ) -> Result<HandlerTask, SubscribeError> {
        let name = format!("{pattern} of the group {}", options.group);
        let consumer = self.tracer.consumer(&pattern, Some(&options.group));
        let settings = self.workers.for_pool(name, consumer, options.ordering, options.handler_timeout);
        let subscription = self.join_group(pattern, options).await?;
        let intake = GroupIntake::new(subscription, settings.timeout());
        Ok(HandlerTask::new(Pool::start(intake, settings, self.reading.meters.clone(), handler)))
    }

    /// How a member shares with the others of its group, where one at a time may have something.
    fn shares(&self, options: &GroupOptions) -> Option<Arc<Shares>> {
        if options.single_active {
            return Some(Arc::new(Shares::one()));
        }
        let keeps_order = options.ordering.unwrap_or(self.config.ordering) == HandlingOrder::Topic;
        match &self.reading.streams.layout {
            LaidOut::Lanes { lanes }
                if keeps_order && self.config.shards > 0 && options.streams.is_empty() =>
            {
                Some(Arc::new(Shares::of_shards(lanes)))
            }
            _ => None,
        }
    }

    /// How a member takes the leases of its group.
    fn terms(&self, member: &Member) -> Terms {
        Terms {
            prefix: format!("{}:lease:{}", self.config.stream_base(), member.group),
            holder: format!("{}-{:016x}", member.consumer, fastrand::u64(..)),
            ttl: self.config.lease_ttl(),
            patience: self.config.shutdown_timeout(),
        }
    }

    /// The readers of a member, with the group in all of their streams.
    async fn readers_of(
        &self,
        member: &Arc<Member>,
        options: &GroupOptions,
    ) -> Result<Vec<Reader>, SubscribeError> {
        let start = self.group_start(options.from).await?;
        let mut readers = Vec::new();
        for (source, tiers) in self.group_sources(options) {
            let wanted = |topic: &[u8]| member.pattern.matches(topic);
            let streams = source.find(&*self.reading.store, &wanted).await?;
            for stream in &streams {
                member.join(stream, start).await?;
            }
            readers.push(Reader::new(member, source, tiers, streams));
        }
        Ok(readers)
    }

    /// What is read together, and the tiers of what is in it.
    fn group_sources(&self, options: &GroupOptions) -> Vec<(Source, Vec<Priority>)> {
        let all = || Priority::ALL.to_vec();
        if !options.streams.is_empty() {
            return vec![(Source::Keys(options.streams.clone()), all())];
        }
        let LaidOut::Lanes { lanes } = &self.reading.streams.layout else {
            return self.defaults.sources.iter().map(|source| (source.clone(), all())).collect();
        };
        let lane = |tier: Priority| (Source::Keys(lanes[tier.number()].clone()), vec![tier]);
        let also: Vec<StreamKey> = self.config.external_streams.iter().map(StreamKey::new).collect();
        let also = (!also.is_empty()).then(|| (Source::Keys(also), all()));
        Priority::ALL.into_iter().map(lane).chain(also).collect()
    }

    async fn group_start(&self, from: StartFrom) -> Result<GroupStart, StoreError> {
        Ok(match from {
            StartFrom::Latest => GroupStart::Latest,
            StartFrom::Earliest => GroupStart::After(EntryId::MIN),
            StartFrom::After(id) => GroupStart::After(id),
            StartFrom::Ago(age) => {
                let then = self.reading.store.now_ms().await?.saturating_sub(age.as_millis() as u64);
                GroupStart::After(EntryId::new(then, 0).previous().unwrap_or(EntryId::MIN))
            }
        })
    }

    fn register_member(&self, member: &Arc<Member>) -> Result<(), SubscribeError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(SubscribeError::Closed);
        }
        state.members.retain(|known| known.strong_count() > 0);
        state.members.push(Arc::downgrade(member));
        Ok(())
    }

    /// All members take nothing more, wait until then for what is being handled, acknowledge, and hand back the rest.
    pub(crate) async fn leave_groups(&self, deadline: Instant) {
        let members = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.members)
        };
        let members: Vec<Arc<Member>> = members.iter().filter_map(Weak::upgrade).collect();
        for member in &members {
            member.leave(deadline);
        }
        let left = members.iter().map(|member| async {
            // Acknowledging takes a moment beyond the deadline; a store that is away is not waited for without end.
            let _ = timeout_at(deadline + LEAVING, member.has_left()).await;
        });
        join_all(left).await;
    }
}

/// How long saying good-bye to the store may take.
const LEAVING: Duration = Duration::from_secs(2);
