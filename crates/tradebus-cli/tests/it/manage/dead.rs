//! `tradebus dead`.

use std::collections::HashSet;

use serde_json::json;

use super::{BASE, Server, column, objects};
use crate::support::Running;

/// Puts dead letters there, as consumer groups leave them.
fn letters(server: &Server, count: usize) -> Vec<String> {
    let letter = |n: usize| {
        let about = format!(
            r#""dead_stream":"{BASE}:high","dead_id":"{}-0","dead_group":"risk","dead_consumer":"c1","dead_error":"it\u001b broke","#,
            n + 1
        );
        let times = r#""dead_deliveries":"5","dead_ts":"1700000000000000000","#;
        format!(
            "{{{about}{times}\"topic\":\"risk.x\",\"type\":\"Note\",\"encoding\":\"Json\",\"payload\":\"{n}\"}}\n"
        )
    };
    let lines: String = (0..count).map(letter).collect();
    let finished = server.feed(&["stream", "add", &format!("{BASE}:dead"), "--lines", "-"], lines.as_bytes());
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn dead_letters_are_listed_and_shown() {
    for server in Server::each() {
        let empty = server.run(&["dead", "ls"]);
        assert!(
            empty.code == Some(0) && empty.stderr.contains("there are no dead letters"),
            "{}",
            empty.stderr
        );
        let ids = letters(&server, 150);
        let first = server.run(&["dead", "ls", "--json"]);
        assert_eq!(column(&objects(&first.stdout), "id"), ids[..100]);
        let next = format!("there are 150 dead letters: the next page is --after {}", ids[99]);
        assert!(first.stderr.contains(&next), "{}", first.stderr);
        assert_eq!(column(&server.objects(&["dead", "ls", "--after", &ids[99]]), "id"), ids[100..]);
        assert_eq!(server.run(&["dead", "ls", "--limit", "150"]).stderr, "");

        let letter = &objects(&first.stdout)[0];
        let about = json!({
            "id": ids[0], "stream": format!("{BASE}:high"), "entry_id": "1-0", "group": "risk", "consumer": "c1",
            "error": "it\u{1b} broke", "deliveries": 5, "ts": 1_700_000_000_000_000_000_u64, "time": "2023-11-14T22:13:20Z",
            "topic": "risk.x", "fields": { "topic": "risk.x", "type": "Note", "encoding": "Json", "payload": "0" },
        });
        assert_eq!(*letter, about);
        let shown = server.object(&["dead", "show", &ids[7]]);
        assert_eq!(
            (&shown["message"]["payload"], &shown["message"]["priority"]),
            (&json!(7), &json!("high"))
        );
        for text in [server.prints(&["dead", "ls"]), server.prints(&["dead", "show", &ids[0]])] {
            assert!(text.contains("it\\u{1b} broke") && text.contains("risk.x"), "{text}");
        }
        server.fails(&["dead", "show", "5-5"], 7, "there is no dead letter 5-5");
    }
}

#[test]
fn what_is_redriven_is_moved_once() {
    for server in Server::each() {
        let ids = letters(&server, 4);
        let moved = server.object(&["dead", "redrive", &ids[2]]);
        assert_eq!((&moved["id"], &moved["stream"]), (&json!(ids[2]), &json!(format!("{BASE}:high"))));
        let again = server.fails(&["dead", "redrive", &ids[2]], 7, "it may have been redriven or dropped");
        assert_eq!(again.stdout, "");
        let high = format!("{BASE}:high");
        let there = server.objects(&["stream", "tail", &high]);
        assert_eq!((there.len(), &there[0]["id"]), (1, &moved["entry_id"]));
        let original = r#""fields":{"topic":"risk.x","type":"Note","encoding":"Json","payload":"2"}}"#;
        assert!(server.prints(&["stream", "tail", &high, "--json"]).trim_end().ends_with(original));

        let some =
            server.fails(&["dead", "redrive", &ids[0], &ids[2]], 9, "not put back: 1 of 2 dead letters");
        assert!(some.stdout.starts_with(&format!("{} -> {high} ", ids[0])), "{}", some.stdout);
        // One that is none stays; the others go.
        server.prints(&["stream", "add", &format!("{BASE}:dead"), "foreign", "x"]);
        let all = server.fails(&["dead", "redrive", "--all", "--yes"], 9, "cannot be redriven, only dropped");
        assert_eq!(all.stdout.lines().count(), 2);
        let rest = server.object(&["dead", "ls"]);
        assert_eq!((&rest["group"], &rest["fields"]), (&json!(null), &json!({ "foreign": "x" })));
        server.fails(&["dead", "redrive", "--all", "--yes"], 1, "not put back: 1 of 1 dead letter");
        assert_eq!(server.object(&["dead", "drop", "--all", "--yes"]), json!({ "dropped": 1 }));
        let nothing = server.run(&["dead", "redrive", "--all", "--yes"]);
        assert!(nothing.code == Some(0) && nothing.stderr.contains("there are no dead letters"));
    }
}

#[test]
fn several_programs_that_redrive_all_move_each_once() {
    for server in Server::each() {
        let ids = letters(&server, 300);
        let redrive = ["dead", "redrive", "--all", "--yes", "--json"];
        let movers: Vec<Running> = (0..3).map(|_| Running::start(&mut server.command(&redrive))).collect();
        let mut moved = Vec::new();
        for mover in movers {
            let (status, lines, errors) = mover.end();
            assert_eq!(status.code(), Some(0), "{errors:?}");
            moved.extend(column(&objects(&lines.join("\n")), "id"));
        }
        let once: HashSet<&String> = moved.iter().collect();
        assert_eq!((moved.len(), once.len()), (ids.len(), ids.len()));
        let info = server.object(&["stream", "info", &format!("{BASE}:high")]);
        assert_eq!(info["length"], 300);
        assert!(server.objects(&["dead", "ls"]).is_empty());
    }
}

#[test]
fn dead_letters_are_dropped() {
    for server in Server::each() {
        let ids = letters(&server, 5);
        server.fails(&["dead", "drop", &ids[0]], 2, "--yes is needed");
        assert_eq!(server.prints(&["dead", "drop", &ids[0], &ids[1], "--yes"]), "2 dead letters dropped\n");
        let some = server.fails(
            &["dead", "drop", &ids[1], &ids[2], "--yes", "--json"],
            9,
            "1 dead letter not there",
        );
        assert_eq!(objects(&some.stdout), [json!({ "dropped": 1 })]);
        server.fails(&["dead", "drop", &ids[1], "--yes"], 7, &format!("there is no dead letter {}", ids[1]));
        assert_eq!(server.prints(&["dead", "drop", "--all", "--yes"]), "2 dead letters dropped\n");
        assert!(server.objects(&["dead", "ls"]).is_empty());
    }
}
