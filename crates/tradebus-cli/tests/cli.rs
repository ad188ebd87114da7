//! The program as its users meet it: what it prints, where, and with which exit code it ends.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use support::{Redis, Running, free_port, server_that_says, tradebus};

/// What a finished command left.
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Finished {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn args(args: &[&str]) -> Finished {
    run(tradebus().args(args))
}

/// A command against a store, without the wait for one that is not there.
fn at(store: &str, rest: &[&str]) -> Command {
    let mut command = tradebus();
    command.args(rest).env("TRADEBUS_STORE", store);
    command
}

#[test]
fn help_starts_with_what_it_does_and_has_examples() {
    let help = args(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    assert!(help.stdout.starts_with("The message bus for trading systems"), "{}", help.stdout);
    assert!(help.stdout.contains("Examples:") && help.stdout.contains("Exit codes:"));
    let short = args(&["-h"]);
    assert!(short.stdout.len() < help.stdout.len() && !short.stdout.contains("Examples:"));
    assert_eq!(args(&["--version"]).stdout, format!("tradebus {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_allowed() {
    let cases: [(&[&str], &str); 18] = [
        (&[], "Usage: tradebus"),
        (&["nonsense"], "unrecognized subcommand 'nonsense'"),
        (&["sub"], "<PATTERN>"),
        (&["sub", "x", "--raw", "--json"], "cannot be used with"),
        (&["sub", "x", "--from", "yesterday"], "use latest, earliest"),
        (&["sub", "x", "--timeout", "-1"], "allowed are 0 to 1000000000 seconds"),
        (&["sub", "x", "--count", "0"], "0 is not in 1.."),
        (&["sub", "x", "--policy", "hope"], "drop_oldest"),
        (&["pub"], "<TOPIC>"),
        (&["pub", "a b"], "a topic must not hold white space"),
        (&["pub", ""], "1 to 255 bytes"),
        (&["pub", "t", "x", "--priority", "urgent"], "use low, normal, high, critical"),
        (&["pub", "t", "x", "--encoding", "xml"], "use json, msgpack"),
        (&["pub", "t", "x", "--header", "novalue"], "NAME=VALUE"),
        (&["pub", "t", "x", "--rate", "0"], "messages a second"),
        (&["pub", "t", "x", "--lines", "-"], "cannot be used with"),
        (&["config", "show", "--log", "wran"], "allowed are off, error, warn"),
        (&["serve", "--seed", "1"], "--demo"),
    ];
    for (given, expected) in cases {
        let finished = args(given);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(2), ""),
            "{given:?}: {}",
            finished.stderr
        );
        assert!(finished.stderr.contains(expected), "{given:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panicked"), "{given:?}: {}", finished.stderr);
    }
    let long = "x".repeat(5000);
    assert!(args(&["sub", &long]).stderr.contains("0 to 4096 bytes"));
}

#[test]
fn a_store_that_is_none_ends_with_2() {
    for store in ["nonsense", "http://x", "redis://", "redis://h:99999", "redis://h/x", "memory:x"] {
        for command in ["pub", "sub"] {
            let finished = run(&mut at(store, &[command, "t"]));
            assert_eq!(finished.code, Some(2), "{store}: {}", finished.stderr);
            assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
            assert!(finished.stderr.contains("memory:"), "what is allowed is said: {}", finished.stderr);
        }
    }
}

#[test]
fn a_store_that_cannot_be_used_ends_with_1_and_one_line() {
    let http = server_that_says("HTTP/1.1 400 Bad Request\r\n\r\n");
    let silent = server_that_says("");
    let cases = [
        (free_port(), "Connection refused"),
        (http, "does not speak the Redis protocol"),
        (silent, "did not answer"),
    ];
    for (port, expected) in cases {
        for command in [["pub", "t", "x"], ["sub", "t", "--json"], ["serve", "--log", "warn"]] {
            let mut command = at(&format!("redis://127.0.0.1:{port}"), &command);
            let finished =
                run(command.env("TRADEBUS_CONNECTION_TIMEOUT", "0.5").env("TRADEBUS_COMMAND_TIMEOUT", "0.5"));
            assert_eq!(
                (finished.code, finished.stdout.as_str()),
                (Some(1), ""),
                "{expected}: {}",
                finished.stderr
            );
            assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
            assert!(finished.stderr.contains(expected), "{}", finished.stderr);
            assert!(finished.stderr.contains(&port.to_string()), "the place is named: {}", finished.stderr);
        }
    }
}

#[test]
fn no_secret_is_shown_anywhere() {
    let redis = Redis::with_password(Some("right"));
    let store = format!("redis://bob:hunter2@127.0.0.1:{}", redis.port());
    let wrong = format!("redis://:hunter2@127.0.0.1:{}", free_port());
    let mut commands = vec![
        at(&store, &["pub", "t", "x", "--log", "trace"]),
        at(&store, &["sub", "t", "--log", "trace"]),
        at(&store, &["serve", "--demo", "--log", "trace"]),
        at(&wrong, &["sub", "t", "--log", "trace"]),
        at(&store, &["config", "show"]),
        at(&store, &["config", "show", "--json"]),
        at(&store, &["config", "show", "--diff", "--json"]),
        at(&store, &["config", "check"]),
        at("redis://:hunter2@h:99999", &["config", "check"]),
        at("redis://:hunter2", &["sub", "t"]),
        at("hunter2@x", &["sub", "t"]),
    ];
    let mut flags = tradebus();
    flags.args(["sub", "t", "--store", &store]);
    commands.push(flags);
    let mut misspelled = tradebus();
    misspelled.args(["sub", "t", "--stor", &store, &format!("--stroe={store}"), &store]);
    commands.push(misspelled);
    let mut in_place = tradebus();
    in_place.args(["config", "show", &store]);
    commands.push(in_place);
    let mut password = tradebus();
    password.args(["config", "show"]).env("TRADEBUS_REDIS_PASSWORD", "hunter2");
    commands.push(password);
    for command in &mut commands {
        let finished = run(command);
        let all = finished.stdout + &finished.stderr;
        assert!(!all.is_empty() && !all.contains("hunter2"), "{command:?}: {all}");
        assert!(!all.contains("panicked"), "{all}");
    }
}

#[test]
fn a_wrong_password_is_named_as_that() {
    let redis = Redis::with_password(Some("right"));
    let url = |login: &str| format!("redis://{login}127.0.0.1:{}", redis.port());
    for login in [":wrong@", "", "bob:right@"] {
        let finished = run(&mut at(&url(login), &["pub", "t", "x"]));
        assert_eq!(finished.code, Some(1), "{login}: {}", finished.stderr);
        assert!(finished.stderr.contains("refuses the login"), "{}", finished.stderr);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
    assert_eq!(run(&mut at(&url(":right@"), &["pub", "t", "x"])).code, Some(0));
    let mut flag = tradebus();
    let finished = run(flag.args(["pub", "t", "x", "--store", &url(":right@")]));
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("can be seen in the list of processes"), "{}", finished.stderr);
}

#[test]
fn config_presets_lists_all_of_them() {
    let text = args(&["config", "presets"]).stdout;
    let json = args(&["config", "presets", "--json"]).stdout;
    let names: Vec<String> = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["development", "production", "high_frequency"]);
    assert!(names.iter().all(|name| text.contains(name.as_str())), "{text}");
    assert!(json.contains("\"connection_pool_size\":100"));
}

