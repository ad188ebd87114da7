//! `tradebus stream`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use super::{BASE, Server, column, objects};
use crate::support::{Running, args, run};

#[test]
fn streams_are_listed_and_shown() {
    for server in Server::each() {
        let empty = server.run(&["stream", "ls"]);
        assert_eq!((empty.code, empty.stdout.as_str()), (Some(0), ""));
        assert!(empty.stderr.contains(&format!("no streams of the bus `{BASE}`")), "{}", empty.stderr);

        let (high, other) = (format!("{BASE}:high"), "other");
        let ids = server.add(&high, 12);
        server.add(other, 1);
        server.prints(&["group", "create", &high, "risk", "--from", "earliest"]);
        let listed = server.object(&["stream", "ls"]);
        assert_eq!((&listed["stream"], &listed["length"]), (&json!(high), &json!(12)));
        assert_eq!((&listed["first_id"], &listed["last_id"]), (&json!(ids[0]), &json!(ids[11])));
        assert!(listed["memory_bytes"].is_u64() && listed["first_age_ms"].is_u64(), "{listed}");
        assert_eq!((&listed["groups"], &listed["entries_added"]), (&json!(1), &json!(12)));
        assert_eq!(column(&server.objects(&["stream", "ls", "oth"]), "stream"), [other]);
        assert_eq!(column(&server.objects(&["stream", "ls", "--all"]), "stream"), [other, &high]);
        assert!(server.run(&["stream", "ls", "none"]).stderr.contains("starts with `none`"));

        let table = server.prints(&["stream", "ls", "--all"]);
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0][..3], ["STREAM", "LENGTH", "MEMORY"]);
        assert_eq!((lines.len(), lines[2][0], lines[2][1]), (3, &high[..], "12"), "{table}");

        let shown = server.object(&["stream", "info", &high]);
        assert_eq!((&shown["groups"][0]["group"], &shown["groups"][0]["lag"]), (&json!("risk"), &json!(12)));
        let text = server.prints(&["stream", "info", &high]);
        assert!(text.contains("length         12 entries") && text.contains("GROUP  CONSUMERS"), "{text}");
    }
}

#[test]
fn a_stream_that_is_missing_ends_with_7_and_a_hint() {
    for server in Server::each() {
        let normal = format!("{BASE}:normal");
        server.fails(&["stream", "info", "normal"], 7, &format!("the bus `{BASE}` has none"));
        for tier in ["critical", "high", "low", "normal", "x", "y"] {
            server.add(&format!("{BASE}:{tier}"), 1);
        }
        for command in [
            &["stream", "info", "normal"][..],
            &["stream", "tail", "normal"],
            &["stream", "tail", "normal", "--follow"],
            &["stream", "trim", "normal", "--length", "0"],
            &["stream", "rm", "normal", "--yes"],
            &["stream", "watch", "normal"],
            &["group", "ls", "normal"],
            &["group", "info", "normal", "g"],
            &["group", "create", "normal", "g"],
            &["group", "rm", "normal", "g", "--yes"],
            &["group", "reset", "normal", "g", "--to", "latest"],
            &["group", "consumers", "normal", "g"],
            &["group", "pending", "normal", "g"],
            &["group", "claim", "normal", "g", "--consumer", "c", "--min-idle", "0s"],
        ] {
            let hint = format!("there is no stream `normal`; the bus has `{normal}`, ");
            let finished = server.fails(command, 7, &hint);
            assert!(finished.stderr.contains("and 1 more"), "{}", finished.stderr);
            assert_eq!((finished.stdout.as_str(), finished.stderr.lines().count()), ("", 1));
        }
    }
}

#[test]
fn a_key_may_be_any_bytes_and_steers_no_terminal() {
    for server in Server::each() {
        let key = OsStr::from_bytes(b"\xff\x1b[31m\n`");
        let with_key =
            |command: &str, rest: &[&str]| run(server.command(&["stream", command]).arg(key).args(rest));
        assert_eq!(with_key("add", &["field", "\u{1b}value"]).code, Some(0));
        let listed = server.object(&["stream", "ls", "--all"]);
        assert_eq!(
            (&listed["stream"], &listed["stream_b64"]),
            (&json!("\u{fffd}\u{1b}[31m\n`"), &json!("/xtbMzFtCmA="))
        );
        for shown in [
            server.prints(&["stream", "ls", "--all"]),
            with_key("info", &[]).stdout,
            with_key("tail", &[]).stdout,
            with_key("trim", &["--length", "5"]).stdout,
            with_key("rm", &[]).stderr,
            with_key("rm", &["--yes"]).stdout,
            with_key("info", &[]).stderr,
        ] {
            assert!(
                !shown.contains('\u{1b}') && !shown.contains("panicked") && !shown.is_empty(),
                "{shown:?}"
            );
        }
    }
}

