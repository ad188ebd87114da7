//! How full the publishing queues are, by tier, with the marks at which they push back.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Row;
use tradebus_gateway::live::{Snapshot, TierView};

use super::figures::{bytes, percent, short};
use super::paint::{self, BAD, FIRST, GOOD, Title, WARN, bad_unless_zero, left_in, panel, right, right_in};

/// Columns of everything but the gauge.
const OTHERS: u16 = FIRST + 6 + 15 + 8 + 12 + 9 + 6;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let width = area.width.saturating_sub(OTHERS);
    let row = |tier: &TierView| {
        let policy = if tier.pushing_back {
            left_in("PUSHES BACK", BAD)
        } else {
            left_in(tier.on_full.clone(), Style::new())
        };
        Row::new([
            left_in(tier.tier.clone(), paint::tier(&tier.tier)),
            left_in(gauge(tier, width.into()), colour(tier)),
            right(percent(tier.fill)),
            right(format!("{} of {}", short(tier.queued), short(tier.capacity))),
            right(bytes(tier.queued_bytes)),
            policy,
            right_in(short(tier.dropped), bad_unless_zero(tier.dropped)),
        ])
    };
    let titles = [
        Title::left("| marks", width),
        Title::right("full", 6),
        Title::right("waiting", 15),
        Title::right("bytes", 8),
        Title::left("when full", 12),
        Title::right("dropped", 9),
    ];
    frame.render_widget(panel("QUEUES", &titles, snapshot.tiers.iter().map(row).collect()), area);
}

fn colour(tier: &TierView) -> Style {
    match tier.fill {
        _ if tier.pushing_back => BAD,
        fill if fill >= tier.high_mark => BAD,
        fill if fill >= tier.low_mark => WARN,
        _ => GOOD,
    }
}

/// As many columns full as the queue is, and the two marks.
fn gauge(tier: &TierView, columns: usize) -> String {
    let at = |share: f64| (share.clamp(0.0, 1.0) * columns as f64).round() as usize;
    let full = match at(tier.fill) {
        // A queue with anything in it is not empty.
        0 if tier.queued > 0 => 1,
        full => full,
    };
    let marks = [tier.low_mark, tier.high_mark].map(|mark| at(mark).min(columns.saturating_sub(1)));
    let cell = |column: usize| match column {
        column if marks.contains(&column) => '|',
        column if column < full => '█',
        _ => '·',
    };
    (0..columns).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use tradebus_gateway::live::TierView;

    use super::gauge;

    fn shown(fill: f64, queued: u64) -> String {
        let tier = TierView { fill, queued, low_mark: 0.5, high_mark: 0.8, ..TierView::default() };
        gauge(&tier, 10)
    }

    #[test]
    fn a_gauge_shows_what_waits_and_the_marks() {
        assert_eq!(shown(0.0, 0), "·····|··|·");
        assert_eq!(shown(0.001, 1), "█····|··|·");
        assert_eq!(shown(0.7, 7), "█████|█·|·");
        assert_eq!((shown(1.0, 9), shown(99.0, 9)), ("█████|██|█".to_owned(), "█████|██|█".to_owned()));
        assert_eq!(shown(f64::MIN, 0), shown(0.0, 0));
        assert_eq!(gauge(&TierView::default(), 0), "");
    }
}
