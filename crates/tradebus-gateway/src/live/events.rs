//! Changes of health, of the bus and of the services of this process, as the sampler sees them.

use std::collections::{HashMap, VecDeque};

use tradebus::Health;

use super::snapshot::{EventView, ServiceView};

/// Changes that are kept.
const KEPT: usize = 50;

/// The newest changes.
#[derive(Debug, Default)]
pub(super) struct Events {
    last: HashMap<String, String>,
    newest_first: VecDeque<EventView>,
}

impl Events {
    /// Takes note of how the bus and the services are now.
    pub(super) fn note(&mut self, ts_ms: u64, bus: &str, health: &Health, services: &[ServiceView]) {
        self.note_one(ts_ms, bus, health.status.name(), &health.reasons);
        for service in services {
            self.note_one(ts_ms, &service.name, &service.status, &service.reasons);
        }
    }

    fn note_one(&mut self, ts_ms: u64, who: &str, state: &str, reasons: &[String]) {
        let previous = self.last.insert(who.to_owned(), state.to_owned());
        // That it is healthy from the start is nothing to tell.
        let told = previous.as_deref().unwrap_or("healthy");
        if told == state {
            return;
        }
        self.newest_first.truncate(KEPT - 1);
        self.newest_first.push_front(EventView {
            ts_ms,
            who: who.to_owned(),
            state: state.to_owned(),
            previous,
            reasons: reasons.to_vec(),
        });
    }

    pub(super) fn newest_first(&self) -> Vec<EventView> {
        self.newest_first.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Events, KEPT};

    #[test]
    fn only_changes_are_kept() {
        let mut events = Events::default();
        events.note_one(1, "bus", "healthy", &[]);
        events.note_one(2, "bus", "degraded", &["late".to_owned()]);
        events.note_one(3, "bus", "degraded", &["later".to_owned()]);
        events.note_one(4, "bus", "healthy", &[]);
        let told: Vec<_> =
            events.newest_first().into_iter().map(|event| (event.ts_ms, event.state)).collect();
        assert_eq!(told, [(4, "healthy".to_owned()), (2, "degraded".to_owned())]);
        for ts in 5..200 {
            events.note_one(ts, "bus", if ts % 2 == 0 { "healthy" } else { "unhealthy" }, &[]);
        }
        assert_eq!(events.newest_first().len(), KEPT);
    }
}
