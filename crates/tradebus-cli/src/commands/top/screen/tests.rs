//! What is on the screen: drawn into memory, and read there.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use tradebus::Priority;
use tradebus_gateway::live::{
    EventView, GroupView, HealthView, NodeView, Percentiles, RouteView, ScalingView, ServiceView, Snapshot,
    StreamView, StreamsView, TierView, WorkersView,
};

use crate::commands::top::keys::{Action, Move};
use crate::commands::top::model::{Model, View};
use crate::commands::top::source::{News, Origin};

const SECOND: Duration = Duration::from_secs(1);
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (80, 60)];

fn snapshot() -> Snapshot {
    let times =
        |p50_ms| Some(Percentiles { p50_ms, p95_ms: p50_ms * 2.0, p99_ms: p50_ms * 3.0, max_ms: 1234.0 });
    let tier = |priority: &Priority| TierView {
        tier: priority.name().to_owned(),
        published: 1234.0,
        received: 2.5,
        stored: Some(99_999.0),
        queued: 500,
        queued_bytes: 2048,
        capacity: 1000,
        fill: 0.5,
        high_mark: 0.8,
        low_mark: 0.4,
        on_full: "drop_oldest".to_owned(),
        pushing_back: *priority == Priority::Low,
        dropped: 7,
        publish: times(0.25),
        delivery: times(1.5),
    };
    let group = GroupView { group: "risk".into(), consumers: 2, pending: 3, lag: Some(44), rate: Some(5.5) };
    let stream = |name: &str, rate| StreamView {
        stream: format!("trader-TRADER-001:stream:{name}"),
        tier: Some(name.to_owned()),
        length: 123_456,
        rate: Some(rate),
        memory_bytes: Some(5 << 20),
        oldest_age_seconds: Some(61.0),
        newest_age_seconds: Some(0.1),
        groups: vec![group.clone()],
    };
    Snapshot {
        ts_ms: 1_700_000_000_000,
        node: NodeView {
            version: "0.1.0".into(),
            store: "the embedded engine".into(),
            ..NodeView::default()
        },
        health: HealthView {
            status: "degraded".into(),
            reasons: vec!["the group risk falls behind".into()],
            breaker: "closed".into(),
            uptime_seconds: 192.0,
            ..HealthView::default()
        },
        tiers: Priority::ALL.iter().map(tier).collect(),
        workers: WorkersView {
            count: 4,
            utilization: 0.35,
            min: 1,
            max: 10,
            scalings: vec![ScalingView {
                pool: "risk.*".into(),
                from: 3,
                to: 4,
                why: "busy".into(),
                ..ScalingView::default()
            }],
        },
        streams: StreamsView {
            count: 3,
            rows: vec![stream("low", 10.0), stream("critical", 30.0), stream("high", 20.0)],
            ..StreamsView::default()
        },
        dead_letters: Some(5),
        services: vec![ServiceView {
            name: "dbnomics".into(),
            status: "healthy".into(),
            requests: 42,
            routes: vec![RouteView {
                topic: "dbnomics.series.fetch".into(),
                about: "series with their values".into(),
            }],
            ..ServiceView::default()
        }],
        events: vec![EventView {
            ts_ms: 1_700_000_000_000,
            who: "node-1".into(),
            state: "degraded".into(),
            reasons: vec!["late".into()],
            ..EventView::default()
        }],
        ..Snapshot::default()
    }
}

fn model(origin: Origin, snapshot: &Snapshot) -> Model {
    let mut model = Model::new(origin, SECOND);
    note(&mut model, snapshot);
    model
}

fn note(model: &mut Model, snapshot: &Snapshot) {
    model.note(News::Snapshot(serde_json::to_vec(snapshot).unwrap().into()), Instant::now());
}

fn gateway() -> Origin {
    Origin::Gateway("http://desk:8787".to_owned())
}

fn terminal((width, height): (u16, u16)) -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(width, height)).unwrap()
}

/// The rows of the screen.
fn drawn(model: &mut Model, size: (u16, u16)) -> Vec<String> {
    let mut terminal = terminal(size);
    terminal.draw(|frame| super::draw(frame, model, true, Instant::now())).unwrap();
    let cells = &terminal.backend().buffer().content;
    cells
        .chunks(usize::from(size.0).max(1))
        .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
        .collect()
}

#[track_caller]
fn assert_shown(screen: &[String], parts: &[&str]) {
    let text = screen.join("\n");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not on the screen:\n{text}");
    }
}

/// Where a text begins: row and column.
#[track_caller]
fn row_of(screen: &[String], text: &str) -> usize {
    screen
        .iter()
        .position(|row| row.contains(text))
        .unwrap_or_else(|| panic!("no {text:?}:\n{}", screen.join("\n")))
}

