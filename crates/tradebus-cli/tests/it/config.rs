//! `tradebus config`.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Finished, args, run, tradebus};

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
fn config_check_looks_at_the_services_too() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.toml");
    let mut check = tradebus();
    check.args(["config", "check"]).arg(&file);
    for (services, said) in [
        ("[services.weather]\n", "unknown field `weather`"),
        ("[services.dbnomics]\nseries_per_call = 0\n", "`series_per_call` is 0: allowed are 1 to 100"),
        ("[services.dbnomics.watch]\nseries = [\"BLS\"]\n", "services.dbnomics.watch.series[0]"),
        ("[services.datagov.catalogue]\nmax_bytes = 1\n", "max_bytes"),
    ] {
        std::fs::write(&file, services).unwrap();
        let checked = run(&mut check);
        assert_eq!(checked.code, Some(2), "{services}: {}", checked.stderr);
        assert!(checked.stdout.contains(said), "{services}: {}", checked.stdout);
    }
    std::fs::write(&file, "[services.dbnomics.watch]\ngroups = [\"central_bank\"]\n").unwrap();
    assert_eq!(run(&mut check).code, Some(0));
}

/// The program with this on its standard input.
fn with_input(args: &[&str], input: &str) -> Finished {
    let mut command = tradebus();
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

const NODE: &str = r#"{ "trader_id": "T-1", "data_engine": {}, "message_bus": {
    "database": { "host": "redis.internal", "password": "hunter2" }, "encoding": "json", "autotrim_mins": null } }"#;

#[test]
fn config_migrate_writes_toml_that_can_be_checked() {
    let migrated = with_input(&["config", "migrate", "-"], NODE);
    assert_eq!(migrated.code, Some(0), "{}", migrated.stderr);
    for line in ["redis_host = \"redis.internal\" # was message_bus.database.host", "stream_per_topic = true"]
    {
        assert!(migrated.stdout.contains(line), "{line}: {}", migrated.stdout);
    }
    for words in [
        &["message_bus.encoding", "encoding", "kept"][..],
        &["message_bus.autotrim_mins", "autotrim_mins", "default written"],
        &["data_engine", "-", "dropped"],
        &["message_bus.database.password", "redis_password", "renamed", "TRADEBUS_REDIS_PASSWORD"],
    ] {
        let tells = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(migrated.stderr.lines().any(tells), "{words:?}: {}", migrated.stderr);
    }
    assert!(!format!("{}{}", migrated.stdout, migrated.stderr).contains("hunter2"));

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.toml");
    std::fs::write(&file, &migrated.stdout).unwrap();
    let mut show = tradebus();
    show.args(["config", "show", "--diff", "--config"]).arg(&file).env("TRADEBUS_REDIS_PASSWORD", "hunter2");
    let shown = run(&mut show);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stdout.contains("trader_id = \"T-1\""), "{}", shown.stdout);
}

#[test]
fn config_migrate_writes_a_file_and_no_secret_unless_asked() {
    let directory = tempfile::tempdir().unwrap();
    let node = directory.path().join("node.json");
    let out = directory.path().join("t.toml");
    std::fs::write(&node, NODE).unwrap();
    let (node, path) = (node.to_str().unwrap(), out.to_str().unwrap());
    let read = || std::fs::read_to_string(&out).unwrap();
    let written = args(&["config", "migrate", node, "--out", path]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{}", written.stderr);
    assert!(read().contains("redis.internal") && !read().contains("hunter2"), "{}", read());
    let again = args(&["config", "migrate", node, "--out", path, "--with-secrets"]);
    assert_eq!(again.code, Some(2), "{}", again.stderr);
    assert!(again.stderr.contains("--yes") && !read().contains("hunter2"), "{}", again.stderr);
    let again = args(&["config", "migrate", node, "--out", path, "--with-secrets", "--yes"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(read().contains("redis_password = \"hunter2\""), "{}", read());
    assert!(!again.stderr.contains("hunter2"), "{}", again.stderr);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(args(&["config", "check", path]).code, Some(0));
}

#[test]
fn config_migrate_as_json_has_the_steps() {
    let migrated =
        with_input(&["config", "migrate", "-", "--from", "original", "--json"], r#"{ "redisHost": "h" }"#);
    assert_eq!((migrated.code, migrated.stderr.as_str()), (Some(0), ""));
    let json: Value = serde_json::from_str(&migrated.stdout).unwrap();
    assert_eq!(json["config"], serde_json::json!({ "redis_host": "h" }));
    assert_eq!(json["kind"], "original");
    assert_eq!(json["steps"][0]["action"], "renamed");
    assert_eq!(json["steps"][0]["from"], "redisHost");
}

#[test]
fn config_migrate_says_what_is_wrong_and_what_was_not_taken() {
    for (input, said) in [
        ("{", "standard input:1:"),
        ("x = ", "standard input:1:"),
        ("[]", "standard input:1:"),
        ("{}", "no field in it tells"),
        (r#"{ "message_bus": [] }"#, "standard input:1: `message_bus` is a list, allowed is a table"),
        (
            r#"{ "database": { "port": "x" } }"#,
            "`database.port` is \"x\", allowed is a whole number from 1 to 65535",
        ),
    ] {
        let finished = with_input(&["config", "migrate", "-"], input);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{input}: {}", finished.stderr);
        assert!(finished.stderr.contains(said), "{input}: {}", finished.stderr);
    }
    let partly = with_input(&["config", "migrate", "-"], r#"{ "redis_host": "h", "redis_prot": 1 }"#);
    assert_eq!(partly.code, Some(9), "{}", partly.stderr);
    assert!(partly.stdout.contains("redis_host = \"h\""), "{}", partly.stdout);
    assert!(
        partly.stderr.contains("`redis_prot` is no setting: did you mean `redis_port`?"),
        "{}",
        partly.stderr
    );
    assert_eq!(args(&["config", "migrate", "/nonexistent.json"]).code, Some(2));
    assert_eq!(args(&["config", "migrate", "x", "--with-secrets"]).code, Some(2));
}
