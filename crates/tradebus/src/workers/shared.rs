//! What the workers of a pool share: the intake, the order, and how many of them there should be.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::chunk::Cost;
use super::contract::Intake;
use super::order::{Class, Order, Taken, Who};
use super::settings::Settings;
use crate::Topic;

/// By which a pool is woken and stopped. It is the waker that the intake keeps.
#[derive(Debug, Default)]
pub(super) struct Signal {
    /// There is work for one worker.
    work: Notify,
    stopped: AtomicBool,
    /// The pool was stopped.
    halt: Notify,
}

impl Wake for Signal {
    /// The intake has something: one worker looks, and wakes the next if it leaves something behind.
    fn wake(self: Arc<Self>) {
        self.work.notify_one();
    }
}

impl Signal {
    /// Nothing more is begun.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
        self.work.notify_waiters();
        self.halt.notify_waiters();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Returns when the pool is stopped. Cancel safe.
    pub(super) async fn stopped(&self) {
        loop {
            let halted = self.halt.notified();
            if self.is_stopped() {
                return;
            }
            halted.await;
        }
    }

    /// There is work, or was: made before looking for it, so that nothing is missed in between.
    pub(super) fn work(&self) -> impl Future<Output = ()> {
        self.work.notified()
    }
}

pub(super) struct Shared<I: Intake> {
    pub(super) signal: Arc<Signal>,
    waker: Waker,
    state: Mutex<State<I>>,
}

struct State<I: Intake> {
    /// `None` when the pool was stopped.
    intake: Option<I>,
    /// The intake has nothing more.
    ended: bool,
    order: Order<I::Job>,
    cost: Cost,
    /// Workers that are there, that wait for work, and that should be there.
    workers: usize,
    idle: usize,
    target: usize,
    next_worker: Who,
}

/// A worker's place among the others. Dropping it leaves, whatever the worker ended by.
pub(super) struct Membership<I: Intake> {
    pub(super) shared: Arc<Shared<I>>,
    pub(super) taken: Taken<I::Job>,
    idle: bool,
    left: bool,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Handles what it has taken.
    Work,
    /// Waits for work.
    Wait,
    /// Ends.
    Leave,
}

impl<I: Intake> Shared<I> {
    pub(super) fn new(intake: I, settings: &Settings) -> Arc<Self> {
        let signal = Arc::<Signal>::default();
        let state = State {
            intake: Some(intake),
            ended: false,
            order: Order::new(settings.order, settings.parked_bytes),
            cost: Cost::default(),
            workers: 0,
            idle: 0,
            target: 0,
            next_worker: 0,
        };
        Arc::new(Self { waker: Waker::from(signal.clone()), signal, state: Mutex::new(state) })
    }

    /// How many workers there should be from now on. Returns places for those who are missing.
    pub(super) fn resize(self: &Arc<Self>, target: usize) -> Vec<Membership<I>> {
        let mut state = self.state.lock();
        state.target = target;
        let missing = target.saturating_sub(state.workers);
        let surplus = state.workers.saturating_sub(target);
        state.workers += missing;
        let first = state.next_worker;
        state.next_worker += missing as Who;
        drop(state);
        for _ in 0..surplus {
            self.signal.work.notify_one();
        }
        let place =
            |who| Membership { shared: self.clone(), taken: Taken::nothing(who), idle: false, left: false };
        (first..first + missing as Who).map(place).collect()
    }

    /// Workers that should be there.
    pub(super) fn target(&self) -> usize {
        self.state.lock().target
    }

    /// How full the queue is from which it takes, 0 to 1.
    pub(super) fn fill(&self) -> f64 {
        self.state.lock().intake.as_ref().map_or(0.0, Intake::fill)
    }

    /// Whether there is nothing more to begin.
    pub(super) fn is_over(&self) -> bool {
        self.signal.is_stopped() || self.state.lock().is_done()
    }

    /// Stops, and drops the intake and all that was taken from it but not begun.
    pub(super) fn abandon(&self) {
        self.signal.stop();
        let mut state = self.state.lock();
        let given_up = (state.intake.take(), state.order.clear());
        // They may do anything when they are dropped.
        drop(state);
        drop(given_up);
    }
}

