//! Those who handle messages: how many, how busy, and why they became more or fewer.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use tradebus_gateway::live::{ScalingView, Snapshot};

use super::figures::{clock, number, percent};
use super::paint::{DIM, PLAIN, TITLE, facts};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let workers = &snapshot.workers;
    let mut head = facts([
        ("", format!("{} of {} to {}", number(workers.count), workers.min, workers.max), PLAIN),
        ("busy", percent(workers.utilization), PLAIN),
        ("last changes (UTC):", if workers.scalings.is_empty() { "none" } else { "" }.to_owned(), PLAIN),
    ]);
    head.spans.insert(0, Span::styled("WORKERS", TITLE));
    let room = usize::from(area.height).saturating_sub(1);
    let scalings = workers.scalings.iter().take(room).map(scaling);
    frame.render_widget(Text::from([head].into_iter().chain(scalings).collect::<Vec<_>>()), area);
}

fn scaling(it: &ScalingView) -> Line<'static> {
    Line::from(vec![
        Span::styled(clock(it.ts_ms), DIM),
        Span::raw(format!(" {} {} -> {}: {} ", it.pool, it.from, it.to, it.why)),
        Span::styled(format!("({})", percent(it.utilization)), DIM),
    ])
}
