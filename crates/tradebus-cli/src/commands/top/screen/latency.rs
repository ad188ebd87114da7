//! How long messages take, by tier: to the store, and to the subscriber.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Row;
use tradebus_gateway::live::{Percentiles, Snapshot, TierView};

use super::figures::milliseconds;
use super::paint::{self, Title, left_in, panel, right};
use crate::human::UNKNOWN;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let row = |tier: &TierView| {
        let name = left_in(tier.tier.clone(), paint::tier(&tier.tier));
        let times = times(tier.publish).into_iter().chain(times(tier.delivery));
        Row::new([name].into_iter().chain(times.map(right)))
    };
    let titles = [
        Title::right("publish p50", 11),
        Title::right("p95", 7),
        Title::right("p99", 7),
        Title::right("max", 7),
        Title::right("deliver p50", 11),
        Title::right("p95", 7),
        Title::right("p99", 7),
        Title::right("max", 7),
    ];
    frame.render_widget(panel("LATENCY", &titles, snapshot.tiers.iter().map(row).collect()), area);
}

fn times(times: Option<Percentiles>) -> [String; 4] {
    times.map_or([(); 4].map(|()| UNKNOWN.to_owned()), |it| {
        [it.p50_ms, it.p95_ms, it.p99_ms, it.max_ms].map(milliseconds)
    })
}
