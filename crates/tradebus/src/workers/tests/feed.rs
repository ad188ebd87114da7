//! An intake that a test fills, with tickets that tell it what came of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use crate::workers::{Intake, Job, Outcome, Ticket};
use crate::{Delivery, EntryId, Message, Priority, StreamKey};

/// The test's end.
#[derive(Clone, Default)]
pub(super) struct Feed(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Delivery>,
    ended: bool,
    fill: f64,
    waker: Option<Waker>,
    /// What the tickets were told, in that order.
    told: Vec<(u64, Outcome)>,
    /// Taken, but dropped before it was begun.
    given_back: Vec<u64>,
    /// The pool has dropped the intake.
    dropped: bool,
    /// The ticket of this message panics.
    cursed: Option<u64>,
}

pub(super) fn message(topic: &str, number: u64) -> Delivery {
    let message = Message::new(topic, number.to_string()).unwrap();
    Delivery::new(EntryId::new(number, 0), StreamKey::from("s"), message)
}

pub(super) fn critical(topic: &str, number: u64) -> Delivery {
    let mut delivery = message(topic, number);
    delivery.message.priority = Priority::Critical;
    delivery
}

pub(super) fn number(delivery: &Delivery) -> u64 {
    std::str::from_utf8(&delivery.payload).unwrap().parse().unwrap()
}

impl Feed {
    pub(super) fn intake(&self) -> FeedIntake {
        FeedIntake(self.0.clone())
    }

    pub(super) fn push(&self, deliveries: impl IntoIterator<Item = Delivery>) {
        let mut state = self.0.lock();
        state.waiting.extend(deliveries);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn end(&self) {
        self.0.lock().ended = true;
        self.push([]);
    }

    pub(super) fn set_fill(&self, fill: f64) {
        self.0.lock().fill = fill;
    }

    pub(super) fn curse(&self, number: u64) {
        self.0.lock().cursed = Some(number);
    }

    pub(super) fn waiting(&self) -> usize {
        self.0.lock().waiting.len()
    }

    pub(super) fn told(&self) -> Vec<(u64, Outcome)> {
        self.0.lock().told.clone()
    }

    pub(super) fn succeeded(&self) -> Vec<u64> {
        let told = self.told().into_iter();
        told.filter(|(_, outcome)| *outcome == Outcome::Succeeded).map(|(number, _)| number).collect()
    }

    pub(super) fn given_back(&self) -> Vec<u64> {
        self.0.lock().given_back.clone()
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.0.lock().dropped
    }
}

/// The pool's end.
pub(super) struct FeedIntake(Arc<Mutex<State>>);

impl FeedIntake {
    fn poll(&self, cx: &Context<'_>, at: impl FnOnce(&State) -> Option<usize>) -> Poll<Option<FeedJob>> {
        let mut state = self.0.lock();
        if let Some(delivery) = at(&state).and_then(|at| state.waiting.remove(at)) {
            return Poll::Ready(Some(FeedJob { delivery: Some(delivery), feed: self.0.clone() }));
        }
        if state.ended && state.waiting.is_empty() {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn first_critical(state: &State) -> Option<usize> {
    state.waiting.iter().position(|delivery| delivery.priority == Priority::Critical)
}

impl Intake for FeedIntake {
    type Job = FeedJob;

    fn poll_job(&mut self, cx: &mut Context<'_>) -> Poll<Option<FeedJob>> {
        self.poll(cx, |state| first_critical(state).or(Some(0)))
    }

    fn poll_critical(&mut self, cx: &mut Context<'_>) -> Poll<FeedJob> {
        match self.poll(cx, first_critical) {
            Poll::Ready(Some(job)) => Poll::Ready(job),
            _ => Poll::Pending,
        }
    }

    fn fill(&self) -> f64 {
        self.0.lock().fill
    }
}

impl Drop for FeedIntake {
    fn drop(&mut self) {
        self.0.lock().dropped = true;
    }
}

pub(super) struct FeedJob {
    delivery: Option<Delivery>,
    feed: Arc<Mutex<State>>,
}

impl Job for FeedJob {
    type Ticket = FeedTicket;

    fn message(&self) -> &Message {
        &self.delivery.as_ref().unwrap().message
    }

    fn split(mut self) -> Option<(Delivery, FeedTicket)> {
        let delivery = self.delivery.take().unwrap();
        let number = number(&delivery);
        Some((delivery, FeedTicket { number, started: false, feed: self.feed.clone() }))
    }
}

impl Drop for FeedJob {
    fn drop(&mut self) {
        if let Some(delivery) = &self.delivery {
            self.feed.lock().given_back.push(number(delivery));
        }
    }
}

pub(super) struct FeedTicket {
    number: u64,
    started: bool,
    feed: Arc<Mutex<State>>,
}

impl Ticket for FeedTicket {
    fn started(&mut self) {
        assert!(!self.started, "once");
        self.started = true;
    }

    fn settle(self, outcome: Outcome) {
        assert!(self.started, "first");
        let mut state = self.feed.lock();
        let cursed = state.cursed.take_if(|cursed| *cursed == self.number);
        state.told.push((self.number, outcome));
        drop(state);
        assert_eq!(cursed, None, "on purpose");
    }
}
