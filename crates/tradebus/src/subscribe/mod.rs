//! Subscribing: from the store to the subscriber.
//!
//! Subscriptions to the same streams share one [live](live) reader, which [routes](router) each message to the bounded
//! [queues](queue) of those who want it. A subscription that starts in the past, or was too slow, [catches up](catch_up) by itself
//! and then joins them.

mod catch_up;
mod decoder;
mod gap;
mod group;
mod handler;
mod interest;
mod live;
mod merged;
mod options;
mod outlet;
mod places;
mod queue;
mod readers;
mod router;
mod sequences;
mod shared;
mod subscription;

use std::sync::{Arc, Weak};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tradebus_engine::EntryId;

pub(crate) use self::decoder::Decoder;
pub use self::gap::Gap;
pub use self::group::{GroupDelivery, GroupOptions, GroupSubscription};
pub use self::handler::HandlerTask;
pub(crate) use self::interest::Interest;
pub use self::merged::Merged;
pub use self::options::{ParseStartError, StartFrom, SubscribeOptions};
pub use self::subscription::Subscription;

use self::catch_up::CatchUp;
use self::group::{HANDED_BACK, Member};
use self::live::LiveHandle;
use self::queue::Queue;
use self::readers::Readers;
use self::shared::{Reading, Source, Subscriber};
use crate::config::{BusConfig, SubscriptionPolicy};
use crate::connectivity::Connectivity;
use crate::layout::LaidOut;
use crate::metrics::Meters;
use crate::otel::Tracer;
use crate::store::{Position, StoreError, StreamStore};
use crate::workers::{Handler, Pool, Settings};
use crate::{Pattern, PatternError, StreamKey};

/// Why a subscription was not made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The pattern is none.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The streams cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A group or a consumer cannot have this name.
    #[error(
        "`{name}` cannot be the name of a {what}: use 1 to 255 bytes without control characters, and not `{HANDED_BACK}`"
    )]
    Name {
        /// Of what: `group` or `consumer`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The bus is closed.
    #[error("the bus is closed")]
    Closed,
}

/// What [`Bus::subscribe`](crate::Bus::subscribe) takes: [`SubscribeOptions`] for every message, or
/// [`SubscribeOptions::group`] for a share of them.
pub trait Subscribe: private::Subscribe {}

impl<T: private::Subscribe> Subscribe for T {}

pub(crate) mod private {
    use std::fmt;

    use super::{
        GroupOptions, GroupSubscription, HandlerTask, SubscribeError, SubscribeOptions, Subscription,
        Subscriptions,
    };
    use crate::{Delivery, Pattern};

    /// What makes subscriptions, out of reach for others than this crate.
    pub struct Maker<'a>(pub(crate) &'a Subscriptions);

    /// Options, and the kind of subscription that they make.
    pub trait Subscribe: Send {
        type Subscription;

        fn subscribe(
            self,
            maker: Maker<'_>,
            pattern: Pattern,
        ) -> impl Future<Output = Result<Self::Subscription, SubscribeError>> + Send;

        fn subscribe_with<H, F, E>(
            self,
            maker: Maker<'_>,
            pattern: Pattern,
            handler: H,
        ) -> impl Future<Output = Result<HandlerTask, SubscribeError>> + Send
        where
            H: Fn(Delivery) -> F + Send + Sync + 'static,
            F: Future<Output = Result<(), E>> + Send + 'static,
            E: fmt::Display + Send + 'static;
    }

    impl Subscribe for SubscribeOptions {
        type Subscription = Subscription;

        async fn subscribe(self, maker: Maker<'_>, pattern: Pattern) -> Result<Subscription, SubscribeError> {
            maker.0.subscribe(pattern, self).await
        }

        async fn subscribe_with<H, F, E>(
            self,
            maker: Maker<'_>,
            pattern: Pattern,
            handler: H,
        ) -> Result<HandlerTask, SubscribeError>
        where
            H: Fn(Delivery) -> F + Send + Sync + 'static,
            F: Future<Output = Result<(), E>> + Send + 'static,
            E: fmt::Display + Send + 'static,
        {
            maker.0.subscribe_with(pattern, self, handler).await
        }
    }

    impl Subscribe for GroupOptions {
        type Subscription = GroupSubscription;

        async fn subscribe(
            self,
            maker: Maker<'_>,
            pattern: Pattern,
        ) -> Result<GroupSubscription, SubscribeError> {
            maker.0.join_group(pattern, self).await
        }

        async fn subscribe_with<H, F, E>(
            self,
            maker: Maker<'_>,
            pattern: Pattern,
            handler: H,
        ) -> Result<HandlerTask, SubscribeError>
        where
            H: Fn(Delivery) -> F + Send + Sync + 'static,
            F: Future<Output = Result<(), E>> + Send + 'static,
            E: fmt::Display + Send + 'static,
        {
            maker.0.join_group_with(pattern, self, handler).await
        }
    }
}

/// Makes subscriptions.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    reading: Arc<Reading>,
    config: Arc<BusConfig>,
    defaults: Defaults,
    workers: Settings,
    tracer: Tracer,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Defaults {
    /// What is read if nothing else is named: by one live reader each.
    sources: Vec<Source>,
    policy: SubscriptionPolicy,
    capacity: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    /// The live readers; they end with their last subscription.
    live: HashMap<Source, Weak<LiveHandle>>,
    subscribers: Vec<Weak<Subscriber>>,
    /// Members of consumer groups.
    members: Vec<Weak<Member>>,
    closed: bool,
}

impl State {
    /// The live reader of these streams, started if there is none.
    fn reader_of(&mut self, source: Source, reading: &Arc<Reading>) -> Arc<LiveHandle> {
        if let Some(live) = self.live.get(&source).and_then(Weak::upgrade) {
            return live;
        }
        let live = LiveHandle::start(reading, source.clone());
        self.live.insert(source, Arc::downgrade(&live));
        live
    }
}

