//! Colours, of which every terminal has sixteen, and the parts that panels are made of. No colour says what no word says.

use ratatui::layout::{Alignment, Constraint};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell, Row, Table};
use tradebus::Priority;

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
/// Not a grey: in some palettes that is the background.
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const TITLE: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
pub(super) const GOOD: Style = Style::new().fg(Color::Green);
pub(super) const WARN: Style = Style::new().fg(Color::Yellow);
pub(super) const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
pub(super) const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Of `healthy`, `degraded` or anything else.
pub(super) fn health(status: &str) -> Style {
    match status {
        "healthy" => GOOD,
        "degraded" => WARN,
        _ => BAD,
    }
}

/// Of the name of a tier.
pub(super) fn tier(name: &str) -> Style {
    match name.parse() {
        Ok(Priority::Critical) => Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD),
        Ok(Priority::High) => Style::new().fg(Color::Yellow),
        Ok(Priority::Normal) => Style::new().fg(Color::Green),
        Ok(Priority::Low) => Style::new().fg(Color::LightBlue),
        Err(_) => PLAIN,
    }
}

/// Of a number that should be nothing.
pub(super) const fn bad_unless_zero(number: u64) -> Style {
    if number == 0 { PLAIN } else { WARN }
}

pub(super) fn right(text: impl Into<String>) -> Cell<'static> {
    right_in(text, PLAIN)
}

pub(super) fn right_in(text: impl Into<String>, style: Style) -> Cell<'static> {
    Cell::new(Text::from(text.into()).alignment(Alignment::Right)).style(style)
}

pub(super) fn left(text: impl Into<String>) -> Cell<'static> {
    Cell::new(text.into())
}

pub(super) fn left_in(text: impl Into<String>, style: Style) -> Cell<'static> {
    Cell::new(text.into()).style(style)
}

/// A table with its titles: the first one names the panel.
pub(super) fn panel<const N: usize>(
    name: impl Into<String>,
    columns: &[Title; N],
    rows: Vec<Row<'static>>,
) -> Table<'static> {
    let mut titles = vec![left_in(name, TITLE)];
    titles.extend(columns.iter().map(|title| if title.right { right(title.text) } else { left(title.text) }));
    let widths = [Constraint::Length(FIRST)].into_iter().chain(columns.iter().map(|title| title.width));
    Table::new(rows, widths).header(Row::new(titles).style(DIM)).column_spacing(1)
}

/// The longest name of a tier, and of a panel of tiers.
pub(super) const FIRST: u16 = 8;

/// The title of a column.
pub(super) struct Title {
    text: &'static str,
    right: bool,
    width: Constraint,
}

impl Title {
    pub(super) const fn right(text: &'static str, width: u16) -> Self {
        Self { text, right: true, width: Constraint::Length(width) }
    }

    pub(super) const fn left(text: &'static str, width: u16) -> Self {
        Self { text, right: false, width: Constraint::Length(width) }
    }
}

/// A line of names and figures: `memory 45.2 MiB  cpu 0.35`.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String, Style)>) -> Line<'a> {
    let mut line = Line::default();
    for (name, figure, style) in facts {
        let gap = if line.spans.is_empty() { " " } else { "   " };
        line.push_span(Span::raw(gap));
        if !name.is_empty() {
            line.push_span(Span::styled(name, DIM));
            line.push_span(Span::raw(" "));
        }
        line.push_span(Span::styled(figure, style));
    }
    line
}
