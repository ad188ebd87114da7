//! The bus: the facade that wires publishing, subscribing, metrics and health to one store.

mod asking;
mod readings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::BusConfig;
use crate::connectivity::Connectivity;
use crate::delayed::Scheduler;
use crate::health::{Health, Monitor, Watched, watch};
use crate::manage::StreamManager;
use crate::metrics::{Histograms, Meters, Metrics, Scaling};
use crate::publish::{PublishError, Publisher, Receipt, Refused};
use crate::replay::{Replay, ReplayError, ReplayOptions};
use crate::request::Desk;
use crate::store::{self, StoreError, StreamStore};
use crate::subscribe::private::Maker;
use crate::subscribe::{HandlerTask, Interest, Subscribe, SubscribeError, Subscriptions};
use crate::wire::nautilus::{HEARTBEAT_TOPIC, heartbeat_payload};
use crate::{ConfigError, Delivery, Message, Pattern, PatternError, Topic};

/// However long handlers took: what was accepted has this time to be stored when a bus closes.
const LEAST_FLUSH: Duration = Duration::from_millis(500);

/// A message bus over one store. Clones are handles to the same bus, which ends with [`close`](Self::close) or with its last handle.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebus::{Bus, BusConfig, Message, Priority, SubscribeOptions};
///
/// let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
/// let bus = Bus::connect(config).await?;
/// let mut alerts = bus.subscribe("risk.*", SubscribeOptions::default()).await?;
///
/// let alert = Message::new("risk.alerts.LIMIT", r#"{"limit":"gross"}"#)?.priority(Priority::Critical);
/// let id = bus.publish(alert).await?.await?;
///
/// let delivery = alerts.next().await.unwrap();
/// assert_eq!((delivery.id, delivery.topic.as_str()), (id, "risk.alerts.LIMIT"));
/// bus.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn StreamStore>,
    /// It was opened for this bus, and is closed with it.
    owns_store: bool,
    publisher: Publisher,
    scheduler: Scheduler,
    subscriptions: Subscriptions,
    desk: Desk,
    manager: StreamManager,
    meters: Arc<Meters>,
    connectivity: Arc<Connectivity>,
    health: Arc<Monitor>,
    shutdown_timeout: Duration,
    /// What is done again and again while the bus is open: heartbeats, health checks.
    routines: Mutex<Vec<JoinHandle<()>>>,
}

/// Why a bus could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The configuration has errors; all of them are named.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a bus was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it says whether messages were given up"]
pub struct Closed {
    /// Messages that were accepted but not confirmed by the store before the time was up. They may be stored or not.
    pub unconfirmed: u64,
}

impl Bus {
    /// Checks the configuration, opens its store, and starts the bus.
    ///
    /// # Errors
    ///
    /// When the configuration has errors (all are named), or the store cannot be reached, refuses the login or is too old.
    pub async fn connect(config: BusConfig) -> Result<Self, ConnectError> {
        check(&config)?;
        let store = store::open(&config).await?;
        Ok(Self::start(config, store, true))
    }

    /// Starts a bus over a store that exists, for example one that several buses of a process share.
    ///
    /// # Errors
    ///
    /// When the configuration has errors; all are named.
    pub fn with_store(config: BusConfig, store: Arc<dyn StreamStore>) -> Result<Self, ConnectError> {
        check(&config)?;
        Ok(Self::start(config, store, false))
    }

