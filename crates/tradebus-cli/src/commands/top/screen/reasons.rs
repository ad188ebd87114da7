//! What speaks against healthy, as a whole: the header has room for the start of it only.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use tradebus_gateway::live::Snapshot;

use super::paint::{self, TITLE};

/// Rows that the reasons get at most.
const MOST: usize = 8;

/// Rows that the reasons need at a width, their title among them; none where there are no reasons.
pub(super) fn rows(snapshot: &Snapshot, width: u16) -> u16 {
    let reasons = lines(snapshot);
    let rows = reasons.iter().map(|line| line.width().div_ceil(usize::from(width.max(1))));
    match rows.sum::<usize>() {
        0 => 0,
        rows => (rows + 1).min(MOST) as u16,
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let title = Line::from(Span::styled("WHY", TITLE));
    let lines: Vec<Line<'static>> = [title].into_iter().chain(lines(snapshot)).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
}

fn lines(snapshot: &Snapshot) -> Vec<Line<'static>> {
    let style = paint::health(&snapshot.health.status);
    let reasons = snapshot.health.reasons.iter().take(MOST);
    reasons.map(|why| Line::from(Span::styled(why.clone(), style))).collect()
}
