//! Changes of health.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Row, Table, TableState};
use tradebus_gateway::live::{EventView, Snapshot};

use super::figures::clock;
use super::paint::{self, CHOSEN, DIM, TITLE, left, left_in};

/// Draws the newest; with a state, those around the selected one.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, state: Option<&mut TableState>) {
    let row = |event: &EventView| {
        Row::new([
            left_in(clock(event.ts_ms), DIM),
            left(event.who.clone()),
            left_in(event.state.clone(), paint::health(&event.state)),
            left(event.reasons.join("; ")),
        ])
    };
    let widths = [Constraint::Length(8), Constraint::Length(14), Constraint::Length(9), Constraint::Fill(1)];
    let none = if snapshot.events.is_empty() { "none so far" } else { "why" };
    let titles = Row::new([left_in("EVENTS", TITLE), left("who"), left("is"), left(none)]).style(DIM);
    let table =
        Table::new(snapshot.events.iter().map(row), widths).header(titles).row_highlight_style(CHOSEN);
    match state {
        Some(state) => frame.render_stateful_widget(table, area, state),
        None => frame.render_widget(table, area),
    }
}
