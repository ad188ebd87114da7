//! Files: where they are found, what they may hold, and what is said about broken ones.

use serde_json::json;

use super::{file, toml};
use crate::config::{Loader, MAX_FILE_BYTES, Preset, Serializer, TrimStrategy};
use crate::{ConfigError, Priority};

fn syntax(result: Result<crate::config::Loaded, ConfigError>) -> (usize, usize, String) {
    match result {
        Err(ConfigError::Syntax { line, column, reason, .. }) => (line, column, reason),
        other => panic!("an error of syntax was expected: {other:?}"),
    }
}

#[test]
fn the_first_file_that_is_there_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("home");
    let environment = |extra: &[(&str, &str)]| -> Vec<(String, String)> {
        let home = [("HOME", home.to_str().unwrap())];
        home.iter().chain(extra).map(|(name, value)| (name.to_string(), value.to_string())).collect()
    };
    let write = |path: &std::path::Path, workers: usize| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("max_workers = {workers}")).unwrap();
    };
    let workers = |extra: &[(&str, &str)]| {
        let loader = Loader::new().environment(environment(extra)).discover_from(directory.path());
        loader.load().unwrap().config.max_workers
    };
    assert_eq!(workers(&[]), 10);
    write(&home.join(".config/tradebus/config.toml"), 4);
    assert_eq!(workers(&[]), 4);
    let xdg = directory.path().join("xdg");
    write(&xdg.join("tradebus/config.toml"), 5);
    let xdg = ("XDG_CONFIG_HOME", xdg.to_str().unwrap());
    assert_eq!(workers(&[xdg]), 5);
    write(&directory.path().join("tradebus.toml"), 6);
    assert_eq!(workers(&[xdg]), 6);
    let named = directory.path().join("other");
    write(&named, 7);
    let named = ("TRADEBUS_CONFIG", named.to_str().unwrap());
    assert_eq!(workers(&[xdg, named]), 7);
    let given = directory.path().join("given.toml");
    write(&given, 8);
    let loader =
        Loader::new().environment(environment(&[named])).file(&given).discover_from(directory.path());
    assert_eq!(loader.load().unwrap().config.max_workers, 8);
}

#[test]
fn a_named_file_has_to_be_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none.toml");
    let error = Loader::new().file(&path).load().unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }), "{error}");
    assert!(error.to_string().contains("none.toml"), "{error}");
    assert!(matches!(Loader::new().file(directory.path()).load(), Err(ConfigError::Read { .. })));
}

#[test]
fn the_size_of_a_file_is_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let comment = |bytes: u64| "#".repeat(usize::try_from(bytes).unwrap());
    assert!(file(&directory, "a.toml", &comment(MAX_FILE_BYTES)).load().is_ok());
    for bytes in [MAX_FILE_BYTES + 1, 10 * MAX_FILE_BYTES] {
        let error = file(&directory, "a.toml", &comment(bytes)).load().unwrap_err();
        assert!(matches!(error, ConfigError::TooLarge { most: MAX_FILE_BYTES, .. }), "{error}");
    }
}

#[test]
fn toml_and_json_say_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let from_toml = toml(
        "redis_port = 0x1F\ncommand_timeout = 1_0.5\nmax_workers = 1_1\n[priority_buffers.HIGH]\nmax_bytes = \"1 MiB\"\n\
         [[subscriptions]]\npattern = \"a*\"\npriority = 3\n",
    );
    let text = json!({
        "redis_port": 31,
        "command_timeout": 10.5,
        "max_workers": 11.0,
        "priority_buffers": { "2": { "max_bytes": 1_048_576 } },
        "subscriptions": [{ "pattern": "a*", "priority": "CRITICAL" }],
    });
    let text = text.to_string();
    let config = from_toml.unwrap().config;
    assert_eq!((config.redis_port, config.max_workers), (31, 11));
    assert_eq!(config, file(&directory, "a.json", &text).load().unwrap().config);
    // By its first character, whatever the name says; also behind a byte order mark.
    assert_eq!(config, file(&directory, "a.conf", &format!("\u{feff} {text}")).load().unwrap().config);
}

#[test]
fn a_float_that_is_no_whole_number_is_none() {
    let directory = tempfile::tempdir().unwrap();
    for (given, shown) in
        [("1e20", "1e+20"), ("5.5", "5.5"), ("-1", "-1"), ("18446744073709551615", "18446744073709551615")]
    {
        let text = format!("{{\"default_stream_config\": {{\"max_length\": {given}}}}}");
        let wrong = super::findings(file(&directory, "a.json", &text).load());
        assert_eq!(wrong[0].given, shown);
        assert_eq!(wrong[0].allowed, "a whole number from 0 to 1000000000000");
    }
}

