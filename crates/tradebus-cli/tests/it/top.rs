//! `tradebus top`, where there is no terminal.

use std::process::Command;

use serde_json::Value;

use crate::support::{Finished, Running, args, free_port, run, server_that_says, tradebus};

/// A node without a Redis port, and the URL of its gateway.
fn node(more: &[&str]) -> (Running, String) {
    let mut command = tradebus();
    command.args(["serve", "--resp", "none", "--http", "127.0.0.1:0"]).args(more);
    let node = Running::start(&mut command);
    let line = node.error_with("The page is at");
    let url = line.split_whitespace().find(|word| word.starts_with("http")).expect("a URL").to_owned();
    (node, url)
}

fn top(words: &[&str]) -> Command {
    let mut command = tradebus();
    command.arg("top").args(words);
    command
}

#[track_caller]
fn snapshot(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout.lines().count(), 1, "{}", finished.stdout);
    serde_json::from_str(&finished.stdout).unwrap()
}

/// A command that fails with one line that holds these texts.
#[track_caller]
fn fails(command: &mut Command, code: i32, parts: &[&str]) {
    let finished = run(command);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    for part in parts {
        assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
    }
}

#[test]
fn one_snapshot_of_a_gateway_is_one_json_object() {
    let (_node, url) = node(&[]);
    let seen = snapshot(&run(&mut top(&["--http", &url, "--once", "--json"])));
    assert_eq!((&seen["health"]["status"], &seen["dead_letters"]), (&"healthy".into(), &0.into()));
    let tiers: Vec<_> = seen["tiers"].as_array().unwrap().iter().map(|tier| &tier["tier"]).collect();
    assert_eq!(tiers, ["critical", "high", "normal", "low"]);
    // As `serve --http` takes the address.
    snapshot(&run(&mut top(&["--http", url.strip_prefix("http://").unwrap(), "--once", "--json"])));
}

#[test]
fn snapshots_follow_each_other_until_a_signal_ends_it() {
    let (node, url) = node(&[]);
    let running = Running::start(&mut top(&["--http", &url, "--json"]));
    let time = |line: &str| serde_json::from_str::<Value>(line).unwrap()["ts_ms"].as_u64().unwrap();
    let (first, second) = (time(&running.line()), time(&running.line()));
    assert!(first < second);
    node.signal("TERM");
    running.error_with(&url);
    running.error_with("trying again");
    running.signal("INT");
    assert_eq!(running.end().0.code(), Some(0));
}

#[test]
fn a_store_is_looked_at_from_here() {
    let seen = snapshot(&args(&["top", "--store", "memory:", "--once", "--json"]));
    assert_eq!(
        (&seen["node"]["store"], &seen["services"]),
        (&"the embedded engine, in memory".into(), &Value::Array(vec![]))
    );
    assert_eq!(seen["streams"]["count"], 0, "whoever looks writes nothing: {seen}");
}

#[test]
fn a_token_is_asked_for_and_a_wrong_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, token: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, token).unwrap();
        path.display().to_string()
    };
    let right = file("right", "0123456789abcdef-right\n");
    let wrong = file("wrong", "0123456789abcdef-wrong\n");
    let (_node, url) = node(&["--http-token-file", &right]);
    let given = ["--http", &url, "--once", "--json"];
    fails(&mut top(&given), 1, &[&url, "401", "--token-file"]);
    fails(top(&given).args(["--token-file", &wrong]), 1, &[&url, "refuses the token", "401"]);
    snapshot(&run(top(&given).args(["--token-file", &right])));
    snapshot(&run(top(&given).env("TRADEBUS_HTTP_TOKEN_FILE", &right)));
    fails(top(&given).args(["--token-file", &file("short", "short")]), 2, &["--token-file", "at least 16"]);
}

#[test]
fn a_gateway_that_speaks_tls_is_followed_if_an_authority_vouches_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).display().to_string();
    let identity = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("certificate"), identity.cert.pem()).unwrap();
    std::fs::write(file("key"), identity.signing_key.serialize_pem()).unwrap();
    let (certificate, key) = (file("certificate"), file("key"));
    let (_node, url) = node(&["--http-tls-cert", &certificate, "--http-tls-key", &key]);
    assert!(url.starts_with("https://"), "{url}");
    let given = ["--http", &url, "--once", "--json"];
    snapshot(&run(top(&given).args(["--ca-file", &certificate])));
    fails(&mut top(&given), 1, &[&url, "certificate"]);
    fails(top(&given).args(["--ca-file", &key]), 2, &["--ca-file", "no certificate"]);
}

#[test]
fn what_is_no_gateway_is_named() {
    const HTML: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
    const FEED: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    const NONE: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let no_snapshot: &'static str =
        Box::leak(format!("{FEED}event: snapshot\ndata: {{\"a\":1}}\n\n").into_boxed_str());
    let cases = [
        (free_port(), "Connection refused"),
        (server_that_says(HTML), "no gateway of tradebus"),
        (server_that_says(NONE), "404"),
        (server_that_says("+OK\r\n"), "cannot reach"),
        (server_that_says(no_snapshot), "does not take for a snapshot"),
    ];
    for (port, said) in cases {
        let url = format!("http://127.0.0.1:{port}");
        for more in [&["--json"][..], &["--json", "--once"]] {
            fails(top(&["--http", &url]).args(more), 1, &[&url, said]);
        }
    }
}

#[test]
fn without_a_terminal_json_is_named() {
    fails(&mut top(&["--store", "memory:"]), 2, &["--json"]);
    fails(&mut top(&["--http", "127.0.0.1:1", "--store", "memory:", "--json"]), 2, &["--http and --store"]);
}
