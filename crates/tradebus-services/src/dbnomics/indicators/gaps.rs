//! What is missing between the first and the last value.

use serde::Serialize;

use crate::dbnomics::observations::{Observation, Observations};
use crate::dbnomics::period::{Frequency, Period};

/// A run of periods without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The first of them.
    pub from: Period,
    /// The last of them.
    pub to: Period,
    /// How many, weekends of business-daily series not counted.
    pub periods: usize,
    /// Whether they are not listed, or listed without a value.
    pub kind: GapKind,
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// The period is not in the list.
    Absent,
    /// The period is in the list with "NA", null or a sentinel.
    Missing,
}

/// All gaps between the first and the last value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// Periods that are not in the list.
    pub absent: usize,
    /// Periods that are in the list without a value.
    pub missing: usize,
    /// The runs of them, newest first, at most [`MAX_RUNS`](Self::MAX_RUNS).
    pub runs: Vec<Gap>,
}

impl Gaps {
    /// At most this many runs are kept; the counts hold all.
    pub const MAX_RUNS: usize = 50;
}

/// Finds the gaps. A daily series that has no value on any weekend is a business-daily one: its weekends are no gaps, its
/// holidays are.
pub fn gaps(observations: &Observations) -> Gaps {
    let mut ends = observations.values().map(|(period, _)| period);
    let Some(first) = ends.next() else { return Gaps::default() };
    let last = ends.next_back().unwrap_or(first);
    let business_days = observations.frequency() == Frequency::Daily
        && !observations.values().any(|(period, _)| period.is_weekend());
    let mut collector = Collector { business_days, gaps: Gaps::default() };
    let mut expected = Some(first);
    for Observation { period, value } in observations.as_slice() {
        if *period < first || *period > last {
            continue;
        }
        if let Some(from) = expected.filter(|expected| expected < period)
            && let Some(to) = period.previous()
        {
            collector.add(from, to, GapKind::Absent);
        }
        if value.is_none() {
            collector.add(*period, *period, GapKind::Missing);
        }
        expected = period.next();
    }
    collector.finish()
}

struct Collector {
    business_days: bool,
    gaps: Gaps,
}

impl Collector {
    fn add(&mut self, from: Period, to: Period, kind: GapKind) {
        let periods = self.count(from, to);
        if periods == 0 {
            return;
        }
        match kind {
            GapKind::Absent => self.gaps.absent += periods,
            GapKind::Missing => self.gaps.missing += periods,
        }
        let goes_on = self.gaps.runs.last().is_some_and(|run| run.kind == kind && self.adjoins(run.to, from));
        if let Some(run) = self.gaps.runs.last_mut().filter(|_| goes_on) {
            run.to = to;
            run.periods += periods;
            return;
        }
        self.gaps.runs.push(Gap { from, to, periods, kind });
    }

    fn adjoins(&self, end: Period, from: Period) -> bool {
        let Some(mut next) = end.next() else { return false };
        while self.business_days && next.is_weekend() && next < from {
            let Some(after) = next.next() else { return false };
            next = after;
        }
        next == from
    }

    /// Periods from one to another, without weekends of business-daily series.
    fn count(&self, from: Period, to: Period) -> usize {
        let all = to.periods_since(from).and_then(|n| usize::try_from(n).ok()).map_or(0, |n| n + 1);
        if !self.business_days {
            return all;
        }
        // Whole weeks have five weekdays; what is left is looked at day by day.
        let rest = (0..all % 7).filter_map(|back| to.plus(-i32::try_from(back).ok()?));
        all / 7 * 5 + rest.filter(|day| !day.is_weekend()).count()
    }

    fn finish(mut self) -> Gaps {
        self.gaps.runs.reverse();
        self.gaps.runs.truncate(Gaps::MAX_RUNS);
        self.gaps
    }
}
