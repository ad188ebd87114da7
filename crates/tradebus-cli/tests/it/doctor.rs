//! `tradebus doctor`.

use serde_json::Value;

use crate::support::{Redis, args, at, free_port, run, server_that_says};

/// The lines of `--json`: the checks, and the summary.
fn lines(stdout: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap();
    (lines, summary)
}

fn check<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {checks:#?}"))
}

#[test]
fn a_server_is_examined_and_left_as_it_was() {
    let redis = Redis::start();
    let finished = run(&mut at(&redis.url(), &["doctor", "--quick"]));
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
    assert!(finished.stdout.starts_with("pass  connection   redis at 127.0.0.1:"), "{}", finished.stdout);
    for part in
        ["warn  persistence ", "\n                   -> ", "15: 13 passed, 1 warned", "messages/s ", "0.00 %"]
    {
        assert!(finished.stdout.contains(part), "{part}: {}", finished.stdout);
    }
    assert!(!finished.stdout.contains('\x1b'));

    let finished = run(&mut at(&redis.url(), &["doctor", "--quick", "--json"]));
    assert_eq!(finished.code, Some(0), "{}", finished.stdout);
    let (checks, summary) = lines(&finished.stdout);
    assert_eq!(checks.len(), 15);
    assert_eq!(check(&checks, "groups")["status"], "pass");
    assert_eq!((&summary["failed"], &summary["total"]), (&0.into(), &15.into()));
    assert!(summary["messages_per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{summary}");
    assert_eq!(redis.ask("DBSIZE").as_deref(), Some(":0"));
}

#[test]
fn a_store_in_memory_is_examined() {
    let finished = run(&mut at("memory:", &["doctor", "--quick", "--json"]));
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    assert_eq!(lines(&finished.stdout).1["error_rate"], 0.0);
}

#[test]
fn what_is_wrong_is_named_and_told_by_the_exit_code() {
    let redis = Redis::start();
    assert_eq!(redis.ask("CONFIG SET maxmemory 100mb").as_deref(), Some("+OK"));
    assert_eq!(redis.ask("CONFIG SET maxmemory-policy allkeys-lru").as_deref(), Some("+OK"));
    assert_eq!(
        redis.ask("ACL SETUSER bob on >hunter2 ~* &* +@all -@admin -xgroup|setid").as_deref(),
        Some("+OK")
    );
    let url = redis.url().replace("redis://", "redis://bob:hunter2@");
    let finished = run(&mut at(&url, &["doctor", "--quick", "--json"]));
    let (checks, summary) = lines(&finished.stdout);
    assert_eq!((finished.code, &summary["failed"]), (Some(1), &2.into()), "{}", finished.stdout);
    let (acl, eviction) = (check(&checks, "acl"), check(&checks, "eviction"));
    assert!(acl["detail"].as_str().unwrap().contains("xgroup|setid"), "{acl}");
    assert!(eviction["detail"].as_str().unwrap().contains("allkeys-lru"), "{eviction}");
    assert!(finished.stderr.contains("2 checks failed: eviction, acl"), "{}", finished.stderr);
    assert!(!finished.stdout.contains("hunter2") && !finished.stderr.contains("hunter2"));
    assert_eq!(redis.ask("DBSIZE").as_deref(), Some(":0"));
}

#[test]
fn where_nobody_answers_the_rest_is_skipped() {
    let nobody = free_port();
    for port in [nobody, server_that_says("HTTP/1.1 400 Bad Request\r\n\r\n")] {
        let finished = run(&mut at(&format!("redis://127.0.0.1:{port}"), &["doctor"]));
        assert_eq!(finished.code, Some(1), "{}", finished.stdout);
        assert!(finished.stdout.starts_with("fail  connection "), "{}", finished.stdout);
        assert!(
            finished.stdout.contains("15: 0 passed, 0 warned, 1 failed, 14 skipped"),
            "{}",
            finished.stdout
        );
        assert!(finished.stderr.contains("1 check failed: connection"), "{}", finished.stderr);
    }
}

#[test]
fn a_store_that_is_none_is_wrong_usage() {
    let finished = args(&["doctor", "--store", "carrier-pigeon://x"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{}", finished.stderr);
}
