//! How many workers there should be: decisions from readings, one reading a tick.
//!
//! Utilization is the fuller of the queue and the (smoothed) time of the workers. Above the upper threshold the count goes up: to the middle
//! between the thresholds if the busy share says how much there is to do, and twice the count if the workers are saturated, so that it
//! does not say. Below the lower threshold it goes down to that middle, once it has been quiet for a while. As the middle is the
//! goal, a load that stays the same brings about no further decision.

/// Part of the newest reading in the smoothed busy share.
const SMOOTHING: f64 = 0.5;
/// Ticks from a change until the next one upwards: the new workers must show in the readings first.
const UP_GAP: u32 = 2;
/// Ticks that must have been quiet, and have passed since the last change, before workers are removed.
const QUIET: u32 = 20;
/// Busy share from which on the workers are saturated: there may be more to do than they can show.
const SATURATED: f64 = 0.95;
/// A queue that will be empty in so many ticks at the present pace has workers enough.
const SOON_EMPTY: f64 = 10.0;

/// Between what the count moves, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) min: usize,
    pub(super) max: usize,
    /// Utilization above which workers are added.
    pub(super) up: f64,
    /// Utilization below which they are removed.
    pub(super) down: f64,
}

/// What was seen since the tick before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// How full the queue is, 0 to 1.
    pub(super) fill: f64,
    /// Part of their time that the workers were busy, 0 to 1.
    pub(super) busy: f64,
    /// Whether further handlers may run: `max_concurrent_handlers` is not reached.
    pub(super) may_add: bool,
}

/// A change, with what led to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decision {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) reason: Reason,
    pub(super) utilization: f64,
    pub(super) fill: f64,
    /// The smoothed busy share.
    pub(super) busy: f64,
}

/// Why the count changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    QueueFull,
    Saturated,
    Busy,
    Quiet,
}

impl Reason {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::QueueFull => "the queue is fuller than the upper threshold",
            Self::Saturated => "all workers are busy all the time",
            Self::Busy => "the workers are busier than the upper threshold",
            Self::Quiet => "the workers and the queue have been below the lower threshold for a while",
        }
    }
}

/// Makes the decisions of one pool.
#[derive(Debug)]
pub(super) struct Scaler {
    bounds: Bounds,
    /// Smoothed.
    busy: f64,
    fill: f64,
    since_change: u32,
    /// Ticks below the lower threshold, one after the other.
    quiet: u32,
    /// The busiest of them.
    peak: f64,
}

