//! Messages a second, by tier: numbers, and their course.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Row;
use tradebus_gateway::live::TierView;

use super::figures::{bars, rate};
use super::paint::{self, FIRST, Title, left, left_in, panel, right};
use crate::commands::top::history::Course;
use crate::commands::top::model::Picture;
use crate::human::or_unknown;

/// Columns of a number.
const NUMBER: u16 = 10;

/// What this node publishes and receives, and what is stored by whomever.
pub(super) fn of_node(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let width = area.width.saturating_sub(FIRST + 3 * (NUMBER + 2)) / 3;
    let row = |tier: &TierView| {
        let course = |of: fn(&Course) -> &VecDeque<f64>| course(picture, tier, of, width);
        Row::new([
            left_in(tier.tier.clone(), paint::tier(&tier.tier)),
            right(rate(tier.published)),
            left(course(|it| &it.published)),
            right(rate(tier.received)),
            left(course(|it| &it.received)),
            right(or_unknown(tier.stored, rate)),
            left(course(|it| &it.stored)),
        ])
    };
    let titles = [
        Title::right("published", NUMBER),
        Title::left("", width),
        Title::right("received", NUMBER),
        Title::left("", width),
        Title::right("stored", NUMBER),
        Title::left("", width),
    ];
    frame.render_widget(panel("MSGS/S", &titles, picture.snapshot.tiers.iter().map(row).collect()), area);
}

/// What is stored, which is all that a store tells.
pub(super) fn of_store(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let width = area.width.saturating_sub(FIRST + NUMBER + 3);
    let row = |tier: &TierView| {
        Row::new([
            left_in(tier.tier.clone(), paint::tier(&tier.tier)),
            right(or_unknown(tier.stored, rate)),
            left(course(picture, tier, |it| &it.stored, width)),
        ])
    };
    let titles = [Title::right("stored", NUMBER), Title::left("", width)];
    frame.render_widget(panel("MSGS/S", &titles, picture.snapshot.tiers.iter().map(row).collect()), area);
}

fn course(picture: &Picture, tier: &TierView, of: fn(&Course) -> &VecDeque<f64>, width: u16) -> String {
    picture.history.of(&tier.tier).map_or_else(String::new, |course| bars(of(course), width.into()))
}
