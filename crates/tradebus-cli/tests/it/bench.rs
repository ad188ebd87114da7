//! `tradebus bench`.

use serde_json::Value;

use crate::support::{Redis, args, at, run, tradebus};

fn compared(store: &str, more: &[&str]) -> (String, Value) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("figures.json");
    let mut command = at(store, &["bench", "compare", "-n", "200", "--topics", "10", "--json"]);
    let finished = run(command.arg(&file).args(more));
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
    (finished.stdout, serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[test]
fn compare_measures_both_buses_in_turn_and_writes_its_figures() {
    let redis = Redis::start();
    for store in [redis.url().as_str(), "memory:"] {
        let more = ["--callers", "5", "--rounds", "3", "--rate", "1000", "--tiers", "critical,low"];
        let (text, figures) = compared(store, &more);
        assert_eq!((&figures["messages"], &figures["rounds"]), (&200.into(), &3.into()));
        assert_eq!(figures["tiers"], serde_json::json!(["critical", "low"]));
        let contests = list(&figures["contests"]);
        let of = |contest: &Value| -> Vec<(String, u64)> {
            let entrants = list(&contest["entrants"]).iter();
            entrants
                .map(|it| (it["mode"].as_str().unwrap().to_owned(), it["waiting_callers"].as_u64().unwrap()))
                .collect()
        };
        let named = |names: &[(&str, u64)]| -> Vec<(String, u64)> {
            names.iter().map(|&(name, callers)| (name.to_owned(), callers)).collect()
        };
        let flat_out = named(&[("basic", 1), ("basic", 5), ("buffered", 0)]);
        let paced = named(&[("basic", 0), ("buffered", 0)]);
        assert_eq!(contests.iter().map(of).collect::<Vec<_>>(), [flat_out.clone(), flat_out, paced]);
        for contest in contests {
            for entrant in list(&contest["entrants"]) {
                assert_eq!(list(&entrant["runs"]).len(), 3);
                assert!(entrant["ratio_to_basic"].as_f64().unwrap() > 0.0, "{entrant}");
                for run in list(&entrant["runs"]) {
                    let bad = ["errors", "lost", "duplicates"].map(|it| run[it].as_u64().unwrap());
                    assert_eq!((run["messages"].as_u64(), bad), (Some(200), [0; 3]), "{run}");
                    assert!(run["p50_ms"].as_f64().unwrap() > 0.0 && run["p99_ms"].as_f64().unwrap() > 0.0);
                }
            }
        }
        for row in
            ["basic, 1 caller ", "basic, 5 callers ", "buffered, 1 caller ", "publish and receive at 1000/s"]
        {
            assert!(text.contains(row), "{row}: {text}");
        }
    }
    assert_eq!(redis.ask("DBSIZE").unwrap(), ":0", "it cleans up behind itself");
}

#[test]
fn with_one_caller_the_basic_bus_is_measured_once() {
    let (text, figures) = compared("memory:", &["--callers", "1", "--rounds", "1", "--rate", "10000"]);
    assert_eq!(list(&figures["contests"][0]["entrants"]).len(), 2, "{text}");
}

#[test]
fn what_cannot_be_measured_is_refused_with_what_is_allowed() {
    let cases = [
        (["--tiers", "nope"], "critical"),
        (["-n", "0"], "1..=1000000000"),
        (["--callers", "0"], "1..=1000"),
        (["--rounds", "0"], "1..=100"),
        (["--rate", "0"], "1..=1000000"),
        (["--size", "15"], "16..="),
    ];
    for (wrong, allowed) in cases {
        let refused = args(&["bench", "compare", wrong[0], wrong[1]]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(refused.stderr.contains(allowed), "{wrong:?}: {}", refused.stderr);
    }
    let mut fast = tradebus();
    let refused = run(fast.args(["bench", "compare"]).env("TRADEBUS_MODE", "fast"));
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("`mode` is \"fast\", allowed is buffered, basic"), "{}", refused.stderr);
}
