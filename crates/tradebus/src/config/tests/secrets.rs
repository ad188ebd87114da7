//! A secret is shown nowhere: not by Debug, not where a configuration is shown, not in any error.

use serde_json::json;

use super::{environment, file, findings, paths};
use crate::BusConfig;
use crate::config::{ConfigError, Loaded, Loader, Source};

const SECRET: &str = "hunter2";

fn hides(text: &str) {
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn a_configuration_hides_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let text = format!("store = \"redis://me:{SECRET}@host/1\"\nredis_password = \"{SECRET}\"\n");
    let loaded = file(&directory, "a.toml", &text).load().unwrap();
    assert_eq!(loaded.config.redis_password.as_ref().unwrap().expose(), SECRET);
    hides(&format!("{loaded:?} {loaded:#?} {:?}", loaded.config.store_url()));
    hides(&loaded.to_toml());
    hides(&loaded.to_json().to_string());
    hides(&serde_json::to_string(&loaded.config).unwrap());
    hides(&format!("{:?} {:?}", loaded.config.changes(), loaded.report));
    assert!(loaded.to_toml().contains("store = \"redis://***@host/1\""));
    assert!(loaded.to_toml().contains("redis_password = \"***\""));
    let built = BusConfig { redis_password: Some(SECRET.into()), ..BusConfig::default() };
    hides(&format!("{:?} {}", built.store_url(), built.store_url()));
    assert!(built.store_url().expose().contains(SECRET));
}

/// Every way in which a secret can stand where it is wrong.
fn wrong_files() -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    for line in [
        "redis_pasword = \"X\"",
        "redis_password = [\"X\"]",
        "redis_password = { word = \"X\" }",
        "redis_password = { X = 1 }",
        "redis_password = \"X\" y",
        "redis_password = X",
        "redis_password = \"X",
        "redis_password = 'X\n",
        "redis_password \"X\"",
        "redis_password = \"\\X\"",
        "redis_password = \"X\"\nredis_password = \"X\"",
        "store = \"http://u:X@h\"",
        "store = \"redis://:X\"",
        "store = \"X\"",
        "store = \"redis://h:X\"",
        "store = \"redis://u:X@h h\"",
        "store = [\"redis://u:X@h\"]",
        "redis_host = \"redis://u:X@h\"",
        "redis_host = \"u:X@h\"",
        "redis_port = \"redis://u:X@h\"",
        "layout = \"redis://u:X@h\"",
        "sotre = \"redis://u:X@h\"",
        "client_name = \"redis://u:X@h h\"",
        "trader_id = \"u:X@h h\"",
        "streams_prefix = \"redis://u:X@ h\"",
        "instance_id = \"redis://u:X@h\"",
    ] {
        // A table inside the secret is a key that the user chose, which is named: only its place may be.
        if !line.contains("{ X") {
            files.push(("a.toml", line.replace('X', SECRET)));
        }
    }
    for text in [
        r#"{"redis_password": ["X"]}"#,
        r#"{"redis_password": "X"#,
        r#"{"redis://u:X@h": 1}"#,
        r#"{"redis://u:X@h": 1, "redis://u:X@h": 2}"#,
        r#"{"redis_password": X}"#,
        r#"{"redis_password": "X" "X"}"#,
        r#"{"store": {"url": "X"}}"#,
        r#"{"store": "redis://:X@"}"#,
        r#"{"password": "X"}"#,
        r#"["X"]"#,
        r#""X""#,
    ] {
        files.push(("a.json", text.replace('X', SECRET)));
    }
    files
}

#[test]
fn no_error_repeats_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in wrong_files() {
        let error = file(&directory, name, &text).load().map(|_| ()).expect_err(&text);
        hides(&format!("{error} {error:?}"));
    }
    // A number as the password is wrong as well, and hidden as well.
    let wrong = findings(file(&directory, "a.toml", "redis_password = 31337").load());
    assert_eq!(wrong[0].given, "***");
    assert!(!format!("{wrong:?}").contains("31337"));
}

