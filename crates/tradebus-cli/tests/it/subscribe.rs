//! `tradebus sub`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Redis, Running, at, run};

#[test]
fn what_is_published_is_printed_by_a_subscriber() {
    let redis = Redis::start();
    let before = run(at(&redis.url(), &["pub", "a.first", "1", "--json"]).arg("--priority=high"));
    let printed: Value = serde_json::from_str(before.stdout.trim()).unwrap();
    assert_eq!((&printed["topic"], &printed["priority"]), (&"a.first".into(), &"high".into()));

    let sub = Running::start(&mut at(
        &redis.url(),
        &["sub", "a.*", "*.b", "--json", "--from", "earliest", "--count", "4"],
    ));
    let first: Value = serde_json::from_str(&sub.line()).unwrap();
    assert_eq!((&first["id"], &first["payload"]), (&printed["id"], &1.into()));
    let headers =
        ["--header", "k=v=w", "--header", "correlation_id=c1", "--type", "T", "--encoding", "msgpack"];
    assert_eq!(run(at(&redis.url(), &["pub", "a.b", "\u{5}"]).args(headers)).code, Some(0));
    let second: Value = serde_json::from_str(&sub.line()).unwrap();
    assert_eq!(second["headers"]["k"], "v=w");
    assert_eq!(
        (&second["correlation_id"], &second["type"], &second["encoding"]),
        (&"c1".into(), &"T".into(), &"msgpack".into())
    );
    for topic in ["none.of.them", "x.b", "a.c"] {
        assert_eq!(run(&mut at(&redis.url(), &["pub", topic, "text"])).code, Some(0));
    }
    let (status, rest, errors) = sub.end();
    assert_eq!((status.code(), errors), (Some(0), vec![]));
    let topics: Vec<Value> =
        rest.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["topic"].clone()).collect();
    assert_eq!(topics, ["x.b", "a.c"], "a message that two patterns match comes once");
}

#[test]
fn text_and_raw_output() {
    let redis = Redis::start();
    let url = redis.url();
    run(&mut at(&url, &["pub", "t", "a\u{1b}[31m\nb", "--type", "Note", "--priority", "critical"]));
    let all = ["--from", "earliest", "--count", "1"];
    let text = run(at(&url, &["sub", "*"]).args(all)).stdout;
    let (time, rest) = text.split_at(12);
    assert!(time.as_bytes()[2] == b':' && time.as_bytes()[8] == b'.', "{text}");
    assert_eq!(rest, " critical t Note a\\u{1b}[31m\\nb\n");
    assert_eq!(run(at(&url, &["sub", "*", "--raw"]).args(all)).stdout, "a\u{1b}[31m\nb\n");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let redis = Redis::start();
    run(&mut at(&redis.url(), &["pub", "t", "x", "--count", "10000"]));
    let cases: [&[&str]; 5] = [
        &["sub", "*", "--from", "earliest"],
        &["pub", "t", "x", "--count", "100000000"],
        &["serve", "--demo"],
        &["config", "show"],
        &["config", "schema"],
    ];
    for case in cases {
        let mut command = at(&redis.url(), case);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // The pipe is closed when the reader is dropped at the end of the statement.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{case:?}");
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{case:?}: {errors}");
        assert!(!errors.contains("error") && !errors.contains("panicked"), "{case:?}: {errors}");
    }
}

#[test]
fn time_that_is_up_is_a_failure_only_where_messages_are_missing() {
    let redis = Redis::start();
    run(&mut at(&redis.url(), &["pub", "t", "x"]));
    let sub = |more: &[&str]| run(at(&redis.url(), &["sub", "t", "--from", "earliest", "--raw"]).args(more));
    let none = sub(&["--timeout", "0.3"]);
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (Some(0), "x\n", ""));
    let missing = sub(&["--timeout", "0.3", "--count", "2"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), "x\n"));
    assert_eq!(missing.stderr, "error: timed out after 0.3 s: 1 of 2 messages arrived\n");
    let reached = sub(&["--timeout", "60", "--count", "1"]);
    assert_eq!((reached.code, reached.stderr.as_str()), (Some(0), ""));
}

