//! What the workers of a pool are doing, and how busy they are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tradebus_engine::EntryId;

use crate::metrics::Meters;
use crate::{Delivery, Topic};

/// The place of one worker, where it notes what it is doing.
#[derive(Debug)]
pub(super) struct Seat {
    meters: Arc<Meters>,
    /// Longest that a handler may run without awaiting.
    limit: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    joined: Instant,
    /// Busy time since the last look that is over.
    busy: Duration,
    busy_since: Option<Instant>,
    at_hand: Option<AtHand>,
}

/// The message that is being handled.
#[derive(Debug)]
struct AtHand {
    topic: Topic,
    id: EntryId,
    /// Its handler runs since then, without awaiting.
    runs_since: Option<Instant>,
    reported: bool,
}

impl Seat {
    pub(super) fn new(meters: Arc<Meters>, limit: Option<Duration>) -> Self {
        let state = State { joined: Instant::now(), busy: Duration::ZERO, busy_since: None, at_hand: None };
        Self { meters, limit, state: Mutex::new(state) }
    }

    /// The worker has something to do.
    pub(super) fn works(&self, now: Instant) {
        self.state.lock().busy_since.get_or_insert(now);
    }

    /// The worker waits for something to do.
    pub(super) fn idles(&self) {
        let mut state = self.state.lock();
        if let Some(since) = state.busy_since.take() {
            state.busy += since.elapsed();
        }
    }

    /// A handler begins.
    pub(super) fn begins(&self, now: Instant, delivery: &Delivery) {
        let (topic, id) = (delivery.message.topic.clone(), delivery.id);
        let at_hand = AtHand { topic, id, runs_since: Some(now), reported: false };
        self.state.lock().at_hand = Some(at_hand);
    }

    /// The handler is polled again.
    pub(super) fn runs(&self) {
        if let Some(at_hand) = &mut self.state.lock().at_hand {
            at_hand.runs_since = Some(Instant::now());
        }
    }

    /// The handler awaits something.
    pub(super) fn waits(&self) {
        let mut state = self.state.lock();
        self.look(&mut state, Instant::now());
        if let Some(at_hand) = &mut state.at_hand {
            at_hand.runs_since = None;
        }
    }

    /// The handler has ended. Returns which message it was.
    pub(super) fn ends(&self, now: Instant) -> Option<(Topic, EntryId)> {
        let mut state = self.state.lock();
        self.look(&mut state, now);
        state.at_hand.take().map(|at_hand| (at_hand.topic, at_hand.id))
    }

    /// The topic of the message at hand.
    pub(super) fn topic(&self) -> Option<Topic> {
        self.state.lock().at_hand.as_ref().map(|at_hand| at_hand.topic.clone())
    }

    /// Reports a handler that has blocked its thread for longer than it may take at all: it cannot be stopped.
    fn look(&self, state: &mut State, now: Instant) {
        let (Some(limit), Some(at_hand)) = (self.limit, &mut state.at_hand) else { return };
        let Some(since) = at_hand.runs_since else { return };
        let blocked = now.saturating_duration_since(since);
        if blocked <= limit || at_hand.reported {
            return;
        }
        at_hand.reported = true;
        self.meters.handlers_blocked.add(1);
        let AtHand { topic, id, .. } = at_hand;
        let ms = blocked.as_millis();
        tracing::warn!(%topic, %id, ms, "a handler blocks its thread and cannot be stopped; what blocks belongs into spawn_blocking");
    }
}

/// The seats of a pool, looked at from time to time.
#[derive(Debug)]
pub(super) struct Load {
    seats: Vec<Arc<Seat>>,
    looked: Instant,
}

impl Load {
    pub(super) fn new() -> Self {
        Self { seats: Vec::new(), looked: Instant::now() }
    }

    pub(super) fn add(&mut self, seat: Arc<Seat>) {
        self.seats.push(seat);
    }

    /// The part of their time that the workers were busy since the last look, 0 to 1. Looks after handlers that block, too.
    pub(super) fn look(&mut self, now: Instant) -> f64 {
        // A worker that has left has dropped its hold of the seat.
        self.seats.retain(|seat| Arc::strong_count(seat) > 1);
        let (mut busy, mut there) = (Duration::ZERO, Duration::ZERO);
        for seat in &self.seats {
            let mut state = seat.state.lock();
            seat.look(&mut state, now);
            there += now.saturating_duration_since(self.looked.max(state.joined));
            busy += std::mem::take(&mut state.busy);
            if let Some(since) = &mut state.busy_since {
                busy += now.saturating_duration_since(*since);
                *since = now.max(*since);
            }
        }
        self.looked = now;
        if there.is_zero() { 0.0 } else { busy.div_duration_f64(there).min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Seat};
    use crate::metrics::Meters;
    use crate::{Delivery, EntryId, Message, StreamKey};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn the_busy_share_is_that_of_all_workers_while_they_were_there() {
        let meters = Arc::<Meters>::default();
        let seats: Vec<_> = (0..4).map(|_| Arc::new(Seat::new(meters.clone(), None))).collect();
        let mut load = Load::new();
        for seat in &seats {
            load.add(seat.clone());
        }
        let mut now = load.looked;
        for seat in &seats {
            seat.state.lock().joined = now;
        }
        seats[0].works(now);
        now += Duration::from_millis(100);
        assert!((load.look(now) - 0.25).abs() < 1e-9);
        seats[1].works(now + Duration::from_millis(50));
        now += Duration::from_millis(100);
        assert!((load.look(now) - 0.375).abs() < 1e-9, "one all the time, one half of it");
        drop(seats);
        now += Duration::from_millis(100);
        assert!(load.look(now) == 0.0 && load.seats.is_empty(), "those who left are not there");
    }

    #[test]
    fn a_handler_that_blocks_is_reported_once() {
        let meters = Arc::<Meters>::default();
        let seat = Arc::new(Seat::new(meters.clone(), Some(Duration::from_secs(1))));
        let mut load = Load::new();
        load.add(seat.clone());
        let message = Message::new("t", "").unwrap();
        let delivery = Delivery::new(EntryId::new(1, 0), StreamKey::from("s"), message);
        let begun = load.looked;
        let blocked = |after| (after, meters.handlers_blocked.get());
        seat.begins(begun, &delivery);
        for (seconds, reported) in [(1, 0), (2, 1), (3, 1)] {
            load.look(begun + Duration::from_secs(seconds));
            assert_eq!(blocked(seconds), (seconds, reported));
        }
        assert_eq!(seat.ends(begun + Duration::from_secs(4)).unwrap().1, EntryId::new(1, 0));
        assert_eq!(meters.handlers_blocked.get(), 1);
        seat.begins(begun, &delivery);
        seat.ends(begun + Duration::from_secs(2));
        assert_eq!(meters.handlers_blocked.get(), 2, "also one that ended between two looks");
        seat.begins(begun, &delivery);
        seat.waits();
        load.look(begun + Duration::from_secs(9));
        assert_eq!(meters.handlers_blocked.get(), 2, "awaiting is not blocking");
    }
}