#[test]
fn the_overview_has_everything_that_matters_at_the_smallest_size() {
    let screen = drawn(&mut model(gateway(), &snapshot()), (80, 24));
    assert_shown(
        &screen,
        &[
            "DEGRADED",
            "the embedded engine",
            "up 3m12s",
            "why the group risk falls behind",
            "dead letters 5",
            "http://desk:8787",
            "MSGS/S",
            "1,234",
            "2.5",
            "99,999",
            "LATENCY",
            "250us",
            "500us",
            "750us",
            "1.2s",
            "1.5ms",
            "QUEUES",
            "500 of 1,000",
            "50%",
            "drop_oldest",
            "PUSHES BACK",
            "WORKERS 4 of 1 to 10",
            "busy 35%",
            "risk.* 3 -> 4: busy",
            "q quit",
        ],
    );
    for tier in ["critical", "high", "normal", "low"] {
        assert_eq!(
            screen.iter().filter(|row| row.starts_with(tier)).count(),
            3,
            "{tier}: {}",
            screen.join("\n")
        );
    }
}

#[test]
fn how_it_is_and_how_old_that_is_can_be_seen_whatever_else_there_is() {
    let mut long = snapshot();
    long.node.store = "redis at ".to_owned() + &"x".repeat(300);
    long.health.reasons = vec!["a reason that is long ".repeat(10), "and the last".into()];
    for size in SIZES {
        let mut model = model(gateway(), &long);
        let screen = drawn(&mut model, size);
        assert!(
            screen[0].starts_with(" DEGRADED  redis at") && screen[0].ends_with("data 0s old "),
            "{}",
            screen[0]
        );
        model.apply(Action::Show(View::Health));
        assert_shown(&drawn(&mut model, size), &["WHY", "and the last", "EVENTS"]);
    }
}

#[test]
fn a_larger_screen_shows_streams_and_events_too() {
    let screen = drawn(&mut model(gateway(), &snapshot()), (120, 40));
    assert_shown(&screen, &["trader-TRADER-001:stream:critical", "EVENTS", "node-1", "WORKERS", "5.00MiB"]);
}

#[test]
fn a_store_shows_what_it_tells_and_says_what_it_does_not() {
    for size in SIZES {
        let screen = drawn(&mut model(Origin::Store, &snapshot()), size);
        assert_shown(
            &screen,
            &["directly at the store", "are not seen", "99,999", "stream:critical", "dead letters 5"],
        );
        assert!(!screen.join("\n").contains("QUEUES"));
    }
}

#[test]
fn a_small_terminal_is_told_what_is_needed() {
    for size in [(20, 5), (79, 24), (80, 23), (9, 9)] {
        let screen = drawn(&mut model(gateway(), &snapshot()), size);
        assert_shown(&screen, &["80x24"]);
    }
    for size in [(1, 1), (0, 0), (500, 1), (1, 500)] {
        drawn(&mut model(gateway(), &snapshot()), size);
    }
}

#[test]
fn streams_are_sorted_and_their_groups_open() {
    let mut model = model(gateway(), &snapshot());
    model.apply(Action::Show(View::Streams));
    let order = |model: &mut Model| {
        let screen = drawn(model, (80, 24));
        let mut names = ["critical", "high", "low"];
        names.sort_by_key(|name| row_of(&screen, &format!("stream:{name}")));
        names
    };
    assert_eq!(order(&mut model), ["critical", "high", "low"]);
    assert_shown(&drawn(&mut model, (80, 24)), &["↓rate", "123k", "1m01s"]);
    model.apply(Action::Reverse);
    assert_eq!(order(&mut model), ["low", "high", "critical"]);
    assert_shown(&drawn(&mut model, (80, 24)), &["↑rate"]);
    model.apply(Action::Move(Move::Down));
    model.apply(Action::Open);
    for size in SIZES {
        assert_shown(
            &drawn(&mut model, size),
            &["GROUPS OF trader-TRADER-001:stream:high", "consumers", "risk", "44", "5.5"],
        );
    }
}

#[test]
fn a_long_list_scrolls_with_what_is_selected() {
    let mut many = snapshot();
    let row = |number: usize| StreamView { stream: format!("s{number:03}"), ..StreamView::default() };
    many.streams.rows = (0..100).map(row).collect();
    let mut model = model(gateway(), &many);
    model.apply(Action::Show(View::Streams));
    let screen = drawn(&mut model, (80, 24));
    assert_shown(&screen, &["s000"]);
    assert!(!screen.join("\n").contains("s099"));
    model.apply(Action::Move(Move::PageDown));
    let selected = model.streams.selected.clone().unwrap();
    assert_shown(&drawn(&mut model, (80, 24)), &[&selected]);
    model.apply(Action::Move(Move::End));
    assert_shown(&drawn(&mut model, (80, 24)), &["s099"]);
    model.apply(Action::Open);
    assert_shown(&drawn(&mut model, (80, 24)), &["s099 has no consumer groups"]);
}

#[test]
fn services_and_health_have_views_of_their_own() {
    for size in SIZES {
        let mut model = model(gateway(), &snapshot());
        model.apply(Action::Show(View::Services));
        assert_shown(
            &drawn(&mut model, size),
            &["dbnomics", "42", "dbnomics.series.fetch", "series with their values"],
        );
        model.apply(Action::Show(View::Health));
        assert_shown(
            &drawn(&mut model, size),
            &["breaker", "dead letters", "reconnects", "node-1", "22:13:20", "late"],
        );
        model.apply(Action::Help);
        assert_shown(&drawn(&mut model, size), &["any key closes this", "Ctrl-L"]);
    }
}

