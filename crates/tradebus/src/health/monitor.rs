//! The monitor: checks again and again while the bus lives, and says when its state changes.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::sleep_until;

use super::check::{Answer, look, sign_of_life};
use super::event::Events;
use super::guard::{Guard, Unanswered};
use super::standing::{Found, Standing};
use super::streams::Patrol;
use super::window::{Counts, Window};
use super::{Health, HealthState, HealthStatus};
use crate::clock::now_ns;
use crate::config::BusConfig;
use crate::connectivity::{Backoff, BreakerState, Connectivity};
use crate::store::StreamStore;
use crate::subscribe::Interest;
use crate::{Message, Metrics};

/// A bus, as its monitor sees it.
pub(crate) trait Watched: Send + Sync + 'static {
    /// A reading of all metrics.
    fn metrics(&self) -> Metrics;

    /// The streams that it has to do with.
    fn interest(&self) -> Interest;

    /// Messages that wait in its subscriptions.
    fn waiting(&self) -> usize;

    /// Publishes an event, if there is room for it.
    fn tell(&self, event: Message);
}

/// What is known about the health of one bus.
#[derive(Debug)]
pub(crate) struct Monitor {
    store: Arc<dyn StreamStore>,
    connectivity: Arc<Connectivity>,
    guard: Guard,
    /// When the bus was made.
    started: Instant,
    events: Events,
    standing: Mutex<Standing>,
    window: Mutex<Window>,
    /// What the patrol has found.
    findings: Mutex<Vec<String>>,
}

impl Monitor {
    /// Of a bus that was made at this time. Knows nothing bad yet; [`watch`] makes it work.
    pub(crate) fn new(
        config: &BusConfig,
        store: &Arc<dyn StreamStore>,
        connectivity: &Arc<Connectivity>,
        started: Instant,
    ) -> Self {
        let instance = config.instance_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        Self {
            store: store.clone(),
            connectivity: connectivity.clone(),
            guard: Guard::new(config, connectivity),
            started,
            events: Events::new(&config.client_name, instance),
            standing: Mutex::new(Standing::new(config.max_consecutive_failures, now_ns())),
            window: Mutex::new(Window::new(config.pending_age_warn(), started)),
            findings: Mutex::default(),
        }
    }

    /// The state of the circuit breaker, and how often it has opened.
    pub(crate) fn breaker(&self) -> (BreakerState, u64) {
        (self.guard.state(), self.guard.trips())
    }

    /// Checks for somebody who wants to know now. Never waits longer than `heartbeat_timeout`, and not at all while the store is known not to
    /// answer.
    pub(crate) async fn check(&self, bus: &impl Watched) -> Health {
        let answer = self.guard.ask(sign_of_life(&*self.store)).await;
        let metrics = bus.metrics();
        let found = self.look(&answer, &metrics, Counts::new(&metrics, bus.waiting()));
        Health {
            status: found.status(),
            reasons: found.reasons,
            connected: found.connected,
            stale: matches!(answer, Err(Unanswered::NotAsked(_))),
            state: self.standing.lock().state().clone(),
            breaker: self.guard.state(),
            buffer_utilization: metrics.buffer_utilization,
            worker_count: metrics.worker_count,
            error_rate: metrics.error_rate,
            uptime_seconds: self.started.elapsed().as_secs_f64(),
            store_latency_ms: answer.ok().map(|latency| latency.as_secs_f64() * 1000.0),
        }
    }

    fn look(&self, answer: &Answer, metrics: &Metrics, counts: Counts) -> Found {
        let mut found = look(answer, &*self.store, &self.connectivity, metrics);
        found.reasons.extend(self.window.lock().reasons(Instant::now(), counts));
        found.reasons.extend_from_slice(&self.findings.lock());
        found
    }

    /// Makes up its mind after an answer, and tells if it is another one. Returns whether all connections work.
    fn conclude(&self, bus: &impl Watched, answer: &Answer, in_turn: bool) -> bool {
        let metrics = bus.metrics();
        let counts = Counts::new(&metrics, bus.waiting());
        let found = self.look(answer, &metrics, counts);
        if in_turn {
            self.window.lock().advance(Instant::now(), counts);
        }
        let (connected, now) = (found.connected, now_ns());
        let changed = self.standing.lock().note(found, in_turn, now).cloned();
        if let Some(state) = changed {
            log(&state);
            bus.tell(self.events.event(&state, now));
        }
        connected
    }
}

fn log(state: &HealthState) {
    let (reasons, was) = (state.reasons.join("; "), state.previous.map_or("unknown", HealthStatus::name));
    match state.status {
        HealthStatus::Healthy => tracing::info!(was, "healthy"),
        HealthStatus::Degraded => tracing::warn!(was, reasons, "degraded"),
        HealthStatus::Unhealthy => tracing::error!(was, reasons, "unhealthy"),
    }
}

/// Checks every `health_check_interval`, and sooner to find out whether what does not work does so again. Ends with the bus, which it does not keep
/// alive while it waits.
pub(crate) async fn watch<B: Watched>(monitor: Arc<Monitor>, bus: Weak<B>, config: Arc<BusConfig>) {
    let (guard, store) = (&monitor.guard, &*monitor.store);
    let (mut patrol, mut schedule) = (Patrol::new(&config), Schedule::new(&config));
    let mut was_away = false;
    loop {
        tokio::select! {
            () = sleep_until(schedule.wake_at(guard.retry_at()).into()) => {}
            () = guard.changed() => {}
        }
        let now = Instant::now();
        let is_back = was_away && guard.state() == BreakerState::Closed;
        if !is_back && now < schedule.wake_at(guard.retry_at()) {
            continue;
        }
        let in_turn = schedule.take_turn(now);
        let answer = guard.try_ask(sign_of_life(store)).await;
        was_away = answer.is_err();
        if was_away && !in_turn {
            continue;
        }
        if in_turn && !was_away {
            let Some(interest) = bus.upgrade().map(|bus| bus.interest()) else { return };
            patrol.go_on(store, guard, &interest).await;
            *monitor.findings.lock() = patrol.findings();
        }
        let Some(bus) = bus.upgrade() else { return };
        let connected = monitor.conclude(&*bus, &answer, in_turn);
        if !was_away {
            schedule.connections_work(connected);
        }
    }
}

/// When to check.
struct Schedule {
    interval: Duration,
    /// The next check that counts.
    next: Instant,
    /// One in between: the store answers, but some connection does not work yet.
    extra: Option<Instant>,
    backoff: Backoff,
}

impl Schedule {
    fn new(config: &BusConfig) -> Self {
        let interval = config.health_check_interval();
        Self {
            interval,
            // Buses that were started together do not check together.
            next: Instant::now() + interval.mul_f64(0.5 + fastrand::f64() / 2.0),
            extra: None,
            backoff: Backoff::new(config.reconnect_min(), config.reconnect_max()),
        }
    }

    /// When there is something to do, given when the breaker wants to be tried.
    fn wake_at(&self, retry_at: Option<Instant>) -> Instant {
        [retry_at, self.extra].into_iter().flatten().fold(self.next, Instant::min)
    }

    /// A check is made, and whether it counts.
    fn take_turn(&mut self, now: Instant) -> bool {
        self.extra = None;
        let in_turn = now >= self.next;
        if in_turn {
            self.next = now + self.interval;
        }
        in_turn
    }

    fn connections_work(&mut self, all_work: bool) {
        if all_work {
            self.backoff.reset();
        } else {
            self.extra = Some(Instant::now() + self.backoff.next());
        }
    }
}
