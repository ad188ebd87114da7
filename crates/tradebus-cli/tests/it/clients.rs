//! The programs of Redis at the port of a node. (redis-py is driven by `scripts/test-clients`.)

use std::process::Command;

use crate::support::{Finished, Running, run, tradebus};

/// A node over an engine in memory, and its port.
fn node() -> (Running, String) {
    let node = Running::start(tradebus().args(["serve", "--store", "memory:", "--resp", "127.0.0.1:0"]));
    let line = node.error_with("Other programs find it at");
    let url = line.split_whitespace().find_map(|word| word.strip_prefix("redis://127.0.0.1:"));
    (node, url.expect("a URL").trim_end_matches('.').to_owned())
}

#[track_caller]
fn succeeds(program: &str, port: &str, args: &[&str]) -> String {
    let Finished { code, stdout, stderr } = run(Command::new(program).args(["-p", port]).args(args));
    assert_eq!(code, Some(0), "{program} {args:?}: {stdout} {stderr}");
    stdout
}

#[test]
fn redis_benchmark_runs_through() {
    let (_node, port) = node();
    // It sends whole pipelines only: 50 of them make the number exact.
    for pipeline in ["1", "50"] {
        let entry = [
            "-q", "-c", "8", "-n", "20000", "-P", pipeline, "XADD", pipeline, "*", "topic", "t", "payload",
            "p",
        ];
        let figures = succeeds("redis-benchmark", &port, &entry);
        assert!(figures.contains("requests per second"), "{figures}");
        assert_eq!(succeeds("redis-cli", &port, &["XLEN", pipeline]), "20000\n");
    }
    let usual =
        succeeds("redis-benchmark", &port, &["-q", "-n", "2000", "-P", "16", "-t", "ping,set,get,incr,mset"]);
    assert_eq!(usual.matches("requests per second").count(), 6, "{usual}");
}

#[test]
fn redis_cli_looks_around() {
    let (_node, port) = node();
    for number in 0..50 {
        succeeds("redis-cli", &port, &["XADD", "stream:a", "*", "n", &number.to_string()]);
    }
    succeeds("redis-cli", &port, &["SET", "text", "hello"]);
    let keys = succeeds("redis-cli", &port, &["--scan", "--pattern", "stream:*"]);
    assert_eq!(keys, "stream:a\n");
    let biggest = succeeds("redis-cli", &port, &["--bigkeys"]);
    assert!(biggest.contains("Biggest stream found") && biggest.contains("has 50 entries"), "{biggest}");
    let largest = succeeds("redis-cli", &port, &["--memkeys"]);
    assert!(largest.contains("stream:a"), "{largest}");
    assert!(succeeds("redis-cli", &port, &["-3", "HELLO", "3"]).contains("standalone"));
    let group = ["XGROUP", "CREATE", "stream:a", "risk", "0"];
    assert_eq!(succeeds("redis-cli", &port, &group), "OK\n");
    let mut piped = Command::new("sh");
    piped.args([
        "-c",
        "printf 'XADD piped * n 1\\r\\nXADD piped * n 2\\r\\n' | redis-cli -p \"$0\" --pipe",
        &port,
    ]);
    let Finished { code, stdout, .. } = run(&mut piped);
    assert!(code == Some(0) && stdout.contains("errors: 0, replies: 2"), "{stdout}");
}