#[test]
fn entries_are_added_and_read_as_they_are() {
    for server in Server::each() {
        let id = server.object(&["stream", "add", "s", "z", "1", "a", "-2.5", "e", ""]);
        assert_eq!(id["stream"], "s");
        let lines = b"{\"z\":\"1\",\"a\":\"\\n\"}\n{\"n\":5}\nnonsense\n\n{}\n{\"a\":\"1\",\"a\":\"2\"}\r\n{\"last\":\"x\"}";
        let finished = server.feed(&["stream", "add", "s", "--lines", "-"], lines);
        assert_eq!((finished.code, finished.stdout.lines().count()), (Some(9), 3), "{}", finished.stderr);
        for said in [
            "line 2: no JSON object of strings: invalid type: integer `5`, expected a string",
            "line 3: no JSON object",
            "line 4: no JSON object",
            "line 5: an entry needs at least one field",
            "not added: 4 of 7 entries",
        ] {
            assert!(finished.stderr.contains(said), "{said}: {}", finished.stderr);
        }
        assert_eq!(server.feed(&["stream", "add", "s", "--lines", "-"], b"x\n").code, Some(1));

        let tail = server.prints(&["stream", "tail", "s", "--json"]);
        let fields: Vec<&str> =
            tail.lines().map(|line| line.split_once("\"fields").unwrap().1.trim_end_matches('}')).collect();
        // In their order.
        let expected = [
            r#"":{"z":"1","a":"-2.5","e":"""#,
            r#"":{"z":"1","a":"\n""#,
            r#"_b64":[["YQ==","MQ=="],["YQ==","Mg=="]]"#,
            r#"":{"last":"x""#,
        ];
        assert_eq!(fields, expected);
        assert_eq!(objects(&tail)[0]["id"], id["id"]);
        assert_eq!(server.objects(&["stream", "tail", "s", "-n", "1"])[0]["fields"], json!({ "last": "x" }));
        assert_eq!(server.prints(&["stream", "tail", "s", "-n", "0"]), "");
        let text = server.prints(&["stream", "tail", "s", "-n", "3"]);
        assert!(text.lines().next().unwrap().ends_with(" z=1 a=\\n"), "{text}");
    }
}

#[test]
fn what_follows_is_printed_as_it_comes() {
    for server in Server::each() {
        server.add("s", 2);
        let tail =
            Running::start(&mut server.command(&["stream", "tail", "s", "--follow", "--json", "-n", "1"]));
        let next = || serde_json::from_str::<Value>(&tail.line()).unwrap()["fields"]["n"].clone();
        assert_eq!(next(), "1");
        server.add("s", 2);
        assert_eq!((next(), next()), (json!("0"), json!("1")));
        // Lines are added as they come, not when the input ends.
        let mut adding = Running::start(&mut server.command(&["stream", "add", "s", "--lines", "-"]));
        adding.write("{\"n\":\"live\"}\n");
        adding.line();
        assert_eq!(next(), "live");
        adding.close_input();
        assert_eq!(adding.end().0.code(), Some(0));
        tail.signal("TERM");
        let (status, rest, errors) = tail.end();
        assert_eq!((status.code(), rest, errors), (Some(0), vec![], vec![]));
    }
}

#[test]
fn streams_are_trimmed_and_removed() {
    for server in Server::each() {
        server.add("s", 3000);
        assert_eq!(server.object(&["stream", "trim", "s", "--age", "7d"])["removed"], 0);
        let rough = server.object(&["stream", "trim", "s", "--length", "1000"])["removed"].as_u64().unwrap();
        assert!((1..=2000).contains(&rough), "{rough}");
        let exact = ["stream", "trim", "s", "--length", "1000", "--exact"];
        assert_eq!(server.object(&exact), json!({ "stream": "s", "removed": 2000 - rough }));
        assert_eq!(server.prints(&exact), "0 entries removed\n");
        assert_eq!(
            server.prints(&["stream", "trim", "s", "--length", "999", "--exact"]),
            "1 entry removed\n"
        );

        server.add("t", 1);
        let finished =
            server.fails(&["stream", "rm", "s", "none", "s", "t", "--yes", "--json"], 9, "1 of 3 streams");
        let removed = objects(&finished.stdout);
        assert_eq!(
            removed,
            [json!({ "stream": "s", "removed": 999 }), json!({ "stream": "t", "removed": 1 })]
        );
        server.fails(&["stream", "rm", "s", "t", "--yes"], 7, "2 of 2 streams are not there");
        assert_eq!(server.prints(&["stream", "ls", "--all"]), "");
    }
}

#[test]
fn streams_are_watched() {
    for server in Server::each() {
        let high = format!("{BASE}:high");
        server.add(&high, 5);
        server.prints(&["group", "create", &high, "risk", "--from", "earliest"]);
        let watch = ["stream", "watch", "--interval", "0.05", "--json"];
        let watching = Running::start(&mut server.command(&watch));
        let look = || serde_json::from_str::<Value>(&watching.line()).unwrap();
        let first = look();
        assert_eq!((&first["stream"], &first["length"], &first["lag"]), (&json!(high), &json!(5), &json!(5)));
        assert_eq!((&first["added"], &first["groups"][0]["group"]), (&Value::Null, &json!("risk")));
        server.add(&high, 3);
        let mut added = 0;
        while added < 3 {
            let next = look();
            added += next["added"].as_u64().unwrap();
            assert!(next["added_per_second"].is_f64() && next["ts"].is_u64(), "{next}");
        }
        assert_eq!(added, 3);
        server.prints(&["stream", "rm", &high, "--yes"]);
        watching.signal("INT");
        assert_eq!(watching.end().0.code(), Some(0));

        server.add("s", 1);
        let table = server.prints(&["stream", "watch", "s", "--count", "2", "--interval", "0.01"]);
        assert_eq!(table.lines().filter(|line| line.contains(" s ")).count(), 2, "{table}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = Server::redis();
    server.add("s", 20_000);
    for case in
        [&["stream", "tail", "s", "-n", "20000"][..], &["stream", "tail", "s", "-n", "20000", "--json"]]
    {
        let mut child = server
            .command(case)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]), "{case:?}");
    }
}

#[test]
fn a_key_of_another_type_and_a_store_in_memory() {
    for server in Server::each() {
        server.ask("SET text x");
        server.fails(&["stream", "info", "text"], 1, "`text` holds another type than a stream");
        server.fails(&["stream", "add", "text", "a", "1"], 1, "not added: 1 of 1 entries");
    }
    let finished = args(&["stream", "ls", "--store", "memory:"]);
    assert!(
        finished.code == Some(0) && finished.stderr.contains("only in this process"),
        "{}",
        finished.stderr
    );
}