impl Scaler {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, busy: 0.0, fill: 0.0, since_change: 0, quiet: 0, peak: 0.0 }
    }

    /// 0 to 1.
    pub(super) fn utilization(&self) -> f64 {
        self.busy.max(self.fill)
    }

    /// Takes in a reading, and says how many workers there should be instead of these, if the count should change.
    pub(super) fn tick(&mut self, workers: usize, reading: Reading) -> Option<Decision> {
        self.busy += SMOOTHING * (reading.busy - self.busy);
        let drained = self.fill - reading.fill;
        self.fill = reading.fill;
        self.since_change = self.since_change.saturating_add(1);
        if self.utilization() < self.bounds.down {
            (self.quiet, self.peak) = (self.quiet.saturating_add(1), self.peak.max(self.busy));
        } else {
            (self.quiet, self.peak) = (0, 0.0);
        }
        let soon_empty = drained > 0.0 && reading.fill <= drained * SOON_EMPTY;
        let up = || self.up(workers, reading).filter(|_| !soon_empty);
        let change = up().or_else(|| self.down(workers));
        if change.is_none() && self.quiet >= QUIET {
            // The busiest of it was too busy for fewer workers: it is not to count for ever.
            (self.quiet, self.peak) = (0, 0.0);
        }
        let (to, reason) = change?;
        let (from, utilization, fill, busy) = (workers, self.utilization(), self.fill, self.busy);
        (self.since_change, self.quiet, self.peak) = (0, 0, 0.0);
        Some(Decision { from, to, reason, utilization, fill, busy })
    }

    fn up(&self, workers: usize, reading: Reading) -> Option<(usize, Reason)> {
        let Bounds { max, up, .. } = self.bounds;
        // Where workers are idle although messages wait, these wait for their topics, and more workers would be idle too.
        let none_idle = reading.busy > up || reading.busy * workers as f64 > workers as f64 - 1.0;
        let due = self.utilization() > up && self.since_change >= UP_GAP;
        if !due || !none_idle || !reading.may_add || workers >= max {
            return None;
        }
        let busy = self.busy.max(reading.busy);
        let saturated = reading.busy >= SATURATED;
        let doubled = if saturated { workers * 2 } else { workers + 1 };
        let to = doubled.max(self.middle(workers, busy)).min(max);
        let reason = match (self.fill > up, saturated) {
            (true, _) => Reason::QueueFull,
            (_, true) => Reason::Saturated,
            _ => Reason::Busy,
        };
        Some((to, reason))
    }

    fn down(&self, workers: usize) -> Option<(usize, Reason)> {
        if self.quiet < QUIET || self.since_change < QUIET {
            return None;
        }
        let to = self.middle(workers, self.peak).max(self.bounds.min);
        (to < workers).then_some((to, Reason::Quiet))
    }

    /// The count with which the busy share would be in the middle between the thresholds.
    fn middle(&self, workers: usize, busy: f64) -> usize {
        let middle = f64::midpoint(self.bounds.up, self.bounds.down);
        // What is a whole number but for the last bits of a float must not be rounded up.
        let count = (workers as f64 * busy / middle.max(0.01) - 1e-6).ceil();
        count as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bounds, Decision, QUIET, Reading, Reason, Scaler};

    /// Two seconds.
    const SOON: usize = 20;

    /// A pool under load: messages that each need a part of a worker's tick, and a queue with a store behind it.
    struct World {
        scaler: Scaler,
        workers: usize,
        /// In worker ticks, as all of these.
        backlog: f64,
        queue: f64,
        changes: Vec<(usize, Decision)>,
        ticks: usize,
    }

    impl World {
        fn new(bounds: Bounds, queue: f64) -> Self {
            let (scaler, workers) = (Scaler::new(bounds), bounds.min);
            Self { scaler, workers, backlog: 0.0, queue, changes: Vec::new(), ticks: 0 }
        }

        /// Runs with a load that would keep so many workers busy all the time.
        fn run(&mut self, load: f64, ticks: usize) {
            for _ in 0..ticks {
                self.ticks += 1;
                let all = self.backlog + load;
                let done = all.min(self.workers as f64);
                self.backlog = all - done;
                let (busy, fill) = (done / self.workers as f64, (self.backlog / self.queue).min(1.0));
                let reading = Reading { fill, busy, may_add: true };
                if let Some(decision) = self.scaler.tick(self.workers, reading) {
                    assert_eq!(decision.from, self.workers);
                    assert_ne!(decision.to, self.workers, "a decision changes something");
                    self.workers = decision.to;
                    self.changes.push((self.ticks, decision));
                }
            }
        }

        fn directions(&self) -> Vec<bool> {
            let mut ups: Vec<_> = self.changes.iter().map(|(_, it)| it.to > it.from).collect();
            ups.dedup();
            ups
        }
    }

    const BOUNDS: Bounds = Bounds { min: 1, max: 50, up: 0.8, down: 0.3 };

    #[test]
    fn from_one_to_fifty_within_two_seconds_and_back() {
        let mut world = World::new(BOUNDS, 10_000.0);
        world.run(0.0, 100);
        assert_eq!((world.workers, world.changes.len()), (1, 0));
        world.run(100.0, SOON);
        assert_eq!(world.workers, 50, "{:#?}", world.changes);
        world.run(100.0, 200);
        assert_eq!(world.workers, 50);
        world.run(0.0, 10_000);
        assert_eq!(world.workers, 1);
        assert_eq!(world.directions(), [true, false]);
    }

    #[test]
    fn quiet_must_last_and_the_busiest_of_it_counts() {
        let mut world = World::new(Bounds { min: 10, ..BOUNDS }, 100.0);
        world.workers = 20;
        world.run(12.0, 50);
        world.run(1.0, QUIET as usize);
        assert_eq!(world.changes, [], "not yet quiet for long enough");
        world.run(5.0, 10);
        let (_, decision) = world.changes[0];
        assert_eq!((decision.from, decision.to, decision.reason), (20, 10, Reason::Quiet));
        assert_eq!(world.changes.len(), 1);
    }

    #[test]
    fn a_last_busy_moment_is_forgotten() {
        let mut world = World::new(BOUNDS, 100.0);
        world.workers = 2;
        world.run(1.16, 50);
        world.run(0.0, 100);
        assert_eq!(world.workers, 1, "{:?}", world.scaler);
    }

    #[test]
    fn messages_that_wait_for_their_topic_are_no_reason_for_more_workers() {
        let mut scaler = Scaler::new(BOUNDS);
        for _ in 0..100 {
            let reading = Reading { fill: 1.0, busy: 0.25, may_add: true };
            assert_eq!(scaler.tick(4, reading), None);
        }
        let full = Reading { fill: 1.0, busy: 1.0, may_add: false };
        assert_eq!(scaler.tick(4, full), None, "nor is it if no further handler may run");
        let decision = scaler.tick(4, Reading { may_add: true, ..full }).unwrap();
        assert_eq!((decision.to, decision.reason), (8, Reason::QueueFull));
    }

    fn bounds() -> impl Strategy<Value = Bounds> {
        let workers = (1usize..=50).prop_flat_map(|max| (1..=max, Just(max)));
        let thresholds = (0.2f64..0.95).prop_flat_map(|up| (Just(up), 0.0..up - 0.05));
        (workers, thresholds).prop_map(|((min, max), (up, down))| Bounds { min, max, up, down })
    }

    proptest! {
        #[test]
        fn never_outside_its_bounds(
            bounds in bounds(),
            readings in prop::collection::vec((0.0f64..=1.0, 0.0f64..=1.0, any::<bool>()), 1..300),
        ) {
            let (mut scaler, mut workers) = (Scaler::new(bounds), bounds.min);
            for (fill, busy, may_add) in readings {
                if let Some(decision) = scaler.tick(workers, Reading { fill, busy, may_add }) {
                    prop_assert!(decision.to != workers && (may_add || decision.to < workers));
                    workers = decision.to;
                }
                prop_assert!((bounds.min..=bounds.max).contains(&workers));
            }
        }

        #[test]
        fn reaches_the_load_in_time_and_stays(
            bounds in bounds(),
            queue in 1.0f64..100_000.0,
            before in 0.0f64..60.0,
            load in 0.0f64..60.0,
        ) {
            let mut world = World::new(bounds, queue);
            world.run(before, 3_000);
            let settled = world.changes.len();
            prop_assert!(world.directions().len() <= 2, "{:#?}", world.changes);
            prop_assert!(world.changes.last().is_none_or(|(tick, _)| *tick <= 2_000), "{:#?}", world.changes);
            let in_band = |world: &World, load: f64| {
                let (most, least) = (load / bounds.down, load / bounds.up);
                world.workers == bounds.max || world.workers as f64 >= least - 1e-6 && {
                    let middle = f64::midpoint(bounds.up, bounds.down);
                    world.workers == bounds.min || world.workers as f64 <= most.max((load / middle).ceil()) + 1e-6
                }
            };
            prop_assert!(in_band(&world, before), "{} workers for {before}: {bounds:?}", world.workers);

            world.changes.clear();
            world.backlog = 0.0;
            world.run(load, SOON);
            let enough = world.workers == bounds.max || world.workers as f64 >= load - 1e-6;
            prop_assert!(enough, "{} workers for {load}, {settled}: {:#?}", world.workers, world.changes);
            world.run(load, 3_000);
            prop_assert!(in_band(&world, load), "{} workers for {load}: {bounds:?}", world.workers);
            prop_assert!(world.directions().len() <= 2, "{:#?}", world.changes);
        }
    }
}
