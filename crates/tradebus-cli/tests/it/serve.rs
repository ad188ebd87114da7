//! `tradebus serve`.

use serde_json::Value;

use crate::support::{Node, Redis, Running, args, at, free_port, run, server_that_says, tradebus};

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
fn a_change_of_health_is_one_line() {
    let mut command = tradebus();
    command.args(["serve", "--resp", "127.0.0.1:0"]);
    command.envs([("TRADEBUS_HEALTH_CHECK_INTERVAL", "0.02"), ("TRADEBUS_LAG_WARN", "1")]);
    let node = Node::serve(&mut command);
    node.running.error_with("healthy");
    let mut peer = node.connect();
    let lane = "trader-TRADER-001:stream:normal";
    peer.ask(&format!("XGROUP CREATE {lane} slow 0 MKSTREAM")).unwrap();
    peer.ask(&format!("XADD {lane} * topic t payload {{}}")).unwrap();
    let line = node.running.error_with("degraded");
    assert!(line.contains("WARN") && line.contains("the group slow falls behind"), "{line}");
    peer.ask(&format!("XGROUP SETID {lane} slow $")).unwrap();
    let line = node.running.error_with("health");
    assert!(line.contains("INFO") && line.contains("healthy") && line.contains("was"), "{line}");
    node.running.signal("TERM");
    assert_eq!(node.running.end().0.code(), Some(0));
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
fn the_password_of_the_port_comes_from_the_environment_or_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "hunter2\n").unwrap();
    for (name, value) in
        [("TRADEBUS_RESP_PASSWORD", "hunter2"), ("TRADEBUS_RESP_PASSWORD_FILE", file.to_str().unwrap())]
    {
        let node = Running::start(tradebus().args(["serve", "--resp", "127.0.0.1:0"]).env(name, value));
        let line = node.error_with("redis://127.0.0.1:");
        let address = line.split_once("redis://").unwrap().1.split_whitespace().next().unwrap();
        let address = address.trim_end_matches('.');
        let publish = |login: &str| run(&mut at(&format!("redis://{login}{address}"), &["pub", "t", "x"]));
        let refused = publish("");
        assert_eq!(refused.code, Some(1), "{name}");
        assert!(refused.stderr.contains("NOAUTH"), "{}", refused.stderr);
        assert_eq!(publish(":hunter2@").code, Some(0), "{name}");
    }
    std::fs::write(&file, "\n").unwrap();
    let finished = run(tradebus().arg("serve").env("TRADEBUS_RESP_PASSWORD_FILE", &file));
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("is empty"), "{}", finished.stderr);
}

#[test]
fn the_port_speaks_tls_when_it_has_a_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).display().to_string();
    let identity = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("certificate"), identity.cert.pem()).unwrap();
    std::fs::write(file("key"), identity.signing_key.serialize_pem()).unwrap();
    let serve = |certificate: &str, key: &str| {
        let mut command = tradebus();
        command.args(["serve", "--resp", "127.0.0.1:0", "--resp-tls-cert", &file(certificate)]);
        command.args(["--resp-tls-key", &file(key)]);
        command
    };
    let node = Running::start(&mut serve("certificate", "key"));
    let line = node.error_with("rediss://127.0.0.1:");
    let url = line.split_whitespace().find(|word| word.starts_with("rediss://")).unwrap();
    let publish = || at(url.trim_end_matches('.'), &["pub", "t", "x"]);
    assert_eq!(run(publish().env("TRADEBUS_TLS_CA_FILE", file("certificate"))).code, Some(0));
    let stranger = run(&mut publish());
    assert_eq!(stranger.code, Some(1));
    assert!(stranger.stderr.contains("tls_ca_file"), "{}", stranger.stderr);

    for (certificate, key, reason) in [
        ("none", "key", "none cannot be read"),
        ("key", "key", "no certificate"),
        ("certificate", "certificate", "no private key"),
    ] {
        let finished = run(&mut serve(certificate, key));
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains(reason), "{reason}: {}", finished.stderr);
    }
    let alone = args(&["serve", "--resp-tls-cert", &file("certificate")]);
    assert!(alone.code == Some(2) && alone.stderr.contains("--resp-tls-key"), "{}", alone.stderr);
}

#[test]
fn the_log_can_be_json() {
    let node = Running::start(tradebus().args(["serve", "--resp", "none", "--log-format", "json"]));
    let line: Value = serde_json::from_str(&node.error_with("\"message\"")).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"healthy".into()));
    node.signal("TERM");
    assert_eq!(node.end().0.code(), Some(0));
}
