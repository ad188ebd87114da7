//! What was counted since the start, and how the store is.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Row, Table};
use tradebus_gateway::live::Snapshot;

use super::figures::{milliseconds, number};
use super::paint::{BAD, DIM, GOOD, PLAIN, TITLE, WARN, bad_unless_zero, left_in, right_in};
use crate::commands::top::source::Origin;
use crate::human::or_unknown;

type Fact = (&'static str, String, Style);

/// Rows of the panel.
pub(super) const ROWS: u16 = 9;

/// Three columns of figures. At a store there is one: what this program has counted says nothing about others.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, origin: &Origin, snapshot: &Snapshot) {
    let columns: [Rect; 3] = area.layout(&Layout::horizontal([Constraint::Fill(1); 3]).spacing(3));
    let panels = match origin {
        Origin::Gateway(_) => {
            vec![("STATE", of_node(snapshot)), ("TOTALS", done(snapshot)), ("TROUBLE", trouble(snapshot))]
        }
        Origin::Store => vec![("STATE", state(snapshot))],
    };
    for (area, (name, facts)) in Iterator::zip(columns.into_iter(), panels) {
        let row = |(what, figure, style): Fact| Row::new([left_in(what, DIM), right_in(figure, style)]);
        let table = Table::new(facts.into_iter().map(row), [Constraint::Length(13), Constraint::Fill(1)]);
        frame.render_widget(table.header(Row::new([name]).style(TITLE)), area);
    }
}

fn state(snapshot: &Snapshot) -> Vec<Fact> {
    let health = &snapshot.health;
    let connected = if health.connected { ("yes", GOOD) } else { ("no", BAD) };
    let breaker = if health.breaker == "closed" { PLAIN } else { WARN };
    vec![
        ("connected", connected.0.to_owned(), connected.1),
        ("breaker", health.breaker.clone(), breaker),
        ("answers in", or_unknown(health.store_latency_ms, milliseconds), PLAIN),
        (
            "dead letters",
            or_unknown(snapshot.dead_letters, number),
            bad_unless_zero(snapshot.dead_letters.unwrap_or(0)),
        ),
        ("delayed", number(snapshot.delayed), PLAIN),
        ("layout", snapshot.node.layout.clone(), PLAIN),
    ]
}

fn of_node(snapshot: &Snapshot) -> Vec<Fact> {
    let mut facts = state(snapshot);
    facts.push(("version", snapshot.node.version.clone(), PLAIN));
    facts.push(("subscribers", number(snapshot.process.http_subscriptions), PLAIN));
    facts
}

fn done(snapshot: &Snapshot) -> Vec<Fact> {
    let totals = &snapshot.totals;
    vec![
        ("accepted", number(totals.accepted), PLAIN),
        ("published", number(totals.published), PLAIN),
        ("received", number(totals.received), PLAIN),
        ("redelivered", number(totals.redelivered), bad_unless_zero(totals.redelivered)),
        ("duplicates", number(totals.duplicates), PLAIN),
        ("trimmed", number(totals.trimmed), PLAIN),
        ("expired", number(totals.expired), PLAIN),
        ("connections", number(snapshot.process.http_connections), PLAIN),
    ]
}

fn trouble(snapshot: &Snapshot) -> Vec<Fact> {
    let totals = &snapshot.totals;
    let count = |what, number: u64| (what, self::number(number), bad_unless_zero(number));
    vec![
        count("failed", totals.failed),
        count("retried", totals.retried),
        count("dropped", totals.dropped),
        count("missing", totals.missing),
        count("handlers", totals.handler_errors),
        count("dead letters", totals.dead_lettered),
        count("reconnects", totals.reconnects),
    ]
}
