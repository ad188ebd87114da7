//! What to think of a bus after a row of checks: one that fails may be an accident, several in a row are none.

use serde::Serialize;

use super::HealthStatus;

/// What the monitor thinks of the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealthState {
    /// Its verdict. `unhealthy` only when `max_consecutive_failures` checks in a row have failed, `degraded` before.
    pub status: HealthStatus,
    /// Its verdict before that; `None` as long as there was no other.
    pub previous: Option<HealthStatus>,
    /// What the last check found, one sentence each.
    pub reasons: Vec<String>,
    /// Since when this is so, in nanoseconds since 1970 UTC: the time of the first of the checks that led to it.
    pub since: u64,
    /// Checks in a row, up to the last one, to which the store did not answer or in which a connection was down.
    pub failed_checks: u32,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The store answered, and all connections work.
    pub(super) connected: bool,
    pub(super) reasons: Vec<String>,
}

impl Found {
    /// The verdict of this check alone.
    pub(super) fn status(&self) -> HealthStatus {
        match (self.connected, self.reasons.is_empty()) {
            (false, _) => HealthStatus::Unhealthy,
            (true, false) => HealthStatus::Degraded,
            (true, true) => HealthStatus::Healthy,
        }
    }
}

/// The state machine; the clock is the caller's.
#[derive(Debug)]
pub(super) struct Standing {
    /// Failed checks in a row after which the store counts as away.
    most_failures: u32,
    /// Time of the first of the failed checks in a row, if the last one failed.
    failing_since: Option<u64>,
    state: HealthState,
}

impl Standing {
    /// All is well at first, at this time: the store was just connected to.
    pub(super) fn new(most_failures: u32, now_ns: u64) -> Self {
        let state = HealthState {
            status: HealthStatus::Healthy,
            previous: None,
            reasons: Vec::new(),
            since: now_ns,
            failed_checks: 0,
        };
        Self { most_failures, failing_since: None, state }
    }

    pub(super) fn state(&self) -> &HealthState {
        &self.state
    }

    /// Takes note of a check. A failed one is one of the row only if it `counts`. Tells the new state if the verdict is another one.
    pub(super) fn note(&mut self, found: Found, counts: bool, now_ns: u64) -> Option<&HealthState> {
        let state = &mut self.state;
        let (mut status, mut since) = (found.status(), now_ns);
        if found.connected {
            state.failed_checks = 0;
            self.failing_since = None;
        } else {
            let failing_since = *self.failing_since.get_or_insert(now_ns);
            state.failed_checks = state.failed_checks.saturating_add(counts.into());
            if state.failed_checks < self.most_failures {
                status = HealthStatus::Degraded;
            } else {
                since = failing_since;
            }
        }
        state.reasons = found.reasons;
        if status == state.status {
            return None;
        }
        state.previous = Some(state.status);
        (state.status, state.since) = (status, since);
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{Degraded, Healthy, Unhealthy};
    use super::{Found, Standing};

    fn found(connected: bool, reasons: &[&str]) -> Found {
        Found { connected, reasons: reasons.iter().map(|&reason| reason.to_owned()).collect() }
    }

    fn away() -> Found {
        found(false, &["away"])
    }

    #[test]
    fn failures_in_a_row_make_it_unhealthy_and_an_answer_makes_it_well() {
        let mut standing = Standing::new(3, 10);
        assert_eq!(standing.note(found(true, &[]), true, 11), None);
        let degraded = standing.note(away(), true, 12).unwrap().clone();
        assert_eq!((degraded.status, degraded.previous, degraded.since), (Degraded, Some(Healthy), 12));
        assert_eq!(degraded.reasons, ["away"]);
        assert_eq!(standing.note(away(), true, 13), None);
        let unhealthy = standing.note(away(), true, 14).unwrap().clone();
        assert_eq!((unhealthy.status, unhealthy.previous), (Unhealthy, Some(Degraded)));
        assert_eq!((unhealthy.since, unhealthy.failed_checks), (12, 3), "the outage began with the first");
        assert_eq!(standing.note(away(), true, 15), None, "it is said once");
        let healthy = standing.note(found(true, &[]), true, 16).unwrap();
        assert_eq!((healthy.status, healthy.previous, healthy.since), (Healthy, Some(Unhealthy), 16));
        assert!(healthy.reasons.is_empty() && healthy.failed_checks == 0);
    }

    #[test]
    fn an_answer_in_between_begins_a_new_row() {
        let mut standing = Standing::new(2, 0);
        for now in [1, 3, 5] {
            assert_eq!(standing.note(away(), true, now).unwrap().status, Degraded);
            assert_eq!(standing.note(found(true, &[]), true, now + 1).unwrap().status, Healthy);
        }
    }

    #[test]
    fn checks_out_of_turn_do_not_lengthen_the_row() {
        let mut standing = Standing::new(2, 0);
        assert_eq!(standing.note(away(), false, 1).unwrap().status, Degraded);
        assert_eq!(standing.note(away(), false, 2), None);
        assert_eq!(standing.note(away(), true, 3), None);
        let unhealthy = standing.note(away(), true, 4).unwrap();
        assert_eq!((unhealthy.status, unhealthy.since), (Unhealthy, 1));
        assert_eq!(standing.note(away(), false, 5), None, "nor end it");
    }

    #[test]
    fn what_does_not_work_as_it_should_degrades_at_once_and_reasons_stay_up_to_date() {
        let mut standing = Standing::new(3, 0);
        assert_eq!(standing.note(found(true, &["full"]), true, 1).unwrap().status, Degraded);
        assert_eq!(standing.note(found(true, &["lag"]), true, 2), None);
        assert_eq!((&standing.state().reasons[..], standing.state().since), (&["lag".to_owned()][..], 1));
        assert_eq!(Standing::new(1, 0).note(away(), true, 3).unwrap().status, Unhealthy);
    }
}
