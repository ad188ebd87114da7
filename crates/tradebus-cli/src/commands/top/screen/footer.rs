//! The row of views, and the row of keys.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};

use super::paint::{BOLD, CHOSEN, DIM, WARN};
use crate::commands::top::model::{Model, View};

/// The views; what is shown is marked.
pub(super) fn tabs(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let mut line = Line::from(" ");
    for (number, view) in View::ALL.into_iter().enumerate() {
        let style = if view == model.view { CHOSEN.patch(BOLD) } else { DIM };
        line.push_span(Span::styled(format!(" {} {} ", number + 1, view.name()), style));
        line.push_span(Span::raw(" "));
    }
    frame.render_widget(line, area);
    if model.is_paused() {
        let paused = Span::styled("PAUSED: p goes on ", WARN.patch(BOLD));
        frame.render_widget(Line::from(paused).alignment(Alignment::Right), area);
    }
}

/// The keys that help in this view.
pub(super) fn keys(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let here: &[(&str, &str)] = match model.view {
        View::Overview => &[],
        View::Streams => &[("Up Down", "select"), ("< >", "sort"), ("r", "reverse"), ("Enter", "groups")],
        View::Services => &[("Up Down", "select")],
        View::Health => &[("Up Down", "events")],
    };
    let everywhere = [("Tab", "views"), ("p", "pause"), ("?", "help"), ("q", "quit")];
    let mut line = Line::default();
    for (key, what) in here.iter().chain(&everywhere) {
        line.push_span(Span::styled(format!(" {key}"), BOLD));
        line.push_span(Span::styled(format!(" {what} "), DIM));
    }
    frame.render_widget(line, area);
}
