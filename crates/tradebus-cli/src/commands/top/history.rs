//! What the small charts show: the last minutes of each tier.

use std::collections::VecDeque;

use serde_json::Value;
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
    /// What a gateway tells of the past (`/api/v1/history`); what is not as expected is left out. The newest point is too: it comes as a snapshot.
    pub(super) fn of_past(columns: &Value) -> Self {
        let column = |tier: &Value, name: &str| {
            let values = tier[name].as_array().map_or(&[][..], Vec::as_slice);
            let before = &values[..values.len().saturating_sub(1)];
            let newest = &before[before.len().saturating_sub(KEPT)..];
            newest.iter().map(|value| value.as_f64().unwrap_or(0.0)).collect()
        };
        let course = |(name, tier): (&String, &Value)| Course {
            tier: name.clone(),
            published: column(tier, "published"),
            received: column(tier, "received"),
            stored: column(tier, "stored"),
        };
        let tiers = columns["tiers"].as_object();
        Self { courses: tiers.into_iter().flatten().take(TIERS).map(course).collect() }
    }

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
    use serde_json::json;
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
    fn the_past_is_taken_as_far_as_it_makes_sense() {
        let high =
            json!({ "published": [1.5, null, 3.0, 4.0], "received": "x", "stored": vec![1.0; KEPT * 2] });
        let past = History::of_past(&json!({ "tiers": { "high": high, "low": 5, "normal": null } }));
        let high = past.of("high").unwrap();
        assert_eq!(
            (&high.published, high.received.len(), high.stored.len()),
            (&[1.5, 0.0, 3.0].into(), 0, KEPT)
        );
        for nonsense in [json!(null), json!([]), json!({ "tiers": [] }), json!({ "tiers": "x" })] {
            assert!(History::of_past(&nonsense).courses.is_empty());
        }
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
