//! Searching and ranking without the API.

use rstest::rstest;
use serde_json::{Value, json};
use tradebus::SubscribeOptions;

use super::{Desk, LOAD, RANKING, SEARCH, slugs, within};

/// With everything of the stand-in in its catalogue.
async fn loaded_desk() -> Desk {
    let desk = Desk::open().await;
    let mut told = desk.bus.subscribe("data.datagov.load.*", SubscribeOptions::default()).await.unwrap();
    desk.ask(LOAD, json!({})).await.into_data().unwrap();
    let end = within("the walk", told.next()).await.unwrap();
    assert!(String::from_utf8_lossy(&end.payload).contains("\"done\""));
    desk
}

fn with(params: &Value, more: &Value) -> Value {
    let mut params = params.clone();
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

#[rstest]
#[case(json!({}))]
#[case(json!({"q": "oil"}))]
#[case(json!({"q": "oil prices"}))]
#[case(json!({"q": "The PRICES of oil"}))]
#[case(json!({"q": "\"price index\""}))]
#[case(json!({"q": "petroleum OR wheat or \"price index\""}))]
#[case(json!({"q": "no such words"}))]
#[case(json!({"q": "energy environment"}))]
#[case(json!({"q": "of the"}))]
#[case(json!({"q": "price", "org_slug": "dol-bls"}))]
#[case(json!({"keyword": ["CPI", "inflation"]}))]
#[case(json!({"org_type": ["Tribal", "Federal Government"], "q": "data"}))]
#[case(json!({"org_type": "State Government"}))]
#[case(json!({"publisher": "bureau of economic analysis", "q": "trade"}))]
#[tokio::test]
async fn it_finds_what_the_api_finds(#[case] params: Value) {
    let desk = loaded_desk().await;
    let all = with(&params, &json!({"per_page": 1000}));
    let theirs = desk.data(SEARCH, all.clone()).await;
    let calls = desk.standin.total_calls();
    let answer = desk.ask(SEARCH, with(&all, &json!({"local": true}))).await;
    assert_eq!((answer.cached, &answer.more["source"]), (false, &json!("standin")));
    let ours = answer.into_data().unwrap();
    assert_eq!((&ours["local"], &ours["after"]), (&json!(true), &Value::Null));
    let sorted = |data: &Value| {
        let mut results = data["results"].as_array().unwrap().clone();
        for hit in &mut results {
            hit.as_object_mut().unwrap().remove("score");
        }
        results.sort_by_key(|hit| hit["slug"].to_string());
        results
    };
    assert_eq!(sorted(&ours), sorted(&theirs));
    assert_eq!(desk.standin.total_calls(), calls, "nobody is asked");

    let by_date = with(&all, &json!({"sort": "last_harvested_date"}));
    let dates = |data: &Value| -> Vec<Value> {
        data["results"].as_array().unwrap().iter().map(|hit| hit["last_harvested_date"].clone()).collect()
    };
    let theirs = desk.data(SEARCH, by_date.clone()).await;
    let ours = desk.data(SEARCH, with(&by_date, &json!({"local": true}))).await;
    assert_eq!(ours["results"].as_array().unwrap().len(), theirs["results"].as_array().unwrap().len());
    let told = |data: &Value| dates(data).into_iter().filter(|date| !date.is_null()).collect::<Vec<_>>();
    assert_eq!(told(&ours), told(&theirs));
}

#[tokio::test]
async fn the_cursor_leads_to_the_end() {
    let desk = loaded_desk().await;
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = json!({"local": true, "q": "data or price", "per_page": 3, "after": after});
        let data = desk.data(SEARCH, page).await;
        found.extend(slugs(&data));
        after = data["after"].clone();
        if after.is_null() {
            break;
        }
    }
    let whole = json!({"local": true, "q": "data or price", "per_page": 1000});
    assert_eq!(found, slugs(&desk.data(SEARCH, whole).await));
    assert!(found.len() > 3);
    let error = desk.error(SEARCH, json!({"local": true, "after": "notacursor"})).await;
    assert!(error.code == "bad_request" && error.message.contains("`after`"), "{error}");
}

#[tokio::test]
async fn a_ranking_looks_at_everything() {
    let desk = loaded_desk().await;
    let params = json!({"limit": 7, "min_score": 0.2});
    let theirs = desk.data(RANKING, with(&params, &json!({"pages": 20}))).await;
    let calls = desk.standin.total_calls();
    let ours = desk.data(RANKING, with(&params, &json!({"local": true}))).await;
    assert_eq!(desk.standin.total_calls(), calls);
    assert_eq!(ours["local"], true);
    assert_eq!(ours["looked_at"], desk.standin.dataset_slugs().len());
    for field in ["found", "min_score", "looked_at", "unreadable", "cut"] {
        assert_eq!(ours[field], theirs[field], "{field}");
    }
    assert_eq!(slugs(&ours), slugs(&theirs));
    for (our, their) in ours["results"].as_array().unwrap().iter().zip(theirs["results"].as_array().unwrap())
    {
        assert_eq!(our["relevance"], their["relevance"]);
    }
    let narrow = desk.data(RANKING, json!({"local": true, "q": "oil prices"})).await;
    assert_eq!(narrow["looked_at"], 2);
}

#[rstest]
#[case(SEARCH)]
#[case(RANKING)]
#[tokio::test]
async fn without_a_catalogue_it_says_how_to_get_one(#[case] topic: &str) {
    let desk = Desk::open().await;
    let error = desk.error(topic, json!({"local": true})).await;
    assert_eq!(error.code, "not_found");
    assert!(error.message.contains("`datagov.datasets.load`"), "{error}");
    assert_eq!(desk.standin.total_calls(), 0);
}