#[test]
fn config_show_says_where_values_come_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.toml");
    std::fs::write(&file, "trader_id = \"T-9\"\nmax_workers = 3\n").unwrap();
    let mut command = tradebus();
    command.args(["config", "show", "--preset", "production", "--config"]).arg(&file);
    command.env("TRADEBUS_MAX_WORKERS", "7");
    let shown = run(&mut command).stdout;
    for line in [
        format!("trader_id = \"T-9\" # {}:1", file.display()),
        "max_workers = 7 # env:TRADEBUS_MAX_WORKERS".to_owned(),
        "connection_pool_size = 50 # preset production".to_owned(),
        "shards = 0 # default".to_owned(),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let json: Value = serde_json::from_str(&run(command.arg("--json")).stdout).unwrap();
    assert_eq!(json["config"]["max_workers"], 7);
    assert_eq!(json["sources"]["max_workers"], "env:TRADEBUS_MAX_WORKERS");
    let diff = run(command.arg("--diff")).stdout;
    let paths: Vec<Value> =
        diff.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].clone()).collect();
    assert!(paths.contains(&"trader_id".into()) && !paths.contains(&"shards".into()), "{diff}");
    assert_eq!(args(&["config", "show", "--diff"]).stdout, "");
}

#[test]
fn config_check_reports_everything_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bad.toml");
    std::fs::write(&file, "max_workers = 99\nlayuot = \"lanes\"\n[default_buffer_config]\nmax_size = 0\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let checked = args(&["config", "check", file]);
    assert_eq!(checked.code, Some(2));
    assert_eq!(checked.stdout.lines().count(), 3, "{}", checked.stdout);
    for part in [
        "bad.toml:1",
        "`max_workers` is 99, allowed is a whole number from 1 to 50",
        "layout",
        "`default_buffer_config.max_size`",
    ] {
        assert!(checked.stdout.contains(part), "{part}: {}", checked.stdout);
    }
    let json = args(&["config", "check", file, "--json"]).stdout;
    for line in json.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        assert_eq!(finding["level"], "error");
    }
    let unwise = args(&["config", "check", "--preset", "production"]);
    assert_eq!((unwise.code, unwise.stdout.as_str()), (Some(0), ""), "{}", unwise.stderr);
    let mut command = tradebus();
    command
        .args(["config", "check"])
        .env("TRADEBUS_AUTOTRIM_MINS", "0")
        .env("TRADEBUS_DEFAULT_STREAM_CONFIG__MAX_LENGTH", "0");
    let unwise = run(&mut command);
    assert_eq!(unwise.code, Some(0));
    assert!(unwise.stdout.contains("warning: "), "{}", unwise.stdout);
    // A file is checked by itself: what the environment says does not count.
    std::fs::write(file, "max_workers = 9\n").unwrap();
    command = tradebus();
    command.args(["config", "check", file]).env("TRADEBUS_MAX_WORKERS", "99");
    assert_eq!(run(&mut command).code, Some(0));
    for missing in ["/nonexistent.toml", "/"] {
        let finished = args(&["config", "check", missing]);
        assert_eq!((finished.code, finished.stderr.lines().count()), (Some(2), 1), "{}", finished.stderr);
    }
}