impl<I: Intake> Membership<I> {
    /// Ends the chunk at hand, of which so many messages took so long, and takes the next one.
    pub(super) fn next(&mut self, handled: usize, took: Duration) -> Next {
        let Self { shared, taken, idle, left } = self;
        let mut state = shared.state.lock();
        let given_up = state.give_back(taken, None);
        state.cost.note(handled, took);
        state.idle -= usize::from(std::mem::take(idle));
        let mut next = Next::Leave;
        let mut more = true;
        if !state.is_done() && state.workers <= state.target && !shared.signal.is_stopped() {
            more = state.fill(&shared.waker, taken);
            next = match taken.jobs.is_empty() {
                false => Next::Work,
                // The intake has just said that there is nothing more.
                true if state.is_done() => Next::Leave,
                true => Next::Wait,
            };
        }
        match next {
            Next::Work => {}
            Next::Wait => (state.idle, *idle) = (state.idle + 1, true),
            Next::Leave => (state.workers, *left) = (state.workers - 1, true),
        }
        // Whoever leaves may have been woken for work that another has to do now.
        let wake = next == Next::Leave || (next == Next::Work && more && state.idle > 0);
        drop(state);
        drop(given_up);
        if wake {
            shared.signal.work.notify_one();
        }
        next
    }

    /// Gives back what is not begun, and all topics but that of the message at hand: others may have them.
    pub(super) fn give_back(&mut self, at_hand: Option<&Topic>) {
        let Self { shared, taken, .. } = self;
        if taken.topics.len() <= usize::from(at_hand.is_some()) && taken.jobs.is_empty() {
            return;
        }
        let mut state = shared.state.lock();
        let given_up = state.give_back(taken, at_hand);
        let wake = state.idle > 0 && state.order.has_free();
        drop(state);
        drop(given_up);
        if wake {
            shared.signal.work.notify_one();
        }
    }
}

impl<I: Intake> Drop for Membership<I> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        // The worker was aborted, or broke.
        let mut state = self.shared.state.lock();
        let given_up = state.give_back(&mut self.taken, None);
        state.workers -= 1;
        state.idle -= usize::from(self.idle);
        drop(state);
        drop(given_up);
        self.shared.signal.work.notify_one();
    }
}

impl<I: Intake> State<I> {
    fn is_done(&self) -> bool {
        self.ended && self.order.parked() == 0
    }

    /// Takes back what a worker has not begun. Returns what has to be dropped, without the lock: nobody looks at it once the pool is stopped.
    fn give_back(&mut self, taken: &mut Taken<I::Job>, at_hand: Option<&Topic>) -> VecDeque<I::Job> {
        let given_up = if self.intake.is_none() { std::mem::take(&mut taken.jobs) } else { VecDeque::new() };
        self.order.give_back(taken, at_hand);
        given_up
    }

    /// Takes a chunk. Says whether there may be more that another worker could take.
    fn fill(&mut self, waker: &Waker, taken: &mut Taken<I::Job>) -> bool {
        let mut cx = Context::from_waker(waker);
        let most = self.cost.chunk();
        self.order.take_free(Class::Critical, most, taken);
        if self.order.has_free() {
            self.take_critical(&mut cx, most, taken);
        }
        self.order.take_free(Class::Other, most, taken);
        let mut more = !self.ended;
        while let Some(intake) = &mut self.intake
            && more
            && taken.jobs.len() < most
            && self.order.has_room()
        {
            match intake.poll_job(&mut cx) {
                Poll::Ready(Some(job)) => self.order.admit(job, taken),
                Poll::Ready(None) => (self.ended, more) = (true, false),
                Poll::Pending => more = false,
            }
        }
        if more && !self.order.has_room() {
            more = self.take_critical(&mut cx, most, taken);
        }
        more || self.order.has_free()
    }

    /// Takes what may overtake. Says whether there may be more of it.
    fn take_critical(&mut self, cx: &mut Context<'_>, most: usize, taken: &mut Taken<I::Job>) -> bool {
        let Some(intake) = &mut self.intake else { return false };
        while taken.jobs.len() < most {
            // Where there is no room even for them, a topic will become free.
            if !self.order.has_critical_room() {
                return false;
            }
            let Poll::Ready(job) = intake.poll_critical(cx) else { return false };
            self.order.admit(job, taken);
        }
        true
    }
}
