//! What the small charts show: the last minutes of each tier.

use std::collections::VecDeque;

use tradebus_gateway::live::{Snapshot, TierView};

/// Points that are kept: as many as the widest chart has columns.
const KEPT: usize = 240;
/// Tiers that are kept: there are four.
const TIERS: usize = 8;

/// Rates of a tier, the newest last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Course {
    tier: String,
    pub(super) published: VecDeque<f64>,
    pub(super) received: VecDeque<f64>,
    pub(super) stored: VecDeque<f64>,
}

/// The courses of all tiers.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    courses: Vec<Course>,
}

impl History {
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        for tier in snapshot.tiers.iter().take(TIERS) {
            self.course(&tier.tier).add(tier);
        }
    }

    pub(super) fn of(&self, tier: &str) -> Option<&Course> {
        self.courses.iter().find(|course| course.tier == tier)
    }

    fn course(&mut self, tier: &str) -> &mut Course {
        let known = self.courses.iter().position(|course| course.tier == tier);
        let place = known.unwrap_or_else(|| {
            self.courses.truncate(TIERS - 1);
            self.courses.push(Course { tier: tier.to_owned(), ..Course::default() });
            self.courses.len() - 1
        });
        &mut self.courses[place]
    }
}

impl Course {
    fn add(&mut self, tier: &TierView) {
        push(&mut self.published, tier.published);
        push(&mut self.received, tier.received);
        push(&mut self.stored, tier.stored.unwrap_or(0.0));
    }
}

fn push(values: &mut VecDeque<f64>, value: f64) {
    if values.len() == KEPT {
        values.pop_front();
    }
    values.push_back(value);
}

#[cfg(test)]
mod tests {
    use tradebus_gateway::live::{Snapshot, TierView};

    use super::{History, KEPT, TIERS};

    #[test]
    fn the_newest_points_of_each_tier_are_kept() {
        let mut history = History::default();
        for number in 0..KEPT + 5 {
            let tier = |name: &str| TierView {
                tier: name.to_owned(),
                published: number as f64,
                stored: None,
                ..TierView::default()
            };
            let snapshot = Snapshot { tiers: vec![tier("high"), tier("low")], ..Snapshot::default() };
            history.add(&snapshot);
        }
        let low = history.of("low").unwrap();
        assert_eq!(
            (low.published.len(), low.published.front(), low.stored.back()),
            (KEPT, Some(&5.0), Some(&0.0))
        );
        assert_eq!(history.of("normal"), None);
    }

    #[test]
    fn a_node_with_ever_new_tiers_takes_no_memory() {
        let mut history = History::default();
        for number in 0..1000 {
            let tier = TierView { tier: number.to_string(), ..TierView::default() };
            history.add(&Snapshot { tiers: vec![tier; 20], ..Snapshot::default() });
        }
        assert!(history.courses.len() <= TIERS);
    }
}
