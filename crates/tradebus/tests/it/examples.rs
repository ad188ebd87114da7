//! The examples run, on the engine in memory.

use std::process::Command;

/// `cargo test` has built the examples already, unless it was told to run these tests alone.
fn output_of(example: &str) -> String {
    let mut run = Command::new(env!("CARGO"));
    run.args(["run", "--quiet", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let run = run.args(["--example", example]).env_remove("TRADEBUS_STORE").output().expect("cargo runs");
    assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

#[test]
fn examples_do_what_they_say() {
    for (example, says) in [
        ("quickstart", r#"data.quotes.BINANCE.BTCUSDT QuoteTick {"bid":"67000.10","ask":"67000.20"}"#),
        ("priorities", "demo.alert arrived after"),
        ("service", "there is no desk `credit` (not_found)"),
        ("handler", "1 of 3 messages could not be handled"),
        ("nautilus_stream", r#"data.quotes.BINANCE.BTCUSDT QuoteTick {"type":"QuoteTick","instrument_id""#),
    ] {
        let output = output_of(example);
        assert!(output.contains(says), "{example} printed\n{output}");
    }
}
