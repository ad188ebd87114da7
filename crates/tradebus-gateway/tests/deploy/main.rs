//! The dashboard and the alert rules in `deploy/`: generated here, from the list of metric families, and held against it.
//!
//! `TRADEBUS_WRITE_DEPLOY=1 cargo test -p tradebus-gateway --test deploy` writes them anew.

mod alerts;
mod dashboard;
mod metrics;
mod rows;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use tradebus_gateway::exposition::{Kind, families};

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "deploy", name].iter().collect()
}

/// The file that is committed: what is generated, if it is to be written anew.
fn committed(name: &str, generated: &str) -> String {
    let path = path(name);
    if std::env::var_os("TRADEBUS_WRITE_DEPLOY").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const STALE: &str = "is not what is generated: see the head of tests/deploy/main.rs";

#[test]
fn the_dashboard_is_the_generated_one() {
    let generated = dashboard::dashboard();
    let text = serde_json::to_string_pretty(&generated).unwrap() + "\n";
    let committed: Value = serde_json::from_str(&committed("grafana/tradebus.json", &text)).unwrap();
    // Not the text: another crate in the build may have chosen another order of keys.
    assert!(committed == generated, "deploy/grafana/tradebus.json {STALE}");
}

#[test]
fn the_dashboard_shows_every_family_and_nothing_else() {
    let dashboard = dashboard::dashboard();
    let mut shown = BTreeSet::new();
    for target in dashboard::targets(&dashboard) {
        let names = metrics::named(&target);
        assert!(!names.is_empty(), "{target} names no metric");
        shown.extend(names.iter().map(|name| metrics::family_of(name).name()));
    }
    let missing: Vec<_> = families()
        .filter(|family| family.kind() != Kind::Info && !shown.contains(family.name()))
        .map(tradebus_gateway::exposition::Family::name)
        .collect();
    assert!(missing.is_empty(), "no panel shows {missing:?}");
}

#[test]
fn panels_have_an_id_and_a_place_of_their_own() {
    let dashboard = dashboard::dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut cells = BTreeSet::new();
    for panel in panels {
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for (x, y) in (0..at("w")).flat_map(|x| (0..at("h")).map(move |y| (x, y))) {
            assert!(cells.insert((at("x") + x, at("y") + y)), "{} overlaps", panel["title"]);
        }
    }
}

#[test]
fn the_alerts_are_the_generated_ones() {
    let generated = alerts::yaml();
    assert_eq!(
        committed("prometheus/alerts.yml", &generated),
        generated,
        "deploy/prometheus/alerts.yml {STALE}"
    );
}

#[test]
fn the_alerts_are_yaml_and_say_what_the_list_says() {
    let read: Value = serde_saphyr::from_str(&alerts::yaml()).unwrap();
    let rules = read["groups"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), alerts::ALERTS.len());
    let mut names = BTreeSet::new();
    for (rule, alert) in rules.iter().zip(alerts::ALERTS) {
        assert_eq!(rule["alert"], alert.name);
        assert_eq!(rule["expr"], alert.expr);
        assert_eq!(rule["for"], alert.after);
        assert_eq!(rule["labels"]["severity"], alert.severity);
        assert_eq!(rule["annotations"]["summary"], alert.summary);
        assert_eq!(rule["annotations"]["description"], alert.description);
        assert!(matches!(alert.severity, "critical" | "warning"), "{}", alert.name);
        assert!(names.insert(alert.name), "{} is there twice", alert.name);
    }
}

#[test]
fn alerts_name_what_there_is() {
    for alert in alerts::ALERTS {
        let names = metrics::named(alert.expr);
        // Prometheus itself says whether it could scrape.
        assert!(!names.is_empty() || alert.expr.starts_with("up{"), "{} names no metric", alert.name);
        for name in names {
            metrics::family_of(&name);
        }
    }
}
