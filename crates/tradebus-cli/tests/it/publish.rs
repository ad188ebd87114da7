//! `tradebus pub`.

use serde_json::Value;

use crate::support::{Redis, Running, at, run};

#[test]
fn lines_are_published_in_order_and_come_back_as_they_were() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lines");
    let lines: Vec<String> = (0..20_000).map(|n| format!("{{\"n\":{n}}}")).collect();
    std::fs::write(&file, lines.join("\r\n")).unwrap();
    let published = run(at(&redis.url(), &["pub", "t", "--lines"]).arg(&file));
    assert_eq!((published.code, published.stderr.as_str()), (Some(0), ""));
    let ids: Vec<(u64, u64)> = published
        .stdout
        .lines()
        .map(|id| {
            id.split_once('-').map(|(ms, number)| (ms.parse().unwrap(), number.parse().unwrap())).unwrap()
        })
        .collect();
    assert!(ids.len() == lines.len() && ids.is_sorted_by(|a, b| a < b));
    let raw =
        run(&mut at(&redis.url(), &["sub", "t", "--from", "earliest", "--raw", "--count", "20000"])).stdout;
    assert!(raw.lines().eq(lines.iter().map(String::as_str)));
    let some = run(at(&redis.url(), &["pub", "u", "--count", "5", "--rate", "1000", "--lines"]).arg(&file));
    assert_eq!(some.stdout.lines().count(), 5);
    let same = run(&mut at(&redis.url(), &["pub", "v", "again", "--count", "3"]));
    assert_eq!(same.stdout.lines().count(), 3);
}

#[test]
fn a_delayed_message_waits_in_the_store_and_one_whose_time_is_past_does_not() {
    let redis = Redis::start();
    for time in
        [&["--delay", "1h"][..], &["--at", "2200-01-01T00:00:00+01:00"], &["--at", "9999999999999999999"]]
    {
        let published = run(at(&redis.url(), &["pub", "t", "later"]).args(time));
        assert_eq!((published.code, published.stdout.lines().count()), (Some(0), 1), "{}", published.stderr);
    }
    assert_eq!(
        run(&mut at(&redis.url(), &["pub", "t", "now", "--at", "2001-01-01T00:00:00Z"])).code,
        Some(0)
    );
    let listed = run(&mut at(&redis.url(), &["stream", "ls", "--json"])).stdout;
    let lengths: Vec<(String, u64)> = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|it| (it["stream"].as_str().unwrap().to_owned(), it["length"].as_u64().unwrap()))
        .collect();
    let of = |name: &str, len| (format!("trader-TRADER-001:stream:{name}"), len);
    assert_eq!(lengths, [of("delayed", 3), of("normal", 1)]);
    let refused = run(&mut at(&redis.url(), &["pub", "t", "x", "--at", "tomorrow"]));
    assert!(refused.code == Some(2) && refused.stderr.contains("a time is like"), "{}", refused.stderr);
}

#[test]
fn a_message_that_is_refused_does_not_stop_the_others() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lines");
    std::fs::write(&file, format!("one\n{}\nthree\n", "x".repeat(200))).unwrap();
    let mut command = at(&redis.url(), &["pub", "t", "--lines"]);
    let finished = run(command.arg(&file).env("TRADEBUS_MAX_PAYLOAD_BYTES", "100"));
    assert_eq!((finished.code, finished.stdout.lines().count()), (Some(1), 2));
    assert!(finished.stderr.contains("line 2 has 200 bytes"), "{}", finished.stderr);
    assert!(finished.stderr.contains("not published: 1 of 3 messages"), "{}", finished.stderr);

    // The store refuses: the key of the stream holds something else.
    redis.ask("SET trader-TRADER-001:stream:normal 1").unwrap();
    let finished = run(at(&redis.url(), &["pub", "t", "x"]).args(["--count", "3"]));
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.contains("holds another type than a stream"), "{}", finished.stderr);
    assert!(finished.stderr.contains("not published: 3 of 3 messages"), "{}", finished.stderr);
    let finished = run(&mut at(&redis.url(), &["sub", "t"]));
    assert_eq!((finished.code, finished.stderr.lines().count()), (Some(1), 1), "{}", finished.stderr);
}

