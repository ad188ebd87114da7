//! The picture: a header, a row of views, the view, and a row that says which keys help. One file a panel.

mod events;
mod figures;
mod footer;
mod header;
mod help;
mod latency;
mod paint;
mod queues;
mod reasons;
mod services;
mod streams;
mod throughput;
mod totals;
mod views;
mod workers;

#[cfg(test)]
mod tests;

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Color;
use ratatui::text::Text;
use ratatui::widgets::{Paragraph, Wrap};

use super::model::{Model, View};

/// Fewest columns and rows of a terminal that is worth drawing on.
const SMALLEST: (u16, u16) = (80, 24);

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, colour: bool, now: Instant) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, area);
    }
    whole(frame, area, model, now);
    if !colour {
        for cell in &mut frame.buffer_mut().content {
            (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
        }
    }
}

fn whole(frame: &mut Frame<'_>, area: Rect, model: &mut Model, now: Instant) {
    // It is taken out while it is drawn, since what is selected changes with it.
    let Some(picture) = model.picture().cloned() else {
        return frame.render_widget(Paragraph::new("waiting for the first snapshot"), area);
    };
    let head = header::lines(model, &picture, now, area.width);
    let rows = [
        Constraint::Length(head.len() as u16),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ];
    let [top, tabs, body, bottom] = area.layout(&Layout::vertical(rows));
    frame.render_widget(Text::from(head), top);
    footer::tabs(frame, tabs, model);
    match model.view {
        View::Overview => views::overview(frame, body, model, &picture),
        View::Streams => views::streams(frame, body, model, &picture),
        View::Services => services::draw(frame, body, model, &picture.snapshot),
        View::Health => views::health(frame, body, model, &picture),
    }
    footer::keys(frame, bottom, model);
    if model.help {
        help::draw(frame, area);
    }
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!(
        "{width}x{height} is needed, this is {}x{}: make it larger, or q to quit",
        area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}