#[test]
fn config_schema_is_json_schema() {
    let schema: Value = serde_json::from_str(&args(&["config", "schema"]).stdout).unwrap();
    assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"));
    assert_eq!(schema["properties"]["max_workers"]["maximum"], 50);
}

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
fn a_store_in_memory_is_said_to_be_one() {
    let finished = args(&["pub", "t", "x", "--store", "memory:"]);
    assert_eq!((finished.code, finished.stdout.lines().count()), (Some(0), 1));
    assert!(finished.stderr.contains("only in this process"), "{}", finished.stderr);
}

#[test]
fn the_demo_shows_a_line_and_loses_nothing() {
    let demo = Running::start(tradebus().args(["serve", "--demo", "--rate", "500", "--resp", "127.0.0.1:0"]));
    demo.error_with("a synthetic market");
    demo.error_with("tradebus sub 'risk.*' --store redis://127.0.0.1:");
    demo.line();
    let line = demo.line();
    for part in ["in ", "out ", "queue ", "memory ", "critical ", "high ", "normal ", "low "] {
        assert!(line.contains(part), "{part}: {line}");
    }
    demo.signal("TERM");
    let (status, _, errors) = demo.end();
    assert_eq!(status.code(), Some(0), "{errors:?}");
    let last = errors.last().unwrap();
    assert!(last.starts_with("sent ") && last.contains("lost 0"), "{last}");
    assert!(!last.starts_with("sent 0,"), "{last}");
}