    fn start(mut config: BusConfig, store: Arc<dyn StreamStore>, owns_store: bool) -> Self {
        config.fill_instance_id();
        let config = Arc::new(config);
        let (meters, connectivity): (Arc<Meters>, _) = (Arc::default(), Arc::default());
        let publisher = Publisher::start(&config, &store, &meters, &connectivity);
        let scheduler = Scheduler::start(&config, &store, &meters, &publisher);
        let subscriptions = Subscriptions::new(&config, &store, &meters, &connectivity);
        let desk = Desk::new(&config, &meters);
        let manager = StreamManager::with_store(&config, store.clone());
        let health = Arc::new(Monitor::new(&config, &store, &connectivity, meters.started));
        let inner = Arc::new(Inner {
            store,
            owns_store,
            publisher,
            scheduler,
            subscriptions,
            desk,
            manager,
            meters,
            connectivity,
            health,
            shutdown_timeout: config.shutdown_timeout(),
            routines: Mutex::default(),
        });
        // Only now: they end when they find no bus.
        let beating = config.heartbeat_interval().map(|every| heartbeats(Arc::downgrade(&inner), every));
        let watching = watch(inner.health.clone(), Arc::downgrade(&inner), config);
        let routines = beating.map(tokio::spawn).into_iter().chain([tokio::spawn(watching)]);
        inner.routines.lock().extend(routines);
        Self { inner }
    }

    /// Publishes a message. Returns when it is in the queue of its tier; await the [`Receipt`] to know that it is stored.
    /// With `mode = "basic"` there is no queue: it returns when the store has answered, and the receipt is settled.
    ///
    /// Cancel safe: a call that is dropped before it returns has not published. In basic mode it may have: it counts as failed then.
    ///
    /// # Errors
    ///
    /// When the payload is larger than `max_payload_bytes`, its type is in `types_filter`, the tier is full and its policy is
    /// `error`, or the bus is closed. In basic mode also when the store cannot be reached ([`PublishError::NotSent`]), refuses the message
    /// ([`PublishError::Store`]), or does not answer within `command_timeout` ([`PublishError::Unconfirmed`]): nothing is tried again.
    pub async fn publish(&self, message: Message) -> Result<Receipt, PublishError> {
        self.inner.publisher.publish(message).await
    }

    /// Publishes a message if that is possible at once: it never waits. The inner result is a receipt, or a small code that says why the
    /// message was not queued. Nothing is kept of a message that is refused: who wants to try it again passes a clone, which is cheap.
    ///
    /// A full tier refuses, whatever its policy, except with `drop_oldest`, which makes room. While the store is known to be away the tier
    /// refuses too, although it would have room: [`publish`](Self::publish) would keep the message until the store is back. With
    /// `mode = "basic"` there is no queue, so that everything is refused ([`Refused::Unbuffered`]).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use tradebus::{Bus, BusConfig, Message, Refused};
    /// # let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    /// # let bus = Bus::connect(config).await?;
    /// let quote = Message::new("data.quotes.X", "1.5")?;
    /// match bus.try_publish(quote)? {
    ///     Ok(receipt) => drop(receipt),
    ///     Err(Refused::BackPressured | Refused::NotConnected) => println!("the next quote will do"),
    ///     Err(refused) => return Err(refused.into()),
    /// }
    /// # bus.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the payload is larger than `max_payload_bytes`, or its type is in `types_filter`: such a message is never taken.
    pub fn try_publish(&self, message: Message) -> Result<Result<Receipt, Refused>, PublishError> {
        self.inner.publisher.try_publish(message)
    }

    /// Subscribes to the topics that match a pattern: `*` is any run of bytes, `?` exactly one.
    ///
    /// Everything that is published after this returns arrives: with [`SubscribeOptions`](crate::SubscribeOptions) all of it at this
    /// [`Subscription`](crate::Subscription), with [`SubscribeOptions::group`](crate::SubscribeOptions::group) each message at one of the
    /// [`GroupSubscription`](crate::GroupSubscription)s of the group.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use tradebus::{Bus, BusConfig, Message, SubscribeOptions};
    /// # let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    /// # let bus = Bus::connect(config).await?;
    /// let mut orders = bus.subscribe("events.order.*", SubscribeOptions::group("risk")).await?;
    /// bus.publish(Message::new("events.order.X", "{}")?).await?;
    ///
    /// let order = orders.next().await.unwrap();
    /// assert_eq!((order.topic.as_str(), order.deliveries()), ("events.order.X", 1));
    /// order.ack();
    /// # bus.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the pattern is too long, the store cannot be reached, or a stream is none; or when the bus is closed.
    pub async fn subscribe<P, O>(&self, pattern: P, options: O) -> Result<O::Subscription, SubscribeError>
    where
        P: TryInto<Pattern>,
        PatternError: From<P::Error>,
        O: Subscribe,
    {
        let pattern = pattern.try_into().map_err(PatternError::from)?;
        options.subscribe(Maker(&self.inner.subscriptions), pattern).await
    }

