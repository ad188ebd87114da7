//! `tradebus request`, with a service of this process that answers.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tradebus::{Answer, Bus, BusConfig, Call, Route, Service, ServiceError, ServiceOptions, ServiceTask};

use crate::support::{Finished, Redis, Running, args, at, run};

struct Limits;

#[async_trait]
impl Service for Limits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::new("limits.get", "").unwrap(), Route::new("limits.set", "").unwrap()]
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.params.get("desk").and_then(Value::as_str) {
            Some("rates") => Ok(json!({ "gross": 5, "priority": call.priority.name() }).into()),
            Some(desk) => Err(ServiceError::not_found(format!("there is no desk `{desk}`"))),
            None => Err(ServiceError::bad_request("`desk` is missing")),
        }
    }
}

fn served(redis: &Redis) -> (Runtime, Bus, ServiceTask) {
    let runtime = Runtime::new().unwrap();
    let config = BusConfig { store: Some(redis.url().into()), ..BusConfig::default() };
    let (bus, task) = runtime.block_on(async {
        let bus = Bus::connect(config).await.unwrap();
        let task = bus.serve(Arc::new(Limits), ServiceOptions::default()).await.unwrap();
        (bus, task)
    });
    (runtime, bus, task)
}

#[test]
fn a_request_is_answered_or_it_is_said_why_not() {
    let redis = Redis::start();
    let (_runtime, _bus, _task) = served(&redis);
    let ask = |words: &[&str]| -> Finished { run(&mut at(&redis.url(), &[&["request"], words].concat())) };

    let answered = ask(&["limits.get", r#"{"desk":"rates"}"#, "--priority", "high"]);
    assert_eq!(answered.code, Some(0), "{}", answered.stderr);
    let data: Value = serde_json::from_str(&answered.stdout).unwrap();
    assert_eq!(data, json!({"gross": 5, "priority": "high"}));

    let missing = ask(&["limits.get", r#"{"desk":"fx"}"#]);
    assert_eq!((missing.code, &missing.stdout[..]), (Some(7), ""));
    assert!(missing.stderr.contains("there is no desk `fx`"), "{}", missing.stderr);

    let wrong = ask(&["limits.get", "--json"]);
    assert_eq!(wrong.code, Some(1));
    let response: Value = serde_json::from_str(&wrong.stdout).unwrap();
    assert_eq!(response["error"]["code"], "bad_request");

    let silent = ask(&["nobody.home", "--timeout", "0.2"]);
    assert_eq!(silent.code, Some(6));
    assert!(silent.stderr.contains("no answer on `nobody.home` within 200 ms"), "{}", silent.stderr);
}

#[test]
fn an_answer_can_be_had_on_a_topic_of_choice() {
    let redis = Redis::start();
    let (_runtime, _bus, _task) = served(&redis);
    let answers = Running::start(&mut at(&redis.url(), &["sub", "mine", "--from", "earliest", "--json"]));
    let asked = run(&mut at(&redis.url(), &["request", "limits.get", "{}", "--callback", "mine"]));
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    let answer: Value = serde_json::from_str(&answers.line()).unwrap();
    assert_eq!(answer["correlation_id"], asked.stdout.trim());
    assert_eq!(answer["payload"]["error"]["code"], "bad_request");
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_done() {
    for (words, said) in [
        (&["request"][..], "TOPIC"),
        (&["request", "a b"], "white space"),
        (&["request", "a", "[1]"], "parameters are a JSON object"),
        (&["request", "a", "{"], "this is no JSON"),
        (&["request", "a", "--timeout", "0"], "allowed are 0.001 to 86400 seconds"),
        (&["request", "a", "--cache-ttl", "-1"], "allowed are 0 to 31622400 seconds"),
        (&["request", "a", "--callback", "b", "--json"], "cannot be used with"),
    ] {
        let refused = args(words);
        assert_eq!(refused.code, Some(2), "{words:?}");
        assert!(refused.stderr.contains(said), "{words:?}: {}", refused.stderr);
    }
}