impl Subscriptions {
    pub(crate) fn new(
        config: &Arc<BusConfig>,
        store: &Arc<dyn StreamStore>,
        meters: &Arc<Meters>,
        connectivity: &Arc<Connectivity>,
    ) -> Self {
        let reading = Reading::new(config, store.clone(), meters.clone(), connectivity.clone());
        let also: Vec<StreamKey> = config.external_streams.iter().map(StreamKey::new).collect();
        let sources = match &reading.streams.layout {
            LaidOut::Topic => vec![Source::Topics { base: reading.streams.base.clone(), also }],
            LaidOut::Single(stream) => vec![Source::Keys([vec![stream.clone()], also].concat())],
            LaidOut::Lanes { lanes: [low, normal, high, critical] } => {
                let others = [&high[..], normal, low, &also].concat();
                vec![Source::Keys(critical.clone()), Source::Keys(others)]
            }
        };
        let defaults = Defaults {
            sources,
            policy: config.subscription_policy,
            capacity: config.subscription_capacity,
            max_bytes: config.default_buffer_config.max_bytes,
        };
        let workers = Settings::new(config);
        let tracer = Tracer::new(config, store.system());
        let (reading, config) = (Arc::new(reading), config.clone());
        Self { reading, config, defaults, workers, tracer, state: Mutex::default() }
    }

    /// What begins the spans of those who handle messages.
    pub(crate) fn tracer(&self) -> Tracer {
        self.tracer
    }

    /// Makes a subscription. Everything that is published after this returns arrives.
    pub(crate) async fn subscribe(
        &self,
        pattern: Pattern,
        options: SubscribeOptions,
    ) -> Result<Subscription, SubscribeError> {
        let sources = match options.streams {
            ref streams if streams.is_empty() => self.defaults.sources.clone(),
            streams => vec![Source::Keys(streams)],
        };
        let policy = options.policy.unwrap_or(self.defaults.policy);
        let capacity = options.capacity.unwrap_or(self.defaults.capacity);
        let queue = Queue::new(policy, capacity, self.defaults.max_bytes);
        let subscriber = Arc::new(Subscriber {
            pattern,
            queue,
            sequences: Mutex::default(),
            samples: options.samples,
            tiers: options.tiers,
        });
        let readers = self.register(sources, &subscriber)?;
        let places = self.start_of(&readers, &subscriber.pattern, options.from).await?;
        let subscription =
            Subscription::new(subscriber.clone(), readers.clone(), self.reading.meters.clone());
        if options.from == StartFrom::Latest {
            readers.join(&subscriber, &places).await;
        } else {
            CatchUp::start(&self.reading, readers, subscriber, places);
        }
        Ok(subscription)
    }

    /// Runs a handler over a subscription.
    pub(crate) async fn subscribe_with(
        &self,
        pattern: Pattern,
        options: SubscribeOptions,
        handler: impl Handler,
    ) -> Result<HandlerTask, SubscribeError> {
        let (ordering, timeout) = (options.ordering, options.handler_timeout);
        let consumer = self.tracer.consumer(&pattern, None);
        let settings = self.workers.for_pool(pattern.to_string(), consumer, ordering, timeout);
        let subscription = self.subscribe(pattern, options).await?;
        let meters = self.reading.meters.clone();
        Ok(HandlerTask::new(Pool::start(subscription, settings, meters, handler)))
    }

    /// The places in all streams behind which a subscription starts.
    async fn start_of(
        &self,
        readers: &Readers,
        pattern: &Pattern,
        from: StartFrom,
    ) -> Result<Vec<Position>, StoreError> {
        let store = &*self.reading.store;
        let streams = readers.find(store, |topic| pattern.matches(topic)).await?;
        // Also asked where the answer is not needed: a key that holds another type is named before anything is read.
        let last_ids = store.last_ids(&streams).await?;
        let start = match from {
            StartFrom::Latest => None,
            StartFrom::Earliest => Some(EntryId::MIN),
            StartFrom::After(id) => Some(id),
            StartFrom::Ago(age) => {
                let then = store.now_ms().await?.saturating_sub(age.as_millis() as u64);
                Some(EntryId::new(then, 0).previous().unwrap_or(EntryId::MIN))
            }
        };
        let places = streams.into_iter().zip(last_ids);
        Ok(places.map(|(stream, last)| Position { stream, after: start.unwrap_or(last) }).collect())
    }

    fn register(
        &self,
        sources: Vec<Source>,
        subscriber: &Arc<Subscriber>,
    ) -> Result<Readers, SubscribeError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(SubscribeError::Closed);
        }
        state.subscribers.retain(|known| known.strong_count() > 0);
        state.subscribers.push(Arc::downgrade(subscriber));
        state.live.retain(|_, live| live.strong_count() > 0);
        Ok(Readers::new(sources.into_iter().map(|source| state.reader_of(source, &self.reading)).collect()))
    }

    /// Reads nothing more. What waits in the queues can still be taken; then the subscriptions end.
    pub(crate) async fn close(&self) {
        let subscribers = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.subscribers)
        };
        self.reading.stop().await;
        for subscriber in subscribers.iter().filter_map(Weak::upgrade) {
            subscriber.queue.end();
        }
    }
}

impl Drop for Subscriptions {
    /// The last handle of the bus is gone.
    fn drop(&mut self) {
        self.reading.abort();
        let state = self.state.get_mut();
        for subscriber in state.subscribers.iter().filter_map(Weak::upgrade) {
            subscriber.queue.end();
        }
        for member in state.members.iter().filter_map(Weak::upgrade) {
            member.abandon();
        }
    }
}
