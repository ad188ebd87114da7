//! `tradebus services`, and services that a node runs, over an API of the test.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::support::{Redis, Running, at, run, server_that_says, tradebus};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"gross\": 1000}";

/// A configuration with a service over an API that always gives the same answer.
fn configured(more: &str) -> NamedTempFile {
    let port = server_that_says(ANSWER);
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    write!(
        file,
        "[[services.rest]]\nname = \"limits\"\nupstream = {{ base_url = \"http://127.0.0.1:{port}\" }}\n\
         [[services.rest.routes]]\ntopic = \"limits.get\"\nabout = \"the limit of a desk\"\npath = \"/desks/{{desk}}\"\n{more}"
    )
    .unwrap();
    file
}

fn with(config: &NamedTempFile, words: &[&str]) -> std::process::Command {
    let mut command = tradebus();
    command.args(words).arg("--config").arg(config.path());
    command
}

#[test]
fn services_are_listed_checked_and_tried_without_a_node() {
    let config = configured("");
    let listed = run(&mut with(&config, &["services", "ls", "--json"]));
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let line: Value = serde_json::from_str(listed.stdout.trim()).unwrap();
    assert_eq!(line, json!({"service": "limits", "topic": "limits.get", "about": "the limit of a desk"}));

    let checked = run(&mut with(&config, &["services", "check"]));
    assert_eq!(checked.code, Some(0));
    assert!(checked.stderr.contains("services: 1, with 1 topics"), "{}", checked.stderr);

    let called = run(&mut with(&config, &["services", "call", "limits.get", r#"{"desk":"rates"}"#]));
    assert_eq!(called.code, Some(0), "{}", called.stderr);
    assert_eq!(serde_json::from_str::<Value>(&called.stdout).unwrap(), json!({"gross": 1000}));

    let missing = run(&mut with(&config, &["services", "call", "limits.get"]));
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("`desk` is missing"), "{}", missing.stderr);
    let unknown = run(&mut with(&config, &["services", "call", "limits.set"]));
    assert_eq!(unknown.code, Some(7), "{}", unknown.stderr);
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused() {
    for (more, said) in [
        ("method = \"PUT\"\n", "unknown variant `PUT`"),
        ("cache_ttl = -1\n", "routes[0].cache_ttl"),
        ("[services.wether]\n", "unknown field `wether`"),
    ] {
        let config = configured(more);
        for words in [&["services", "check"][..], &["serve", "--resp", "127.0.0.1:0"]] {
            let refused = run(&mut with(&config, words));
            assert_eq!(refused.code, Some(2), "{words:?} {more}: {}", refused.stderr);
            assert!(refused.stderr.contains(said), "{words:?} {more}: {}", refused.stderr);
        }
    }
}

#[test]
fn a_node_runs_the_services_that_are_configured() {
    let redis = Redis::start();
    let config = configured("");
    let node = Running::start(with(&config, &["serve"]).env("TRADEBUS_STORE", redis.url()));
    node.error_with("the service answers");
    let ask = || {
        let asked = run(&mut at(&redis.url(), &["request", "limits.get", r#"{"desk":"rates"}"#, "--json"]));
        assert_eq!(asked.code, Some(0), "{}", asked.stderr);
        serde_json::from_str::<Value>(&asked.stdout).unwrap()
    };
    let (first, second) = (ask(), ask());
    assert_eq!((&first["data"], &second["data"]), (&json!({"gross": 1000}), &json!({"gross": 1000})));
    assert_eq!((&first["cached"], &second["cached"]), (&json!(false), &json!(true)));
    let health = run(&mut at(&redis.url(), &["request", "limits.health.check"]));
    let health: Value = serde_json::from_str(&health.stdout).unwrap();
    assert_eq!((&health["status"], &health["metrics"]["cache_hits"]), (&json!("healthy"), &json!(1)));
    node.signal("TERM");
    let (status, _, stderr) = node.end();
    assert!(status.success(), "{stderr:?}");
}
