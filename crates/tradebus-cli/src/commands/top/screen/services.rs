//! The services of the node, and what the selected one can be asked.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Row, Table};
use tradebus_gateway::live::{ServiceView, Snapshot};

use super::figures::{milliseconds, number, percent};
use super::paint::{self, CHOSEN, DIM, TITLE, bad_unless_zero, left, left_in, right, right_in};
use crate::commands::top::model::Model;
use crate::commands::top::source::Origin;

const WIDTHS: [Constraint; 8] = [
    Constraint::Fill(1),
    Constraint::Length(9),
    Constraint::Length(9),
    Constraint::Length(8),
    Constraint::Length(7),
    Constraint::Length(8),
    Constraint::Length(8),
    Constraint::Length(7),
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &mut Model, snapshot: &Snapshot) {
    let services = &snapshot.services;
    if services.is_empty() {
        let why = match model.origin {
            Origin::Gateway(_) => {
                "no services run in this node: tradebus services ls lists those that are configured"
            }
            Origin::Store => "which services run is not in the store: --http URL asks a node",
        };
        return frame.render_widget(Paragraph::new(format!(" {why}")), area);
    }
    let most = area.height / 2;
    let rows = (services.len() as u16).saturating_add(2).min(most);
    let [list, details] = area.layout(&Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]));
    model.page = usize::from(list.height).saturating_sub(1);
    let at = model.services.selected().unwrap_or(0).min(services.len() - 1);
    model.services.select(Some(at));
    let titles = ["status", "requests", "failed", "active", "mean", "p95", "cached"];
    let titles = [left_in("SERVICE", TITLE), left(titles[0])]
        .into_iter()
        .chain(titles[1..].iter().map(|&it| right(it)));
    let table = Table::new(services.iter().map(row), WIDTHS)
        .header(Row::new(titles).style(DIM))
        .row_highlight_style(CHOSEN);
    frame.render_stateful_widget(table, list, &mut model.services);
    frame.render_widget(about(&services[at], details.height), details);
}

fn row(service: &ServiceView) -> Row<'static> {
    Row::new([
        left(service.name.clone()),
        left_in(service.status.clone(), paint::health(&service.status)),
        right(number(service.requests)),
        right_in(number(service.failed), bad_unless_zero(service.failed)),
        right(number(service.active)),
        right(milliseconds(service.avg_ms)),
        right(milliseconds(service.p95_ms)),
        right(percent(service.cache_hit_rate)),
    ])
}

/// Why it is how it is, and the topics that it answers.
fn about(service: &ServiceView, height: u16) -> Text<'static> {
    let reasons = service
        .reasons
        .iter()
        .map(|why| Line::from(Span::styled(format!(" {why}"), paint::health(&service.status))));
    let head = Line::from(Span::styled(format!("{} ANSWERS", service.name), TITLE));
    let width = service.routes.iter().map(|route| route.topic.chars().count()).max().unwrap_or(0).min(40);
    let routes = service.routes.iter().map(|route| {
        Line::from(vec![
            Span::raw(format!(" {:<width$}  ", route.topic)),
            Span::styled(route.about.clone(), DIM),
        ])
    });
    let mut lines: Vec<Line<'static>> = reasons.chain([head]).chain(routes).collect();
    let room = usize::from(height);
    if lines.len() > room {
        let more = lines.len() - room + 1;
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::from(Span::styled(format!(" and {more} more"), DIM)));
    }
    Text::from(lines)
}
