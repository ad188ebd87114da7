//! Takes snapshots.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tradebus::{Bus, BusConfig, Health, Metrics};

use super::Frame;
use super::events::Events;
use super::history::History;
use super::process::Process;
use super::snapshot::{
    HealthView, NodeView, ProcessView, Rates, RouteView, ScalingView, ServiceView, Snapshot, Totals,
    WorkersView,
};
use super::streams::Streams;
use super::tiers::Tiers;
use crate::node::ServiceEntry;

const EVERY: Duration = Duration::from_secs(1);
/// A store that answers so slowly is shown as it was seen last.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// What is looked at.
pub struct Watched {
    /// The bus.
    pub bus: Bus,
    /// Its configuration.
    pub config: BusConfig,
    /// The services of this process.
    pub services: Vec<ServiceEntry>,
    /// How many connections and subscriptions the gateway has.
    pub connections: Box<dyn Fn() -> (u64, u64) + Send + Sync>,
}

/// Looks at a node again and again, and remembers what it needs for rates.
pub(super) struct Sampler {
    watched: Watched,
    node: NodeView,
    tiers: Tiers,
    streams: Streams,
    process: Process,
    events: Events,
    before: Option<Before>,
}

/// What was counted at the last look.
struct Before {
    at: Instant,
    sent: u64,
    received: u64,
    bytes: u64,
}

impl Sampler {
    pub(super) fn new(watched: Watched) -> Self {
        let streams = watched.bus.streams();
        let node = NodeView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store: watched.bus.store().describe(),
            base: streams.base().to_owned(),
            layout: word(&watched.config.layout),
        };
        Self {
            node,
            tiers: Tiers::new(&watched.config),
            streams: Streams::new(streams),
            process: Process::default(),
            events: Events::default(),
            before: None,
            watched,
        }
    }

    /// Samples until nobody wants to know any more.
    pub(super) async fn run(mut self, frames: watch::Sender<Arc<Frame>>, history: Arc<Mutex<History>>) {
        let mut seconds = interval_at(Instant::now() + EVERY, EVERY);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            let snapshot = self.sample().await;
            history.lock().add(&snapshot);
            if frames.send(Arc::new(Frame::new(snapshot))).is_err() {
                return;
            }
        }
    }

    /// Looks at everything once.
    pub(super) async fn sample(&mut self) -> Snapshot {
        let health = self.watched.bus.health_check().await;
        // While the store is away, what it would say is not asked for.
        let looked =
            if health.connected { timeout(LONGEST_LOOK, self.streams.look()).await.ok() } else { None };
        let seen = match looked {
            Some(seen) => seen,
            None => self.streams.unseen(),
        };
        let metrics = self.watched.bus.metrics();
        let seconds = self.seconds_since();
        let services = self.services(&metrics);
        let ts_ms = now_ms();
        self.events.note(ts_ms, &self.watched.config.client_name, &health, &services);
        Snapshot {
            ts_ms,
            node: self.node.clone(),
            health: health_view(&health),
            process: self.process(&metrics),
            rates: self.rates(&metrics, seconds, seen.stored),
            tiers: self.tiers.look(&self.watched.bus, &metrics, seconds, &seen.stored_by_tier),
            workers: self.workers(&metrics),
            totals: totals(&metrics),
            streams: seen.view,
            dead_letters: seen.dead_letters,
            delayed: metrics.delayed.waiting,
            services,
            events: self.events.newest_first(),
        }
    }

    /// Since the last look; `None` at the first.
    fn seconds_since(&self) -> Option<f64> {
        self.before.as_ref().map(|before| before.at.elapsed().as_secs_f64()).filter(|seconds| *seconds > 0.0)
    }

    fn rates(&mut self, metrics: &Metrics, seconds: Option<f64>, stored: Option<f64>) -> Rates {
        let bytes = metrics.tiers.iter().map(|tier| tier.sent_bytes + tier.received_bytes).sum();
        let now = Before {
            at: Instant::now(),
            sent: metrics.messages_sent,
            received: metrics.messages_received,
            bytes,
        };
        let before = self.before.replace(now);
        let (Some(before), Some(seconds)) = (before, seconds) else {
            return Rates { stored, ..Rates::default() };
        };
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        Rates {
            published: rate(metrics.messages_sent, before.sent),
            received: rate(metrics.messages_received, before.received),
            bytes: rate(bytes, before.bytes),
            stored,
        }
    }

    fn process(&mut self, metrics: &Metrics) -> ProcessView {
        let (http_connections, http_subscriptions) = (self.watched.connections)();
        ProcessView {
            memory_bytes: (metrics.memory_usage_mb * f64::from(1 << 20)) as u64,
            cpu_cores: self.process.cores_since_last(),
            http_connections,
            http_subscriptions,
        }
    }

    fn workers(&self, metrics: &Metrics) -> WorkersView {
        let scaling = |it: tradebus::Scaling| ScalingView {
            ts_ms: it.ts / 1_000_000,
            pool: it.pool,
            from: it.from as u64,
            to: it.to as u64,
            why: it.reason.to_owned(),
            utilization: it.utilization,
        };
        WorkersView {
            count: metrics.worker_count,
            utilization: metrics.worker_utilization,
            min: self.watched.config.min_workers as u64,
            max: self.watched.config.max_workers as u64,
            scalings: self.watched.bus.scalings().into_iter().map(scaling).collect(),
        }
    }

    fn services(&self, metrics: &Metrics) -> Vec<ServiceView> {
        let view = |entry: &ServiceEntry| {
            let health = entry.health.borrow().clone();
            let routes = entry.routes.iter();
            let mut view = ServiceView {
                name: entry.name.clone(),
                status: health.status.name().to_owned(),
                reasons: health.reasons,
                routes: routes
                    .map(|route| RouteView { topic: route.topic.to_string(), about: route.about.clone() })
                    .collect(),
                ..ServiceView::default()
            };
            if let Some(it) = metrics.services.iter().find(|it| it.name == entry.name) {
                (view.requests, view.failed, view.active) =
                    (it.requests_processed, it.requests_failed, it.active);
                (view.avg_ms, view.p95_ms, view.cache_hit_rate) =
                    (it.avg_time_ms, it.p95_time_ms, it.cache_hit_rate);
            }
            view
        };
        self.watched.services.iter().map(view).collect()
    }
}

fn health_view(health: &Health) -> HealthView {
    HealthView {
        status: health.status.name().to_owned(),
        reasons: health.reasons.clone(),
        connected: health.connected,
        stale: health.stale,
        breaker: word(&health.breaker),
        store_latency_ms: health.store_latency_ms,
        uptime_seconds: health.uptime_seconds,
    }
}

/// A value that is written as a word.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn totals(metrics: &Metrics) -> Totals {
    Totals {
        accepted: metrics.messages_accepted,
        published: metrics.messages_sent,
        received: metrics.messages_received,
        failed: metrics.messages_failed,
        retried: metrics.messages_retried,
        dropped: metrics.messages_dropped,
        expired: metrics.messages_expired,
        missing: metrics.messages_missing,
        duplicates: metrics.duplicates,
        handler_errors: metrics.handler_errors,
        redelivered: metrics.groups.redelivered,
        dead_lettered: metrics.groups.dead_lettered,
        reconnects: metrics.reconnects,
        trimmed: metrics.entries_trimmed,
    }
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
