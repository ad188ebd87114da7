//! What became of the messages of all checks.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts messages that were to be sent, and those that arrived. A check that is given up half way leaves the rest as lost, which it is.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    attempted: AtomicU64,
    arrived: AtomicU64,
}

impl Tally {
    pub(crate) fn attempted(&self, messages: u64) {
        self.attempted.fetch_add(messages, Relaxed);
    }

    pub(crate) fn arrived(&self, messages: u64) {
        self.arrived.fetch_add(messages, Relaxed);
    }

    /// Whoever stops a run has not lost what is under way.
    pub(crate) fn forget_what_is_under_way(&self) {
        self.attempted.store(self.arrived.load(Relaxed), Relaxed);
    }

    /// Part of the messages that did not arrive; `None` if there were none.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        let (attempted, arrived) = (self.attempted.load(Relaxed), self.arrived.load(Relaxed));
        (attempted > 0).then(|| attempted.saturating_sub(arrived) as f64 / attempted as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn what_did_not_arrive_failed() {
        let tally = Tally::default();
        assert_eq!(tally.error_rate(), None);
        tally.attempted(10);
        tally.arrived(8);
        assert_eq!(tally.error_rate(), Some(0.2));
        tally.forget_what_is_under_way();
        assert_eq!(tally.error_rate(), Some(0.0));
    }
}
