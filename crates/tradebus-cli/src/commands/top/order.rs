//! The order in which streams are listed.

use std::cmp::Ordering;

use tradebus_gateway::live::StreamView;

/// A column of the list of streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Stream,
    Tier,
    Length,
    Rate,
    Memory,
    Oldest,
    Groups,
    Lag,
    Pending,
}

impl Column {
    pub(super) const ALL: [Self; 9] = [
        Self::Stream,
        Self::Tier,
        Self::Length,
        Self::Rate,
        Self::Memory,
        Self::Oldest,
        Self::Groups,
        Self::Lag,
        Self::Pending,
    ];

    fn place(self) -> usize {
        Self::ALL.iter().position(|&column| column == self).unwrap_or(0)
    }

    /// What is most interesting of numbers is what is largest; texts are listed from A to Z.
    const fn is_text(self) -> bool {
        matches!(self, Self::Stream | Self::Tier)
    }

    /// What is compared of a stream if it is a number; `None` where it is not known.
    fn number(self, stream: &StreamView) -> Option<f64> {
        match self {
            Self::Stream => None,
            Self::Tier => stream.tier.as_deref().map(|tier| rank(tier) as f64),
            Self::Length => Some(stream.length as f64),
            Self::Rate => stream.rate,
            Self::Memory => stream.memory_bytes.map(|bytes| bytes as f64),
            Self::Oldest => stream.oldest_age_seconds,
            Self::Groups => Some(stream.groups.len() as f64),
            Self::Lag => most_lag(stream).map(|lag| lag as f64),
            Self::Pending => Some(pending(stream) as f64),
        }
    }
}

/// The place of a tier, the most urgent first.
fn rank(tier: &str) -> usize {
    tradebus::Priority::ALL.iter().position(|it| it.name() == tier).unwrap_or(tradebus::Priority::ALL.len())
}

/// The lag of the group that is furthest behind.
pub(super) fn most_lag(stream: &StreamView) -> Option<u64> {
    stream.groups.iter().filter_map(|group| group.lag).max()
}

/// What all groups have in hand.
pub(super) fn pending(stream: &StreamView) -> u64 {
    stream.groups.iter().fold(0, |sum, group| sum.saturating_add(group.pending))
}

/// By what the streams are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) reversed: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { column: Column::Rate, reversed: false }
    }
}

impl Order {
    /// By the column to the right, in the direction that it has by itself.
    pub(super) fn next(self) -> Self {
        self.beside(1)
    }

    pub(super) fn previous(self) -> Self {
        self.beside(Column::ALL.len() - 1)
    }

    fn beside(self, steps: usize) -> Self {
        let place = (self.column.place() + steps) % Column::ALL.len();
        Self { column: Column::ALL[place], reversed: false }
    }

    pub(super) const fn reverse(self) -> Self {
        Self { reversed: !self.reversed, ..self }
    }

    /// Whether small values come first.
    pub(super) const fn is_ascending(self) -> bool {
        self.column.is_text() != self.reversed
    }

    /// The streams in this order; those of which it is not known come last, either way.
    pub(super) fn sorted(self, streams: &[StreamView]) -> Vec<&StreamView> {
        let mut sorted: Vec<(Option<f64>, &StreamView)> =
            streams.iter().map(|stream| (self.column.number(stream), stream)).collect();
        sorted.sort_by(|a, b| self.compare(a, b).then_with(|| a.1.stream.cmp(&b.1.stream)));
        sorted.into_iter().map(|(_, stream)| stream).collect()
    }

    fn compare(self, a: &(Option<f64>, &StreamView), b: &(Option<f64>, &StreamView)) -> Ordering {
        let turned = |order: Ordering| if self.is_ascending() { order } else { order.reverse() };
        match (a.0, b.0) {
            _ if self.column == Column::Stream => turned(a.1.stream.cmp(&b.1.stream)),
            (Some(a), Some(b)) => turned(a.total_cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tradebus_gateway::live::{GroupView, StreamView};

    use super::{Column, Order};

    fn streams() -> Vec<StreamView> {
        let stream = |name: &str, tier: &str, length, rate| StreamView {
            stream: name.to_owned(),
            tier: Some(tier.to_owned()).filter(|tier| !tier.is_empty()),
            length,
            rate,
            ..StreamView::default()
        };
        let mut streams = vec![
            stream("b", "low", 10, Some(1.5)),
            stream("a", "critical", 5, None),
            stream("d", "", 7, Some(20.0)),
            stream("c", "high", 7, Some(0.0)),
        ];
        let group = |lag, pending| GroupView { lag, pending, ..GroupView::default() };
        streams[0].groups = vec![group(Some(3), u64::MAX), group(None, 5)];
        streams[3].groups = vec![group(Some(9), 1)];
        streams
    }

    fn names(column: Column, reversed: bool) -> String {
        let streams = streams();
        let sorted = Order { column, reversed }.sorted(&streams);
        sorted.iter().map(|stream| stream.stream.as_str()).collect()
    }

    #[test]
    fn every_column_has_its_direction_and_the_unknown_is_last() {
        let cases = [
            (Column::Stream, "abcd", "dcba"),
            (Column::Tier, "acbd", "bcad"),
            (Column::Length, "bcda", "acdb"),
            (Column::Rate, "dbca", "cbda"),
            (Column::Groups, "bcad", "adcb"),
            (Column::Lag, "cbad", "bcad"),
            (Column::Pending, "bcad", "adcb"),
        ];
        for (column, order, reversed) in cases {
            assert_eq!(
                (names(column, false).as_str(), names(column, true).as_str()),
                (order, reversed),
                "{column:?}"
            );
        }
    }

    #[test]
    fn columns_go_round() {
        let mut order = Order::default().reverse();
        assert!(order.is_ascending());
        for _ in 0..Column::ALL.len() {
            order = order.next();
        }
        assert_eq!(order, Order::default());
        assert_eq!(Order { column: Column::Stream, reversed: true }.previous().column, Column::Pending);
    }
}