#[test]
fn the_demo_runs_over_redis_in_all_four_tiers_and_keeps_its_streams_short() {
    let redis = Redis::start();
    let demo = Running::start(&mut at(&redis.url(), &["serve", "--demo", "--rate", "5000"]));
    let sub = Running::start(&mut at(&redis.url(), &["sub", "risk.*", "--json", "--from", "earliest"]));
    let alert: Value = serde_json::from_str(&sub.line()).unwrap();
    assert_eq!((&alert["priority"], &alert["topic"]), (&"critical".into(), &"risk.alerts.LIMIT".into()));
    assert!(alert["headers"]["synthetic"].is_string(), "synthetic data is marked: {alert}");
    for tier in ["high", "normal", "low"] {
        let finished =
            run(at(&redis.url(), &["sub", "*", "--count", "1", "--from", "earliest", "--json", "--stream"])
                .arg(format!("trader-TRADER-001:stream:{tier}")));
        assert!(finished.stdout.contains(&format!("\"priority\":\"{tier}\"")), "{}", finished.stdout);
    }
    demo.signal("INT");
    let (status, _, errors) = demo.end();
    assert_eq!(status.code(), Some(0));
    assert!(errors.last().unwrap().contains("lost 0"), "{errors:?}");
}

#[test]
fn a_node_without_a_feed_says_what_it_runs_and_how_it_is() {
    let node = Running::start(tradebus().args(["serve", "--resp", "none"]));
    node.error_with("the embedded engine");
    node.error_with("healthy");
    node.signal("TERM");
    let (status, output, _) = node.end();
    assert_eq!((status.code(), output), (Some(0), vec![]));
}

#[test]
fn other_programs_find_a_node_at_its_port() {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let node = Running::start(tradebus().args(["serve", "--resp", &address]));
    node.error_with(&format!("redis://{address}"));
    let store = format!("redis://{address}");
    let finished = run(&mut at(&store, &["pub", "risk.alerts.LIMIT", "{}", "--priority", "critical"]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let finished = run(&mut at(&store, &["sub", "risk.*", "--from", "earliest", "--count", "1", "--raw"]));
    assert_eq!((finished.code, &finished.stdout[..]), (Some(0), "{}\n"));
    node.signal("TERM");
    assert_eq!(node.end().0.code(), Some(0));
}

#[test]
fn a_taken_port_is_told_with_who_has_it_and_what_helps() {
    let redis = Redis::start();
    let finished = args(&["serve", "--resp", &format!("127.0.0.1:{}", redis.port())]);
    assert_eq!(finished.code, Some(1));
    for part in ["a Redis answers there", "--store redis://127.0.0.1:", "--resp ADDR"] {
        assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
    }
    let other = server_that_says("HTTP/1.1 400 Bad Request\r\n\r\n");
    let finished = args(&["serve", "--resp", &format!("127.0.0.1:{other}")]);
    assert!(finished.stderr.contains("something that is no Redis"), "{}", finished.stderr);
}

#[test]
fn a_port_that_others_reach_needs_a_password() {
    let finished = args(&["serve", "--resp", "0.0.0.0:0"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("--resp-password"), "{}", finished.stderr);
}

#[test]
fn the_log_can_be_json() {
    let node = Running::start(tradebus().args(["serve", "--resp", "none", "--log-format", "json"]));
    let line: Value = serde_json::from_str(&node.error_with("\"message\"")).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"healthy".into()));
    node.signal("TERM");
    assert_eq!(node.end().0.code(), Some(0));
}

#[test]
fn that_nobody_reads_standard_error_is_no_reason_to_fail() {
    let mut command = tradebus();
    command.args(["pub", "t", "x", "--count", "1000", "--store", "memory:", "--log", "trace"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.lines().count()), (Some(0), 1000));
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