#[test]
fn lines_of_json_are_known_too() {
    let directory = tempfile::tempdir().unwrap();
    let text = "{\n \"redis_host\": \"h\",\n \"priority_buffers\": {\n  \"LOW\": {\"max_size\":\n   50}},\n\"types_filter\": [\n\"a\",\n\"b\"]}";
    let loaded = file(&directory, "a.json", text).load().unwrap();
    for (path, line) in [
        ("redis_host", 2),
        ("priority_buffers.low.max_size", 5),
        ("types_filter", 6),
        ("types_filter[0]", 7),
        ("types_filter[1]", 8),
    ] {
        let source = loaded.sources.get(path).to_string();
        assert!(source.ends_with(&format!("a.json:{line}")), "{path}: {source}");
    }
}

#[test]
fn broken_files_are_answered_with_the_place() {
    let directory = tempfile::tempdir().unwrap();
    let (line, column, reason) = syntax(toml("redis_port = 1\nredis_host = \"é\" x\n"));
    assert_eq!((line, column), (2, 18), "{reason}");
    let (line, _, reason) = syntax(toml("redis_port = 1\n\nredis_port = 2\n"));
    assert_eq!(line, 3, "{reason}");
    assert!(reason.contains("duplicate"), "{reason}");

    let json = |text: &str| syntax(file(&directory, "a.json", text).load());
    let (line, column, reason) = json("{\n \"redis_port\": 1,,\n}");
    assert_eq!((line, column), (2, 18), "{reason}");
    assert!(!reason.contains("line"), "{reason}");
    let (line, _, reason) = json("{\n\"redis_port\": 1,\n\"redis_port\": 2}");
    assert_eq!((line, reason.as_str()), (1, "the key \"redis_port\" is given twice"));
    assert_eq!(json("").0, 1);
    let (_, _, reason) = json(&"[".repeat(100_000));
    assert!(reason.contains("recursion"), "{reason}");
    let deep = "redis_port = ".to_owned() + &"[".repeat(100_000);
    assert!(matches!(toml(&deep), Err(ConfigError::Syntax { .. })));

    let path = directory.path().join("b.toml");
    std::fs::write(&path, b"redis_port = 1\nredis_host = \"\xff\"").unwrap();
    let (line, column, reason) = syntax(Loader::new().file(&path).load());
    assert_eq!((line, column, reason.as_str()), (2, 15, "is not UTF-8 from here on"));
    let error = Loader::new().file(&path).load().unwrap_err().to_string();
    assert!(error.ends_with("b.toml:2:15: is not UTF-8 from here on"), "{error}");
}

#[test]
fn a_json_file_that_is_no_table_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for text in ["[]", "5", "null", "\"x\""] {
        let error = file(&directory, "a.json", text).load().unwrap_err();
        assert!(error.to_string().contains("allowed is a table"), "{text}: {error}");
    }
}

#[test]
fn a_configuration_of_the_original_system_is_read_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let text = include_str!("original.json");
    let loaded = file(&directory, "original.json", text).load().unwrap();
    let config = loaded.config;
    assert_eq!(config.buffer(Priority::Critical).max_size, 50_000);
    assert_eq!(config.buffer(Priority::Critical).flush_interval_ms, 10);
    assert_eq!(config.buffer(Priority::Low).max_size, 5_000);
    assert_eq!(config.buffer(Priority::Normal).high_water_mark, 8_000);
    assert_eq!(config.default_stream_config.trim_strategy, TrimStrategy::MaxLen);
    let quotes = config.stream("market_data");
    assert_eq!((quotes.trim_strategy, quotes.max_length), (TrimStrategy::MinId, 500_000));
    assert_eq!(quotes.consumer_group.as_deref(), Some("quotes"));
    assert_eq!(config.subscriptions[0].priority, Priority::High);
    assert_eq!(config.subscriptions[0].filters["venue"], json!(["BINANCE", "OKX"]));
    assert_eq!(config.default_serializer, Serializer::MsgPack);
    assert_eq!(config.redis_password.unwrap().expose(), "correct horse");
    assert_eq!(config.preset, None::<Preset>);
}
