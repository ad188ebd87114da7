//! Which panels a view has, and how they share the room.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::figures::{age, number};
use super::paint::{self, PLAIN};
use super::{events, latency, queues, reasons, streams, throughput, totals, workers};
use crate::commands::top::model::{Model, Picture};
use crate::commands::top::source::Origin;
use crate::human::{self, or_unknown};

/// Rows of a panel with its title and four tiers.
const PANEL: u16 = 5;
/// Rows from which panels stand apart.
const ROOMY: u16 = 24;
/// Columns from which two panels stand side by side.
const WIDE: u16 = 110;

/// All that matters at a glance.
pub(super) fn overview(frame: &mut Frame<'_>, area: Rect, model: &mut Model, picture: &Picture) {
    let spacing = u16::from(area.height >= ROOMY);
    if model.origin == Origin::Store {
        let rows = Layout::vertical([Constraint::Length(PANEL), Constraint::Fill(1)]).spacing(1);
        let [rates, rest] = area.layout(&rows);
        throughput::of_store(frame, rates, picture);
        return streams::draw(frame, rest, model, &picture.snapshot, false);
    }
    let panel = Constraint::Length(PANEL);
    let [rates, times, waiting, rest] =
        area.layout(&Layout::vertical([panel, panel, panel, Constraint::Fill(1)]).spacing(spacing));
    throughput::of_node(frame, rates, picture);
    latency::draw(frame, times, &picture.snapshot);
    queues::draw(frame, waiting, &picture.snapshot);
    below(frame, rest, model, picture);
}

/// Workers, then events and streams as far as there is room.
fn below(frame: &mut Frame<'_>, area: Rect, model: &mut Model, picture: &Picture) {
    let snapshot = &picture.snapshot;
    if area.height < 2 * PANEL {
        return workers::draw(frame, area, snapshot);
    }
    let changes =
        snapshot.workers.scalings.len().max(snapshot.events.len()).min(usize::from(PANEL) - 1) as u16;
    let [busy, rest] =
        area.layout(&Layout::vertical([Constraint::Length(1 + changes), Constraint::Fill(1)]).spacing(1));
    if area.width >= WIDE {
        let [left, right] = busy.layout(&Layout::horizontal([Constraint::Fill(1); 2]).spacing(2));
        workers::draw(frame, left, snapshot);
        events::draw(frame, right, snapshot, None);
    } else {
        workers::draw(frame, busy, snapshot);
    }
    streams::draw(frame, rest, model, snapshot, false);
}

/// The streams, and the groups of one.
pub(super) fn streams(frame: &mut Frame<'_>, area: Rect, model: &mut Model, picture: &Picture) {
    let snapshot = &picture.snapshot;
    let [sums, list] = area.layout(&Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]));
    frame.render_widget(sum(picture), sums);
    if !model.streams.groups_are_open {
        return streams::draw(frame, list, model, snapshot, true);
    }
    let rows = streams::group_rows(model, snapshot).min(list.height / 2);
    let [list, groups] = list.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]));
    streams::draw(frame, list, model, snapshot, true);
    streams::groups(frame, groups, model, snapshot);
}

/// What there is in all, and how old the figures may be.
fn sum(picture: &Picture) -> Line<'static> {
    let (snapshot, streams) = (&picture.snapshot, &picture.snapshot.streams);
    let shown = match streams.rows.len() as u64 {
        shown if shown < streams.count => format!("{}, {shown} shown", number(streams.count)),
        _ => number(streams.count),
    };
    let mut facts = vec![
        ("streams", shown, PLAIN),
        ("entries", number(streams.length), PLAIN),
        ("memory", or_unknown(streams.memory_bytes, human::bytes), PLAIN),
        ("dead letters", or_unknown(snapshot.dead_letters, number), PLAIN),
        ("delayed", number(snapshot.delayed), PLAIN),
    ];
    // Where they are looked at in turn, figures are as old as a round.
    if streams.round_seconds > 1.0 {
        facts.push(("a round takes", age(streams.round_seconds), PLAIN));
    }
    paint::facts(facts)
}

/// What was counted, why it is as it is, and what has changed.
pub(super) fn health(frame: &mut Frame<'_>, area: Rect, model: &mut Model, picture: &Picture) {
    let snapshot = &picture.snapshot;
    let room = match reasons::rows(snapshot, area.width) {
        0 => 0,
        rows => rows + 1,
    };
    let rows = [Constraint::Length(totals::ROWS + 1), Constraint::Length(room), Constraint::Fill(1)];
    let [counted, why, rest] = area.layout(&Layout::vertical(rows));
    totals::draw(frame, counted, &model.origin, snapshot);
    if room > 0 {
        reasons::draw(frame, why, snapshot);
    }
    model.page = usize::from(rest.height).saturating_sub(1);
    events::draw(frame, rest, snapshot, Some(&mut model.events));
}