    /// Subscribes and runs a handler over the messages, on `min_workers` to `max_workers` workers as the load asks for. With
    /// `ordering = "topic"`, messages of one topic are handled one after the other, in their order; different topics side by side.
    ///
    /// A handler that fails or panics is counted and logged, and the next message follows; so is one that takes longer than
    /// `handler_timeout_ms`, whose future is dropped. A handler must not block its thread: it could not be dropped then, and would hold up others on
    /// the thread; what blocks belongs into [`spawn_blocking`](tokio::task::spawn_blocking). One that blocks all the same is logged, and counted in
    /// [`Metrics::handlers_blocked`].
    ///
    /// In a group ([`SubscribeOptions::group`](crate::SubscribeOptions::group)), a message is acknowledged when its handler has succeeded. One
    /// whose handler failed is delivered again after a while, to any member, and is a dead letter after `max_deliveries`.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub async fn subscribe_with<P, O, H, F, E>(
        &self,
        pattern: P,
        options: O,
        handler: H,
    ) -> Result<HandlerTask, SubscribeError>
    where
        P: TryInto<Pattern>,
        PatternError: From<P::Error>,
        O: Subscribe,
        H: Fn(Delivery) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let pattern = pattern.try_into().map_err(PatternError::from)?;
        options.subscribe_with(Maker(&self.inner.subscriptions), pattern, handler).await
    }

    /// Replays what the streams still have of the topics that match a pattern: all streams merged by the time at which messages were published (or
    /// stored, where that is not known or lies before it), at equal times by stream and entry id. It ends with what is there now. However long the
    /// past is, a page of each stream is held, together some 64 MiB.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use tradebus::{Bus, BusConfig, Message, Priority};
    /// use tradebus::{ReplayOptions, ReplaySpeed};
    ///
    /// # let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    /// # let bus = Bus::connect(config).await?;
    /// bus.publish(Message::new("data.a", "1")?.priority(Priority::Low)).await?.await?;
    /// bus.publish(Message::new("data.b", "2")?.priority(Priority::High)).await?.await?;
    ///
    /// let mut replay = bus.replay("data.*", ReplayOptions::default().speed(ReplaySpeed::Times(10.0))).await?;
    /// while let Some(delivery) = replay.next().await? {
    ///     println!("{} {}", delivery.ts, delivery.topic);
    /// }
    /// # bus.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the pattern is too long, the end lies before the start, or the store cannot be used.
    pub async fn replay<P>(&self, pattern: P, options: ReplayOptions) -> Result<Replay, ReplayError>
    where
        P: TryInto<Pattern>,
        PatternError: From<P::Error>,
    {
        let pattern = pattern.try_into().map_err(PatternError::from)?;
        Replay::new(&self.inner.subscriptions, &self.inner.manager, pattern, options).await
    }

    /// The store, for what the bus itself does not offer.
    pub fn store(&self) -> &Arc<dyn StreamStore> {
        &self.inner.store
    }

    /// Looks after the streams: what there is, who reads it, and what could not be handled.
    pub fn streams(&self) -> StreamManager {
        self.inner.manager.clone()
    }

    /// A reading of all metrics.
    pub fn metrics(&self) -> Metrics {
        self.inner.read_metrics()
    }

    /// A reading of what was measured since the start, one value at a time: latencies and sizes of batches by tier, and the times of services. The
    /// difference of two readings ([`LatencyHistogram::since`](crate::LatencyHistogram::since)) is what was measured between them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use tradebus::{Bus, BusConfig, Message};
    /// # let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    /// # let bus = Bus::connect(config).await?;
    /// let before = bus.histograms();
    /// bus.publish(Message::new("data.a", "1")?).await?.await?;
    /// let after = bus.histograms();
    /// let published: u64 =
    ///     after.tiers.iter().zip(&before.tiers).map(|(after, before)| after.publish.since(&before.publish).count()).sum();
    /// assert_eq!(published, 1);
    /// # bus.close().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn histograms(&self) -> Histograms {
        self.inner.read_histograms()
    }

    /// The last changes of the number of workers, the newest first: 32 at most, over all handlers of this bus.
    pub fn scalings(&self) -> Vec<Scaling> {
        self.inner.read_scalings()
    }

    /// Asks the store for an answer and looks at queues, errors, streams and groups. Takes `heartbeat_timeout` at most; while the store is known not to
    /// answer, it says so at once, by what was known last ([`Health::stale`]).
    pub async fn health_check(&self) -> Health {
        self.inner.health.check(&*self.inner).await
    }

    /// Leaves the consumer groups and accepts nothing more; waits up to `shutdown_timeout` for messages of groups that are being handled,
    /// and until all that was accepted is stored; and ends the subscriptions. Messages that wait in them can still be taken; those that wait
    /// in group subscriptions are handed back to their groups. Calling it again does nothing.
    pub async fn close(&self) -> Closed {
        self.inner.end_routines();
        let deadline = tokio::time::Instant::now() + self.inner.shutdown_timeout;
        // Handlers that are at work may still publish.
        self.inner.subscriptions.leave_groups(deadline).await;
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let unconfirmed = self.inner.publisher.close(left.max(LEAST_FLUSH)).await;
        self.inner.scheduler.close().await;
        self.inner.subscriptions.close().await;
        self.inner.desk.close();
        if self.inner.owns_store {
            self.inner.store.close().await;
        }
        Closed { unconfirmed }
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("store", &self.inner.store.describe()).finish_non_exhaustive()
    }
}

