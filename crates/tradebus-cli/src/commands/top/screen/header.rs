//! The lines at the top: how it is and why, which node it is, and what it uses.

use std::time::Instant;

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use tradebus_gateway::live::Snapshot;

use super::figures::{age, bytes_rate, number, rate};
use super::paint::{self, BAD, BOLD, DIM, PLAIN, WARN, bad_unless_zero, facts};
use crate::commands::top::model::{Model, Picture};
use crate::commands::top::source::Origin;
use crate::human::{self, UNKNOWN, or_unknown};
use crate::terminal;

/// Longest that a state is shown: there are three, and they are shorter.
const MOST_OF_STATUS: usize = 16;

/// Three lines, and one or two more where something is wrong.
pub(super) fn lines(model: &Model, picture: &Picture, now: Instant, width: u16) -> Vec<Line<'static>> {
    let snapshot = &picture.snapshot;
    let mut lines = vec![state(model, picture, now, width)];
    match &model.origin {
        Origin::Gateway(url) => {
            lines.push(flow(snapshot));
            lines.push(node(snapshot, url));
        }
        Origin::Store => {
            lines.push(store(snapshot));
            lines.push(directly());
        }
    }
    if !snapshot.health.reasons.is_empty() {
        let why = snapshot.health.reasons.join("; ");
        lines.push(Line::from(vec![
            Span::styled(" why ", DIM),
            Span::styled(why, paint::health(&snapshot.health.status)),
        ]));
    }
    if let Some(trouble) = &model.trouble {
        lines.push(Line::from(Span::styled(format!(" {trouble}"), BAD)));
    }
    lines
}

/// How it is, which store it has, and how old that is: the age has its place whatever else has.
fn state(model: &Model, picture: &Picture, now: Instant, width: u16) -> Line<'static> {
    let health = &picture.snapshot.health;
    let mut status = health.status.to_uppercase();
    let mut style = paint::health(&health.status);
    let mut age_style = PLAIN;
    // Of a node that nobody hears from, nobody knows how it is.
    if model.trouble.is_some() || (model.is_late(now) && !model.is_paused()) {
        status = format!("WAS {status}");
        (style, age_style) = (WARN, WARN);
    }
    terminal::cut(&mut status, MOST_OF_STATUS);
    let status = Span::styled(format!(" {status} "), style.add_modifier(Modifier::REVERSED | Modifier::BOLD));
    let since = now.duration_since(picture.came).as_secs();
    let end =
        facts([("up", age(health.uptime_seconds), PLAIN), ("data", format!("{since}s old "), age_style)]);
    let room = usize::from(width).saturating_sub(status.width() + end.width() + 1);
    let mut store = picture.snapshot.node.store.clone();
    terminal::cut(&mut store, room);
    let store = Span::styled(store, BOLD);
    let gap = " ".repeat(room.saturating_sub(store.width()));
    let mut line = Line::from(vec![status, Span::raw(" "), store, Span::raw(gap)]);
    line.spans.extend(end.spans);
    line
}

/// What goes through a node.
fn flow(snapshot: &Snapshot) -> Line<'static> {
    let rates = &snapshot.rates;
    facts([
        ("published", format!("{}/s", rate(rates.published)), PLAIN),
        ("received", format!("{}/s", rate(rates.received)), PLAIN),
        ("stored", or_unknown(rates.stored, |stored| format!("{}/s", rate(stored))), PLAIN),
        dead(snapshot),
    ])
}

/// What a node uses, and how it is seen.
fn node(snapshot: &Snapshot, url: &str) -> Line<'static> {
    let process = &snapshot.process;
    facts([
        ("memory", human::bytes(process.memory_bytes), PLAIN),
        ("cpu", process.cpu_cores.map_or_else(|| UNKNOWN.to_owned(), |cores| format!("{cores:.2}")), PLAIN),
        ("payload", bytes_rate(snapshot.rates.bytes), PLAIN),
        ("at", url.to_owned(), PLAIN),
    ])
}

/// What is in a store.
fn store(snapshot: &Snapshot) -> Line<'static> {
    let streams = &snapshot.streams;
    facts([
        ("stored", or_unknown(snapshot.rates.stored, |stored| format!("{}/s", rate(stored))), PLAIN),
        ("streams", number(streams.count), PLAIN),
        ("entries", number(streams.length), PLAIN),
        ("memory", or_unknown(streams.memory_bytes, human::bytes), PLAIN),
        dead(snapshot),
    ])
}

fn dead(snapshot: &Snapshot) -> (&'static str, String, ratatui::style::Style) {
    let dead = snapshot.dead_letters;
    ("dead letters", or_unknown(dead, number), bad_unless_zero(dead.unwrap_or(0)))
}

fn directly() -> Line<'static> {
    facts([("directly at the store:", "queues and times of other processes are not seen".to_owned(), PLAIN)])
}
