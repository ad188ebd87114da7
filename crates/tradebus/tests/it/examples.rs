//! The examples run, on the engine in memory.

use std::path::Path;
use std::process::Command;

/// `cargo test` builds the examples beside the tests.
fn output_of(example: &str) -> String {
    let tests = std::env::current_exe().expect("this test has a path");
    let profile = tests.parent().and_then(Path::parent).expect("tests lie in deps/");
    let run = Command::new(profile.join("examples").join(example)).env_remove("TRADEBUS_STORE").output();
    let run = run.unwrap_or_else(|error| panic!("{example}: {error}; `cargo test -p tradebus` builds it"));
    assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

#[test]
fn examples_do_what_they_say() {
    for (example, says) in [
        ("quickstart", r#"data.quotes.BINANCE.BTCUSDT QuoteTick {"bid":"67000.10","ask":"67000.20"}"#),
        ("priorities", "demo.alert arrived after"),
        ("handler", "1 of 3 messages could not be handled"),
        ("nautilus_stream", r#"data.quotes.BINANCE.BTCUSDT QuoteTick {"type":"QuoteTick","instrument_id""#),
    ] {
        let output = output_of(example);
        assert!(output.contains(says), "{example} printed\n{output}");
    }
}
