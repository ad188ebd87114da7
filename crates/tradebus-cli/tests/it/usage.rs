//! What every command has in common: usage, exit codes, secrets.

use std::io::BufRead;
use std::process::Stdio;

use crate::support::{Redis, args, at, free_port, run, server_that_says, tradebus};

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
    let cases: [(&[&str], &str); 28] = [
        (&[], "Usage: tradebus"),
        (&["nonsense"], "unrecognized subcommand 'nonsense'"),
        (&["sub"], "<PATTERN>"),
        (&["sub", "x", "--raw", "--json"], "cannot be used with"),
        (&["sub", "x", "--from", "yesterday"], "use latest, earliest"),
        (&["sub", "x", "--timeout", "-1"], "allowed are 0 to 1000000000 seconds"),
        (&["sub", "x", "--count", "0"], "0 is not in 1.."),
        (&["sub", "x", "--policy", "hope"], "drop_oldest"),
        (&["sub", "x", "--speed", "10"], "--replay"),
        (&["sub", "x", "--replay", "--speed", "0"], "use max, 1 for the original speed"),
        (&["sub", "x", "--replay", "--to", "tomorrow"], "is no place in the past"),
        (&["sub", "x", "--replay", "--group", "g"], "cannot be used with"),
        (
            &["sub", "x", "--replay", "--from", "9-0", "--to", "5-0", "--store", "memory:"],
            "before its start at 9-1",
        ),
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
        (&["top"], "--json"),
        (&["top", "--once"], "--json"),
        (&["top", "--json", "--interval", "0.5"], "allowed are 1 to 3600 seconds"),
        (&["top", "--json", "--http", "redis://h"], "starts with http"),
        (&["top", "--json", "--http", "http://u:p@h"], "--token-file"),
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
        at(&store, &["top", "--once", "--json", "--log", "trace"]),
        at(&store, &["top", "--json", "--http", "http://bob:hunter2@127.0.0.1:1"]),
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
        let all = finished.stdout + finished.stderr.as_str();
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
fn a_store_in_memory_is_said_to_be_one() {
    let finished = args(&["pub", "t", "x", "--store", "memory:"]);
    assert_eq!((finished.code, finished.stdout.lines().count()), (Some(0), 1));
    assert!(finished.stderr.contains("only in this process"), "{}", finished.stderr);
}
