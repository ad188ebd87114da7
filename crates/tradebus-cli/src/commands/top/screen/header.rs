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

/// Three lines, and one or two more where something is wrong.
pub(super) fn lines(model: &Model, picture: &Picture, now: Instant) -> Vec<Line<'static>> {
    let snapshot = &picture.snapshot;
    let mut lines = vec![state(model, picture, now)];
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

fn state(model: &Model, picture: &Picture, now: Instant) -> Line<'static> {
    let health = &picture.snapshot.health;
    let mut status = health.status.to_uppercase();
    // Of a node that nobody hears from, nobody knows how it is.
    let (style, is_late) = if model.trouble.is_some() || (model.is_late(now) && !model.is_paused()) {
        status = format!("WAS {status}");
        (WARN, true)
    } else {
        (paint::health(&health.status), false)
    };
    let since = now.duration_since(picture.came);
    let mut line = facts([
        ("", picture.snapshot.node.store.clone(), BOLD),
        ("up", age(health.uptime_seconds), PLAIN),
        ("store answers in", or_unknown(health.store_latency_ms, super::figures::milliseconds), PLAIN),
        ("data", format!("{}s old", since.as_secs()), if is_late { WARN } else { PLAIN }),
    ]);
    line.spans.insert(
        0,
        Span::styled(format!(" {status} "), style.add_modifier(Modifier::REVERSED | Modifier::BOLD)),
    );
    line
}

/// What goes through a node.
fn flow(snapshot: &Snapshot) -> Line<'static> {
    let rates = &snapshot.rates;
    facts([
        ("published", format!("{}/s", rate(rates.published)), PLAIN),
        ("received", format!("{}/s", rate(rates.received)), PLAIN),
        ("stored", or_unknown(rates.stored, |stored| format!("{}/s", rate(stored))), PLAIN),
        ("payload", bytes_rate(rates.bytes), PLAIN),
        dead(snapshot),
    ])
}

/// What a node uses, and how it is seen.
fn node(snapshot: &Snapshot, url: &str) -> Line<'static> {
    let process = &snapshot.process;
    facts([
        ("memory", human::bytes(process.memory_bytes), PLAIN),
        ("cpu", process.cpu_cores.map_or_else(|| UNKNOWN.to_owned(), |cores| format!("{cores:.2}")), PLAIN),
        ("http", number(process.http_connections), PLAIN),
        ("version", snapshot.node.version.clone(), PLAIN),
        ("seen through", url.to_owned(), PLAIN),
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