#[test]
fn trouble_and_pauses_are_seen() {
    let mut model = model(gateway(), &snapshot());
    model.apply(Action::Pause);
    model.note(
        News::Lost { why: "http://desk:8787 ended the connection".into(), again_in: SECOND },
        Instant::now(),
    );
    let screen = drawn(&mut model, (80, 24));
    assert_shown(
        &screen,
        &["PAUSED", "WAS DEGRADED", "http://desk:8787 ended the connection; trying again in 1 s"],
    );
    let mut waiting = Model::new(gateway(), SECOND);
    assert_shown(&drawn(&mut waiting, (80, 24)), &["waiting for the first snapshot"]);
}

#[test]
fn names_from_outside_steer_nothing() {
    let evil = "\x1b[2J\x1b]0;owned\x07\r\n\t\u{9b}31m\u{202e}\0".to_owned() + &"\u{301}".repeat(5000);
    let mut hostile = snapshot();
    for text in [
        &mut hostile.node.store,
        &mut hostile.node.version,
        &mut hostile.health.status,
        &mut hostile.health.breaker,
    ] {
        text.clone_from(&evil);
    }
    hostile.health.reasons = vec![evil.clone(); 100];
    for tier in &mut hostile.tiers {
        (tier.tier, tier.on_full) = (evil.clone(), evil.clone());
    }
    for stream in &mut hostile.streams.rows {
        (stream.stream, stream.tier) = (evil.clone(), Some(evil.clone()));
        stream.groups[0].group.clone_from(&evil);
    }
    let service = &mut hostile.services[0];
    (service.name, service.status, service.reasons) = (evil.clone(), evil.clone(), vec![evil.clone(); 100]);
    (service.routes[0].topic, service.routes[0].about) = (evil.clone(), evil.clone());
    let (event, scaling) = (&mut hostile.events[0], &mut hostile.workers.scalings[0]);
    (event.who, event.state, event.reasons) = (evil.clone(), evil.clone(), vec![evil.clone()]);
    (scaling.pool, scaling.why) = (evil.clone(), evil.clone());
    for origin in [gateway(), Origin::Store] {
        let mut model = model(origin, &hostile);
        model.note(News::Lost { why: evil.clone(), again_in: SECOND }, Instant::now());
        model.apply(Action::Open);
        for (view, size) in View::ALL.into_iter().flat_map(|view| SIZES.map(|size| (view, size))) {
            model.apply(Action::Show(view));
            for row in drawn(&mut model, size) {
                assert!(!row.chars().any(|c| c.is_control() || c == '\u{202e}'), "{row:?}");
                // A cell holds one letter, and not thousands of marks on top of it.
                assert!(row.chars().count() <= 4 * usize::from(size.0), "{}", row.chars().count());
            }
        }
    }
}

#[test]
fn numbers_from_outside_break_nothing() {
    for number in [f64::MAX, f64::MIN, -0.0, 1e-300] {
        let mut hostile = snapshot();
        hostile.ts_ms = u64::MAX;
        (hostile.health.uptime_seconds, hostile.health.store_latency_ms) = (number, Some(number));
        hostile.process.cpu_cores = Some(number);
        (hostile.rates.bytes, hostile.rates.stored, hostile.rates.published) = (number, Some(number), number);
        for tier in &mut hostile.tiers {
            (tier.fill, tier.high_mark, tier.low_mark, tier.published) = (number, number, number, number);
            (tier.queued, tier.capacity, tier.dropped, tier.stored) = (u64::MAX, 0, u64::MAX, Some(number));
            tier.publish =
                Some(Percentiles { p50_ms: number, p95_ms: number, p99_ms: number, max_ms: number });
        }
        for stream in &mut hostile.streams.rows {
            (stream.rate, stream.oldest_age_seconds, stream.length) = (Some(number), Some(number), u64::MAX);
            stream.groups =
                vec![GroupView { pending: u64::MAX, lag: Some(u64::MAX), ..GroupView::default() }; 3000];
        }
        hostile.streams.round_seconds = number;
        (hostile.workers.utilization, hostile.services[0].avg_ms) = (number, number);
        hostile.services[0].cache_hit_rate = number;
        hostile.tiers.extend(vec![TierView::default(); 1000]);
        for origin in [gateway(), Origin::Store] {
            let mut model = model(origin, &hostile);
            note(&mut model, &hostile);
            for (view, size) in View::ALL.into_iter().flat_map(|view| SIZES.map(|size| (view, size))) {
                model.apply(Action::Show(view));
                model.apply(Action::Open);
                model.apply(Action::Move(Move::End));
                drawn(&mut model, size);
            }
        }
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut model = model(gateway(), &snapshot());
    let mut colours = |colour| {
        let mut terminal = terminal((80, 24));
        terminal.draw(|frame| super::draw(frame, &mut model, colour, Instant::now())).unwrap();
        let cells = terminal.backend().buffer().content.clone();
        cells.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert!(colours(true) > 0);
    assert_eq!(colours(false), 0);
}
