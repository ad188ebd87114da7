//! What the cache does for the service.

use serde_json::json;
use tokio::task::JoinSet;

use super::{Desk, LONG, all_requests};
use crate::standin::{Fault, Route, Times};

const FETCH: &str = "dbnomics.series.fetch";
const GDP: &str = "BEA/NIPA-T10101/A191RL-Q";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ttl_of_zero_asks_for_a_fresh_answer() {
    let desk = Desk::start().await;
    let params = || json!({"series_ids": GDP});
    assert!(!desk.ask(FETCH, params()).await.cached);
    desk.standin.append(GDP, 9.5).unwrap();
    let old = desk.ask(FETCH, params()).await;
    assert!(old.cached);
    let new = desk.ask_fresh(FETCH, params()).await;
    assert!(!new.cached);
    assert_eq!(desk.standin.calls(Route::DbnomicsSeriesIds), 2);
    let count = |data: &serde_json::Value| super::list(&data["series"][0]["observations"]).len();
    assert_eq!(count(&new.data), count(&old.data) + 1);
    assert_ne!(new.data["series"][0]["indexed_at"], old.data["series"][0]["indexed_at"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_answers_are_given_while_the_api_is_down() {
    let desk = Desk::start().await;
    for (topic, params) in all_requests() {
        let before = desk.ask(topic, params.clone()).await;
        desk.standin.fail("/v22", Fault::Html(502), Times::Always);
        let answer = desk.ask_fresh(topic, params).await;
        assert!(
            answer.success && answer.cached && answer.more["stale"] == true,
            "{topic}: {:?}",
            answer.error
        );
        assert_eq!(answer.data, before.data);
        desk.standin.heal();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_another_form_does_not_take_the_place_of_a_good_one() {
    let desk = Desk::start().await;
    let params = || json!({"series_ids": GDP});
    desk.standin.fail("/v22", Fault::WrongTypes, Times::Next(1));
    assert_eq!(desk.error(FETCH, params()).await.code, "bad_upstream");
    let good = desk.ask(FETCH, params()).await;
    assert!(good.success && !good.cached);
    desk.standin.fail("/v22", Fault::UnequalLists, Times::Next(1));
    let stale = desk.ask_fresh(FETCH, params()).await;
    assert_eq!((stale.data, &stale.more["stale"]), (good.data, &json!(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_for_the_same_are_one_call() {
    let desk = Desk::start().await;
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let bus = desk.bus.clone();
        requests.spawn(async move {
            bus.request(FETCH, json!({"series_ids": GDP, "start": "2026"}), LONG).await.unwrap()
        });
    }
    while let Some(answer) = requests.join_next().await {
        let data = answer.unwrap().into_data().unwrap();
        assert_eq!(super::list(&data["series"][0]["observations"]).len(), 3);
    }
    assert_eq!(desk.standin.total_calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_series_is_not_there_is_not_believed_for_long() {
    let desk = Desk::with(|settings| settings.cache.negative_ttl = 0.0).await;
    let mixed = || json!({"series_ids": [GDP, "BEA/NIPA-T10101/NO"]});
    assert!(!desk.ask(FETCH, mixed()).await.cached);
    assert!(desk.ask(FETCH, mixed()).await.cached, "what is there is fresh");
    desk.standin.forget_calls();
    for calls in [1, 2] {
        assert_eq!(desk.error(FETCH, json!({"series_ids": "ECB/EXR/NO"})).await.code, "not_found");
        assert_eq!(desk.standin.calls(Route::DbnomicsSeriesIds), calls);
    }
}
