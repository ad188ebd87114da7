//! Whether cursors lead in a circle.

/// Notices that cursors come again, with the memory of one of them: it remembers one for twice as long each time (Brent).
#[derive(Debug)]
pub(super) struct Circle {
    remembered: Option<String>,
    steps: u64,
    turn: u64,
}

impl Circle {
    /// For a walk that goes on from a cursor.
    pub(super) fn new(from: Option<&str>) -> Self {
        Self { remembered: from.map(str::to_owned), steps: 0, turn: 1 }
    }

    /// Whether this cursor was there before. A circle is noticed in its third round at the latest.
    pub(super) fn closes(&mut self, cursor: &str) -> bool {
        if self.remembered.as_deref() == Some(cursor) {
            return true;
        }
        self.steps += 1;
        if self.steps == self.turn {
            self.remembered = Some(cursor.to_owned());
            (self.steps, self.turn) = (0, self.turn.saturating_mul(2));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Circle;

    #[test]
    fn the_same_cursor_at_once() {
        let mut circle = Circle::new(None);
        assert!(!circle.closes("a") && circle.closes("a"));
        assert!(Circle::new(Some("a")).closes("a"));
    }

    proptest! {
        #[test]
        fn every_circle_is_noticed(before in 0..50_usize, round in 1..50_usize) {
            let mut circle = Circle::new(None);
            let cursors = (0..before).chain((before..before + round).cycle());
            let at = cursors.take(4 * (before + round)).position(|cursor| circle.closes(&cursor.to_string()));
            prop_assert!(at.is_some_and(|at| at >= before + round), "{at:?}");
        }
    }
}
