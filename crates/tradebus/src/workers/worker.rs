//! A worker: takes a chunk, handles its messages one after the other, and takes the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::SemaphorePermit;

use super::attempt::attempt;
use super::contract::{Handler, Intake, Job, Outcome, Ticket};
use super::load::Seat;
use super::settings::Settings;
use super::shared::{Membership, Next};
use crate::metrics::Meters;

/// A chunk that takes longer is given back: its handlers have become slower than those before.
const OVERRUN: Duration = Duration::from_millis(1);
/// A worker that always finds work lets others on its thread have a turn so often.
const TURN: Duration = Duration::from_micros(500);

pub(super) struct Worker<I: Intake, H> {
    pub(super) membership: Membership<I>,
    pub(super) seat: Arc<Seat>,
    pub(super) settings: Arc<Settings>,
    pub(super) meters: Arc<Meters>,
    pub(super) handler: Arc<H>,
}

impl<I: Intake, H: Handler> Worker<I, H> {
    pub(super) async fn run(mut self) {
        let settings = self.settings.clone();
        let signal = self.membership.shared.signal.clone();
        let (mut handled, mut took) = (0, Duration::ZERO);
        let mut turn = Instant::now();
        loop {
            let work = signal.work();
            let Some(permit) = self.permit(&settings).await else { return };
            match self.membership.next(handled, took) {
                Next::Leave => return,
                Next::Wait => {
                    (handled, took) = (0, Duration::ZERO);
                    drop(permit);
                    self.seat.idles();
                    work.await;
                    turn = Instant::now();
                }
                Next::Work => {
                    (handled, took) = self.chunk().await;
                    drop(permit);
                    if turn.elapsed() >= TURN {
                        tokio::task::yield_now().await;
                        turn = Instant::now();
                    }
                }
            }
        }
    }

    /// Leave to run a handler; `None` when the pool is stopped meanwhile. Given back after each chunk, so that pools take turns.
    async fn permit<'a>(&mut self, settings: &'a Settings) -> Option<SemaphorePermit<'a>> {
        if let Ok(permit) = settings.handlers.try_acquire() {
            return Some(permit);
        }
        self.membership.give_back(None);
        self.seat.idles();
        tokio::select! {
            permit = settings.handlers.acquire() => permit.ok(),
            () = self.membership.shared.signal.stopped() => None,
        }
    }

    /// Handles what was taken. Returns how many messages, and how long it took.
    async fn chunk(&mut self) -> (usize, Duration) {
        let start = Instant::now();
        self.seat.works(start);
        let (mut now, mut handled) = (start, 0);
        while let Some(job) = self.membership.taken.jobs.pop_front() {
            if self.membership.shared.signal.is_stopped() {
                drop(job);
                self.membership.taken.jobs.clear();
                break;
            }
            now = self.message(job, now).await;
            handled += 1;
            if now - start > OVERRUN {
                break;
            }
        }
        (handled, now - start)
    }

    /// Handles one message. Returns when it ended.
    async fn message(&mut self, job: I::Job, now: Instant) -> Instant {
        let Some((delivery, mut ticket)) = job.split() else { return now };
        self.seat.begins(now, &delivery);
        ticket.started();
        let span = self.settings.consumer.process(&delivery, ticket.deliveries());
        let (membership, seat) = (&mut self.membership, &self.seat);
        let rest = || {
            if let Some(topic) = seat.topic() {
                membership.give_back(Some(&topic));
            }
        };
        let outcome = attempt(&*self.handler, delivery, seat, &span, now, self.settings.timeout, rest).await;
        let ended = Instant::now();
        self.note(&outcome, ended);
        if let Some((kind, text)) = outcome.failure() {
            span.failed(kind, text);
        }
        // Before anybody hears how it went.
        span.end();
        ticket.settle(outcome);
        ended
    }

    /// Counts and logs what went wrong.
    fn note(&self, outcome: &Outcome, ended: Instant) {
        let Some((topic, id)) = self.seat.ends(ended) else { return };
        match outcome {
            Outcome::Succeeded => return,
            Outcome::Failed(error) => tracing::warn!(%topic, %id, %error, "a handler failed"),
            Outcome::Panicked(panic) => {
                tracing::error!(%topic, %id, %panic, "a handler panicked; its worker goes on");
            }
            Outcome::TimedOut(limit) => {
                self.meters.handler_timeouts.add(1);
                let ms = limit.as_millis();
                tracing::warn!(%topic, %id, ms, "a handler took too long and was dropped");
            }
        }
        self.meters.handler_errors.add(1);
    }
}