#[test]
fn a_payload_comes_from_standard_input_byte_for_byte() {
    let redis = Redis::start();
    let mut publishing = Running::start(&mut at(&redis.url(), &["pub", "t", "-"]));
    publishing.write("two\nlines\n");
    publishing.close_input();
    let (status, ids, _) = publishing.end();
    assert_eq!((status.code(), ids.len()), (Some(0), 1));
    let raw = run(&mut at(&redis.url(), &["sub", "t", "--from", "earliest", "--raw", "--count", "1"])).stdout;
    assert_eq!(raw, "two\nlines\n\n");
}

#[test]
fn a_signal_ends_the_input_and_stores_what_was_taken() {
    for signal in ["TERM", "INT"] {
        let redis = Redis::start();
        let mut publishing = Running::start(&mut at(&redis.url(), &["pub", "t", "--lines", "-"]));
        publishing.write("first\n");
        // Its id is printed while the input is still open.
        assert!(publishing.line().contains('-'));
        publishing.write(&"more\n".repeat(5000));
        for _ in 0..5000 {
            publishing.line();
        }
        publishing.signal(signal);
        let (status, rest, errors) = publishing.end();
        assert_eq!((status.code(), rest, errors), (Some(0), vec![], vec![]));
        assert_eq!(redis.ask("XLEN trader-TRADER-001:stream:normal").unwrap().trim(), ":5001");
    }
}

#[test]
fn a_signal_in_the_middle_loses_nothing_that_has_an_id() {
    let redis = Redis::start();
    let publishing = Running::start(&mut at(&redis.url(), &["pub", "t", "x", "--count", "100000000"]));
    publishing.line();
    publishing.signal("TERM");
    let (status, rest, errors) = publishing.end();
    assert_eq!((status.code(), errors), (Some(0), vec![]));
    let stored = redis.ask("XINFO STREAM trader-TRADER-001:stream:normal").unwrap();
    assert!(stored.starts_with('*'), "{stored}");
    let last = rest.last().unwrap();
    let found =
        run(&mut at(&redis.url(), &["sub", "t", "--from", &previous(last), "--count", "1", "--json"])).stdout;
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["id"], last.as_str(), "the last id is the last entry that was stored");
    let after = run(&mut at(&redis.url(), &["sub", "t", "--from", last, "--timeout", "0.2"])).stdout;
    assert_eq!(after, "", "and nothing was stored without an id");
}

/// The id before another one.
fn previous(id: &str) -> String {
    let (ms, number) =
        id.split_once('-').map(|(ms, n)| (ms.parse::<u64>().unwrap(), n.parse::<u64>().unwrap())).unwrap();
    if number > 0 { format!("{ms}-{}", number - 1) } else { format!("{}-{}", ms - 1, u64::MAX) }
}

#[test]
fn a_second_signal_ends_at_once() {
    let redis = Redis::start();
    let mut command = at(&redis.url(), &["pub", "t", "--lines", "-", "--log", "debug"]);
    let mut publishing = Running::start(command.env("TRADEBUS_SHUTDOWN_TIMEOUT", "3600"));
    publishing.write("first\n");
    publishing.line();
    // Without a server what was taken cannot be stored, and waiting for it takes its time.
    drop(redis);
    publishing.write("second\n");
    publishing.error_with("the store cannot be used");
    publishing.signal("TERM");
    publishing.error_with("asked to end");
    publishing.signal("TERM");
    assert_eq!(publishing.end().0.code(), Some(143));
}

#[test]
fn an_outage_is_over_when_messages_are_stored_again_however_many_wait() {
    let redis = Redis::start();
    let publishing = Running::start(&mut at(&redis.url(), &["pub", "t", "x", "--count", "100000000"]));
    publishing.line();
    let redis = redis.restart();
    publishing.error_with("the store cannot be used");
    // Said while there is always more on its way.
    publishing.error_with("the store can be used again");
    publishing.signal("TERM");
    assert_eq!(publishing.end().0.code(), Some(0));
    drop(redis);
}
