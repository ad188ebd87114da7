//! The gateway of `tradebus serve`, over both engines.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Finished, Redis, Running, args, run, tradebus, waited};

/// Longest that an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A node with a gateway at any port that is free.
struct Served {
    running: Running,
    address: String,
}

impl Served {
    fn start(more: &[&str], store: Option<&str>) -> Self {
        let mut command = tradebus();
        command.args(["serve", "--http", "127.0.0.1:0"]).args(more);
        match store {
            Some(store) => command.args(["--store", store]),
            None => command.args(["--resp", "none"]),
        };
        let running = Running::start(&mut command);
        let line = running.error_with("http://127.0.0.1:");
        let address = line.split("http://").nth(1).unwrap().trim().to_owned();
        Self { running, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The status line and the body of an answer.
    fn ask(&self, head: &str, body: &str) -> (String, String) {
        let mut stream = self.connect();
        let length = body.len();
        let headers =
            format!("Host: {}\r\nContent-Type: application/json\r\nContent-Length: {length}", self.address);
        write!(stream, "{head} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.ask(&format!("GET {path}"), "");
        assert!(status.contains("200"), "{path}: {status}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }
}

/// What must hold whatever the store is.
fn works(node: &Served) {
    let mut feed = node.connect();
    let pattern = "GET /api/v1/subscribe?pattern=risk.* HTTP/1.1";
    write!(feed, "{pattern}\r\nHost: {}\r\n\r\n", node.address).unwrap();
    let mut lines = BufReader::new(feed).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == ": open"));

    let message = r#"{"topic":"risk.alerts.LIMIT","payload":{"gross":1e6},"priority":"critical"}"#;
    let (status, body) = node.ask("POST /api/v1/messages", message);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert!(status.contains("200") && answer["stored"] == 1, "{status}: {body}");

    let line = lines.find(|line| line.starts_with("data: ")).unwrap();
    let arrived: Value = serde_json::from_str(line.trim_start_matches("data: ")).unwrap();
    assert_eq!((&arrived["id"], &arrived["priority"]), (&answer["results"][0]["id"], &"critical".into()));

    waited("the snapshot counts the message", || {
        let snapshot = node.json("/api/v1/snapshot");
        snapshot["totals"]["published"].as_u64() >= Some(1)
            && snapshot["streams"]["length"].as_u64() >= Some(1)
    });
    assert_eq!(node.json("/health/ready")["status"], "ready");
    let entries = node.json("/api/v1/streams/entries?stream=trader-TRADER-001:stream:critical");
    assert_eq!(entries["entries"][0]["message"]["payload"]["gross"], 1e6);
    let (_, metrics) = node.ask("GET /metrics", "");
    assert!(metrics.contains("tradebus_messages_published_total{priority=\"critical\"} 1"), "{metrics}");
}

fn ends(node: Served) {
    node.running.signal("TERM");
    let (status, _, errors) = node.running.end();
    assert_eq!(status.code(), Some(0), "{errors:?}");
}

#[test]
fn a_node_can_be_used_over_http() {
    let node = Served::start(&[], None);
    works(&node);
    ends(node);
}

#[test]
fn a_node_over_redis_can_be_used_over_http() {
    let redis = Redis::start();
    let node = Served::start(&[], Some(&redis.url()));
    works(&node);
    ends(node);
}

#[test]
fn a_store_that_is_away_makes_a_node_not_ready_and_not_dead() {
    let redis = Redis::start();
    let node = Served::start(&[], Some(&redis.url()));
    assert!(redis.ask("CLIENT PAUSE 600000 ALL").is_some());
    waited("the node is not ready", || node.ask("GET /health/ready", "").0.contains("503"));
    waited("the snapshot says so", || node.json("/api/v1/snapshot")["health"]["connected"] == false);
    assert!(node.ask("GET /health/live", "").0.contains("200"));
    drop(redis);
}

#[test]
fn services_of_the_demo_answer_over_http() {
    let node = Served::start(&["--demo"], None);
    let series = node.json("/api/v1/dbnomics/series?series_ids=BIS/WS_CBPOL/M.US");
    assert!(series["success"] == true && series["data"]["series"][0]["series_code"] == "M.US", "{series}");
    let found = node.json("/api/v1/datagov/datasets/search?q=interest&per_page=2");
    assert_eq!(found["data"]["results"].as_array().unwrap().len(), 2);
    let slug = found["data"]["results"][0]["slug"].as_str().unwrap().to_owned();
    assert_eq!(node.json(&format!("/api/v1/datagov/datasets/{slug}"))["data"]["slug"], slug.as_str());
    assert!(node.json("/api/v1/dbnomics/health")["data"]["status"].is_string());
    ends(node);
}

#[test]
fn wrong_options_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let short = directory.path().join("short");
    std::fs::write(&short, "secret\n").unwrap();
    let short = short.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--http", "here"], 2, "127.0.0.1:8787, or none"),
        (&["--http", "0.0.0.0:0"], 2, "a token is needed there: --http-token-file FILE"),
        (&["--http", "127.0.0.1:0", "--http-token-file", "/nonexistent"], 2, "/nonexistent: No such file"),
        (&["--http", "127.0.0.1:0", "--http-token-file", short], 2, "at least 16"),
        (&["--http-tls-cert", short], 2, "--http-tls-key"),
        (&["--http", "192.0.2.1:1", "--http-token-file", "/dev/null"], 2, "at least 16"),
    ];
    for (options, code, expected) in cases {
        let Finished { code: ended, stderr, .. } = args(&[&["serve", "--resp", "none"], options].concat());
        assert_eq!(ended, Some(code), "{options:?}: {stderr}");
        assert!(stderr.contains(expected) && !stderr.contains("secret"), "{options:?}: {stderr}");
    }
}

#[test]
fn a_taken_address_is_an_error_only_if_somebody_asked_for_it() {
    let node = Served::start(&[], None);
    let mut command = tradebus();
    let taken = run(command.args(["serve", "--resp", "none", "--http", &node.address]));
    assert_eq!(taken.code, Some(1));
    assert!(taken.stderr.contains(&format!("{} is taken", node.address)), "{}", taken.stderr);
    ends(node);
}
