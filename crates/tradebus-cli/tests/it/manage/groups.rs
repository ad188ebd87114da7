//! `tradebus group`.

use serde_json::{Value, json};

use super::{BASE, Server, column, objects};

/// A stream with entries that a consumer of the group `risk` has got.
fn delivered(server: &Server, stream: &str, count: usize) -> Vec<String> {
    let ids = server.add(stream, count);
    server.prints(&["group", "create", stream, "risk", "--from", "earliest"]);
    server.ask(&format!("XREADGROUP GROUP risk gone COUNT {count} STREAMS {stream} >"));
    ids
}

#[test]
fn groups_are_made_listed_moved_and_removed() {
    for server in Server::each() {
        let high = format!("{BASE}:high");
        let ids = server.add(&high, 4);
        assert!(server.run(&["group", "ls"]).stderr.contains("have no groups"));
        let created = server.object(&["group", "create", &high, "risk"]);
        assert_eq!(created, json!({ "stream": high, "group": "risk", "created": true }));
        server.fails(&["group", "create", &high, "risk"], 8, "has a group `risk` already");
        server.prints(&["group", "create", "made", "audit", "--mkstream"]);
        let listed = server.object(&["group", "ls"]);
        assert_eq!((&listed["stream"], &listed["last_delivered_id"]), (&json!(high), &json!(ids[3])));
        assert_eq!(column(&server.objects(&["group", "ls", "made"]), "group"), ["audit"]);
        let table = server.prints(&["group", "ls"]);
        assert!(table.starts_with("STREAM ") && table.lines().count() == 2, "{table}");

        for (to, last) in [("earliest", "0-0"), (&ids[1], &ids[1]), ("latest", &ids[3])] {
            let reset = server.object(&["group", "reset", &high, "risk", "--to", to]);
            assert_eq!(reset["last_delivered_id"], *last, "{to}");
        }
        let ago = server.prints(&["group", "reset", &high, "risk", "--to", "1h"]);
        assert!(ago.starts_with("the group goes on behind "), "{ago}");
        for command in ["info", "consumers", "pending"] {
            let said = format!("the stream `{high}` has no consumer group `rusk`; it has risk");
            server.fails(&["group", command, &high, "rusk"], 7, &said);
        }
        assert!(server.run(&["group", "consumers", &high, "risk"]).stderr.contains("no consumers"));
        let removed = server.object(&["group", "rm", &high, "risk", "--yes"]);
        assert_eq!(removed, json!({ "stream": high, "group": "risk", "pending": 0 }));
        server.fails(&["group", "rm", &high, "risk", "--yes"], 7, "it has none");
    }
}

#[test]
fn what_is_pending_is_shown() {
    for server in Server::each() {
        let ids = delivered(&server, "s", 1500);
        let group = server.object(&["group", "info", "s", "risk"]);
        assert_eq!(
            (&group["consumers"], &group["pending"], &group["lag"]),
            (&json!(1), &json!(1500), &json!(0))
        );
        let oldest = &group["oldest_pending"];
        assert_eq!((&oldest["id"], &oldest["consumer"]), (&json!(ids[0]), &json!("gone")));
        let text = server.prints(&["group", "info", "s", "risk"]);
        assert!(text.contains("pending          1500 entries") && text.contains("to `gone`"), "{text}");
        let consumer = server.object(&["group", "consumers", "s", "risk"]);
        assert_eq!((&consumer["consumer"], &consumer["pending"]), (&json!("gone"), &json!(1500)));
        assert!(consumer["idle_ms"].is_u64());

        let some = server.run(&["group", "pending", "s", "risk", "--json"]);
        assert_eq!(column(&objects(&some.stdout), "id"), ids[..100]);
        assert!(some.stderr.contains("there are more: --limit"), "{}", some.stderr);
        let all = server.run(&["group", "pending", "s", "risk", "--limit", "1500", "--json"]);
        assert_eq!((column(&objects(&all.stdout), "id"), all.stderr.as_str()), (ids, ""));
        let first: Value = serde_json::from_str(all.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&first["consumer"], &first["deliveries"], &first["group"]),
            (&json!("gone"), &json!(1), &json!("risk"))
        );
        for nothing in [["--consumer", "nobody"], ["--min-idle", "1h"]] {
            let finished = server.run(&[&["group", "pending", "s", "risk"], &nothing[..]].concat());
            assert!(
                finished.stdout.is_empty() && finished.stderr.contains("nothing is pending"),
                "{nothing:?}"
            );
        }
    }
}

#[test]
fn what_is_pending_changes_hands() {
    for server in Server::each() {
        let ids = delivered(&server, "s", 250);
        let claim = ["group", "claim", "s", "risk", "--consumer", "me"];
        let claims = |rest: &[&str]| server.run(&[&claim[..], rest, &["--json"]].concat());
        let idle = claims(&["--min-idle", "1h"]);
        assert_eq!((idle.code, idle.stdout.as_str()), (Some(0), ""), "nothing is idle for so long");
        let some = objects(&claims(&["--min-idle", "0s", "--limit", "3"]).stdout);
        assert_eq!(column(&some, "id"), ids[..3]);
        assert_eq!(some[0], json!({ "stream": "s", "group": "risk", "consumer": "me", "id": ids[0] }));
        let rest = claims(&["--min-idle", "0s"]);
        assert_eq!(column(&objects(&rest.stdout), "id"), ids[3..], "and not again what it has already");
        assert!(rest.stderr.contains("247 entries claimed"), "{}", rest.stderr);
        let left = server.objects(&["group", "consumers", "s", "risk"]);
        assert_eq!(
            (column(&left, "consumer"), column(&left, "pending")),
            (vec!["gone".to_owned(), "me".into()], vec!["0".into(), "250".to_owned()])
        );

        let other = ["group", "claim", "s", "risk", "--consumer", "other"];
        let named =
            server.fails(&[&other[..], &[&ids[0], "5-5"]].concat(), 9, "the entry 5-5 is not pending");
        assert_eq!(named.stdout.trim(), ids[0]);
        server.fails(&[&other[..], &["5-5"]].concat(), 7, "not claimed: 1 of 1 entry");
        server.fails(
            &["group", "claim", "s", "rusk", "--consumer", "c", "5-5"],
            7,
            "has no consumer group `rusk`",
        );
    }
}