impl Inner {
    fn end_routines(&self) {
        for routine in self.routines.lock().iter() {
            routine.abort();
        }
    }

    /// Publishes what the bus says about itself. It never waits for room: that would keep the bus alive, and what comes late is worth little.
    fn publish_aside(&self, message: Message, what: &str) {
        match self.publisher.publish_if_room(message) {
            Ok(true) => {}
            Ok(false) => tracing::debug!("{what} was left out: there is no room for it"),
            Err(PublishError::Filtered { .. }) => {
                tracing::debug!("{what} was left out: types_filter says so");
            }
            Err(error) => tracing::warn!(%error, "{what} was not published"),
        }
    }
}

impl Watched for Inner {
    fn metrics(&self) -> Metrics {
        self.read_metrics()
    }

    fn interest(&self) -> Interest {
        self.subscriptions.interest()
    }

    fn waiting(&self) -> usize {
        self.subscriptions.waiting()
    }

    fn tell(&self, event: Message) {
        self.publish_aside(event, "a change of health");
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end_routines();
    }
}

/// Refuses a configuration with errors, and logs what is unwise about one without.
fn check(config: &BusConfig) -> Result<(), ConfigError> {
    for warning in config.check()?.warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// Publishes a heartbeat at once and then at every interval, as `NautilusTrader` does.
async fn heartbeats(bus: std::sync::Weak<Inner>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let Ok(topic) = Topic::new(HEARTBEAT_TOPIC) else { return };
    loop {
        ticks.tick().await;
        let Some(bus) = bus.upgrade() else { return };
        let Ok(beat) = Message::new(topic.clone(), heartbeat_payload(Timestamp::now())) else { return };
        bus.publish_aside(beat, "a heartbeat");
    }
}
