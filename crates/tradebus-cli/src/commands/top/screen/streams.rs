//! The streams, in the order that is wanted, and the groups of the selected one.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Row, Table};
use tradebus_gateway::live::{GroupView, Snapshot, StreamView};

use super::figures::{age, bytes, rate, short, tail};
use super::paint::{self, BOLD, CHOSEN, DIM, TITLE, WARN, left, left_in, right, right_in};
use crate::commands::top::model::{self, Model};
use crate::commands::top::order::{Column, Order, most_lag, pending};
use crate::human::or_unknown;

/// Columns of a column; the name of the stream has the rest.
const fn width(column: Column) -> u16 {
    match column {
        Column::Stream => 0,
        Column::Tier | Column::Oldest => 8,
        Column::Memory | Column::Pending => 9,
        Column::Length | Column::Rate | Column::Groups | Column::Lag => 7,
    }
}

const fn title(column: Column) -> &'static str {
    match column {
        Column::Stream => "STREAM",
        Column::Tier => "tier",
        Column::Length => "length",
        Column::Rate => "rate",
        Column::Memory => "memory",
        Column::Oldest => "oldest",
        Column::Groups => "groups",
        Column::Lag => "lag",
        Column::Pending => "pending",
    }
}

/// Columns that there is room for: on a narrow terminal the name of a stream is worth more than its memory.
fn columns(area: Rect, order: Order) -> Vec<Column> {
    const NAME: u16 = 24;
    let mut columns = Column::ALL.to_vec();
    for spare in [Column::Groups, Column::Tier, Column::Memory] {
        let used: u16 = columns.iter().map(|&column| width(column) + 1).sum();
        if used + NAME > area.width && order.column != spare {
            columns.retain(|&column| column != spare);
        }
    }
    columns
}

/// Draws the streams. What is selected can be seen, and is marked where that means something.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &mut Model,
    snapshot: &Snapshot,
    is_marked: bool,
) {
    let order = model.streams.order;
    let sorted = order.sorted(&snapshot.streams.rows);
    let columns = columns(area, order);
    let name = area.width.saturating_sub(columns.iter().map(|&column| width(column) + 1).sum::<u16>() - 1);
    let at = model::place(&sorted, model.streams.selected.as_deref());
    model.streams.table.select((is_marked && !sorted.is_empty()).then_some(at));
    if !is_marked {
        *model.streams.table.offset_mut() = 0;
    }
    model.page = usize::from(area.height).saturating_sub(1);
    let row = |stream: &&StreamView| Row::new(columns.iter().map(|&column| cell(column, stream, name)));
    let widths = columns.iter().map(|&column| match column {
        Column::Stream => Constraint::Length(name),
        column => Constraint::Length(width(column)),
    });
    let titles = Row::new(columns.iter().map(|&column| heading(column, order))).style(DIM);
    let table = Table::new(sorted.iter().map(row), widths).header(titles).row_highlight_style(CHOSEN);
    frame.render_stateful_widget(table, area, &mut model.streams.table);
}

fn heading(column: Column, order: Order) -> ratatui::widgets::Cell<'static> {
    let is_chosen = column == order.column;
    let mark = if order.is_ascending() { "↑" } else { "↓" };
    let text = if is_chosen { format!("{mark}{}", title(column)) } else { title(column).to_owned() };
    let style = match column {
        _ if is_chosen => BOLD.add_modifier(Modifier::UNDERLINED).fg(ratatui::style::Color::Reset),
        Column::Stream => TITLE,
        _ => DIM,
    };
    if matches!(column, Column::Stream | Column::Tier) { left_in(text, style) } else { right_in(text, style) }
}

fn cell(column: Column, stream: &StreamView, name: u16) -> ratatui::widgets::Cell<'static> {
    match column {
        Column::Stream => left(tail(&stream.stream, name.into())),
        Column::Tier => {
            stream.tier.as_ref().map_or_else(|| left("-"), |tier| left_in(tier.clone(), paint::tier(tier)))
        }
        Column::Length => right(short(stream.length)),
        Column::Rate => right(or_unknown(stream.rate, rate)),
        Column::Memory => right(or_unknown(stream.memory_bytes, bytes)),
        Column::Oldest => right(or_unknown(stream.oldest_age_seconds, age)),
        Column::Groups => right(stream.groups.len().to_string()),
        Column::Lag => right(or_unknown(most_lag(stream), short)),
        Column::Pending if stream.groups.is_empty() => right("-"),
        Column::Pending => right(short(pending(stream))),
    }
}

/// Rows of the groups of a stream with its title.
pub(super) fn group_rows(model: &Model, snapshot: &Snapshot) -> u16 {
    let groups = selected(model, snapshot).map_or(0, |stream| stream.groups.len());
    (groups as u16).saturating_add(2).max(3)
}

/// The groups of the selected stream.
pub(super) fn groups(frame: &mut Frame<'_>, area: Rect, model: &Model, snapshot: &Snapshot) {
    let Some(stream) = selected(model, snapshot) else { return };
    let room = usize::from(area.height).saturating_sub(2);
    let more = stream.groups.len().saturating_sub(room);
    let title = match (stream.groups.len(), more) {
        (0, _) => format!("{} has no consumer groups", stream.stream),
        (_, 0) => format!("GROUPS OF {}", stream.stream),
        _ => format!("GROUPS OF {}, {more} of them without room", stream.stream),
    };
    frame.render_widget(ratatui::text::Line::styled(title, TITLE), area);
    if stream.groups.is_empty() {
        return;
    }
    let row = |group: &GroupView| {
        let lag = if group.lag.unwrap_or(0) > 0 { WARN } else { paint::PLAIN };
        Row::new([
            left(group.group.clone()),
            right(short(group.consumers)),
            right_in(or_unknown(group.lag, short), lag),
            right(short(group.pending)),
            right(or_unknown(group.rate, rate)),
        ])
    };
    let widths = [Constraint::Fill(1)].into_iter().chain([10, 9, 9, 9].map(Constraint::Length));
    let titles =
        Row::new([left("group"), right("consumers"), right("lag"), right("pending"), right("read/s")]);
    let table = Table::new(stream.groups.iter().map(row), widths).header(titles.style(DIM));
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    frame.render_widget(table, below);
}

fn selected<'a>(model: &Model, snapshot: &'a Snapshot) -> Option<&'a StreamView> {
    let sorted = model.streams.order.sorted(&snapshot.streams.rows);
    sorted.get(model::place(&sorted, model.streams.selected.as_deref())).copied()
}