#[test]
fn entries_that_are_no_messages_are_told_at_the_end() {
    let redis = Redis::start();
    redis.ask("XADD s * nonsense 1").unwrap();
    redis.ask("XADD s * topic t payload p").unwrap();
    let finished = run(&mut at(
        &redis.url(),
        &["sub", "*", "--stream", "s", "--from", "earliest", "--count", "1", "--raw"],
    ));
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "p\n"));
    assert!(
        finished.stderr.contains("note: entries skipped because they are no messages: 1"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_server_that_comes_back_is_used_again() {
    let redis = Redis::start();
    let sub = Running::start(&mut at(&redis.url(), &["sub", "*", "--raw"]));
    let mut publishing = Running::start(&mut at(&redis.url(), &["pub", "t", "--lines", "-"]));
    // Published until one arrives: the subscriber may still be on its way.
    publishing.write("ready\n");
    publishing.line();
    while sub.try_line().is_none() {
        publishing.write("ready\n");
        publishing.line();
    }
    let redis = redis.restart();
    publishing.write("after\n");
    publishing.line();
    while sub.line() != "after" {}
    for running in [sub, publishing] {
        running.error_with("the store cannot be used");
        running.error_with("the store can be used again");
        running.signal("TERM");
        let (status, _, errors) = running.end();
        assert_eq!(status.code(), Some(0), "{errors:?}");
        assert!(!errors.iter().any(|line| line.contains("be used")), "said once: {errors:?}");
    }
    drop(redis);
}

#[test]
fn consumers_of_a_group_share_what_is_printed() {
    let redis = Redis::start();
    let url = redis.url();
    assert_eq!(run(&mut at(&url, &["pub", "t", "x", "--count", "100"])).code, Some(0));
    let share = |consumer: &str, count: &str| {
        let mut command =
            at(&url, &["sub", "*", "--group", "g", "--from", "earliest", "--raw", "--timeout", "60"]);
        let finished = run(command.args(["--consumer", consumer, "--count", count]));
        assert_eq!((finished.code, &finished.stderr[..]), (Some(0), ""));
        finished.stdout.lines().count()
    };
    // What the first got and did not print is there for the second.
    assert_eq!(share("a", "30"), 30);
    assert_eq!(share("b", "70"), 70);
    let left = run(&mut at(&url, &["sub", "*", "--group", "g", "--count", "1", "--timeout", "0.2"]));
    assert_eq!((left.code, &left.stdout[..]), (Some(1), ""));
}

#[test]
fn a_group_is_used_as_it_can_be() {
    let cases: [(&[&str], &str); 4] = [
        (&["sub", "a", "b", "--group", "g"], "a group takes one pattern, and 'b' is a second one"),
        (&["sub", "a", "--consumer", "c"], "--group <GROUP>"),
        (&["sub", "a", "--group", "g", "--policy", "conflate"], "cannot be used with"),
        (&["sub", "a", "--group", "", "--store", "memory:"], "cannot be the name of a group"),
    ];
    for (words, wrong) in cases {
        let finished = crate::support::args(words);
        assert_eq!(finished.code, Some(2), "{words:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(wrong), "{words:?}: {}", finished.stderr);
    }
}

#[test]
fn the_past_is_replayed_in_its_order_and_ends() {
    let redis = Redis::start();
    let url = redis.url();
    let mut ids = Vec::new();
    for (number, tier) in ["low", "critical", "normal", "high", "low"].iter().enumerate() {
        let published = run(&mut at(&url, &["pub", "t", &number.to_string(), "--priority", tier]));
        ids.push(published.stdout.trim().to_owned());
    }
    let replay = |more: &[&str]| {
        let finished = run(at(&url, &["sub", "t", "none", "--replay", "--raw"]).args(more));
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{more:?}");
        finished.stdout
    };
    assert_eq!(replay(&[]), "0\n1\n2\n3\n4\n");
    assert_eq!(replay(&["--speed", "1000000", "--count", "3"]), "0\n1\n2\n");
    assert_eq!(replay(&["--from", "1h", "--to", "1h"]), "");
    assert_eq!(replay(&["--from", &ids[4]]), "");
    let stream = "trader-TRADER-001:stream:low";
    assert_eq!(replay(&["--stream", stream]), "0\n4\n");
    assert_eq!(replay(&["--stream", stream, "--to", &ids[0]]), "0\n");
}
