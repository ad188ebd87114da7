//! The supervisor of a pool: sees to it that there are as many workers as the load asks for.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::contract::{Handler, Intake};
use super::load::{Load, Seat};
use super::scaler::{Decision, Reading, Scaler};
use super::settings::Settings;
use super::shared::{Membership, Shared};
use super::worker::Worker;
use crate::clock::now_ns;
use crate::metrics::{Gauge, Meters, Scaling};

/// Between two looks at the load.
const TICK: Duration = Duration::from_millis(100);

pub(super) struct Supervisor<I: Intake, H> {
    shared: Arc<Shared<I>>,
    settings: Arc<Settings>,
    meters: Arc<Meters>,
    handler: Arc<H>,
    scaler: Scaler,
    load: Load,
    workers: JoinSet<()>,
    utilization: Arc<Gauge>,
}

impl<I: Intake, H: Handler> Supervisor<I, H> {
    pub(super) fn new(shared: Arc<Shared<I>>, settings: Settings, meters: Arc<Meters>, handler: H) -> Self {
        Self {
            shared,
            scaler: Scaler::new(settings.bounds),
            settings: Arc::new(settings),
            utilization: meters.utilization.add(),
            meters,
            handler: Arc::new(handler),
            load: Load::new(),
            workers: JoinSet::new(),
        }
    }

    /// Runs until all is handled, or until the pool is stopped and what was begun is finished.
    pub(super) async fn run(mut self) {
        self.resize(self.settings.bounds.min);
        let signal = self.shared.signal.clone();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut abandoned = false;
        while !(self.workers.is_empty() && self.shared.is_over()) {
            tokio::select! {
                () = signal.stopped(), if !abandoned => {
                    self.shared.abandon();
                    abandoned = true;
                }
                Some(ended) = self.workers.join_next() => note_end(&self.settings.name, ended),
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    fn tick(&mut self) {
        let busy = self.load.look(Instant::now());
        let may_add = self.settings.handlers.available_permits() > 0;
        let reading = Reading { fill: self.shared.fill(), busy, may_add };
        let workers = self.shared.target();
        let decision = self.scaler.tick(workers, reading);
        self.utilization.set(self.scaler.utilization());
        if self.shared.is_over() {
            return;
        }
        if let Some(decision) = decision {
            self.note(decision);
        }
        // Also where nothing changes: a worker may have broken.
        self.resize(decision.map_or(workers, |decision| decision.to));
    }

    fn note(&self, decision: Decision) {
        let Decision { from, to, reason, utilization, fill, busy } = decision;
        let (pool, text) = (self.settings.name.clone(), reason.text());
        self.meters.note_scaling(Scaling { ts: now_ns(), pool, from, to, reason: text, utilization });
        let round = |share: f64| (share * 100.0).round() / 100.0;
        let (utilization, fill, busy) = (round(utilization), round(fill), round(busy));
        tracing::info!(pool = %self.settings.name, from, to, utilization, fill, busy, "the count of workers changes: {text}");
    }

    fn resize(&mut self, target: usize) {
        for membership in self.shared.resize(target) {
            let seat = Arc::new(Seat::new(self.meters.clone(), self.settings.timeout));
            self.load.add(seat.clone());
            self.workers.spawn(self.worker(membership, seat));
        }
    }

    fn worker(&self, membership: Membership<I>, seat: Arc<Seat>) -> impl Future<Output = ()> + use<I, H> {
        let counted = Counted::new(self.meters.clone());
        let worker = Worker {
            membership,
            seat,
            settings: self.settings.clone(),
            meters: self.meters.clone(),
            handler: self.handler.clone(),
        };
        async move {
            worker.run().await;
            drop(counted);
        }
    }
}

impl<I: Intake, H> Drop for Supervisor<I, H> {
    /// Also when the pool was dropped: what was not begun is given back at once, whatever the workers are at.
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

fn note_end(pool: &str, ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(pool, %error, "a worker broke: another takes its place");
    }
}

/// Counts a worker while it is there.
struct Counted(Arc<Meters>);

impl Counted {
    fn new(meters: Arc<Meters>) -> Self {
        meters.workers.fetch_add(1, Relaxed);
        Self(meters)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.workers.fetch_sub(1, Relaxed);
    }
}
