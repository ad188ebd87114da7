//! Traces that the program exports, as a collector gets them. Only with the feature `otlp`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Finished, Redis, at, free_port, run, server_that_says};

/// What the collector was sent.
struct Posted {
    /// The line of the request, and the header fields, in small letters.
    head: String,
    body: Vec<u8>,
}

impl Posted {
    /// Strings and ids lie in protobuf as they are.
    fn holds(&self, bytes: &[u8]) -> bool {
        self.body.windows(bytes.len()).any(|window| window == bytes)
    }
}

/// A collector that takes what it is sent, one request a connection.
fn collector() -> (String, Receiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let lines = reader.by_ref().lines().map(Result::unwrap);
            let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let head = lines.join("\n").to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if sender.send(Posted { head, body }).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

/// Publishes a message in a trace of its own.
fn publish(redis: &Redis, endpoint: &str, more: &[(&str, &str)]) -> Finished {
    let mut command = at(&redis.url(), &["pub", "orders.new.X", "{}"]);
    command.env("TRADEBUS_ENABLE_TRACING", "true").env("TRADEBUS_TRACE_SAMPLE_RATE", "1");
    run(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).envs(more.iter().copied()))
}

#[test]
fn a_published_message_is_a_span_of_the_collector_and_carries_it() {
    let redis = Redis::start();
    let (url, posts) = collector();
    let published = publish(&redis, &url, &[("OTEL_RESOURCE_ATTRIBUTES", "desk=rates")]);
    assert_eq!(published.code, Some(0), "{}", published.stderr);
    let posted = posts.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(posted.head.starts_with("post /v1/traces http/1.1"), "{}", posted.head);
    assert!(posted.head.contains("content-type: application/x-protobuf"), "{}", posted.head);
    for text in
        ["send orders.new.*", "service.name", "tradebus", "desk", "rates", "messaging.system", "redis"]
    {
        assert!(posted.holds(text.as_bytes()), "{text}");
    }
    let got = run(&mut at(&redis.url(), &["sub", "*", "--from", "earliest", "--json", "--count", "1"]));
    let message: Value = serde_json::from_str(&got.stdout).unwrap();
    let trace: Vec<&str> = message["traceparent"].as_str().unwrap().split('-').collect();
    let id = u128::from_str_radix(trace[1], 16).unwrap().to_be_bytes();
    assert!(posted.holds(&id), "the trace of the message");
}

#[test]
fn the_environment_decides_about_names_and_samples() {
    let redis = Redis::start();
    let (url, posts) = collector();
    let traces = format!("{url}/elsewhere");
    for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_SAMPLER", "always_off")] {
        assert_eq!(publish(&redis, &url, &[off]).code, Some(0));
        assert!(posts.try_recv().is_err(), "{off:?}");
    }
    let more = [("OTEL_SERVICE_NAME", "my-desk"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &traces)];
    assert_eq!(publish(&redis, &url, &more).code, Some(0));
    let posted = posts.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(
        posted.head.starts_with("post /elsewhere http/1.1") && posted.holds(b"my-desk"),
        "{}",
        posted.head
    );
}

#[test]
fn a_collector_that_does_not_work_holds_up_nothing() {
    let redis = Redis::start();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let silent = format!("http://127.0.0.1:{}", server_that_says(""));
    let refuses =
        server_that_says("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let refuses = format!("http://127.0.0.1:{refuses}");
    for (url, said) in [
        (nobody.as_str(), "traces are not exported"),
        (refuses.as_str(), "the collector answers 400"),
        (silent.as_str(), "the last traces were not exported"),
        ("no url at all", "no traces are exported"),
    ] {
        let published = publish(&redis, url, &[]);
        assert_eq!((published.code, published.stdout.lines().count()), (Some(0), 1), "{}", published.stderr);
        assert_eq!(published.stderr.matches(said).count(), 1, "{url}: {}", published.stderr);
    }
}
