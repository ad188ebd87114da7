//! What is asked of the catalogue, and what comes out of the cache.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tradebus::Request;

use super::{DatagovService, Desk, GET, PATIENCE, PathStyle, RANKING, SEARCH, quick, slugs, within};
use crate::standin::{Fault, Route, Times};

#[tokio::test]
async fn the_age_that_is_asked_for_decides() {
    let desk = Desk::open().await;
    let params = json!({"q": "oil"});
    assert!(!desk.ask(SEARCH, params.clone()).await.cached);
    let again = desk.ask(SEARCH, params.clone()).await;
    assert!(again.cached && again.more["age_seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(desk.standin.total_calls(), 1);
    let fresh = desk.ask_fresh(SEARCH, params.clone()).await;
    assert_eq!((fresh.cached, desk.standin.total_calls()), (false, 2));
    let old = Request::new(SEARCH, params).unwrap().cache_ttl(Duration::from_mins(30)).timeout(PATIENCE);
    assert!(desk.bus.request_with(&old).await.unwrap().cached);
    desk.ask_fresh(RANKING, json!({"q": "oil"})).await;
    desk.ask_fresh(RANKING, json!({"q": "oil"})).await;
    assert_eq!(desk.standin.total_calls(), 4);
}

#[tokio::test]
async fn while_the_catalogue_is_down_an_old_answer_is_given() {
    let desk = Desk::open().await;
    let asked = [
        (SEARCH, json!({"q": "oil"})),
        (GET, json!({"slug": "house-price-index"})),
        (RANKING, json!({"q": "oil"})),
        ("datagov.organizations.list", json!({})),
    ];
    for (topic, params) in &asked {
        desk.data(topic, params.clone()).await;
    }
    for fault in [Fault::Html(502), Fault::WrongTypes, Fault::Json(200, json!({}), vec![])] {
        desk.standin.fail("", fault.clone(), Times::Always);
        for (topic, params) in &asked {
            let answer = desk.ask_fresh(topic, params.clone()).await;
            let said = (answer.success, answer.cached, &answer.more["stale"]);
            assert_eq!(said, (true, true, &json!(true)), "{topic}, {fault:?}");
        }
        desk.standin.heal();
    }
    let answer = desk.ask_fresh(SEARCH, json!({"q": "oil"})).await;
    assert_eq!((answer.cached, &answer.more["stale"]), (false, &json!(false)));
}

#[tokio::test]
async fn a_dataset_that_changed_is_seen_when_a_fresh_answer_is_asked_for() {
    let desk = Desk::open().await;
    let params = json!({"slug": "house-price-index"});
    desk.data(GET, params.clone()).await;
    assert!(desk.standin.touch_dataset("house-price-index", "2026-11-26"));
    let fresh = desk.ask_fresh(GET, params.clone()).await.into_data().unwrap();
    assert_eq!(fresh["modified"], "2026-11-26");
    assert_eq!(desk.data(GET, params).await["modified"], "2026-11-26");
}

#[tokio::test]
async fn two_instances_share_the_cache() {
    let desk = Desk::open().await;
    let settings = quick(&desk.standin, PathStyle::Catalog);
    let other = DatagovService::new(desk.bus.store().clone(), "test:cache", &settings, None).unwrap();
    desk.data(SEARCH, json!({"q": "oil prices"})).await;
    let filters = super::super::filters::Filters { q: Some("oil prices".to_owned()), ..Default::default() };
    let (page, got) = other.page(&filters, 20, None, None).await.unwrap();
    assert_eq!((page.hits.len(), got.cached, desk.standin.total_calls()), (2, true, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_want_the_same_cause_one_call() {
    let desk = Desk::open().await;
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let bus = desk.bus.clone();
        requests.spawn(async move {
            let answer = bus.request(SEARCH, json!({"q": "oil prices", "per_page": 2}), PATIENCE).await;
            answer.unwrap().into_data().unwrap()
        });
    }
    let mut answers = 0;
    while let Some(answer) = within("an answer", requests.join_next()).await {
        assert_eq!(slugs(&answer.unwrap()).len(), 2);
        answers += 1;
    }
    assert_eq!((answers, desk.standin.calls(Route::DatagovSearch)), (1_000, 1));
}