#[test]
fn no_error_repeats_a_secret_of_the_environment() {
    for (name, value) in [
        ("TRADEBUS_REDIS_PASSWRD", SECRET.to_owned()),
        ("TRADEBUS_REDIS_PASSWORD__X", SECRET.to_owned()),
        ("TRADEBUS_STORE", format!("http://:{SECRET}@host")),
        ("TRADEBUS_STORE", SECRET.to_owned()),
        ("TRADEBUS_STORE_URL", format!("redis://:{SECRET}@host")),
        ("TRADEBUS_MAX_WORKERS", format!("redis://:{SECRET}@host")),
        ("TRADEBUS_STREAM_CONFIGS", format!("{{\"{SECRET}\"")),
        ("TRADEBUS_DEFAULT_STREAM_CONFIG__BATCH_SIZE", format!("me:{SECRET}@host")),
    ] {
        let error = environment(&[(name, &value)]).unwrap_err();
        hides(&format!("{error} {error:?}"));
    }
    let error =
        Loader::new().set("redis_password", json!([SECRET]), Source::flag("--password")).load().unwrap_err();
    hides(&format!("{error} {error:?}"));
}

fn from_files(directory: &tempfile::TempDir, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let path = |file: &str| directory.path().join(file).to_str().unwrap().to_owned();
    let variables = variables.iter().map(|(name, value)| {
        let value = value.strip_prefix('@').map_or_else(|| value.to_string(), path);
        (name.to_string(), value)
    });
    Loader::new().environment(variables.collect::<Vec<_>>()).load()
}

#[test]
fn secrets_can_stand_in_files() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("password"), "pass word \r\n").unwrap();
    std::fs::write(directory.path().join("url"), "redis://:x@host\n").unwrap();
    std::fs::write(directory.path().join("large"), "x".repeat(65_537)).unwrap();
    std::fs::write(directory.path().join("binary"), b"\xff\xfe").unwrap();
    let both = [("TRADEBUS_REDIS_PASSWORD_FILE", "@password"), ("TRADEBUS_STORE_FILE", "@url")];
    let loaded = from_files(&directory, &both).unwrap();
    assert_eq!(loaded.config.redis_password.as_ref().unwrap().expose(), "pass word ");
    assert_eq!(loaded.config.store_url().expose(), "redis://:x@host");
    assert_eq!(loaded.sources.get("redis_password"), Source::env("TRADEBUS_REDIS_PASSWORD_FILE"));

    for wrong in ["@none", "@large", "@binary", "@"] {
        let wrong = findings(from_files(&directory, &[("TRADEBUS_REDIS_PASSWORD_FILE", wrong)]));
        assert_eq!(paths(&wrong), ["redis_password"], "{wrong:?}");
    }
    let twice = [("TRADEBUS_STORE_FILE", "@url"), ("TRADEBUS_STORE", "memory:")];
    let wrong = findings(from_files(&directory, &twice));
    assert_eq!(
        wrong[0].to_string(),
        "env:TRADEBUS_STORE_FILE: `store` is given twice: TRADEBUS_STORE is set too"
    );
    // Only secrets are read from files.
    let wrong = findings(from_files(&directory, &[("TRADEBUS_REDIS_HOST_FILE", "@url")]));
    assert_eq!(paths(&wrong), ["redis_host_file"]);
}

#[test]
fn a_hidden_secret_is_not_taken_for_the_secret() {
    let directory = tempfile::tempdir().unwrap();
    let shown = Loader::new()
        .set("redis_password", SECRET, Source::flag("--password"))
        .set("store", format!("redis://:{SECRET}@host"), Source::flag("--store"))
        .load()
        .unwrap()
        .to_toml();
    let wrong = findings(file(&directory, "a.toml", &shown).load());
    assert_eq!(paths(&wrong), ["store", "redis_password"]);
}
